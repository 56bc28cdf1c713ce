"""Records of Launch Library 2: launches, expeditions, astronauts."""

import json
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.database import Database
from app.documents import read_document
from app.importers import launch_library
from app.importers.entries import Entry, Reject
from app.importers.names import Ambiguous
from app.launches.schemas import LaunchWrite
from app.models import RecordType
from app.people.schemas import PersonWrite
from tests.conftest import database_of
from tests.importers.inputs import counted, given, parted, taken


class People:
    """Who is known."""

    def person(self, name: str) -> str | None:
        if name == "Two People":
            raise Ambiguous(name, ["one", "other"])
        return {"Anna Example": "anna-example"}.get(name)

    def launch(self, ship: str) -> str | None:
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


def found(*values: Any) -> tuple[list[Entry], list[Reject]]:
    text = json.dumps({"results": values})
    return parted(launch_library.read(given(text), People(), {"soyuz-2-1a": "Soyuz"}))


def test_a_launch() -> None:
    (entry,), _ = found(launch())
    document = dict(entry.document)
    read_document(LaunchWrite, document)
    assert entry.type is RecordType.LAUNCH
    assert document["vehicle"] == {"name": "Example 9", "family": "Examples"}
    assert document["site"] == {"name": "Example Field", "country": "US"}
    assert document["spacecraft"] == [{"name": "Ship 1", "kind": "CV"}]
    assert document["status"] == "planned"
    assert document["launch_at_precision"] == "second"


def test_a_crew() -> None:
    stage = {"spacecraft": {"name": "Ship 2"}, "launch_crew": [seat("Commander")]}
    rocket = {"configuration": {"full_name": "Soyuz 2.1a"}, "spacecraft_stage": stage}
    (entry,), _ = found(launch(rocket=rocket))
    assert entry.document["crew"] == [{"person": "anna-example", "role": "commander"}]
    assert entry.document["spacecraft"] == [{"name": "Ship 2", "kind": "SC"}]
    assert entry.document["vehicle"]["family"] == "Soyuz"


@pytest.mark.parametrize(
    ("told", "ours"),
    [("SEC", "second"), ("MIN", "minute"), ("HR", "hour"), ("MORN", "day"), ("DAY", "day"),
     ("WEEK", "month"), ("M", "month"), ("Q3", "quarter"), ("H2", "year"), ("NY", "year")],
)  # fmt: skip
def test_a_time_is_never_finer_than_it_is_told(told: str, ours: str) -> None:
    (entry,), _ = found(launch(net_precision={"abbrev": told}))
    assert entry.document["launch_at_precision"] == ours


def test_without_a_word_of_it_the_day_is_known() -> None:
    (entry,), _ = found(launch(net_precision=None))
    assert entry.document["launch_at_precision"] == "day"


@pytest.mark.parametrize(
    ("value", "field"),
    [
        (launch(status={"abbrev": "Maybe"}), "status"),
        (launch(net="soon"), "net"),
        (launch(id=None), "id"),
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
def test_what_cannot_be_is_told(value: Any, field: str) -> None:
    entries, rejects = found(value, launch())
    assert len(entries) == 1
    assert [reject.field for reject in rejects] == [field]


def test_an_unknown_name_is_reported_not_invented() -> None:
    rocket = launch()["rocket"]
    rocket["spacecraft_stage"][0]["launch_crew"] = [seat("Commander", "Mr Nobody")]
    _, rejects = found(launch(rocket=rocket))
    assert "'Mr Nobody'" in rejects[0].reason


@pytest.mark.parametrize(
    ("nationality", "code"),
    [("American", "US"), ([{"alpha_2_code": "JP"}], "JP"), ("Martian", None), (None, None)],
)
def test_an_astronaut(nationality: Any, code: str | None) -> None:
    (entry,), _ = found(astronaut("Cecilia Example", nationality=nationality))
    read_document(PersonWrite, dict(entry.document))
    assert entry.document["nationality"] == code
    assert entry.same_as is None
    assert found(astronaut())[0][0].same_as == "anna-example"


def test_astronauts_come_first_and_expeditions_last(database: Database, client: TestClient) -> None:
    stage = {"spacecraft": {"name": "Ship 3"}, "launch_crew": [seat("Commander")]}
    flown = launch(rocket={"configuration": {"full_name": "E"}, "spacecraft_stage": stage})
    inputs = [
        given(json.dumps({"results": [each]}) if isinstance(each, dict) else json.dumps(each))
        for each in (expedition(), flown, [astronaut(), astronaut("Boris Example")])
    ]
    report, rejects = taken(database, "launch-library", *inputs)
    assert rejects == []
    assert counted(report) == (4, 0, 0, 0)
    crew = client.get("/v1/missions/iss-900").json()["crew"]
    assert [(c["person"]["slug"], c["role"]) for c in crew] == [
        ("anna-example", "commander"),
        ("boris-example", "flight_engineer"),
    ]
    assert counted(taken(database, "launch-library", *inputs)[0]) == (0, 0, 4, 0)


def test_a_slip_is_kept(database: Database, client: TestClient) -> None:
    taken(database, "launch-library", given(json.dumps([launch()])))
    later = launch(net="2031-05-04T11:01:35Z", status={"abbrev": "TBC"})
    report, _ = taken(database, "launch-library", given(json.dumps([later])))
    assert counted(report) == (0, 1, 0, 0)
    (slip,) = client.get("/v1/launches/ship-1").json()["history"]
    assert slip["from"]["launch_at"] == "2031-04-04T11:01:35Z"


def test_people_of_the_archive_are_left_alone(archive: TestClient) -> None:
    with database_of(archive).snapshot() as reader:
        read = launch_library.FORMAT.prepare(reader)
    (entry,), _ = parted(read(given(json.dumps([astronaut("Ovchinin Alexey")]))))
    assert entry.same_as == "aleksey-ovchinin"
