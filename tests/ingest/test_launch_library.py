"""Launch Library 2 format: launches, expeditions, astronauts."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.api.write_models import validate_write_model
from app.db.database import Database
from app.domain.enums import RecordType
from app.ingest.entity_linking import AmbiguousName
from app.ingest.entries import ImportEntry, Reject
from app.ingest.formats import launch_library
from app.ingest.launch_matching import RecordMatcher
from app.resources.launches.schemas import LaunchWrite
from app.resources.missions.schemas import MissionWrite
from app.resources.people.schemas import PersonWrite
from tests.support.clients import database_of
from tests.support.factories import launch as factory
from tests.support.factories import vehicle
from tests.support.import_runs import import_inputs, make_input, report_counts, split_rejects


class People:
    """Name lookup with fixed records."""

    def find_person(self, name: str) -> str | None:
        if name == "Two People":
            raise AmbiguousName(name, ["one", "other"])
        return {"Anna Example": "anna-example"}.get(name)

    def find_launch(self, ship: str) -> str | None:
        return {"Known Ship": "known-ship"}.get(ship)


def launch(**fields: Any) -> dict[str, Any]:
    return {
        "id": "5f1c-1",
        "name": "Example 9 | Ship 1",
        "status": {"abbrev": "Go"},
        "net": "2031-04-04T11:01:35Z",
        "net_precision": {"abbrev": "SEC"},
        "window_start": "2031-04-04T11:00:00Z",
        "window_end": None,
        "launch_designator": None,
        "rocket": {
            "configuration": {"full_name": "Example 9", "families": [{"name": "Examples"}]},
            "spacecraft_stage": [{"spacecraft": {"name": "Ship 1"}, "launch_crew": []}],
        },
        "mission": {"name": "Ship 1 to the station", "type": "Resupply"},
        "pad": {"name": "LC-1", "location": {"name": "Example Field, USA", "country_code": "USA"}},
    } | fields


def expedition(**fields: Any) -> dict[str, Any]:
    return {
        "id": 7,
        "name": "Expedition 900",
        "start": "2031-04-05T00:00:00Z",
        "end": None,
        "spacestations": [{"name": "International Space Station"}],
        "crew": [seat("Commander"), seat("Flight Engineer", "Boris Example")],
    } | fields


def astronaut(name: str = "Anna Example", **fields: Any) -> dict[str, Any]:
    return {
        "id": len(name),
        "name": name,
        "nationality": "Russian",
        "agency": {"abbrev": "RFSA", "name": "Agency"},
    } | fields


def seat(role: str, name: str = "Anna Example") -> dict[str, Any]:
    return {"role": {"role": role}, "astronaut": {"id": 1, "name": name}}


def crewed(role: str = "Commander", **fields: Any) -> dict[str, Any]:
    """Launch of 2009 with a crew of one. `fields` are those of the spacecraft."""
    stage = {"spacecraft": {"name": "Ship 2"}, "launch_crew": [seat(role)]} | fields
    rocket = {"configuration": {"full_name": "Soyuz 2.1a"}, "spacecraft_stage": stage}
    return launch(rocket=rocket, net="2009-09-30T07:14:45Z", status={"abbrev": "Success"})


def found(*values: Any) -> tuple[list[ImportEntry], list[Reject]]:
    text = json.dumps({"results": values})
    return split_rejects(
        launch_library.parse_launch_library(
            make_input(text), RecordMatcher(People(), {"soyuz-2-1a": "Soyuz"})
        )
    )


def test_launch_becomes_document() -> None:
    (entry,), _ = found(launch())
    document = dict(entry.data)
    validate_write_model(LaunchWrite, document)
    assert entry.type is RecordType.LAUNCH
    assert document["vehicle"] == {"name": "Example 9", "family": "Examples"}
    assert document["site"] == {"name": "Example Field", "country": "US"}
    assert document["spacecraft"] == [{"name": "Ship 1", "kind": "CV"}]
    assert document["status"] == "planned"
    assert document["launch_at_precision"] == "second"


def test_crew_is_matched_to_people() -> None:
    stage = {"spacecraft": {"name": "Ship 2"}, "launch_crew": [seat("Commander")]}
    rocket = {"configuration": {"full_name": "Soyuz 2.1a"}, "spacecraft_stage": stage}
    (entry,), _ = found(launch(rocket=rocket))
    assert entry.data["crew"] == [{"person": "anna-example", "role": "commander"}]
    assert entry.data["spacecraft"] == [{"name": "Ship 2", "kind": "SC"}]
    assert entry.data["vehicle"]["family"] == "Soyuz"


@pytest.mark.parametrize(
    ("record", "expected"),
    [("SEC", "second"), ("MIN", "minute"), ("HR", "hour"), ("MORN", "day"), ("DAY", "day"),
     ("WEEK", "year"), ("M", "month"), ("Q3", "quarter"), ("H2", "year"), ("NY", "year"),
     ("FY", "year")],
)  # fmt: skip
def test_launch_precision_is_as_stated(record: str, expected: str) -> None:
    (entry,), _ = found(launch(net_precision={"abbrev": record}))
    assert entry.data["launch_at_precision"] == expected


@pytest.mark.parametrize(
    ("net", "expected"),
    [("2031-05-15", "month"), ("2031-05-02", "quarter"), ("2031-07-03", "year")],
)
def test_week_precision_is_period_that_contains_it(net: str, expected: str) -> None:
    (entry,), _ = found(launch(net=f"{net}T00:00:00Z", net_precision={"name": "Week"}))
    assert entry.data["launch_at_precision"] == expected


def test_launch_window_needs_time_of_day() -> None:
    (entry,), _ = found(launch(net_precision={"abbrev": "M"}))
    assert "window_starts_at" not in entry.data
    assert found(launch())[0][0].data["window_starts_at"] == "2031-04-04T11:00:00Z"


def test_missing_precision_means_day() -> None:
    (entry,), _ = found(launch(net_precision=None))
    assert entry.data["launch_at_precision"] == "day"


@pytest.mark.parametrize(
    ("value", "field"),
    [
        (launch(status={"abbrev": "Maybe"}), "status"),
        (launch(net="soon"), "net"),
        (launch(id=None), "id"),
        (launch(id=True), "id"),
        (launch(net_precision={"abbrev": "DEC", "name": "Decade"}), "net_precision"),
        (launch(net_precision=None, status={"abbrev": "TBD"}), "net_precision"),
        (launch(rocket={"configuration": {"full_name": "E", "families": 5}}), "families"),
        (launch(rocket={"spacecraft_stage": 5}), "spacecraft_stage"),
        (launch(rocket={"spacecraft_stage": {"launch_crew": 5}}), "launch_crew"),
        (
            launch(mission={"name": "Up", "type": "Human Exploration"}),
            "rocket.spacecraft_stage.launch_crew",
        ),
        (crewed(role="Passenger"), "launch_crew[0].role"),
        (crewed(mission_end="2009-10-11T04:32:00Z"), "launch_crew[0].astronaut"),
        (expedition(spacestations=5), "spacestations"),
        (expedition(crew=5), "crew"),
        (expedition(crew=[seat("Spaceflight Participant")]), "crew[0].role"),
        (astronaut("Ape", type={"name": "Non-Human"}), "type"),
        ({"id": 1}, "record"),
        (7, "record"),
        (expedition(name="Shenzhou 20"), "name"),
        (expedition(spacestations=[{"name": "Tiangong"}]), "spacestation"),
        (expedition(crew=[seat("Commander", "Nobody")]), "crew[0].astronaut.name"),
        (expedition(crew=[seat("Commander", "Two People")]), "crew[0].astronaut.name"),
        (expedition(start=None), "start"),
        (astronaut("Two People"), "name"),
    ],
)
def test_invalid_records_are_rejected_by_field(value: Any, field: str) -> None:
    entries, rejects = found(value, launch())
    assert len(entries) == 1
    assert [reject.field for reject in rejects] == [field]


def test_unknown_crew_name_is_rejected() -> None:
    rocket = launch()["rocket"]
    rocket["spacecraft_stage"][0]["launch_crew"] = [seat("Commander", "Mr Nobody")]
    _, rejects = found(launch(rocket=rocket))
    assert "'Mr Nobody'" in rejects[0].reason


def test_crew_landing_is_imported() -> None:
    (entry,), _ = found(
        crewed("Flight Engineer 1", mission_end="2009-10-11T04:32:00Z", landing_crew=[seat("x")])
    )
    validate_write_model(LaunchWrite, dict(entry.data))
    assert entry.data["crew"] == [
        {
            "person": "anna-example",
            "role": "flight_engineer",
            "landed_at": "2009-10-11T04:32:00Z",
            "landed_at_precision": "minute",
        }
    ]
    aboard = seat("Commander")
    aboard["astronaut"] |= {"in_space": True}
    (entry,), _ = found(crewed(launch_crew=[aboard], mission_end="2009-10-11T04:32:00Z"))
    assert "landed_at" not in entry.data["crew"][0]


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"mission": {"name": "Net 1", "type": "Communications"}, "rocket": {}}, "satellite"),
        ({"mission": {"name": "Probe 1", "type": "Planetary Science"}, "rocket": {}}, "other"),
        ({}, "CV"),
    ],
)
def test_spacecraft_kind_follows_mission_type(fields: dict[str, Any], kind: str) -> None:
    assert found(launch(**fields))[0][0].data["spacecraft"][0]["kind"] == kind


def test_expedition_precision_is_as_stated() -> None:
    engineer = seat("Flight Engineer 2")
    (entry,), _ = found(expedition(crew=[engineer], end="2031-10-01T05:06:00Z"))
    document = dict(entry.data)
    assert document.pop("crew") == [
        {"person": "anna-example", "role": "flight_engineer", "position": "FE-2"}
    ]
    validate_write_model(MissionWrite, document)
    assert (document["starts_at_precision"], document["ends_at_precision"]) == ("day", "minute")


def test_several_nationalities_leave_none() -> None:
    record = [{"alpha_2_code": "US"}, {"alpha_2_code": "IT"}]
    assert found(astronaut(nationality=record))[0][0].data["nationality"] is None


def test_reused_capsule_is_another_launch(database: Database) -> None:
    first = launch(net="2011-04-04T11:01:35Z")
    again = launch(net="2013-04-04T11:01:35Z", id="5f1c-2")
    for each in (first, again):
        report, _ = import_inputs(database, "launch-library", make_input(json.dumps([each])))
        assert report_counts(report) == (1, 0, 0, 0)
    report, _ = import_inputs(database, "launch-library", make_input(json.dumps([first, again])))
    assert report_counts(report) == (0, 0, 2, 0)


SHIPS = {
    "by its minute": ("Cygnus C2", "CRS-2 NG-19", "Antares 230+", "2023-08-02T00:31:17Z"),
    "by its name and day": ("Progress MS-11", "72P", "Soyuz 2.1a", "2019-04-04T00:00:00Z"),
}


@pytest.mark.parametrize("ship", SHIPS)
def test_archive_launches_are_matched_and_unchanged(archive: TestClient, ship: str) -> None:
    name, mission, rocket, net = SHIPS[ship]
    stage = {"spacecraft": {"name": name}, "launch_crew": [seat("Commander", "Mr Nobody")]}
    record = launch(
        net=net,
        net_precision={"abbrev": "DAY" if net.endswith("00:00:00Z") else "SEC"},
        status={"abbrev": "Success"},
        mission={"name": mission, "type": "Resupply"},
        rocket={"configuration": {"full_name": rocket}, "spacecraft_stage": stage},
    )
    with database_of(archive).snapshot() as reader:
        read = launch_library.FORMAT.create_parser(reader)
    later = record | {"net": "2035-08-26T07:27:27Z", "net_precision": {"abbrev": "SEC"}}
    (entry,), (reject,) = split_rejects(read(make_input(json.dumps([record, later]))))
    assert entry.matched_slug == {"CRS-2 NG-19": "cygnus-ng-19", "72P": "progress-ms-11"}[mission]
    assert reject.field == "launch_crew[0].astronaut.name"  # another launch, so it is imported


def test_doubtful_launch_match_is_rejected(database: Database) -> None:
    with database.session() as session:
        rocket = vehicle(name="Soyuz-2.1a")
        session.add(rocket)
        session.flush()
        day = {"launch_at": datetime(2031, 4, 4, tzinfo=UTC), "launch_at_precision": "day"}
        flown = factory(slug="other-name", vehicle_id=rocket.id, **day)
        session.add(flown)
    stage = {"spacecraft": {"name": "Ship 1"}, "launch_crew": []}
    record = launch(
        rocket={"configuration": {"full_name": "Soyuz 2.1b"}, "spacecraft_stage": stage}
    )
    elsewhere = record | {"id": "2", "net": "2031-04-14T11:01:35Z"}
    report, rejects = import_inputs(
        database, "launch-library", make_input(json.dumps([record, elsewhere]))
    )
    assert report_counts(report) == (1, 0, 0, 1)
    assert "other-name" in rejects[0].reason
    nearer = elsewhere | {"net": "2031-04-04T11:01:35Z"}  # matched by its id
    report, _ = import_inputs(database, "launch-library", make_input(json.dumps([nearer])))
    assert report_counts(report) == (0, 1, 0, 0)


@pytest.mark.parametrize(
    ("nationality", "code"),
    [("American", "US"), ([{"alpha_2_code": "JP"}], "JP"), ("Martian", None), (None, None)],
)
def test_astronaut_becomes_person(nationality: Any, code: str | None) -> None:
    (entry,), _ = found(astronaut("Cecilia Example", nationality=nationality))
    validate_write_model(PersonWrite, dict(entry.data))
    assert entry.data["nationality"] == code
    assert entry.matched_slug is None
    assert found(astronaut())[0][0].matched_slug == "anna-example"


def test_inputs_are_ordered_astronauts_launches_expeditions(
    database: Database, client: TestClient
) -> None:
    stage = {"spacecraft": {"name": "Ship 3"}, "launch_crew": [seat("Commander")]}
    flown = launch(rocket={"configuration": {"full_name": "E"}, "spacecraft_stage": stage})
    inputs = [
        make_input(json.dumps({"results": [each]}) if isinstance(each, dict) else json.dumps(each))
        for each in (expedition(), flown, [astronaut(), astronaut("Boris Example")])
    ]
    report, rejects = import_inputs(database, "launch-library", *inputs)
    assert rejects == []
    assert report_counts(report) == (4, 0, 0, 0)
    crew = client.get("/v1/missions/iss-900").json()["crew"]
    assert [(c["person"]["slug"], c["role"]) for c in crew] == [
        ("anna-example", "commander"),
        ("boris-example", "flight_engineer"),
    ]
    assert report_counts(import_inputs(database, "launch-library", *inputs)[0]) == (0, 0, 4, 0)


def test_slip_is_recorded_in_history(database: Database, client: TestClient) -> None:
    import_inputs(database, "launch-library", make_input(json.dumps([launch()])))
    later = launch(net="2031-05-04T11:01:35Z", status={"abbrev": "TBC"})
    report, _ = import_inputs(database, "launch-library", make_input(json.dumps([later])))
    assert report_counts(report) == (0, 1, 0, 0)
    (slip,) = client.get("/v1/launches/ship-1").json()["history"]
    assert slip["from"]["launch_at"] == "2031-04-04T11:01:35Z"


def test_archive_people_are_matched(archive: TestClient) -> None:
    with database_of(archive).snapshot() as reader:
        read = launch_library.FORMAT.create_parser(reader)
    (entry,), _ = split_rejects(read(make_input(json.dumps([astronaut("Ovchinin Alexey")]))))
    assert entry.matched_slug == "aleksey-ovchinin"
