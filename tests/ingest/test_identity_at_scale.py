"""Identity at scale: answers of Launch Library 2 about the whole archive create no second records.

Every launch and every person of the embedded archive is answered in each version, in the source's
spellings and with its gaps, and imported into a copy of the archive.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import cycle
from random import Random
from typing import Any

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from app.db.database import Database
from app.db.models import ImportOrigin, Launch, Person, Proposal
from app.domain.enums import RecordType
from app.domain.text import slugify
from app.ingest.dataset.records import DatasetLaunch
from app.ingest.report import EntryResult, ImportOutcome
from app.resources.registry import RECORD_RESOURCES
from tests.support.clients import database_of
from tests.support.import_runs import explain_import, make_input
from tests.support.launch_library import (
    VERSIONS,
    answer,
    archive_facts,
    astronaut_id,
    launch_as,
    launch_library_id,
    slip,
)
from tests.support.launch_library_names import SPELLINGS, person_spellings
from tests.support.launch_library_people import astronaut_as, make_astronaut

MAX_DOUBTFUL_PERCENT = 2

ELSEWHERE = ["1993-06-21T13:07:22Z", "2002-03-01T11:22:02Z"]
"""First and last flight of Nancy Currie, who was at the station between them."""


def import_answer(database: Database, records: Iterable[Mapping[str, Any]]) -> list[EntryResult]:
    """Import one answer without rejects; returns the result of each record."""
    results, rejected = explain_import(database, "launch-library", make_input(answer(records)))
    assert [(each.label, each.field, each.reason) for each in rejected] == []
    return results


def explanations(results: Iterable[EntryResult], outcome: ImportOutcome) -> list[str]:
    """Key and explanation of the entries with `outcome`, for messages."""
    return [f"{each.entry.key}: {each.explanation}" for each in results if each.outcome is outcome]


def launch_times(database: Database) -> dict[str, datetime]:
    """Time of each public launch, by slug."""
    with database.snapshot() as reader:
        rows = reader.all(select(Launch.slug, Launch.launch_at))
        return {row["slug"]: row["launch_at"] for row in rows}


def people_slugs(database: Database) -> set[str]:
    """Slugs of all public people."""
    with database.snapshot() as reader:
        return {row["slug"] for row in reader.all(select(Person.slug))}


def recognised(database: Database, type_: RecordType) -> dict[str, str]:
    """Slug of the record of each id of Launch Library 2 that the archive remembers."""
    model = RECORD_RESOURCES[type_].model
    origins = select(ImportOrigin.key, model.slug).join(
        model, (model.id == ImportOrigin.record_id) & (ImportOrigin.type == type_)
    )
    with database.snapshot() as reader:
        return {row["key"]: row["slug"] for row in reader.all(origins)}


def candidates(database: Database, type_: RecordType) -> dict[str, set[str]]:
    """Slugs of the possible records of each id that waits for an editor."""
    model = RECORD_RESOURCES[type_].model
    with database.snapshot() as reader:
        slugs = {row["id"]: row["slug"] for row in reader.all(select(model.id, model.slug))}
        waiting = select(Proposal.key, Proposal.candidate_ids).where(Proposal.type == type_)
        return {
            row["key"]: {slugs[id_] for id_ in row["candidate_ids"]} for row in reader.all(waiting)
        }


def assert_identified(
    database: Database,
    type_: RecordType,
    results: list[EntryResult],
    slug_by_key: Mapping[str, str],
) -> None:
    """Assert that every entry is explained, and is recognised as its record or waits for it."""
    waiting = explanations(results, ImportOutcome.PROPOSED)
    message = f"{len(waiting)} of {len(results)} doubtful: {waiting}"
    assert explanations(results, ImportOutcome.CREATED) == [], message
    assert [each.entry.key for each in results if not each.explanation] == []
    assert {each.entry.key for each in results} == slug_by_key.keys()
    same, doubtful = recognised(database, type_), candidates(database, type_)
    wrong = {key: slug for key, slug in same.items() if slug != slug_by_key[key]}
    assert wrong == {}, message
    assert same.keys() | doubtful.keys() == slug_by_key.keys()
    assert [key for key, slugs in doubtful.items() if slug_by_key[key] not in slugs] == [], message


@pytest.mark.slow
@pytest.mark.parametrize("version", VERSIONS)
def test_launches_of_archive_are_recognised(own_database: Database, version: str) -> None:
    facts, rng = archive_facts(), Random(version)
    answers = [launch_as(version, launch, rng) for launch in facts.launches.values()]
    before = launch_times(own_database)
    results = import_answer(own_database, answers)
    assert launch_times(own_database) == before
    slug_by_key = {launch_library_id(slug): slug for slug in facts.launches}
    assert_identified(own_database, RecordType.LAUNCH, results, slug_by_key)
    doubtful = explanations(results, ImportOutcome.PROPOSED)
    assert len(doubtful) * 100 <= MAX_DOUBTFUL_PERCENT * len(results), doubtful
    waiting = candidates(own_database, RecordType.LAUNCH)
    slipped = import_answer(own_database, map(slip, answers))
    assert explanations(slipped, ImportOutcome.CREATED) == []
    assert launch_times(own_database) == before  # what has flown does not move
    assert candidates(own_database, RecordType.LAUNCH).keys() <= waiting.keys()


def another_flight(slug: str, ship: str, launch_at: str) -> DatasetLaunch:
    """A flight that the archive lacks, like its launch `slug`; the crew has not landed."""
    launch = archive_facts().launches[slug]
    aloft = {"landed_at": None, "landed_at_precision": None, "landed_with": None}
    changes = {
        "slug": slugify(ship),
        "cospar_id": None,
        "launch_at": datetime.fromisoformat(launch_at),
        "spacecraft": [launch.main_spacecraft.model_copy(update={"name": ship})],
        "crew": [seat.model_copy(update=aloft) for seat in launch.crew],
    }
    return launch.model_copy(update=changes)


@pytest.mark.parametrize("version", VERSIONS)
def test_launches_that_archive_lacks_are_created(own_archive: TestClient, version: str) -> None:
    database = database_of(own_archive)
    crewed = another_flight("soyuz-ms-12", "Soyuz MS-80", "2026-09-14T19:14:09Z")
    flights = [
        archive_facts().launches["progress-ms-11"],
        another_flight("progress-ms-11", "Progress MS-80", "2026-09-10T11:01:35Z"),
        crewed,
    ]
    same_day = another_flight("progress-ms-11", "Progress MS-81", "2019-04-04T21:01:35Z")
    exact = {"net": "2019-04-04T21:01:35Z", "net_precision": {"id": 0, "abbrev": "SEC"}}
    answers = [launch_as(version, each, Random(1)) for each in [*flights, same_day]]
    before = launch_times(database).keys()
    results = import_answer(database, [*answers[:3], answers[3] | exact])
    assert [each.outcome for each in results] == ["unchanged", *["created"] * 3], results
    created = {"progress-ms-80", "soyuz-ms-80", "progress-ms-81"}
    assert launch_times(database).keys() - before == created
    seats = own_archive.get("/v1/launches/soyuz-ms-80").json()["crew"]
    expected = [(seat.person, seat.role) for seat in crewed.crew]
    assert [(seat["person"]["slug"], seat["role"]) for seat in seats] == expected


@pytest.mark.slow
@pytest.mark.parametrize(("spelling", "version"), [*zip(SPELLINGS, cycle(VERSIONS), strict=False)])
def test_people_in_other_spellings_are_recognised(
    own_database: Database, spelling: str, version: str
) -> None:
    rng = Random(version)
    before = people_slugs(own_database)
    answers, slug_by_key = [], {}
    for person in archive_facts().people.values():
        if name := person_spellings(person, rng).get(spelling):
            # Nothing but the flights tells that a former name is that of the same person.
            states_flights = spelling == "other name" or rng.random() < 7 / 8
            answers.append(astronaut_as(version, person, name, rng, states_flights=states_flights))
            slug_by_key[str(astronaut_id(person.slug))] = person.slug
    results = import_answer(own_database, answers)
    assert_identified(own_database, RecordType.PERSON, results, slug_by_key)
    assert people_slugs(own_database) == before


@pytest.mark.parametrize(
    ("slug", "name", "nationality", "flights", "lists_flights"),
    [
        ("kjell-lindgren", "Kjell N. Lindgren", "US", None, True),
        ("yi-so-yeon", "S. Yi", "KR", ["2008-04-08T11:16:39Z"], True),
        ("nancy-currie", "N. Currie", "US", ELSEWHERE, False),
        ("nancy-currie", "Nancy Currie", "US", ELSEWHERE, False),
        ("charles-simonyi", "C. Simonyi", "HU", None, True),
    ],
    ids=["no flights", "family name first", "first and last flight elsewhere, initial",
         "first and last flight elsewhere", "other nationality"],
)  # fmt: skip
def test_little_evidence_creates_no_second_person(
    own_database: Database,
    slug: str,
    name: str,
    nationality: str,
    flights: list[str] | None,
    lists_flights: bool,
) -> None:
    person = make_astronaut(
        "2.3.0", 1, name, nationality=nationality, agency=None, flights=flights,
        lists_flights=lists_flights,
    )  # fmt: skip
    results = import_answer(own_database, [person])
    assert_identified(own_database, RecordType.PERSON, results, {"1": slug})


@pytest.mark.parametrize("version", VERSIONS)
def test_people_that_archive_lacks_are_created(own_database: Database, version: str) -> None:
    """A namesake with another given name and other flights is another person."""
    namesake, stranger = (
        make_astronaut(
            version,
            number,
            name,
            nationality="US",
            agency="NASA",
            flights=["2024-09-10T09:23:49Z"],
        )
        for number, name in [(90_001, "Greta Lindgren"), (90_002, "Ada Nobody-Else")]
    )
    before = people_slugs(own_database)
    results = import_answer(own_database, [namesake, stranger])
    assert [each.outcome for each in results] == [ImportOutcome.CREATED] * 2, results
    assert people_slugs(own_database) - before == {"greta-lindgren", "ada-nobody-else"}
