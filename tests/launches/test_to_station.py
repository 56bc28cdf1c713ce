"""Launches to the station and elsewhere: `next`, the portal, filters, writes, imports, exports."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from starlette.testclient import TestClient

from app.db.database import Database
from tests.support import documents
from tests.support.clients import database_of, open_client
from tests.support.databases import CreateDatabase
from tests.support.documents import IF_MATCH_ANY
from tests.support.exports import export_ndjson
from tests.support.import_runs import explain_import, import_inputs, make_input

NOW = datetime(2031, 4, 1, tzinfo=UTC)
TOMORROW, NEXT_WEEK = "2031-04-02T10:00:00Z", "2031-04-08T10:00:00Z"
STARLINK = documents.launch(
    slug="starlink", launch_at=TOMORROW, crewed=True, to_station=False
)  # crewed, so that only `to_station` keeps it out of the crew timeline
PROGRESS = documents.launch(slug="progress", launch_at=NEXT_WEEK)


@pytest.fixture(autouse=True)
def on_1_april_2031() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def plans(editor: TestClient) -> TestClient:
    """A Starlink launch tomorrow, and a Progress launch next week."""
    for launch in (STARLINK, PROGRESS):
        assert editor.post("/v1/launches", json=launch).status_code == 201
    mission = documents.mission(number=99, starts_at="2031-03-15T00:00:00Z")
    assert editor.post("/v1/missions", json=mission).status_code == 201
    return editor


def next_slugs(client: TestClient) -> set[str]:
    """Slugs of the next launch in the API, of the mission page, and of the front page."""
    front_page = client.get("/", headers={"Accept": "text/html"}).raise_for_status().text
    (linked,) = re.findall(r'href="/launches/([\w-]+)', front_page.partition("countdown")[0])
    return {
        client.get("/v1/launches/next").json()["slug"],
        client.get("/v1/missions/current/page").json()["launches"]["next"]["slug"],
        linked,
    }


def listed_slugs(client: TestClient, query: str) -> list[str]:
    return [each["slug"] for each in client.get(f"/v1/launches?{query}").json()["items"]]


def test_next_launch_goes_to_station(plans: TestClient) -> None:
    assert next_slugs(plans) == {"progress"}
    changed = plans.patch(
        "/v1/launches/starlink", json={"to_station": True}, headers=IF_MATCH_ANY
    ).json()
    assert (changed["to_station"], changed["version"]) == (True, 2)
    assert next_slugs(plans) == {"starlink"}


def test_next_launch_not_found_if_all_go_elsewhere(plans: TestClient) -> None:
    plans.delete("/v1/launches/progress", headers=IF_MATCH_ANY)
    answer = plans.get("/v1/launches/next")
    assert (answer.status_code, "to the station" in answer.json()["detail"]) == (404, True)
    assert plans.get("/v1/missions/current/page").json()["launches"]["next"] is None


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["progress", "starlink"]),
        ("to_station=true", ["progress"]),
        ("to_station=false", ["starlink"]),
    ],
)
def test_filter_selects_in_list_calendar_and_archive(
    plans: TestClient, query: str, expected: list[str]
) -> None:
    assert listed_slugs(plans, query) == expected
    events = plans.get(f"/v1/launches.ics?{query}").text
    assert re.findall(r"URL:http://127.0.0.1:8000/launches/(\w+)", events) == expected
    archive = plans.get(f"/v1/launches/archive?month=2031-04&{query}").json()
    assert archive["total"] == len(expected)


def test_portal_lists_launches_to_station_only(plans: TestClient) -> None:
    page = plans.get("/launches", headers={"Accept": "text/html"}).text
    assert ("/launches/progress" in page, "/launches/starlink" in page) == (True, False)
    missions = plans.get("/missions", headers={"Accept": "text/html"}).text
    (timeline,) = set(re.findall(r"/v1/launches\?[^\"<]+", missions))
    lines = plans.get(timeline.replace("&amp;", "&")).text.splitlines()
    assert [json.loads(line)["slug"] for line in lines] == ["progress"]
    own = plans.get("/launches/starlink", headers={"Accept": "text/html"})
    assert own.status_code == 200


def test_mission_page_has_all_launches_of_the_mission(plans: TestClient) -> None:
    links = [{"launch": "starlink", "relation": "cargo"}]
    plans.patch("/v1/missions/iss-99", json={"launches": links}, headers=IF_MATCH_ANY)
    launches = plans.get("/v1/missions/iss-99/page").json()["launches"]
    assert [each["slug"] for each in launches["recent"]] == ["starlink"]
    assert launches["next"]["slug"] == "progress"


def test_to_station_is_written_patched_and_recorded(plans: TestClient) -> None:
    assert plans.get("/v1/launches/progress").json()["to_station"] is True
    refused = plans.patch("/v1/launches/progress", json={"to_station": "no"}, headers=IF_MATCH_ANY)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "/to_station"
    plans.patch("/v1/launches/progress", json={"to_station": False}, headers=IF_MATCH_ANY)
    for address in ("/v1/launches", "/v1/launches?view=full"):
        found = {each["slug"]: each["to_station"] for each in plans.get(address).json()["items"]}
        assert found == {"progress": False, "starlink": False}
    changes = plans.get("/v1/changes?types=launch").json()["items"]
    assert changes[-1]["data"]["to_station"] is False


def test_default_is_restored_by_null(plans: TestClient) -> None:
    plans.patch("/v1/launches/starlink", json={"to_station": None}, headers=IF_MATCH_ANY)
    assert plans.get("/v1/launches/starlink").json()["to_station"] is True


@pytest.mark.slow
def test_export_restores_to_station(plans: TestClient, create_database: CreateDatabase) -> None:
    text = export_ndjson(database_of(plans))
    with open_client(create_database()) as client:
        import_inputs(database_of(client), "ndjson", make_input(text))
        assert listed_slugs(client, "to_station=false") == ["starlink"]
        assert export_ndjson(database_of(client)) == text
    assert plans.get("/v1/launches?format=csv&to_station=false").text.count("starlink") > 0


def launch_library(number: int, name: str, net: str, **fields: Any) -> dict[str, Any]:
    return {
        "id": str(number),
        "name": f"Falcon 9 | {name}",
        "status": {"abbrev": "Go"},
        "net": net,
        "net_precision": {"abbrev": "MIN"},
        "mission": {"name": name, "type": "Communications", "orbit": {"abbrev": "LEO"}},
        "rocket": {"configuration": {"full_name": "Falcon 9"}},
    } | fields


STATION_PROGRAM = {"program": [{"name": "International Space Station"}]}


def test_imported_launch_elsewhere_is_not_next(database: Database, client: TestClient) -> None:
    starlink = launch_library(1, "Starlink Group 99-9", TOMORROW)
    progress = launch_library(2, "Progress MS-99", NEXT_WEEK)

    def run(*launches: dict[str, Any]) -> str:
        given = make_input(json.dumps(launches))
        report, _ = import_inputs(database, "launch-library", given, all_launches=True)
        return str(report)

    assert run(starlink, progress) == "created 2, updated 0, unchanged 0, rejected 0"
    assert listed_slugs(client, "to_station=false") == ["starlink-group-99-9"]
    assert client.get("/v1/launches/next").json()["slug"] == "progress-ms-99"
    assert run(starlink | STATION_PROGRAM) == "created 0, updated 1, unchanged 0, rejected 0"
    assert listed_slugs(client, "to_station=false") == []
    assert client.get("/v1/launches/next").json()["slug"] == "starlink-group-99-9"


@pytest.mark.parametrize(("elsewhere", "outcome"), [(False, "proposed"), (True, "created")])
def test_doubt_about_time_and_rocket_needs_two_launches_to_station(
    database: Database, editor: TestClient, elsewhere: bool, outcome: str
) -> None:
    falcon = {"name": "Falcon 9", "family": "Falcon"}
    editor.post("/v1/vehicles", json=falcon).raise_for_status()
    planned = documents.launch(
        launch_at="2031-04-02T00:00:00Z",
        launch_at_precision="day",
        vehicle=falcon,
        to_station=not elsewhere,
    )
    editor.post("/v1/launches", json=planned).raise_for_status()
    entry = launch_library(1, "A new ship", TOMORROW, **STATION_PROGRAM)
    given = make_input(json.dumps([entry]))
    (result,), _ = explain_import(database, "launch-library", given)
    assert result.outcome == outcome, result.explanation


@pytest.mark.parametrize(
    ("value", "counts"), [(False, (0, 1, 0)), (True, (1, 0, 0)), (3, (0, 0, 1))]
)
def test_handwritten_launch_elsewhere_needs_all(
    database: Database, value: object, counts: tuple[int, int, int]
) -> None:
    line = json.dumps({"type": "launch", "data": documents.launch(to_station=value)})
    report, _ = import_inputs(database, "ndjson", make_input(line))
    assert (report.created, report.skipped, report.rejected) == counts
    report, _ = import_inputs(database, "ndjson", make_input(line), all_launches=True)
    assert (report.created, report.rejected) == (counts[1], counts[2])
