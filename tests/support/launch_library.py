"""Answers of Launch Library 2 about launches, made from the facts of the embedded archive.

Launches have the shape of three versions, the names and the gaps of the real answers; the values
are the archive's own. A generator of random numbers decides between the spellings, so that a seed
gives the same answers each time. Version 2.0 states roles as texts and no precision, and versions
before 2.3 have the designator in the mission.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import cache
from random import Random
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from app.domain.dates import Precision
from app.domain.enums import LaunchStatus, ShipRole, SpacecraftKind
from app.ingest.dataset.records import DatasetFacts, DatasetLaunch, read_facts
from tests.support.launch_library_names import (
    mission_name,
    rocket_name,
    spacecraft_name,
)

VERSIONS = ("2.0.0", "2.2.0", "2.3.0")

COUNTRIES = {
    "AE": ("ARE", "United Arab Emirates", "Emirati"), "BE": ("BEL", "Belgium", "Belgian"),
    "BR": ("BRA", "Brazil", "Brazilian"), "BY": ("BLR", "Belarus", "Belarusian"),
    "CA": ("CAN", "Canada", "Canadian"), "DE": ("DEU", "Germany", "German"),
    "DK": ("DNK", "Denmark", "Danish"), "ES": ("ESP", "Spain", "Spanish"),
    "FR": ("FRA", "France", "French"), "GB": ("GBR", "United Kingdom", "British"),
    "GF": ("GUF", "French Guiana", "French Guianan"), "HU": ("HUN", "Hungary", "Hungarian"),
    "IL": ("ISR", "Israel", "Israeli"), "IN": ("IND", "India", "Indian"),
    "IT": ("ITA", "Italy", "Italian"), "JP": ("JPN", "Japan", "Japanese"),
    "KG": ("KGZ", "Kyrgyzstan", "Kyrgyz"), "KR": ("KOR", "South Korea", "South Korean"),
    "KZ": ("KAZ", "Kazakhstan", "Kazakh"), "MY": ("MYS", "Malaysia", "Malaysian"),
    "NL": ("NLD", "Netherlands", "Dutch"), "PL": ("POL", "Poland", "Polish"),
    "RU": ("RUS", "Russia", "Russian"), "SA": ("SAU", "Saudi Arabia", "Saudi"),
    "SE": ("SWE", "Sweden", "Swedish"), "TR": ("TUR", "Turkey", "Turkish"),
    "US": ("USA", "United States of America", "American"),
    "ZA": ("ZAF", "South Africa", "South African"),
}  # fmt: skip
"""Alpha-3 code, name and demonym by alpha-2 code."""

_PADS = {
    ("GIK-5", "LC1"): "1/5", ("GIK-5", "LC31"): "31/6", ("GIK-5", "LC81/23"): "81/23 (81L)",
    ("GIK-5", "LC200/39"): "200/39 (200L)", ("KSC", "LC39A"): "Launch Complex 39A",
    ("KSC", "LC39B"): "Launch Complex 39B", ("CC", "LC40"): "Space Launch Complex 40",
    ("CC", "SLC41"): "Space Launch Complex 41", ("MARS", "0A"): "Launch Area 0 A",
    ("TNSC", "Y2"): "Yoshinobu Launch Complex LP-2", ("CSG", "ELA3"): "Ariane Launch Area 3",
}  # fmt: skip
"""Names of pads by site and pad of the archive."""

_LOCATIONS = {
    "GIK-5": "Baikonur Cosmodrome, Republic of Kazakhstan",
    "KSC": "Kennedy Space Center, FL, USA",
    "CC": "Cape Canaveral SFS, FL, USA",
    "MARS": "Wallops Flight Facility, Virginia, USA",
    "TNSC": "Tanegashima Space Center, Japan",
    "CSG": "Guiana Space Centre, French Guiana",
}

_LIFTOFFS = {
    "progress-ms-30": "21:24:27", "dragon-crs-32": "08:15:45", "progress-ms-31": "19:32:40",
    "dragon-crs-33": "06:45:36", "progress-ms-32": "15:54:06", "cygnus-ng-23": "22:11:48",
    "htv-x1": "00:00:15",
}  # fmt: skip
"""Times of launches whose day alone is in the archive."""

_STATUSES = {
    LaunchStatus.SUCCESS: (3, "Launch Successful", "Success"),
    LaunchStatus.FAILURE: (4, "Launch Failure", "Failure"),
    LaunchStatus.PARTIAL_FAILURE: (7, "Launch was a Partial Failure", "Partial Failure"),
}

_PRECISIONS = {"SEC": (0, "Second"), "MIN": (1, "Minute"), "DAY": (5, "Day")}

_ROLES = {
    ShipRole.COMMANDER: ["Commander", "Spacecraft Commander"],
    ShipRole.PILOT: ["Pilot"],
    ShipRole.FLIGHT_ENGINEER: ["Flight Engineer", "Flight Engineer 1"],
    ShipRole.MISSION_SPECIALIST: ["Mission Specialist", "Mission Specialist 2"],
    ShipRole.SPACEFLIGHT_PARTICIPANT: ["Spaceflight Participant", "Space Tourist"],
}


@cache
def archive_facts() -> DatasetFacts:
    """Facts of the embedded archive, read once."""
    return read_facts()


@cache
def _resupply_numbers() -> dict[str, int]:
    """NASA's numbers of the Progress flights, by slug; those with a module have none."""
    flights = [
        launch.slug
        for launch in archive_facts().launches.values()
        if launch.slug.startswith("progress") and len(launch.spacecraft) == 1
    ]
    return {slug: number for number, slug in enumerate(flights, start=1)}


@cache
def _astronaut_ids() -> dict[str, int]:
    return {slug: number for number, slug in enumerate(archive_facts().people, start=1)}


def astronaut_id(slug: str) -> int:
    """Id of the person `slug`, the same in all versions."""
    return _astronaut_ids()[slug]


def launch_library_id(slug: str) -> str:
    """Id of the launch `slug`, the same in all versions."""
    return str(uuid5(NAMESPACE_URL, f"https://ll.example/launch/{slug}"))


def answer(records: Iterable[Mapping[str, Any]]) -> str:
    """Body of an answer with one page of `records`."""
    results = list(records)
    body = {"count": len(results), "next": None, "previous": None, "results": results}
    return json.dumps(body, ensure_ascii=False)


def launch_as(version: str, launch: DatasetLaunch, rng: Random) -> dict[str, Any]:
    """A launch of the archive as `version` of Launch Library 2 answers it, in detailed mode.

    The time is sometimes seconds or a minute off, and sometimes the day alone is known. Versions
    2.2 and 2.3 state the precision in half of the answers. A third of the launches have a
    designator.
    """
    net, precision = _launch_time(launch, rng)
    mission = mission_name(launch, _resupply_numbers().get(launch.slug), rng)
    rocket = rocket_name(launch, rng)
    designator = launch.cospar_id if rng.random() < 1 / 3 else None
    value: dict[str, Any] = {
        "id": launch_library_id(launch.slug),
        "url": f"https://ll.example/{version}/launch/{launch_library_id(launch.slug)}/",
        "name": f"{rocket} | {mission}",
        "status": _status_as(version, launch.status),
        "net": format_time(net),
        "window_start": format_time(net),
        "window_end": format_time(net),
        "probability": None,
        "holdreason": "",
        "failreason": "" if launch.status is LaunchStatus.SUCCESS else "Lost in flight.",
        "hashtag": None,
        "rocket": {
            "id": 1,
            "configuration": _configuration_as(version, launch, rocket),
            "launcher_stage": [],
            "spacecraft_stage": _spacecraft_stage_as(version, launch, rng),
        },
        "mission": _mission_as(version, launch, mission),
        "pad": _pad_as(version, launch),
        "image": None,
        "infographic": None,
    }
    if version == "2.0.0":
        value |= {"launch_library_id": rng.choice([None, 1412]), "inhold": False}
        value |= {"tbdtime": precision == "DAY", "tbddate": False}
        value["mission"]["launch_designator"] = designator
        return value
    value["net_precision"] = rng.choice([None, _precision_as(precision)])
    value["program"] = [{"id": 17, "name": "International Space Station"}]
    if version == "2.2.0":
        value["mission"]["launch_designator"] = designator
        return value
    return value | {"launch_designator": designator, "response_mode": "detailed"}


def slip(launch: Mapping[str, Any], days: int = 1) -> dict[str, Any]:
    """The launch of an answer, `days` later."""
    later = {
        name: format_time(datetime.fromisoformat(launch[name]) + timedelta(days=days))
        for name in ("net", "window_start", "window_end")
    }
    return {**launch, **later}


def _launch_time(launch: DatasetLaunch, rng: Random) -> tuple[datetime, str]:
    """Time of an answer, and the abbreviation of its precision."""
    at = launch.launch_at
    if launch.launch_at_precision is Precision.DAY:
        at = datetime.fromisoformat(f"{at:%Y-%m-%d}T{_LIFTOFFS[launch.slug]}Z")
    seconds = rng.choices([0, 1, -3, 5, 60, -60], weights=[80, 5, 5, 4, 3, 3])[0]
    if rng.random() < 1 / 20:
        return at.replace(hour=0, minute=0, second=0), "DAY"
    return at + timedelta(seconds=seconds), "MIN" if abs(seconds) == 60 else "SEC"


def format_time(at: datetime) -> str:
    """A time as the source writes it."""
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def _precision_as(abbreviation: str) -> dict[str, Any]:
    id_, name = _PRECISIONS[abbreviation]
    return {"id": id_, "name": name, "abbrev": abbreviation}


def _status_as(version: str, status: LaunchStatus) -> dict[str, Any]:
    id_, name, abbreviation = _STATUSES[status]
    if version == "2.0.0":
        return {"id": id_, "name": abbreviation}
    return {"id": id_, "name": name, "abbrev": abbreviation}


def _configuration_as(version: str, launch: DatasetLaunch, rocket: str) -> dict[str, Any]:
    family = archive_facts().vehicles[launch.vehicle].family
    value = {"id": 1, "name": rocket.partition(" Block")[0], "full_name": rocket, "variant": ""}
    if version == "2.3.0":
        return value | {"families": [{"id": 1, "name": family}]}
    return value | {"family": family}


def _spacecraft_stage_as(version: str, launch: DatasetLaunch, rng: Random) -> Any:
    """Ship of a launch: one object before version 2.3, a list in it. Modules have none."""
    kind = launch.main_spacecraft.kind
    if kind is SpacecraftKind.MODULE:
        return [] if version == "2.3.0" else None
    landed = [seat for seat in launch.crew if seat.landed_with == launch.slug and seat.landed_at]
    ended_at = max((seat.landed_at for seat in landed if seat.landed_at), default=None)
    config = {
        "id": 1,
        "name": launch.vehicle,
        "type": {"id": 2, "name": "Cargo" if kind is SpacecraftKind.CV else "Capsule"},
        "human_rated": kind is SpacecraftKind.SC,
    }
    stage = {
        "id": 1,
        "destination": "International Space Station",
        "mission_end": format_time(ended_at) if ended_at else None,
        "launch_crew": [_seat_as(version, seat.person, seat.role, rng) for seat in launch.crew],
        "landing_crew": [_seat_as(version, seat.person, seat.role, rng) for seat in landed],
        "spacecraft": {
            "id": 1,
            "name": spacecraft_name(launch, rng),
            "serial_number": None,
            "spacecraft_config": config,
        },
    }
    return [stage] if version == "2.3.0" else stage


def _seat_as(version: str, slug: str, role: ShipRole, rng: Random) -> dict[str, Any]:
    person, name = archive_facts().people[slug], rng.choice(_ROLES[role])
    return {
        "id": astronaut_id(slug),
        "role": name if version == "2.0.0" else {"id": 1, "role": name, "priority": 0},
        "astronaut": {"id": astronaut_id(slug), "name": person.name},
    }


def _mission_as(version: str, launch: DatasetLaunch, name: str) -> dict[str, Any]:
    kinds = {SpacecraftKind.CV: "Resupply", SpacecraftKind.SC: "Human Exploration"}
    is_test = launch.main_spacecraft.kind is SpacecraftKind.SC and not launch.crewed
    return {
        "id": 1,
        "name": name,
        "description": "A flight to the International Space Station.",
        "type": "Test Flight" if is_test else kinds.get(launch.main_spacecraft.kind, "Technology"),
        "orbit": {"id": 8, "name": "Low Earth Orbit", "abbrev": "LEO"},
    }


def _pad_as(version: str, launch: DatasetLaunch) -> dict[str, Any]:
    country = archive_facts().sites[launch.site].country
    location: dict[str, Any] = {"id": 1, "name": _LOCATIONS[launch.site]}
    if version == "2.3.0":
        location["country"] = country_as(country)
    else:
        location["country_code"] = COUNTRIES[country][0]
    return {"id": 1, "name": _PADS[launch.site, launch.pad], "location": location}


def country_as(code: str) -> dict[str, Any]:
    """A country by its alpha-2 code, as version 2.3 has it."""
    alpha_3, name, demonym = COUNTRIES[code]
    codes = {"alpha_2_code": code, "alpha_3_code": alpha_3}
    return {"id": 1, "name": name, **codes, "nationality_name": demonym}
