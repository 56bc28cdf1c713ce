"""Spacecraft and their types: requests and expected records, writes, and their launches."""

import json
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.db.database import Database
from tests.support import documents
from tests.support.changes import read_changes_to_end
from tests.support.clients import database_of
from tests.support.documents import IF_MATCH_ANY
from tests.support.exports import export_ndjson
from tests.support.import_runs import import_inputs, make_input
from tests.support.query_costs import record_cost
from tests.support.statements import record_selects


def slugs(client: TestClient, path: str) -> list[str]:
    answer = client.get(f"/v1/{path}").raise_for_status().json()
    return [item["slug"] for item in answer["items"]]


def test_filters_and_refusals(archive: TestClient) -> None:
    dragons = ["endeavour", "endurance", "freedom", "grace", "resilience"]
    for path, expected in (
        ("spacecraft?type=space-shuttle-orbiter", ["atlantis", "discovery", "endeavour"]),
        ("spacecraft?type=Crew Dragon 2&sort=name&limit=3", ["dragon-c204", *_dragon(dragons[:2])]),
        ("spacecraft?operator=nasa&sort=-name", ["endeavour", "discovery", "atlantis"]),
        ("spacecraft?kind=SC&operator=boeing", ["starliner-calypso", "starliner-sv2"]),
        ("spacecraft?q=союз мс-11", ["soyuz-ms-11"]),
        ("spacecraft?q=шаттл атлантис", ["atlantis"]),
        ("spacecraft?q=C206", ["dragon-endeavour"]),
        ("spacecraft-types?kind=SC&maker=spacex", ["crew-dragon-2"]),
        ("spacecraft-types?crewed=true&q=soyuz&sort=-name", _soyuz("tma-m", "tma", "tm", "ms")),
    ):
        assert slugs(archive, path) == expected, path
    for path, parameter in (
        ("spacecraft?type=soyuz-mss", "type"),
        ("spacecraft?operator=nassa", "operator"),
        ("spacecraft-types?maker=spase-x", "maker"),
        ("spacecraft-types?kind=XX", "kind"),
    ):
        refused = archive.get(f"/v1/{path}")
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["parameter"] == parameter


def _dragon(names: list[str]) -> list[str]:
    return [f"dragon-{name}" for name in names]


def _soyuz(*series: str) -> list[str]:
    return [f"soyuz-{each}" for each in series]


def test_ship_has_all_its_flights(archive: TestClient) -> None:
    ship = archive.get("/v1/spacecraft/dragon-endeavour").raise_for_status().json()
    assert (ship["type"]["slug"], ship["serial"]) == ("crew-dragon-2", "C206")
    launches = [flight["launch"]["slug"] for flight in ship["flights"]]
    assert launches == [
        *("crew-dragon-demo-2", "dragon-crew-2", "axiom-ax-1"),
        *("dragon-crew-6", "dragon-crew-8", "dragon-crew-11"),
    ]
    assert ship["flights_count"] == len(launches)
    assert ship["flights"][0]["end_kind"] == "splashdown"
    assert ship["first_launch"]["slug"] == launches[0]
    assert ship["last_launch"]["slug"] == launches[-1]
    (full,) = archive.get("/v1/spacecraft?view=full&q=C206").json()["items"]
    assert full == ship
    for name in ("dragon-endeavour", "Dragon Endeavour"):
        found = archive.get("/v1/launches", params={"spacecraft": name, "sort": "launch_at"})
        assert [each["slug"] for each in found.json()["items"]] == launches
        stays = archive.get("/v1/stays", params={"spacecraft": name, "sort": "arrived_at"}).json()
        assert [each["slug"] for each in stays["items"]] == [each["slug"] for each in ship["stays"]]
        events = archive.get("/v1/timeline", params={"spacecraft": name, "kind": "launch"}).json()
        assert {each["launch"]["slug"] for each in events["items"]} == set(launches)
    assert archive.get("/v1/spacecraft/atlantis?lang=ru").json()["name"] == "Атлантис"


def test_type_has_the_numbers_of_its_spacecraft(archive: TestClient) -> None:
    type_ = archive.get("/v1/spacecraft-types/crew-dragon-2").raise_for_status().json()
    ships = archive.get(type_["spacecraft_url"]).json()["items"]
    assert type_["spacecraft_count"] == len(ships) == 6
    assert type_["flights_count"] == sum(ship["flights_count"] for ship in ships) == 17
    assert type_["first_launch"]["slug"] == "crew-dragon-demo-1"


def test_lists_take_one_statement(archive: TestClient) -> None:
    for path, table in (
        ("spacecraft?view=full&limit=100", "spacecraft"),
        ("spacecraft?type=soyuz-ms&kind=SC&operator=roscosmos", "spacecraft"),
        ("spacecraft-types?view=full&limit=100", "spacecraft_types"),
    ):
        with record_selects(database_of(archive)) as selects:
            archive.get(f"/v1/{path}").raise_for_status()
        assert len([each for each in selects if f"FROM {table}" in each]) == 1, path


@pytest.fixture
def ship(editor: TestClient) -> TestClient:
    """Client of an archive with the type `capsule` and the spacecraft `dragon-one`."""
    type_ = documents.spacecraft_type(name="Capsule")
    editor.post("/v1/spacecraft-types", json=type_).raise_for_status()
    document = documents.spacecraft(name="Dragon One", type="capsule")
    editor.post("/v1/spacecraft", json=document).raise_for_status()
    return editor


def launch_of(name: str, **fields: Any) -> dict[str, Any]:
    return documents.launch(spacecraft=[{"name": name, "kind": "SC", **fields}])


@pytest.mark.parametrize("path", ["/v1/spacecraft", "/v1/spacecraft-types"])
def test_launches_of_lists_are_read_by_their_ids(archive: TestClient, path: str) -> None:
    """SQLite read all launches by an index of their order, for each spacecraft of the list."""
    engine = database_of(archive).engine
    with record_cost(archive) as cost:
        archive.get(path).raise_for_status()
    if engine.dialect.name == "postgresql":
        return
    sql, parameters = next(each for each in cost.statements_run if "AS first_launch" in each[0])
    with engine.connect() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", parameters)
        steps = [row[3] for row in plan if " launches" in row[3]]
    assert len(steps) > 1
    assert all("USING INTEGER PRIMARY KEY" in step for step in steps)


def test_launch_names_its_spacecraft_by_slug_or_by_its_name(ship: TestClient) -> None:
    for document, expected in (
        (launch_of("Crew-1", slug="dragon-one"), "dragon-one"),
        (launch_of("Dragon One"), "dragon-one"),
        (launch_of("Crew-2"), None),
    ):
        launch = ship.post("/v1/launches", json=document)
        assert launch.status_code == 201, launch.text
        (carried,) = launch.json()["spacecraft"]
        assert carried["slug"] == expected
        assert (carried["url"] is None) == (expected is None)
    flights = ship.get("/v1/spacecraft/dragon-one").json()["flights"]
    assert [flight["name"] for flight in flights] == ["Crew-1", "Dragon One"]
    refused = ship.post("/v1/launches", json=launch_of("Crew-3", slug="dragon-ane"))
    assert refused.status_code == 422
    error = refused.json()["errors"][0]
    assert error["pointer"] == "/spacecraft/0/slug"
    assert error["detail"] == "There is no spacecraft 'dragon-ane'. Did you mean 'dragon-one'?"


def test_unknown_type_is_refused_with_the_nearest(ship: TestClient) -> None:
    refused = ship.post("/v1/spacecraft", json=documents.spacecraft(type="capsula"))
    assert refused.status_code == 422
    error = refused.json()["errors"][0]
    assert error["pointer"] == "/type"
    assert error["detail"] == "There is no spacecraft type 'capsula'. Did you mean 'capsule'?"


def test_renamed_ship_is_a_change_of_its_launches(ship: TestClient) -> None:
    launch = launch_of("Crew-1", slug="dragon-one") | {"slug": "crew-1"}
    ship.post("/v1/launches", json=launch).raise_for_status()
    _, sync = read_changes_to_end(ship)
    change = {"slug": "dragon-uno"}
    ship.patch("/v1/spacecraft/dragon-one", json=change, headers=IF_MATCH_ANY).raise_for_status()
    items, _ = read_changes_to_end(ship, sync)
    changed = {each["type"]: each["data"] for each in items}
    assert changed.keys() == {"spacecraft", "launch"}
    assert changed["launch"]["spacecraft"][0]["slug"] == "dragon-uno"


def test_what_is_referred_to_is_not_deleted(ship: TestClient) -> None:
    launch = launch_of("Crew-1", slug="dragon-one") | {"slug": "crew-1"}
    ship.post("/v1/launches", json=launch).raise_for_status()
    for path, referrer in (
        ("/v1/spacecraft-types/capsule", "the spacecraft dragon-one"),
        ("/v1/spacecraft/dragon-one", "the launch crew-1"),
    ):
        refused = ship.delete(path, headers=IF_MATCH_ANY)
        assert refused.status_code == 409
        assert referrer in refused.json()["detail"]
    for path in ("launches/crew-1", "spacecraft/dragon-one", "spacecraft-types/capsule"):
        assert ship.delete(f"/v1/{path}", headers=IF_MATCH_ANY).status_code == 204, path


def test_export_is_restored_with_ships_of_launches(ship: TestClient, database: Database) -> None:
    launch = launch_of("Crew-1", slug="dragon-one") | {"slug": "crew-1"}
    ship.post("/v1/launches", json=launch).raise_for_status()
    exported = export_ndjson(database)
    paths = ("/v1/launches/crew-1", "/v1/spacecraft/dragon-one", "/v1/spacecraft-types/capsule")
    for path in paths:
        ship.delete(path, headers=IF_MATCH_ANY).raise_for_status()
    report, rejects = import_inputs(database, "ndjson", make_input(exported))
    assert (report.created, rejects) == (3, [])
    (flight,) = ship.get("/v1/spacecraft/dragon-one").json()["flights"]
    assert flight["launch"]["slug"] == "crew-1"
    lines = [json.loads(line) for line in exported.splitlines()]
    assert [each["type"] for each in lines] == ["spacecraft_type", "spacecraft", "launch"]
