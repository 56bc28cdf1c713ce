"""Example records of Launch Library 2, and the entries that they become."""

import json
from typing import Any

from app.ingest.entity_linking import AmbiguousName
from app.ingest.entries import ImportEntry, Reject
from app.ingest.formats import launch_library
from app.ingest.references import ReferenceLookup
from tests.support.import_runs import make_input, split_rejects


class Matcher(ReferenceLookup):
    """Lookup data with two people."""

    def find_person(self, key: str, name: str) -> str | None:
        if name == "Two People":
            raise AmbiguousName(name, ["one", "other"])
        return {"Anna Example": "anna-example", "Boris Example": "boris-example"}.get(name)


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
            make_input(text), Matcher(vehicle_families={"soyuz-2-1a": "Soyuz"})
        )
    )


def capsule(name: str, mission: str, type_: str = "Resupply") -> dict[str, Any]:
    stage = {"spacecraft": {"name": name, "spacecraft_config": {"name": "Crew Dragon"}}}
    return launch(
        name=f"Example 9 | {mission}",
        mission={"name": mission, "type": type_},
        rocket={"spacecraft_stage": stage},
    )
