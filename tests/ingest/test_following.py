"""Recognised records of an archive that no editor has written: they follow their source."""

import json
from typing import Any

import pytest
import time_machine
from sqlalchemy import update
from starlette.testclient import TestClient

from app.db.database import Database
from app.db.models import Launch, Mission, Person
from app.ingest.dataset.load import load_dataset
from tests.support.documents import IF_MATCH_ANY
from tests.support.import_runs import import_inputs, make_input

AT = "2027-03-01T10:00:00Z"
FLOWN_AT = "2026-03-01T10:00:00Z"
LANDED_AT = "2026-08-01T10:00:00Z"


def seat(id_: int, name: str, role: str = "Flight Engineer", **fields: Any) -> dict[str, Any]:
    """A seat with its astronaut, as detailed records have it."""
    astronaut = {"id": id_, "name": name, "nationality": [{"alpha_2_code": "RU"}]} | fields
    return {"role": {"role": role}, "astronaut": astronaut}


ANNA, BORIS = seat(1, "Anna Example", "Commander"), seat(2, "Boris Example")
DOUBTFUL = seat(9, "C. Example")


def launch(
    at: str = AT, status: str = "Go", crew: Any = (ANNA,), precision: str = "MIN", **stage: Any
) -> dict[str, Any]:
    """A crewed launch as Launch Library 2 describes it; `stage` are fields of its spacecraft."""
    ship = {"spacecraft": {"name": "Soyuz MS-99"}, "launch_crew": list(crew)} | stage
    return {
        "id": "00000000-0000-4000-8000-000000000099",
        "name": "Soyuz 2.1a | Soyuz MS-99",
        "status": {"abbrev": status},
        "net": at,
        "net_precision": {"abbrev": precision},
        "rocket": {"configuration": {"full_name": "Soyuz 2.1a"}, "spacecraft_stage": [ship]},
        "mission": {"name": "Soyuz MS-99", "type": "Human Exploration"},
        "pad": {"name": "31/6", "location": {"name": "Baikonur Cosmodrome"}},
    }


def expedition(crew: Any = (ANNA,), **fields: Any) -> dict[str, Any]:
    return {
        "id": 7,
        "name": "Expedition 900",
        "start": FLOWN_AT,
        "end": None,
        "spacestation": {"name": "International Space Station"},
        "crew": list(crew),
    } | fields


def run(database: Database, *records: dict[str, Any]) -> str:
    text = json.dumps({"results": records})
    return str(import_inputs(database, "launch-library", make_input(text))[0])


UNCHANGED = "created 0, updated 0, unchanged 1, rejected 0"
UPDATED = "created 0, updated 1, unchanged 0, rejected 0"


@pytest.fixture
def add(editor: TestClient, database: Database) -> Any:
    """Function that adds a launch or a mission of the archive, with a crew, and its people."""

    def add_record(
        path: str, crew: list[str], *, edited: bool = False, **fields: Any
    ) -> dict[str, Any]:
        for name in ("Anna Example", "Boris Example", "Carl Example"):
            editor.post("/v1/people", json={"name": name})
        vehicle = {"name": "Soyuz-2.1a", "family": "Soyuz"}
        editor.post("/v1/vehicles", json=vehicle)
        if path == "launches":
            document = {
                "launch_at": AT, "launch_at_precision": "minute", "status": "planned",
                "crewed": True, "vehicle": vehicle,
                "spacecraft": [{"name": "Soyuz MS-99", "kind": "SC"}],
                "crew": [{"person": each, "role": "commander"} for each in crew],
            }  # fmt: skip
        else:
            document = {"number": 900, "starts_at": FLOWN_AT, "summary": "An example."}
        response = editor.post(f"/v1/{path}", json=document | fields)
        assert response.status_code == 201, response.text
        if path == "missions" and crew:
            items = [{"person": each, "role": "commander"} for each in crew]
            crew_url = "/v1/missions/iss-900/crew"
            assert editor.put(crew_url, json={"items": items}, headers=IF_MATCH_ANY).is_success
        with database.session() as session:
            for model in (Launch, Mission, Person):
                session.execute(update(model).values(edited=edited))
        created: dict[str, Any] = response.json()
        return created

    return add_record


def get(client: TestClient, path: str) -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"/v1/{path}").json()
    return found


def crew_of(record: dict[str, Any]) -> dict[str, str]:
    """Roles by the slugs of the people."""
    return {each["person"]["slug"]: each["role"] for each in record["crew"]}


@pytest.mark.parametrize(
    ("edited", "given", "expected"),
    [
        (False, launch("2027-03-09T10:00:00Z"), "2027-03-09T10:00:00Z"),
        (False, launch("2027-03-01T10:00:40Z", precision="SEC"), "2027-03-01T10:00:40Z"),
        (False, launch("2027-03-01T00:00:00Z", precision="M"), AT),  # says no more
        (True, launch("2027-03-09T10:00:00Z"), AT),
    ],
)
def test_first_statement_is_taken_by_records_of_the_archive(
    database: Database,
    client: TestClient,
    add: Any,
    edited: bool,
    given: dict[str, Any],
    expected: str,
) -> None:
    add("launches", ["anna-example"], edited=edited)
    assert run(database, given) == (UNCHANGED if expected == AT else UPDATED)
    found = get(client, "launches/soyuz-ms-99")
    assert found["launch_at"] == expected
    assert len(found["history"]) == (expected != AT)
    assert run(database, given) == UNCHANGED


def test_launch_lands(database: Database, client: TestClient, add: Any) -> None:
    """Also if an editor has written it, once; who is still aboard is left alone."""
    fields = {"status": "success", "launch_at": FLOWN_AT}
    add("launches", ["anna-example", "boris-example"], edited=True, **fields)
    ending: dict[str, Any] = {"mission_end": LANDED_AT, "landing_crew": [ANNA]}
    aboard = seat(2, "Boris Example", in_space=True)
    assert run(database, launch(FLOWN_AT, "Success", [ANNA, aboard])) == UNCHANGED
    assert run(database, launch(FLOWN_AT, "Success", [ANNA, aboard], **ending)) == UPDATED
    landings = {
        each["person"]["slug"]: (each["landed_at"], (each["landed_with"] or {}).get("slug"))
        for each in get(client, "launches/soyuz-ms-99")["crew"]
    }
    assert landings == {
        "anna-example": (LANDED_AT, "soyuz-ms-99"),
        "boris-example": (None, None),
    }
    other = ending | {"mission_end": "2026-08-02T10:00:00Z"}
    assert run(database, launch(FLOWN_AT, "Success", [ANNA, aboard], **other)) == UNCHANGED


def test_landing_with_another_ship_is_saved(
    database: Database, client: TestClient, add: Any
) -> None:
    """Of somebody who is in space, once; whoever has landed before is left alone."""
    add("launches", ["anna-example"], status="success", launch_at=FLOWN_AT)
    ship = launch("2026-06-01T10:00:00Z", "Success", [BORIS], landing_crew=[ANNA, BORIS])
    ship |= {"id": "other", "name": "Soyuz 2.1a | Soyuz MS-98"}
    ship["mission"]["name"] = ship["rocket"]["spacecraft_stage"][0]["spacecraft"]["name"] = (
        "Soyuz MS-98"
    )
    run(database, ship)
    (anna,) = get(client, "launches/soyuz-ms-99")["crew"]
    assert anna["landed_at"] is None
    for ends_at in (LANDED_AT, "2026-08-02T10:00:00Z"):
        ship["rocket"]["spacecraft_stage"][0]["mission_end"] = ends_at
        run(database, ship)
        (anna,) = get(client, "launches/soyuz-ms-99")["crew"]
        assert (anna["landed_at"], anna["landed_with"]["slug"]) == (LANDED_AT, "soyuz-ms-98")


def test_landing_that_was_ahead_is_taken_when_it_has_come(
    database: Database, client: TestClient, add: Any
) -> None:
    """The record of the source does not change meanwhile."""
    add("launches", ["anna-example"], status="success", launch_at=FLOWN_AT)
    given = launch(FLOWN_AT, "Success", mission_end=LANDED_AT, landing_crew=[ANNA])
    with time_machine.travel("2026-07-01T00:00:00Z", tick=False):
        assert run(database, given) == UNCHANGED
        assert run(database, given) == UNCHANGED
    assert run(database, given) == UPDATED
    (anna,) = get(client, "launches/soyuz-ms-99")["crew"]
    assert anna["landed_at"] == LANDED_AT


@pytest.mark.parametrize(
    ("ours", "edited", "theirs", "expected"),
    [
        ([], False, [ANNA, BORIS], "anna-example boris-example"),
        (["carl-example"], False, [ANNA, BORIS], "anna-example boris-example"),
        (["carl-example"], True, [ANNA, BORIS], "carl-example"),
        (["anna-example"], False, [ANNA], "anna-example"),
        (["anna-example", "carl-example"], False, [ANNA, DOUBTFUL], "anna-example carl-example"),
        (["anna-example"], False, [], "anna-example"),
    ],
)
def test_crew_of_a_planned_launch_follows(
    database: Database,
    client: TestClient,
    add: Any,
    ours: list[str],
    edited: bool,
    theirs: list[Any],
    expected: str,
) -> None:
    add("launches", ours, edited=edited)
    run(database, launch(crew=theirs))
    assert " ".join(sorted(crew_of(get(client, "launches/soyuz-ms-99")))) == expected


def test_replaced_crew_member_follows_if_both_agreed(
    database: Database, client: TestClient, add: Any
) -> None:
    add("launches", ["anna-example"], edited=True)
    assert run(database, launch(crew=[ANNA])) == UNCHANGED
    assert run(database, launch(crew=[BORIS])) == UPDATED
    assert list(crew_of(get(client, "launches/soyuz-ms-99"))) == ["boris-example"]


def test_launch_without_a_crew_list_keeps_its_crew(
    database: Database, client: TestClient, add: Any
) -> None:
    """Records that are not detailed do not list it, also not those of an imported launch."""
    brief = launch("2027-03-09T10:00:00Z")
    del brief["rocket"]["spacecraft_stage"]
    run(database, launch())
    assert run(database, brief) == UPDATED
    assert list(crew_of(get(client, "launches/soyuz-ms-99"))) == ["anna-example"]


def test_mission_ends_and_is_joined(database: Database, client: TestClient, add: Any) -> None:
    add("missions", ["anna-example"])
    assert run(database, expedition()) == UNCHANGED
    carl = seat(3, "Carl Example", "Commander")
    assert run(database, expedition([carl, ANNA, BORIS])) == UPDATED
    assert run(database, expedition([carl, ANNA, BORIS], end=LANDED_AT)) == UPDATED
    found = get(client, "missions/iss-900")
    assert (found["ends_at"], found["ends_at_precision"]) == (LANDED_AT, "minute")
    assert crew_of(found) == {
        "anna-example": "commander",
        "boris-example": "flight_engineer",
        "carl-example": "flight_engineer",  # the change of command has no date
    }
    late = seat(4, "Dora Example")
    run(database, expedition([carl, ANNA, BORIS, late], end="2026-08-09T10:00:00Z"))
    assert get(client, "missions/iss-900") == found  # it has ended


def test_crew_member_removed_by_an_editor_stays_removed(
    database: Database, editor: TestClient, add: Any
) -> None:
    add("missions", ["anna-example"])
    run(database, expedition([ANNA, BORIS]))
    url = "/v1/missions/iss-900/crew"
    kept = {"items": [{"person": "anna-example", "role": "commander"}]}
    assert editor.put(url, json=kept, headers=IF_MATCH_ANY).is_success
    carl = seat(3, "Carl Example")
    assert run(database, expedition([ANNA, BORIS, carl])) == UPDATED
    found = get(editor, "missions/iss-900")
    assert set(crew_of(found)) == {"anna-example", "carl-example"}


def test_people_of_crews_are_imported_with_their_ships(
    database: Database, client: TestClient
) -> None:
    """And arrive with them; a robot, or the crew of another station, is nobody."""
    robot = seat(8, "A Robot", "Anthropomorphic Test Device", type={"name": "Non-Human"})
    flown = launch(FLOWN_AT, "Success", [ANNA, BORIS, robot])
    assert run(database, flown) == "created 3, updated 0, unchanged 0, rejected 0"
    elsewhere = launch(crew=[seat(3, "Carl Example")], destination="Tiangong space station") | {
        "id": "2", "mission": {"name": "Shenzhou 99", "type": "Human Exploration"},
        "name": "Long March | Shenzhou 99",
    }  # fmt: skip
    elsewhere["rocket"]["spacecraft_stage"][0]["spacecraft"]["name"] = "Shenzhou 99"
    assert run(database, elsewhere).endswith("skipped 1")
    assert run(database, expedition([ANNA, BORIS])).startswith("created 1,")
    people = client.get("/v1/people").json()["items"]
    assert {each["slug"] for each in people} == {"anna-example", "boris-example"}
    crew = get(client, "missions/iss-900")["crew"]
    assert {each["arrived_with"]["launch"]["slug"] for each in crew} == {"soyuz-ms-99"}


def test_spacecraft_flight_is_its_launch(database: Database, client: TestClient) -> None:
    whole = launch(FLOWN_AT, "Success", [ANNA])
    (stage,) = whole["rocket"].pop("spacecraft_stage")
    landed = {"mission_end": LANDED_AT, "landing_crew": [ANNA]}
    run(database, launch(FLOWN_AT, "Success", [ANNA]))
    assert run(database, {"id": 5, **stage, **landed, "launch": whole}) == UPDATED
    (member,) = get(client, "launches/soyuz-ms-99")["crew"]
    assert member["landed_at"] == LANDED_AT


def test_kinds_without_records_are_skipped(database: Database) -> None:
    station = {"id": 4, "name": "International Space Station"}
    docking = {"id": 1, "docking": FLOWN_AT, "departure": None, "space_station_target": station}
    spacewalk = {
        "id": 2, "name": "EVA-99", "start": FLOWN_AT, "end": LANDED_AT, "duration": "PT6H",
        "location": "Quest", "crew": [], "spacestation": station,
    }  # fmt: skip
    tiangong = expedition(spacestation={"name": "Tiangong space station"}, name="Shenzhou 99")
    given = make_input(json.dumps([docking, spacewalk, tiangong]))
    report, skipped = import_inputs(database, "launch-library", given)
    assert str(report) == "created 0, updated 0, unchanged 0, rejected 0, skipped 3"
    assert [(each.is_error, each.reason) for each in skipped] == [
        (False, "The archive has no records of dockings."),
        (False, "The archive has no records of spacewalks."),
        (False, "Not an expedition to the station."),
    ]
    assert run(database, {"id": 3, "name": "An agency"}).endswith("rejected 1")


def test_loading_the_archive_does_not_revert_what_followed(
    own_archive: TestClient, own_database: Database
) -> None:
    """Of a mission that was open; its other fields are those of the archive."""
    missions = own_archive.get("/v1/missions", params={"limit": 1}).json()["items"]
    newest = get(own_archive, f"missions/{missions[0]['slug']}")
    assert newest["ends_at"] is None
    record = expedition([], name=f"Expedition {newest['number']}", end=LANDED_AT)
    assert run(own_database, record) == UPDATED
    load_dataset(own_database.session)
    found = get(own_archive, f"missions/{newest['slug']}")
    assert found["ends_at"] == LANDED_AT
    assert found["summary"] == newest["summary"]
    assert [each["person"] for each in found["crew"]] == [each["person"] for each in newest["crew"]]
