"""Launch Library 2 format: astronauts, their agencies and crews."""

import json
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.api.write_models import validate_write_model
from app.resources.launches.schemas import LaunchWrite
from app.resources.people.schemas import PersonWrite
from tests.support.clients import database_of
from tests.support.import_runs import import_inputs, make_input, report_counts
from tests.support.launch_library_examples import (
    astronaut,
    capsule,
    crewed,
    expedition,
    found,
    launch,
    seat,
)


def test_crew_is_matched_to_people() -> None:
    stage = {"spacecraft": {"name": "Ship 2"}, "launch_crew": [seat("Commander")]}
    rocket = {"configuration": {"full_name": "Soyuz 2.1a"}, "spacecraft_stage": stage}
    (entry,), _ = found(launch(rocket=rocket))
    assert entry.data["crew"] == [{"person": "anna-example", "role": "commander"}]
    assert entry.data["spacecraft"] == [{"name": "Ship 2", "kind": "SC"}]
    assert entry.data["vehicle"]["family"] == "Soyuz"


@pytest.mark.parametrize(
    ("seats", "crew", "note"),
    [
        ([seat("Commander", "Mr Nobody")], [], "'Mr Nobody' was left out"),
        ([seat("Commander", "Two People")], [], "'Two People' is ambiguous: one or other."),
        ([seat("Zero-G Indicator", "Bear")], [], "not a person"),
        ([seat("Baker")], ["mission_specialist"], "Unknown role 'baker' of Anna Example"),
        ([seat("Pilot"), seat("Commander")], ["pilot"], "in the crew twice"),
        ([seat("Flight Engineer 1")], ["flight_engineer"], None),
    ],
)
def test_doubtful_seats_cost_only_themselves(
    seats: list[Any], crew: list[str], note: str | None
) -> None:
    (entry,), rejects = found(crewed(launch_crew=seats))
    assert rejects == []
    assert [each["role"] for each in entry.data["crew"]] == crew
    assert entry.data["crewed"] is True
    assert [note in each for each in entry.notes] == [True] if note else entry.notes == ()


def test_crew_member_who_landed_otherwise_is_kept_without_landing() -> None:
    (entry,), _ = found(crewed(mission_end="2009-10-11T04:32:00Z"))
    assert entry.data["crew"] == [{"person": "anna-example", "role": "commander"}]
    assert "did not land with this spacecraft" in entry.notes[0]


@pytest.mark.parametrize(
    ("role", "expected"),
    [("Spacecraft Commander", "commander"), ("Joint Operations Commander", "pilot"),
     ("Board Engineer", "flight_engineer"), ("Mission Specialist 2", "mission_specialist"),
     ("Payload Specialist", "mission_specialist"), ("Private Astronaut", "spaceflight_participant"),
     ("Spaceflight Participant", "spaceflight_participant")],
)  # fmt: skip
def test_roles_of_spacecraft(role: str, expected: str) -> None:
    (entry,), _ = found(crewed(role=role))
    assert (entry.data["crew"][0]["role"], entry.notes) == (expected, ())


@pytest.mark.parametrize(
    ("seats", "crew", "note"),
    [
        ([seat("ISS Commander")], [("commander", None)], None),
        ([seat("Flight Engineer 2")], [("flight_engineer", "FE-2")], None),
        ([seat("Baker")], [("flight_engineer", None)], "Unknown role 'baker'"),
        ([seat("Spaceflight Participant")], [], "a visitor"),
        ([seat("Commander", "Nobody")], [], "'Nobody' was left out"),
        (
            [seat("Commander"), seat("Commander", "Boris Example")],
            [("commander", None), ("flight_engineer", None)],
            "second commander",
        ),
    ],
)
def test_roles_of_expeditions(
    seats: list[Any], crew: list[tuple[str, str | None]], note: str | None
) -> None:
    (entry,), rejects = found(expedition(crew=seats))
    assert rejects == []
    assert [(each["role"], each.get("position")) for each in entry.data["crew"]] == crew
    assert [note in each for each in entry.notes] == [True] if note else entry.notes == ()


def test_crew_that_is_not_named_costs_nothing() -> None:
    crewless = capsule("Starliner 9", "Starliner-9", "Human Exploration")
    (entry,), _ = found(crewless)
    assert (entry.data["crewed"], "crew" in entry.data, entry.notes) == (True, False, ())
    flown = crewless | {"status": {"id": 3}}
    (entry,), _ = found(flown)
    assert (entry.data["crewed"], "crew" in entry.data) == (True, False)
    assert "mode=detailed" in entry.notes[0]
    stage = crewless["rocket"]["spacecraft_stage"] | {"launch_crew": []}
    (entry,), _ = found(flown | {"rocket": {"spacecraft_stage": stage}})
    assert (entry.data["crewed"], entry.notes) == (False, ())


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
    ("nationality", "code", "note"),
    [
        ("American", "US", None),
        ("Kiwi", "NZ", None),
        ([{"alpha_2_code": "JP"}], "JP", None),
        ([], None, None),
        (None, None, None),
        ("Martian", None, "unknown (Martian)"),
        ([{"alpha_2_code": "??", "nationality_name": "Earthling"}], None, "unknown (Earthling)"),
        ("American, Italian", None, "several (American, Italian)"),
        (
            [
                {"alpha_2_code": "US", "nationality_name": "American"},
                {"alpha_2_code": "IT", "nationality_name": "Italian"},
            ],
            None,
            "several (American, Italian)",
        ),
    ],
)
def test_nationality_is_one_country(nationality: Any, code: str | None, note: str | None) -> None:
    (entry,), _ = found(astronaut("Cecilia Example", nationality=nationality))
    validate_write_model(PersonWrite, dict(entry.data))
    assert entry.data["nationality"] == code
    assert [note in each for each in entry.notes] == [True] if note else entry.notes == ()


@pytest.mark.parametrize(
    ("agency", "expected"),
    [
        ({"name": "National Aeronautics and Space Administration"}, "NASA"),
        ({"name": "Russian Federal Space Agency (ROSCOSMOS)", "abbrev": "RFSA"}, "Roscosmos"),
        ({"abbrev": "RFSA"}, "Roscosmos"),
        ({"name": "National Space Development Agency of Japan", "abbrev": "NASDA"}, "JAXA"),
        ({"name": "Space Adventures", "abbrev": "SA"}, "Space Adventures"),
        ({"name": "Axiom Space", "abbrev": "AXS"}, "Axiom Space"),
        ({"name": "Blue Origin", "abbrev": "BO"}, "Blue Origin"),
        ("European Space Agency", "ESA"),
        (None, None),
    ],
)
def test_agencies_have_names_of_archive(agency: Any, expected: str | None) -> None:
    assert found(astronaut(agency=agency))[0][0].data["agency"] == expected


@pytest.mark.parametrize(
    ("fields", "years"),
    [
        (
            {"flights": [{"net": "2031-04-04T11:01:35Z"}, {"net": "2029-04-04T11:01:35Z"}]},
            [2029, 2031],
        ),
        ({"first_flight": "2029-04-04T11:01:35Z", "last_flight": None}, [2029]),
        ({"flights": [], "first_flight": None}, []),
        ({"first_flight": None}, []),
        ({}, None),
    ],
)
def test_flights_of_person_are_hints(fields: dict[str, Any], years: list[int] | None) -> None:
    (entry,), _ = found(astronaut(**fields))
    times = entry.hints.flown_at
    assert (None if times is None else [each.year for each in times]) == years


def test_archive_people_are_matched(archive: TestClient) -> None:
    given = make_input(json.dumps([astronaut("Ovchinin Alexey")]))
    report, _ = import_inputs(database_of(archive), "launch-library", given)
    assert report_counts(report) == (0, 0, 1, 0)


@pytest.mark.parametrize(
    ("stated", "born_on"),
    [
        ("1975-01-23", "1975-01-23"),
        ("1975-01-23T00:00:00Z", "1975-01-23"),
        ("1975-01-01", None),  # a placeholder for a year
        ("2075-01-23", None),
        ("January 1975", None),
        (None, None),
    ],
)
def test_date_of_birth(stated: str | None, born_on: str | None) -> None:
    (entry,), _ = found(astronaut("Cecilia Example", date_of_birth=stated))
    assert entry.data["born_on"] == born_on
    assert any("Date of birth" in note for note in entry.notes) is bool(stated and not born_on)
