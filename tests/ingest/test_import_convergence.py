"""Convergence of imports: a sequence of a source's snapshots ends in one state.

The state does not depend on the size of the batches, and importing the whole sequence again changes
nothing. Snapshots state the same flights, people and news in different forms: vague or exact, under
other names, with other links.
"""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from app.db.database import Database
from app.db.models import ImportOrigin, Person, Proposal
from app.domain.enums import RecordType
from app.ingest import pipeline
from app.resources.registry import RECORD_RESOURCES
from tests.support.databases import empty_tables
from tests.support.exports import export_ndjson
from tests.support.fake_sites import rss_feed
from tests.support.import_runs import explain_import, import_inputs, make_input

Snapshot = tuple[str, str]
"""Format and text of an input."""

ARCHIVE = [
    {"type": "person", "data": {"slug": "kjell-lindgren", "name": "Kjell Lindgren"}},
    {
        "type": "launch",
        "data": {
            "slug": "progress-ms-99",
            "status": "planned",
            "launch_at": "2027-03-01T10:00:00Z",
            "launch_at_precision": "minute",
            "vehicle": {"name": "Soyuz-2.1a", "family": "Soyuz"},
            "spacecraft": [{"name": "Progress MS-99", "kind": "CV"}],
            "crewed": False,
        },
    },
    {
        "type": "launch",
        "data": {
            "slug": "soyuz-ms-97",
            "status": "planned",
            "launch_at": "2027-01-01T00:00:00Z",
            "launch_at_precision": "year",
            "spacecraft": [{"name": "Soyuz MS-97", "kind": "SC"}],
            "crewed": True,
        },
    },
]
"""Records that exist before the imports, as lines of an export."""

VOLATILE_FIELDS = {"created_at", "updated_at", "changed_at", "version", "translation_key"}


def launch(number: int, mission: str, net: str, precision: str | None) -> dict[str, Any]:
    return {
        "id": f"00000000-0000-4000-8000-{number:012}",
        "name": f"Soyuz 2.1a | {mission}",
        "status": {"id": 1, "name": "Go for Launch", "abbrev": "Go"},
        "net": net,
        "net_precision": precision and {"abbrev": precision},
        "window_start": None,
        "window_end": None,
        "rocket": {
            "configuration": {"full_name": "Soyuz 2.1a", "family": "Soyuz"},
            "spacecraft_stage": None,
        },
        "mission": {"name": mission, "type": "Resupply"},
        "pad": {"name": "31/6", "location": {"name": "Baikonur", "country_code": "KAZ"}},
    }


def astronaut(number: int, name: str, net: str | None) -> dict[str, Any]:
    flights = [{"net": net}] if net else []
    return {"id": number, "name": name, "nationality": "American", "flights": flights}


def news_item(number: int, title: str, link: int) -> str:
    return f"""<item><title>{title}</title><link>https://news.example/{link}</link>
<guid isPermaLink="false">item-{number}</guid><description>Text about it.</description>
<pubDate>Mon, 0{number} Apr 2019 10:00:00 GMT</pubDate></item>"""


def response(records: list[dict[str, Any]]) -> Snapshot:
    return "launch-library", json.dumps({"count": len(records), "results": records})


NUMBERS = st.integers(1, 4)
TIMES = st.sampled_from(["2027-03-01T10:00:00Z", "2027-03-01T00:00:00Z", "2027-03-09T10:00:00Z"])
MISSIONS = st.sampled_from(
    ["Progress MS-99 (199P)", "Progress MS-98", "Soyuz MS-97", "A cargo ship"]
)
LAUNCHES = st.builds(
    launch, NUMBERS, MISSIONS, TIMES, st.sampled_from([None, "MIN", "DAY", "M", "Y"])
)
ASTRONAUTS = st.builds(
    astronaut,
    NUMBERS,
    st.sampled_from(["Kjell Lindgren", "Kjell N. Lindgren", "K. Lindgren", "Greta Lindgren"]),
    st.sampled_from([None, "2015-07-22T21:02:44Z"]),
)
NEWS = st.builds(news_item, NUMBERS, st.sampled_from(["A day aboard", "A night"]), NUMBERS)

LAUNCH_SNAPSHOTS = st.lists(LAUNCHES, max_size=4, unique_by=lambda each: each["id"]).map(response)
ASTRONAUT_SNAPSHOTS = st.lists(ASTRONAUTS, max_size=4, unique_by=lambda each: each["id"]).map(
    response
)
FEED_SNAPSHOTS = st.lists(NEWS, max_size=4).map(lambda items: ("feed", rss_feed(*items).decode()))
SEQUENCES = st.lists(
    st.one_of(LAUNCH_SNAPSHOTS, ASTRONAUT_SNAPSHOTS, FEED_SNAPSHOTS), min_size=1, max_size=5
)
BATCHES = st.sampled_from([1, 2, 200])

VAGUE_THEN_EXACT = [
    response([launch(1, "A cargo ship", "2027-03-01T00:00:00Z", "M")]),
    response([launch(1, "Progress MS-99", "2027-03-01T10:00:00Z", "MIN")]),
]
"""A launch that is doubtful at first, and recognised later."""


def import_sequence(database: Database, sequence: list[Snapshot], batch: int) -> None:
    """Import the snapshots one by one, in batches of `batch` entries."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pipeline, "IMPORT_BATCH_ENTRIES", batch)
        for form, text in sequence:
            import_inputs(database, form, make_input(text), publish=True)


def without_volatile_fields(value: Any) -> Any:
    """`value` without times of writing, versions and random keys, in any depth."""
    if isinstance(value, dict):
        kept = {name: each for name, each in value.items() if name not in VOLATILE_FIELDS}
        return {name: without_volatile_fields(each) for name, each in kept.items()}
    if isinstance(value, list):
        return [without_volatile_fields(each) for each in value]
    return value


def state(database: Database) -> list[Any]:
    """The records, the open proposals, and the records that the ids of sources stand for."""
    lines = [json.loads(line) for line in export_ndjson(database).splitlines()]
    slugs = slugs_by_id(database)
    with database.snapshot() as reader:
        waiting = reader.all(select(*Proposal.__table__.columns))
        origins = reader.all(select(*ImportOrigin.__table__.columns))
    proposals = [
        [
            *(row[name] for name in ("type", "key", "document", "status", "evidence")),
            *(slugs[row["type"], id_] for id_ in row["candidate_ids"]),
        ]
        for row in waiting
    ]
    known = [(row["type"], row["key"], slugs[row["type"], row["record_id"]]) for row in origins]
    return [
        *sorted(map(json.dumps, without_volatile_fields(lines))),
        *sorted(proposals, key=str),
        *sorted(known),
    ]


def slugs_by_id(database: Database) -> dict[tuple[RecordType, int], str]:
    """Slugs of all records by type and id."""
    with database.snapshot() as reader:
        return {
            (type_, row["id"]): row["slug"]
            for type_, resource in RECORD_RESOURCES.items()
            for row in reader.all(select(resource.model.id, resource.model.slug))
        }


def start_again(database: Database) -> None:
    """Reset the archive to the records that exist before the imports."""
    empty_tables(database)
    _, rejected = import_inputs(database, "ndjson", make_input("\n".join(map(json.dumps, ARCHIVE))))
    assert rejected == []


@pytest.mark.slow
@settings(
    max_examples=20,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],  # the sequences are short; to shrink one takes minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@example(sequence=VAGUE_THEN_EXACT, first=200, second=200)
@given(sequence=SEQUENCES, first=BATCHES, second=BATCHES)
def test_snapshots_imported_twice_in_any_batches_end_the_same(
    database: Database, sequence: list[Snapshot], first: int, second: int
) -> None:
    start_again(database)
    import_sequence(database, sequence, first)
    once = state(database)
    import_sequence(database, sequence, first)
    assert state(database) == once
    start_again(database)
    import_sequence(database, sequence, second)
    assert state(database) == once


def test_state_shows_differences(database: Database) -> None:
    """Positive control: the state of another sequence, or of a changed record, is another."""
    start_again(database)
    before = state(database)
    import_sequence(database, [response([astronaut(2, "Greta Lindgren", None)])], 1)
    after = state(database)
    with database.session() as session:
        session.execute(update(Person).values(name_native="Another"))
    assert len({json.dumps(each) for each in (before, after, state(database))}) == 3


@pytest.mark.slow
def test_dry_run_reports_the_outcome_of_the_import(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each entry of each snapshot, although the import writes one entry per transaction."""
    monkeypatch.setattr(pipeline, "IMPORT_BATCH_ENTRIES", 1)
    start_again(database)
    items = [news_item(1, "A day aboard", 1), news_item(1, "A night", 1), news_item(2, "", 2)]
    snapshots = [
        *VAGUE_THEN_EXACT,
        response([astronaut(1, "Kjell N. Lindgren", None), astronaut(2, "K. Lindgren", None)]),
        response([launch(2, "Progress MS-98", "soon", None), launch(3, "Starlink", "soon", None)]),
        ("feed", rss_feed(*items).decode()),
        ("feed", rss_feed(*items[1:]).decode()),
    ]
    outcomes = set[str]()
    for form, content in snapshots:
        before = state(database)
        tried = explain_import(database, form, make_input(content), dry_run=True)
        assert state(database) == before
        done = explain_import(database, form, make_input(content))
        assert tried == done
        outcomes |= {each.outcome for each in done[0]} | {"rejected" for _ in done[1]}
    assert outcomes == {"created", "updated", "unchanged", "proposed", "rejected"}
