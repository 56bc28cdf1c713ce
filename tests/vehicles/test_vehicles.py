"""Launch vehicles: requests and expected records, writes, and launches that name them."""

import json

import pytest
from starlette.testclient import TestClient

from app.db.database import Database
from tests.support import documents
from tests.support.changes import read_changes_to_end
from tests.support.clients import database_of
from tests.support.documents import IF_MATCH_ANY
from tests.support.exports import export_ndjson
from tests.support.import_runs import import_inputs, make_input
from tests.support.statements import record_selects

FALCON = {"name": "Falcon 9", "family": "Falcon"}


def slugs(client: TestClient, query: str) -> list[str]:
    answer = client.get(f"/v1/vehicles?limit=100&{query}").raise_for_status().json()
    return [item["slug"] for item in answer["items"]]


def test_filters_and_refusals(archive: TestClient) -> None:
    for query, expected in (
        ("family=soyuz", ["soyuz-2-1a", "soyuz-2-1b", "soyuz-fg", "soyuz-u"]),
        ("family=Proton,falcon&sort=-name", ["proton-m", "proton-k", "falcon-9"]),
        ("maker=spacex", ["falcon-9"]),
        ("q=союз фг", ["soyuz-fg"]),
        ("q=rocket&family=Ariane", ["ariane-5es"]),
    ):
        assert slugs(archive, query) == expected, query
    for query, parameter in (("maker=spase-x", "maker"), ("family=R-7", "family"), ("x=1", "x")):
        refused = archive.get(f"/v1/vehicles?{query}")
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["parameter"] == parameter


def test_vehicle_has_the_numbers_of_its_launches(archive: TestClient) -> None:
    vehicle = archive.get("/v1/vehicles/soyuz-fg").raise_for_status().json()
    launches = archive.get(vehicle["launches_url"] + "&limit=100&sort=launch_at").json()["items"]
    took_place = [each for each in launches if each["status"] not in ("planned", "cancelled")]
    assert vehicle["launches_count"] == len(took_place) == 60
    assert vehicle["successes_count"] == 59
    assert vehicle["success_rate"] == 0.9833
    assert vehicle["first_launch"]["slug"] == took_place[0]["slug"]
    assert vehicle["last_launch"]["slug"] == took_place[-1]["slug"]
    assert (vehicle["stages"], vehicle["mass_kg"], vehicle["maker"]) == (3, 308000, "rkts-progress")
    assert archive.get("/v1/vehicles/soyuz-fg?lang=ru").json()["name"] == "Союз-ФГ"
    (full,) = archive.get("/v1/vehicles?view=full&q=Союз-ФГ").json()["items"]
    assert full == vehicle


def test_vehicle_without_a_launch_that_took_place_has_no_rate(editor: TestClient) -> None:
    editor.post("/v1/vehicles", json=FALCON).raise_for_status()
    editor.post("/v1/launches", json=documents.launch(vehicle=FALCON)).raise_for_status()
    vehicle = editor.get("/v1/vehicles/falcon-9").json()
    assert (vehicle["launches_count"], vehicle["success_rate"]) == (0, None)
    assert vehicle["first_launch"] is vehicle["last_launch"] is None


def test_list_takes_one_statement(archive: TestClient) -> None:
    for query in ("view=full&limit=100", "family=soyuz&maker=rkts-progress"):
        with record_selects(database_of(archive)) as selects:
            archive.get(f"/v1/vehicles?{query}").raise_for_status()
        assert len([each for each in selects if "FROM vehicles" in each]) == 1


@pytest.mark.parametrize("name", ["Falcon 9", "falcon-9", "FALCON 9", "falcon  9"])
def test_launch_names_its_vehicle_by_slug_or_name(editor: TestClient, name: str) -> None:
    editor.post("/v1/vehicles", json=FALCON).raise_for_status()
    launch = editor.post("/v1/launches", json=documents.launch(vehicle={"name": name}))
    assert launch.status_code == 201, launch.text
    assert launch.json()["vehicle"]["slug"] == "falcon-9"


def test_unknown_vehicle_of_a_launch_is_refused_with_the_nearest(editor: TestClient) -> None:
    editor.post("/v1/vehicles", json=FALCON).raise_for_status()
    launch = documents.launch(vehicle=FALCON | {"name": "Falkon 9"})
    refused = editor.post("/v1/launches", json=launch)
    assert refused.status_code == 422
    assert refused.json()["errors"] == [
        {
            "parameter": None,
            "pointer": "/vehicle/name",
            "code": "unknown-reference",
            "detail": "There is no vehicle 'Falkon 9'. Did you mean 'falcon-9'?",
        }
    ]
    assert slugs(editor, "") == ["falcon-9"]
    russian = editor.post("/v1/launches?lang=ru", json=launch).json()["errors"][0]["detail"]
    assert russian == "Нет ракеты-носителя 'Falkon 9'. Возможно, вы имели в виду 'falcon-9'?"


def test_vehicle_is_renamed_and_its_launches_follow(editor: TestClient) -> None:
    editor.post("/v1/vehicles", json=FALCON).raise_for_status()
    launch = editor.post("/v1/launches", json=documents.launch(slug="one", vehicle=FALCON))
    _, sync = read_changes_to_end(editor)
    for change in ({"name": "Falcon Nine"}, {"slug": "f9"}):
        path = editor.get("/v1/vehicles/falcon-9").url.path
        editor.patch(path, json=change, headers=IF_MATCH_ANY).raise_for_status()
        changed, sync = read_changes_to_end(editor, sync)
        assert {(each["type"], each["data"]["slug"]) for each in changed} == {
            ("vehicle", change.get("slug", "falcon-9")),
            ("launch", "one"),
        }
    shown = editor.get(launch.headers["Location"]).json()["vehicle"]
    assert (shown["slug"], shown["name"]) == ("f9", "Falcon Nine")
    assert editor.get("/v1/search", params={"q": "type:launch falcon nine"}).json()["items"]
    moved = editor.get("/v1/vehicles/falcon-9", follow_redirects=False)
    assert (moved.status_code, moved.headers["Location"]) == (
        308,
        "http://127.0.0.1:8000/v1/vehicles/f9",
    )


def test_name_of_another_vehicle_and_deletion_in_use_are_refused(editor: TestClient) -> None:
    for document in (FALCON, documents.vehicle(name="Other")):
        editor.post("/v1/vehicles", json=document).raise_for_status()
    taken = editor.patch("/v1/vehicles/other", json={"name": "FALCON 9"}, headers=IF_MATCH_ANY)
    assert (taken.status_code, taken.json()["errors"][0]["pointer"]) == (422, "/name")
    launch = documents.launch(slug="one", vehicle=FALCON)
    editor.post("/v1/launches", json=launch).raise_for_status()
    refused = editor.delete("/v1/vehicles/falcon-9", headers=IF_MATCH_ANY)
    assert refused.status_code == 409
    assert "the launch one" in refused.json()["detail"]
    assert editor.delete("/v1/vehicles/other", headers=IF_MATCH_ANY).status_code == 204
    assert editor.get("/v1/vehicles/other").status_code == 410


def test_import_creates_the_vehicle_that_a_launch_names(
    editor: TestClient, database: Database
) -> None:
    """As in exports of version 0.1.0, which have no vehicles of their own."""
    lines = [
        json.dumps({"type": "launch", "data": documents.launch(slug=slug, vehicle=FALCON)})
        for slug in ("one", "two")
    ]
    report, rejects = import_inputs(database, "ndjson", make_input("\n".join(lines)))
    assert (report.created, rejects) == (2, [])
    assert slugs(editor, "") == ["falcon-9"]
    exported = [json.loads(line) for line in export_ndjson(database).splitlines()]
    assert [(each["type"], each["data"]["slug"]) for each in exported] == [
        ("vehicle", "falcon-9"),
        ("launch", "one"),
        ("launch", "two"),
    ]
    unknown = documents.launch(vehicle={"name": "Falcon 10"})
    line = json.dumps({"type": "launch", "data": unknown})
    report, rejects = import_inputs(database, "ndjson", make_input(line))
    assert (report.created, [each.field for each in rejects]) == (0, ["vehicle/name"])
