"""Decisions and imports: each later import of an entry follows the decision of an editor."""

import json
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.db.database import Database
from app.domain.enums import RecordType
from app.ingest.entries import ImportEntry
from app.ingest.identity.decision import Decision, RecordRef
from app.ingest.proposals import OpenProposals
from tests.support import documents
from tests.support.documents import IF_MATCH_ANY
from tests.support.import_runs import import_inputs, make_input, report_counts
from tests.support.proposals import add_person, add_proposal

FLOWN_AT, OTHER_AT = "2019-04-04T11:01:35Z", "2019-06-20T10:00:00Z"
CREATED, UPDATED, UNCHANGED = (1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0)


def launch(at: str = OTHER_AT, status: str = "Success", **fields: Any) -> dict[str, Any]:
    """Progress MS-11 as Launch Library 2 describes it, by default with another time."""
    return {
        "id": "00000000-0000-4000-8000-000000000011",
        "name": "Soyuz 2.1a | Progress MS-11",
        "status": {"abbrev": status},
        "net": at,
        "net_precision": {"abbrev": "MIN"},
        "window_start": at,
        "window_end": at,
        "rocket": {"configuration": {"full_name": "Soyuz 2.1a"}, "spacecraft_stage": None},
        "mission": {"name": "Progress MS-11", "type": "Resupply"},
        "pad": {"name": "31/6", "location": {"name": "Baikonur Cosmodrome"}},
    } | fields


def run(database: Database, *launches: dict[str, Any]) -> tuple[tuple[int, int, int, int], int]:
    """Import launches; returns the counted outcomes, and the number of proposals."""
    text = json.dumps({"results": launches})
    report, _ = import_inputs(database, "launch-library", make_input(text))
    return report_counts(report), report.proposed


@pytest.fixture
def flown(editor: TestClient) -> dict[str, Any]:
    """Progress MS-11 in the archive."""
    ships = [{"name": "Progress MS-11", "kind": "CV"}]
    document = documents.launch(
        launch_at=FLOWN_AT, status="success", crewed=False, spacecraft=ships
    )
    created: dict[str, Any] = editor.post("/v1/launches", json=document).json()
    return created


def only_proposal(editor: TestClient) -> str:
    (found,) = editor.get("/v1/proposals").json()["items"]
    return f"/v1/proposals/{found['id']}"


def launches(client: TestClient) -> dict[str, str]:
    """Times of all launches by slug."""
    items = client.get("/v1/launches").json()["items"]
    return {each["slug"]: each["launch_at"] for each in items}


def test_doubtful_entry_waits_as_one_proposal(
    database: Database, editor: TestClient, client: TestClient, flown: dict[str, Any]
) -> None:
    for _ in range(2):
        assert run(database, launch()) == ((0, 0, 0, 0), 1)
        assert launches(client) == {flown["slug"]: FLOWN_AT}
        proposal = editor.get(only_proposal(editor)).json()
        assert (proposal["version"], proposal["source_id"]) == (1, launch()["id"])
        assert [each["slug"] for each in proposal["candidates"]] == [flown["slug"]]
    run(database, launch(at="2019-06-21T10:00:00Z"))  # another version of the entry
    proposal = editor.get(only_proposal(editor)).json()
    assert (proposal["version"], proposal["entry"]["launch_at"]) == (2, "2019-06-21T10:00:00Z")


def test_merged_entry_is_recognised_by_later_imports(
    database: Database, editor: TestClient, client: TestClient, flown: dict[str, Any]
) -> None:
    run(database, launch())
    assert editor.post(f"{only_proposal(editor)}/merge", json={}).status_code == 200
    assert run(database, launch()) == (UNCHANGED, 0)
    assert run(database, launch(at="2019-07-20T10:00:00Z")) == (UNCHANGED, 0)
    assert client.get(f"/v1/launches/{flown['slug']}").json() == flown
    assert launches(client) == {flown["slug"]: FLOWN_AT}
    assert editor.get("/v1/proposals").json()["items"] == []


def test_merged_planned_launch_follows_its_slips(
    database: Database, editor: TestClient, client: TestClient
) -> None:
    """The source and the archive agree on the time; the launch is another one by its name."""
    planned = documents.launch(launch_at="2031-03-01T10:00:00Z", launch_at_precision="minute")
    slug = editor.post("/v1/launches", json=planned).json()["slug"]
    (record,) = editor.get("/v1/changes?types=launch").json()["items"]
    entry = launch(at="2031-03-01T10:00:00Z", status="Go")
    path = add_proposal(
        editor,
        record["id"],
        type=RecordType.LAUNCH,
        key=entry["id"],
        document=documents.launch(launch_at="2031-03-01T10:00:00Z", launch_at_precision="minute"),
    )
    editor.post(f"{path}/merge", json={})
    assert run(database, launch(at="2031-03-09T10:00:00Z", status="Go")) == (UPDATED, 0)
    assert launches(client) == {slug: "2031-03-09T10:00:00Z"}


def test_separate_record_is_updated_by_later_imports(
    database: Database, editor: TestClient, client: TestClient, flown: dict[str, Any]
) -> None:
    run(database, launch())
    separated = editor.post(f"{only_proposal(editor)}/separate").json()
    slug = separated["record"]["slug"]
    assert launches(client) == {flown["slug"]: FLOWN_AT, slug: OTHER_AT}
    assert run(database, launch()) == (UNCHANGED, 0)
    assert run(database, launch(at="2019-06-21T10:00:00Z")) == (UPDATED, 0)
    assert launches(client) == {flown["slug"]: FLOWN_AT, slug: "2019-06-21T10:00:00Z"}
    assert client.get(f"/v1/launches/{flown['slug']}").json() == flown


def test_deleted_separate_record_is_not_imported_again(
    database: Database, editor: TestClient, client: TestClient, flown: dict[str, Any]
) -> None:
    run(database, launch())
    slug = editor.post(f"{only_proposal(editor)}/separate").json()["record"]["slug"]
    assert editor.delete(f"/v1/launches/{slug}", headers=IF_MATCH_ANY).status_code == 204
    assert run(database, launch(at="2019-06-21T10:00:00Z")) == (UNCHANGED, 0)
    assert launches(client) == {flown["slug"]: FLOWN_AT}


def test_decided_proposal_is_not_open(database: Database, editor: TestClient) -> None:
    person = add_person(editor)
    entries = [
        ImportEntry(RecordType.PERSON, "launch-library", key, {"name": "New"}, 1, "")
        for key in ("open", "decided")
    ]
    paths = [add_proposal(editor, person, key=each.key) for each in entries]
    assert editor.post(f"{paths[1]}/merge", json={}).status_code == 200
    decided = editor.get(paths[1]).json()
    doubtful = Decision.doubtful([RecordRef(person, "x")], "another reason")
    with database.session() as session:
        proposals = OpenProposals.load(session, entries)
        proposals.save(session, entries[0], doubtful, "0" * 16, "New", publish=False)
        assert proposals.has_form(session, entries[0], "0" * 16)
        assert not proposals.has_form(session, entries[1], "0" * 16)
        assert proposals.discard(session, entries[1]) == []
    assert editor.get(paths[0]).json()["title"] == "New"
    with database.session() as session:
        assert OpenProposals.load(session, entries).discard(session, entries[0])
    assert editor.get(paths[0]).status_code == 404
    assert editor.get(paths[1]).json() == decided
