"""Vocabulary of GCAT: launch codes, payload types, and names of flights to the station."""

import re

from app.domain.enums import LaunchStatus, SpacecraftKind
from app.domain.glossary import MODULE_NAMES
from app.ingest.flight_names import split_flight_names, standard_flight_name

_LAUNCH_CODE = re.compile(r"(?P<target>[A-Z])(?P<outcome>[SFE])(?P<percent>\d{1,2})?")

_CREWED_TYPE = "PH"

_CARGO_SHIP_NAME = re.compile(
    r"(Progress|Cygnus|Dragon CRS|HTV|ATV|Kounotori|Tianzhou)\b|.*\b(Cygnus|SpX-\d+|CRS-\d+)\b"
)
_STATION_SHIP_NAME = re.compile(
    r"Progress M|Soyuz (?:TM|MS)|HTV|Kounotori|ATV|Starliner|CST-100|Axiom Ax|STS-\d|Crew Dragon"
    r"|Cygnus (?:OA|NG|CRS|Orb|PCM)|Dragon (?:C2\+|CRS-\d)"
)
_FLIGHTS_ELSEWHERE = {
    "1999-007", "1999-015", "1999-038", "2000-005", "2000-018", "2000-021", "2000-064",
    "2001-003",  # to Mir
    "1999-040", "1999-069", "2000-010", "2002-010", "2003-003", "2009-025",  # of the Shuttle
}  # fmt: skip
"""Designators of flights of these ships elsewhere, since the launch of the first module."""

_FIRST_MODULE_DESIGNATOR = "1998-067"


def parse_launch_code(code: str) -> tuple[LaunchStatus, str | None] | None:
    """Status and outcome note of a launch code; None if it is unknown.

    The second letter is the outcome, the number the percentage of success.
    """
    found = _LAUNCH_CODE.fullmatch(code)
    if found is None:
        return None
    percent = f"The catalogue rates the launch a success of {found['percent']} %."
    match found["outcome"], found["percent"]:
        case "S", None:
            return LaunchStatus.SUCCESS, None
        case "S", _:
            return LaunchStatus.SUCCESS, percent
        case "F", None:
            return LaunchStatus.FAILURE, None
        case "F", _:
            return LaunchStatus.PARTIAL_FAILURE, percent
    return LaunchStatus.FAILURE, "The vehicle exploded on the pad, before its launch."


def is_crewed(type_: str) -> bool:
    """True for the type of a payload with a crew."""
    return type_.startswith(_CREWED_TYPE)


def spacecraft_kind(names: list[str], type_: str) -> SpacecraftKind:
    """Kind of a payload, by its names and its type."""
    if is_crewed(type_):
        return SpacecraftKind.SC
    is_cargo = any(map(_CARGO_SHIP_NAME.match, names))
    return SpacecraftKind.CV if is_cargo else SpacecraftKind.SATELLITE


def ship_name(names: list[str]) -> str:
    """Name of a payload: that of its flight as the archive spells it, else its first name."""
    parts = (part for name in names for part in split_flight_names(name))
    return next(filter(None, map(standard_flight_name, parts)), names[0])


def goes_to_station(designator: str, names: list[str]) -> bool:
    """True if one of the payloads of a launch is a ship or module on its way to the station."""
    if designator < _FIRST_MODULE_DESIGNATOR or designator in _FLIGHTS_ELSEWHERE:
        return False
    parts = (part for name in names for part in split_flight_names(name))
    return any(
        part in MODULE_NAMES or standard_flight_name(part) or _STATION_SHIP_NAME.match(part)
        for part in parts
    )
