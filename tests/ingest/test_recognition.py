"""Recognised launches: a record that existed before follows the slips of its source."""

import json
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.db.database import Database
from tests.support.documents import IF_MATCH_ANY
from tests.support.import_runs import import_inputs, make_input

AT = "2027-03-01T10:00:00Z"


def launch(at: str = AT, status: str = "Go", **fields: Any) -> dict[str, Any]:
    """A launch as Launch Library 2 describes it."""
    return {
        "id": "00000000-0000-4000-8000-000000000002",
        "name": "Soyuz 2.1a | Progress MS-99 (199P)",
        "status": {"abbrev": status},
        "net": at,
        "net_precision": {"abbrev": "MIN"},
        "window_start": at,
        "window_end": at,
        "rocket": {"configuration": {"full_name": "Soyuz 2.1a"}, "spacecraft_stage": None},
        "mission": {"name": "Progress MS-99 (199P)", "type": "Resupply"},
        "pad": {"name": "31/6", "location": {"name": "Baikonur Cosmodrome"}},
    } | fields


def run(database: Database, *launches: dict[str, Any]) -> str:
    text = json.dumps({"results": launches})
    return str(import_inputs(database, "launch-library", make_input(text))[0])


UNCHANGED = "created 0, updated 0, unchanged 1, rejected 0"
UPDATED = "created 0, updated 1, unchanged 0, rejected 0"


@pytest.fixture
def ours(editor: TestClient) -> dict[str, Any]:
    """A planned launch of the archive."""
    vehicle = {"name": "Soyuz-2.1a", "family": "Soyuz"}
    editor.post("/v1/vehicles", json=vehicle).raise_for_status()
    document = {
        "launch_at": AT,
        "launch_at_precision": "minute",
        "status": "planned",
        "crewed": False,
        "vehicle": vehicle,
        "spacecraft": [{"name": "Progress MS-99", "kind": "CV"}],
    }
    response = editor.post("/v1/launches", json=document)
    assert response.status_code == 201, response.text
    created: dict[str, Any] = response.json()
    return created


def only_launch(client: TestClient) -> dict[str, Any]:
    (found,) = client.get("/v1/launches").json()["items"]
    whole: dict[str, Any] = client.get(f"/v1/launches/{found['slug']}").json()
    return whole


def test_slip_of_recognised_launch_is_a_slip(
    database: Database, client: TestClient, ours: dict[str, Any]
) -> None:
    assert run(database, launch()) == UNCHANGED
    assert only_launch(client) == ours
    assert run(database, launch("2027-03-09T10:00:00Z")) == UPDATED
    slipped = only_launch(client)
    assert (slipped["slug"], slipped["launch_at"]) == (ours["slug"], "2027-03-09T10:00:00Z")
    assert slipped["window_starts_at"] == "2027-03-09T10:00:00Z"
    (slip,) = slipped["history"]
    assert (slip["from"]["launch_at"], slip["to"]["launch_at"]) == (AT, "2027-03-09T10:00:00Z")
    assert slipped["vehicle"] == ours["vehicle"]  # the source's other facts are not taken


def test_status_of_recognised_launch_follows(
    database: Database, client: TestClient, ours: dict[str, Any]
) -> None:
    run(database, launch())
    flown = launch("2026-03-01T10:00:00Z", "Success")
    assert run(database, flown) == UPDATED
    assert only_launch(client)["status"] == "success"
    assert run(database, flown | {"failreason": "-"}) == UNCHANGED  # flown: nothing follows


def test_change_by_an_editor_is_kept(
    database: Database, editor: TestClient, client: TestClient, ours: dict[str, Any]
) -> None:
    run(database, launch())
    patch = {"launch_at": "2027-05-01T10:00:00Z"}
    headers = IF_MATCH_ANY | {"Content-Type": "application/merge-patch+json"}
    assert editor.patch("/v1/launches/progress-ms-99", json=patch, headers=headers).is_success
    assert run(database, launch("2027-03-09T10:00:00Z")) == UNCHANGED
    assert only_launch(client)["launch_at"] == "2027-05-01T10:00:00Z"
    assert run(database, launch("2027-05-01T10:00:00Z")) == UNCHANGED  # the source agrees again
    assert run(database, launch("2027-05-08T10:00:00Z")) == UPDATED
    assert only_launch(client)["launch_at"] == "2027-05-08T10:00:00Z"


def test_slip_that_was_seen_first_is_recognised(
    database: Database, client: TestClient, ours: dict[str, Any]
) -> None:
    assert run(database, launch("2027-03-09T10:00:00Z")) == UNCHANGED
    assert only_launch(client) == ours
    assert run(database, launch("2027-03-10T10:00:00Z")) == UNCHANGED  # they never agreed


def test_articles_of_a_recognised_launch_are_linked(
    database: Database, editor: TestClient, ours: dict[str, Any]
) -> None:
    run(database, launch())
    article = {
        "id": 7, "title": "A supply ship", "summary": "It is ready.", "url": "https://n.example/7",
        "news_site": "News", "published_at": "2027-02-01T10:00:00Z",
        "launches": [{"launch_id": launch()["id"], "provider": "Launch Library 2"}],
    }  # fmt: skip
    import_inputs(database, "snapi", make_input(json.dumps({"results": [article]})))
    (draft,) = editor.get("/v1/drafts").json()["items"]
    preview = editor.get(f"/v1/articles/{draft['slug']}/preview").json()
    assert [each["slug"] for each in preview["launches"]] == [ours["slug"]]


def test_deleted_launch_is_not_imported_again(
    database: Database, editor: TestClient, client: TestClient, ours: dict[str, Any]
) -> None:
    run(database, launch())
    assert editor.delete("/v1/launches/progress-ms-99", headers=IF_MATCH_ANY).status_code == 204
    assert run(database, launch("2027-03-09T10:00:00Z")) == UNCHANGED
    assert client.get("/v1/launches").json()["items"] == []
