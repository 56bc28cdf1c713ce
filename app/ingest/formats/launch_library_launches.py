"""Launches of Launch Library 2, with their spacecraft and crews."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from app.domain.dates import PRECISIONS_WITH_TIME
from app.domain.enums import LaunchStatus, SpacecraftKind
from app.domain.text import is_sluggable, slugify
from app.ingest.countries import COUNTRY_BY_ALPHA_3, COUNTRY_CODE
from app.ingest.entries import IdentityHints, InvalidEntry
from app.ingest.flight_names import (
    flight_keys,
    is_serial_number,
    split_flight_names,
    standard_flight_name,
)
from app.ingest.formats.launch_library_links import parse_links, parse_probability
from app.ingest.formats.launch_library_people import (
    count_seats,
    parse_agency,
    parse_launch_crew,
)
from app.ingest.formats.launch_library_vocabulary import (
    ELSEWHERE,
    LAUNCH_STATUSES,
    LOW_EARTH_ORBITS,
    PAYLOAD_KINDS,
    SITES,
    STATION_MISSION_TYPES,
    STATION_NAME,
    STATION_PROGRAMS,
    TENTATIVE_STATUSES,
    UNKNOWN_ORBITS,
    is_any_of,
    look_up,
    words_of,
)
from app.ingest.formats.launch_times import parse_exact_instant, parse_launch_time
from app.ingest.json_values import list_at, object_at, text_at
from app.ingest.references import ReferenceLookup

_UNKNOWN_PAD = "unknown pad"

_STATION_BEGINS_AT = datetime(1998, 11, 20, tzinfo=UTC)
"""Launch of Zarya, the first module."""


def parse_launch(
    value: Mapping[str, Any], references: ReferenceLookup, notes: list[str]
) -> tuple[dict[str, Any], IdentityHints]:
    """Launch document, and hints to its identity."""
    status = _parse_status(value, notes)
    time = parse_launch_time(
        value,
        tentative=is_any_of(TENTATIVE_STATUSES, value.get("status")),
        flown=status is not LaunchStatus.PLANNED,
        notes=notes,
    )
    stages = spacecraft_stages(value)
    document = {
        "cospar_id": text_at(value, "launch_designator") or None,
        "status": status,
        **time.to_fields(),
        "vehicle": _parse_vehicle(value, references.vehicle_families),
        "site": _parse_site(value, notes),
        "pad": _parse_pad(value),
        "spacecraft": _parse_spacecraft(value, notes),
        "crewed": _is_crewed(value, status, notes),
        "outcome_note": text_at(value, "failreason") or None,
        "hold_reason": text_at(value, "holdreason") or None,
        "probability_percent": parse_probability(value),
    }
    if provider := parse_agency(value.get("launch_service_provider") or value.get("lsp")):
        document["provider"] = provider
    if (links := parse_links(value, notes)) is not None:
        document["links"] = links
    if time.precision in PRECISIONS_WITH_TIME:
        document |= {
            "window_starts_at": parse_exact_instant(value, "window_start"),
            "window_ends_at": parse_exact_instant(value, "window_end"),
        }
    if any("launch_crew" in stage for stage in stages):
        document["crew"] = parse_launch_crew(stages, references, notes)
    document["to_station"] = _goes_to_station(value, document)
    names = [
        text_at(value, "mission", "name"),
        text_at(value, "name"),
        *(text_at(stage, "spacecraft", "name") for stage in stages),
    ]
    return document, IdentityHints(
        names=tuple(filter(None, names)),
        launch_at=time.written_at,
        has_whole_crew=len(document.get("crew") or ()) == count_seats(stages),
    )


def _parse_status(value: Mapping[str, Any], notes: list[str]) -> LaunchStatus:
    """Status of a launch. An unknown one is `planned`, past or not: nothing says that it flew."""
    status = look_up(LAUNCH_STATUSES, value.get("status"))
    if status is None:
        stated = next(iter(words_of(value.get("status"))), "")
        notes.append(
            f"Unknown launch status {stated!r}: kept as planned until the source changes it."
        )
    return status or LaunchStatus.PLANNED


def _is_crewed(value: Mapping[str, Any], status: LaunchStatus, notes: list[str]) -> bool:
    """True if a launch has or will have a crew. A crew that the record does not name is noted."""
    stages = spacecraft_stages(value)
    if any(list_at(stage, "launch_crew") for stage in stages):
        return True
    if _mission_type(value) != "human exploration":
        return False
    configs = [object_at(stage, "spacecraft", "spacecraft_config") for stage in stages]
    if any(config.get("human_rated") is False for config in configs):
        return False
    if status is not LaunchStatus.PLANNED:
        if any("launch_crew" in stage for stage in stages):
            return False  # the source lists who was aboard: nobody
        notes.append("The crew is not in the record: request it with mode=detailed.")
    return bool(stages or _flight_name(value))


def _parse_vehicle(value: Mapping[str, Any], families: Mapping[str, str]) -> dict[str, str] | None:
    configuration = object_at(value, "rocket", "configuration")
    name = text_at(configuration, "full_name") or text_at(configuration, "name")
    if not is_sluggable(name):
        return None
    stated = text_at(configuration, "family")
    for family in list_at(configuration, "families"):
        stated = stated or text_at(family, "name")
    return {"name": name, "family": families.get(slugify(name)) or stated or name}


def _parse_site(value: Mapping[str, Any], notes: list[str]) -> dict[str, str] | None:
    location = object_at(value, "pad", "location")
    stated = text_at(location, "name").split(",")[0].strip()
    name = SITES.get(stated.casefold()) or look_up(SITES, location) or stated
    code = text_at(location, "country", "alpha_2_code")
    country = code or COUNTRY_BY_ALPHA_3.get(text_at(location, "country_code"))
    if country and COUNTRY_CODE.fullmatch(country) and is_sluggable(name):
        return {"name": name, "country": country}
    if name:
        notes.append(f"The country of the launch site {name!r} is unknown: no site was kept.")
    return None


def _parse_pad(value: Mapping[str, Any]) -> str | None:
    name = text_at(value, "pad", "name")
    return name if is_sluggable(name) and name.casefold() != _UNKNOWN_PAD else None


def spacecraft_stages(value: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Spacecraft of a launch: one object until version 2.2, a list in 2.3."""
    rocket = object_at(value, "rocket")
    stage = rocket.get("spacecraft_stage")
    stages = [stage] if isinstance(stage, dict) else list_at(rocket, "spacecraft_stage")
    return [stage for stage in stages if isinstance(stage, dict)]


def _mission_type(value: Mapping[str, Any]) -> str:
    return "".join(words_of(object_at(value, "mission").get("type"))[:1]).casefold()


def _parse_spacecraft(value: Mapping[str, Any], notes: list[str]) -> list[dict[str, str]]:
    """Spacecraft of a launch, or else one with the name of the mission.

    The first one has the name of the flight, if its series is known: capsules fly several times.
    """
    flight = _flight_name(value)
    spacecraft = []
    for number, stage in enumerate(spacecraft_stages(value)):
        name = text_at(stage, "spacecraft", "name")
        if number == 0 and flight and name != flight:
            if is_sluggable(name) and flight_keys([name]).isdisjoint(flight_keys([flight])):
                notes.append(f"The spacecraft {name!r} was named after its flight, {flight!r}.")
            name = flight
        if is_sluggable(name):
            spacecraft.append({"name": name, "kind": _spacecraft_kind(value, stage)})
    if spacecraft:
        return spacecraft
    name = flight or _payload_name(value)
    if not is_sluggable(name):
        reason = "Neither the spacecraft nor the mission has a name: add the name of the mission."
        raise InvalidEntry("mission.name", reason)
    kind = PAYLOAD_KINDS.get(_mission_type(value), SpacecraftKind.OTHER)
    return [{"name": name, "kind": kind}]


def _flight_name(value: Mapping[str, Any]) -> str | None:
    """Name of a flight in the archive's spelling; None if its spacecraft has its own name."""
    ships = [text_at(stage, "spacecraft", "name") for stage in spacecraft_stages(value)]
    for text in (text_at(value, "mission", "name"), text_at(value, "name"), *ships[:1]):
        for name in split_flight_names(text):
            if standard := standard_flight_name(name):
                return standard
    types = [
        text_at(stage, "spacecraft", "spacecraft_config", "name")
        for stage in spacecraft_stages(value)
    ]
    if ships and (is_serial_number(ships[0]) or ships[0] in types):
        return _payload_name(value) or None
    return None


def _payload_name(value: Mapping[str, Any]) -> str:
    """Name of the mission, or the part of the launch's name after the rocket, without brackets."""
    stated = text_at(value, "mission", "name") or text_at(value, "name").rpartition("|")[2].strip()
    return next(split_flight_names(stated)) or stated


def _spacecraft_kind(value: Mapping[str, Any], stage: Mapping[str, Any]) -> SpacecraftKind:
    config = object_at(stage, "spacecraft", "spacecraft_config")
    if list_at(stage, "launch_crew"):
        return SpacecraftKind.SC
    cargo = "cargo" in text_at(config, "type", "name").casefold()
    if _mission_type(value) == "resupply" or cargo:
        return SpacecraftKind.CV
    crewed = config.get("human_rated") is True or _mission_type(value) == "human exploration"
    return SpacecraftKind.SC if crewed else SpacecraftKind.OTHER


def _goes_to_station(value: Mapping[str, Any], document: Mapping[str, Any]) -> bool:
    """True if a launch goes to the station, by the most explicit statement of the source.

    A resupply or crewed mission that names no other goal counts as one to the station.
    """
    if datetime.fromisoformat(document["launch_at"]) < _STATION_BEGINS_AT:
        return False
    stages, mission = spacecraft_stages(value), object_at(value, "mission")
    goals = [text_at(stage, "destination") for stage in stages]
    for event in (event for stage in stages for event in list_at(stage, "docking_events")):
        goals += [text_at(event, name, "name") for name in ("spacestation", "space_station")]
    goals = [goal for goal in goals if goal.casefold() not in UNKNOWN_ORBITS]
    programs = list_at(value, "program")
    if (
        any(map(STATION_NAME.search, goals))
        or any(is_any_of(STATION_PROGRAMS, program) for program in programs)
        or standard_flight_name(document["spacecraft"][0]["name"])
    ):
        return True
    places = [*goals, *words_of(mission.get("orbit"))[:1]]
    if not {place.casefold() for place in places} <= LOW_EARTH_ORBITS | UNKNOWN_ORBITS:
        return False
    names = [text_at(value, "name").rpartition("|")[2], text_at(mission, "name")]
    for stage in stages:
        names.append(text_at(stage, "spacecraft", "name"))
        names.append(text_at(stage, "spacecraft", "spacecraft_config", "name"))
    if goals or any(map(ELSEWHERE.search, names)):
        return False
    if _mission_type(value) in STATION_MISSION_TYPES:
        return True
    names.append(text_at(mission, "description"))
    is_satellite = document["spacecraft"][0]["kind"] == SpacecraftKind.SATELLITE
    return not is_satellite and any(map(STATION_NAME.search, names))
