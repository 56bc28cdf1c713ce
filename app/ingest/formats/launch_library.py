"""Launch Library 2 (versions 2.2 and 2.3): launches, expeditions and astronauts.

Crew members are matched to people of the archive by name; a crew with an unknown name is rejected.
Astronauts become people, so import them first.

Crews are included in detailed records only (`mode=detailed`). A crewed launch without its crew is
rejected.
"""

import re
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from app.db.database import Reader
from app.domain.dates import PRECISIONS_WITH_TIME, format_rfc3339_utc, now
from app.domain.enums import CrewRole, LaunchStatus, RecordType, ShipRole, SpacecraftKind
from app.domain.text import slugify
from app.ingest.countries import COUNTRY_BY_ALPHA_3, COUNTRY_BY_DEMONYM
from app.ingest.entity_linking import AmbiguousName
from app.ingest.entries import (
    EntryOrReject,
    EntryParser,
    Format,
    IdentityHints,
    ImportEntry,
    Input,
    InvalidEntry,
    InvalidInput,
    Reject,
)
from app.ingest.formats.feed_dates import infer_precision_from_zeros, parse_feed_date
from app.ingest.formats.launch_times import parse_exact_instant, parse_launch_time
from app.ingest.json_stream import JsonItem, iter_json_items, read_json_envelope
from app.ingest.json_values import list_at, object_at, require_id, text_at
from app.ingest.launch_matching import LAUNCH_LIBRARY_SCHEME, RecordMatcher

_CITATION = {"name": "Launch Library 2, The Space Devs", "url": "https://thespacedevs.com/llapi"}

_LAUNCH_STATUSES = {
    "go": LaunchStatus.PLANNED,
    "tbd": LaunchStatus.PLANNED,
    "tbc": LaunchStatus.PLANNED,
    "hold": LaunchStatus.PLANNED,
    "in flight": LaunchStatus.IN_FLIGHT,
    "success": LaunchStatus.SUCCESS,
    "payload deployed": LaunchStatus.SUCCESS,
    "deployed": LaunchStatus.SUCCESS,
    "partial failure": LaunchStatus.PARTIAL_FAILURE,
    "failure": LaunchStatus.FAILURE,
}
_SATELLITE_MISSION_TYPES = {"communications", "earth science", "navigation", "earth observation"}
"""Mission types whose payload is a satellite."""

_COMMANDER_ROLES = {"commander", "iss commander", "station commander"}
_FLIGHT_ENGINEER_ROLE = re.compile(r"(?:iss )?flight engineer ?(\d?)")
_EXPEDITION_NAME = re.compile(r"(?:ISS )?Expedition ([0-9]{1,4})")
_AGENCY_NAMES = {"RFSA": "Roscosmos"}
"""Agency names of the archive by the abbreviations of Launch Library 2."""

_SHIP_ROLES = {
    "commander": ShipRole.COMMANDER,
    "pilot": ShipRole.PILOT,
    "flight engineer": ShipRole.FLIGHT_ENGINEER,
    "mission specialist": ShipRole.MISSION_SPECIALIST,
    "spaceflight participant": ShipRole.SPACEFLIGHT_PARTICIPANT,
    "space flight participant": ShipRole.SPACEFLIGHT_PARTICIPANT,
    "space tourist": ShipRole.SPACEFLIGHT_PARTICIPANT,
}


def parse_launch_library(source: Input, matcher: RecordMatcher) -> Iterator[EntryOrReject]:
    """Parse the records of a response. Raises `InvalidInput` if it is not JSON."""
    for item in iter_json_items(source.open):
        try:
            yield _parse_entry(item, matcher)
        except InvalidEntry as error:
            yield Reject(item.line, error.field, str(error), item.raw)
        except AmbiguousName as error:
            yield Reject(item.line, "name", str(error), item.raw)


def _parse_entry(item: JsonItem, matcher: RecordMatcher) -> ImportEntry:
    value = item.require_object("record")
    key, hints = require_id(value), IdentityHints()
    match type_ := _detect_record_type(value):
        case RecordType.LAUNCH:
            document, hints = _parse_launch(value, matcher)
        case RecordType.MISSION:
            document = _parse_mission(value, key, matcher)
        case RecordType.PERSON:
            document = _parse_person(value)
        case _:
            raise InvalidEntry("record", "Neither a launch, an expedition nor an astronaut.")
    document["sources"] = [_CITATION]
    return ImportEntry(type_, LAUNCH_LIBRARY_SCHEME, key, document, item.line, item.raw, hints)


def _detect_record_type(value: Mapping[str, Any]) -> RecordType | None:
    if "net" in value:
        return RecordType.LAUNCH
    if "start" in value and "name" in value:
        return RecordType.MISSION
    return RecordType.PERSON if "nationality" in value or "agency" in value else None


def _import_rank(source: Input) -> int:
    """Rank astronauts before launches, and launches before expeditions, which refer to both."""
    try:
        first = next(iter_json_items(source.open), None)
    except (InvalidInput, OSError):
        return 0
    value = first.value if first and isinstance(first.value, dict) else {}
    type_ = _detect_record_type(value)
    return [RecordType.PERSON, RecordType.LAUNCH, RecordType.MISSION].index(type_) if type_ else 0


def _parse_launch(
    value: Mapping[str, Any], matcher: RecordMatcher
) -> tuple[dict[str, Any], IdentityHints]:
    """Launch document, and hints to its identity."""
    status_name = text_at(value, "status", "abbrev") or text_at(value, "status", "name")
    status = _LAUNCH_STATUSES.get(status_name.casefold())
    if status is None:
        raise InvalidEntry("status", f"Unknown launch status {status_name!r}.")
    time = parse_launch_time(value, status_name.casefold())
    spacecraft = _parse_spacecraft(value)
    vehicle = _parse_vehicle(value, matcher.vehicle_families)
    designator = text_at(value, "launch_designator") or None
    document = {
        "cospar_id": designator,
        "status": status,
        **time.to_fields(),
        "vehicle": vehicle,
        "site": _parse_site(value),
        "pad": text_at(value, "pad", "name") or None,
        "spacecraft": spacecraft,
        "crewed": bool(_launch_crew(value)),
        "outcome_note": text_at(value, "failreason") or None,
    }
    if time.precision in PRECISIONS_WITH_TIME:
        document |= {
            "window_starts_at": parse_exact_instant(value, "window_start"),
            "window_ends_at": parse_exact_instant(value, "window_end"),
        }
    _reject_missing_crew(value)
    document["crew"] = [
        _parse_seat(matcher, stage, number, seat)
        for stage in _spacecraft_stages(value)
        for number, seat in enumerate(list_at(stage, "launch_crew"))
    ]
    names = (text_at(value, "mission", "name"), text_at(value, "name"))
    return document, IdentityHints(names=names, launch_at=time.at)


def _reject_missing_crew(value: Mapping[str, Any]) -> None:
    """Raise `InvalidEntry` for a crewed mission without its crew."""
    if not _launch_crew(value) and _mission_type(value) == "human exploration":
        reason = "A crewed mission without its crew. Request it with mode=detailed."
        raise InvalidEntry("rocket.spacecraft_stage.launch_crew", reason)


def _parse_vehicle(value: Mapping[str, Any], families: Mapping[str, str]) -> dict[str, str] | None:
    configuration = object_at(value, "rocket", "configuration")
    name = text_at(configuration, "full_name") or text_at(configuration, "name")
    if not slugify(name):
        return None
    stated = text_at(configuration, "family")
    for family in list_at(configuration, "families"):
        stated = stated or text_at(family, "name")
    return {"name": name, "family": families.get(slugify(name)) or stated or name}


def _parse_site(value: Mapping[str, Any]) -> dict[str, str] | None:
    location = object_at(value, "pad", "location")
    name = text_at(location, "name").split(",")[0].strip()
    code = text_at(location, "country", "alpha_2_code")
    country = code or COUNTRY_BY_ALPHA_3.get(text_at(location, "country_code"))
    return {"name": name, "country": country} if country and slugify(name) else None


def _spacecraft_stages(value: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Spacecraft of a launch: one object in version 2.2, a list in 2.3."""
    rocket = object_at(value, "rocket")
    stage = rocket.get("spacecraft_stage")
    stages = [stage] if isinstance(stage, dict) else list_at(rocket, "spacecraft_stage")
    return [stage for stage in stages if isinstance(stage, dict)]


def _launch_crew(value: Mapping[str, Any]) -> list[Any]:
    return [seat for stage in _spacecraft_stages(value) for seat in list_at(stage, "launch_crew")]


def _mission_type(value: Mapping[str, Any]) -> str:
    return text_at(value, "mission", "type").casefold()


def _payload_name(value: Mapping[str, Any]) -> str:
    """Name of the mission, or the part of the launch's name after the rocket."""
    return text_at(value, "mission", "name") or text_at(value, "name").rpartition("|")[2].strip()


def _parse_spacecraft(value: Mapping[str, Any]) -> list[dict[str, str]]:
    """Named spacecraft of a launch, or else one with the name of the payload."""
    spacecraft = [
        {"name": name, "kind": _spacecraft_kind(value, stage)}
        for stage in _spacecraft_stages(value)
        if slugify(name := text_at(stage, "spacecraft", "name"))
    ]
    if spacecraft:
        return spacecraft
    name = _payload_name(value)
    if not slugify(name):
        raise InvalidEntry("mission.name", "Neither the spacecraft nor the mission has a name.")
    return [{"name": name, "kind": _payload_kind(_mission_type(value))}]


def _payload_kind(mission_type: str) -> SpacecraftKind:
    if mission_type in _SATELLITE_MISSION_TYPES:
        return SpacecraftKind.SATELLITE
    kinds = {"resupply": SpacecraftKind.CV, "human exploration": SpacecraftKind.SC}
    return kinds.get(mission_type, SpacecraftKind.OTHER)


def _spacecraft_kind(value: Mapping[str, Any], stage: Mapping[str, Any]) -> SpacecraftKind:
    config = object_at(stage, "spacecraft", "spacecraft_config")
    if list_at(stage, "launch_crew"):
        return SpacecraftKind.SC
    cargo = "cargo" in text_at(config, "type", "name").casefold()
    if _mission_type(value) == "resupply" or cargo:
        return SpacecraftKind.CV
    crewed = config.get("human_rated") is True or _mission_type(value) == "human exploration"
    return SpacecraftKind.SC if crewed else SpacecraftKind.OTHER


def _parse_seat(
    matcher: RecordMatcher, stage: Mapping[str, Any], number: int, seat: Any
) -> dict[str, Any]:
    field = f"launch_crew[{number}]"
    person = _require_person(matcher, seat, field)
    role = re.sub(r" \d+$", "", text_at(seat, "role", "role").casefold())
    if role not in _SHIP_ROLES:
        raise InvalidEntry(f"{field}.role", f"Unknown role {role!r} aboard a spacecraft.")
    return {"person": person, "role": _SHIP_ROLES[role], **_parse_landing(stage, field, seat)}


def _parse_landing(stage: Mapping[str, Any], field: str, seat: Any) -> dict[str, Any]:
    """Landing of a crew member with the spacecraft; {} if it is in the future or they are in space.

    Raises `InvalidEntry` if they landed otherwise.
    """
    try:
        at, precision = infer_precision_from_zeros(*parse_feed_date(text_at(stage, "mission_end")))
    except ValueError:
        return {}
    if at > now():
        return {}
    astronaut = object_at(seat, "astronaut")
    landed = [object_at(each, "astronaut").get("id") for each in list_at(stage, "landing_crew")]
    if astronaut.get("id") is not None and astronaut["id"] in landed:
        return {"landed_at": format_rfc3339_utc(at), "landed_at_precision": precision}
    if astronaut.get("in_space") is True:
        return {}
    reason = "The spacecraft landed without this crew member, whose own landing is unknown."
    raise InvalidEntry(f"{field}.astronaut", reason)


def _require_person(matcher: RecordMatcher, seat: Any, field: str) -> str:
    """Slug of the person in a seat. Raises `InvalidEntry` if there is none, or several."""
    name, id_ = text_at(seat, "astronaut", "name"), object_at(seat, "astronaut").get("id")
    try:
        person = matcher.find_person(str(id_), name)
    except AmbiguousName as error:
        raise InvalidEntry(f"{field}.astronaut.name", str(error)) from None
    if person is None:
        raise InvalidEntry(
            f"{field}.astronaut.name", f"No person of the archive is named {name!r}."
        )
    return person


def _parse_mission(value: Mapping[str, Any], key: str, matcher: RecordMatcher) -> dict[str, Any]:
    name = text_at(value, "name")
    found = _EXPEDITION_NAME.fullmatch(name)
    if found is None:
        raise InvalidEntry("name", f"{name!r} is not a numbered expedition.")
    stations = [*list_at(value, "spacestations"), value.get("spacestation")]
    if not any("International Space Station" in text_at(each, "name") for each in stations):
        raise InvalidEntry("spacestation", "Not an expedition to the International Space Station.")
    number = int(found[1])
    document = {
        "number": number,
        "station": "ISS",
        **_parse_boundary(value, "start", "starts_at", required=True),
        **_parse_boundary(value, "end", "ends_at", required=False),
        "summary": f"Expedition {number} to the International Space Station.",
        "alternative_names": [f"Expedition {number}"],
    }
    if number not in matcher.mission_numbers or (RecordType.MISSION, key) in matcher.origins:
        crew = enumerate(list_at(value, "crew"))
        document["crew"] = [_parse_crew_member(matcher, place, seat) for place, seat in crew]
    return document


def _parse_boundary(
    value: Mapping[str, Any], name: str, field: str, *, required: bool
) -> dict[str, Any]:
    """Fields of the start or the end of a mission. Raises `InvalidEntry`."""
    text = text_at(value, name)
    if not text and not required:
        return {field: None}
    try:
        at, precision = infer_precision_from_zeros(*parse_feed_date(text))
    except ValueError as error:
        raise InvalidEntry(name, str(error)) from None
    return {field: format_rfc3339_utc(at), f"{field}_precision": precision}


def _parse_crew_member(matcher: RecordMatcher, number: int, seat: Any) -> dict[str, Any]:
    field = f"crew[{number}]"
    person, role = _require_person(matcher, seat, field), text_at(seat, "role", "role").casefold()
    if role in _COMMANDER_ROLES:
        return {"person": person, "role": CrewRole.COMMANDER}
    if (found := _FLIGHT_ENGINEER_ROLE.fullmatch(role)) is None:
        raise InvalidEntry(f"{field}.role", f"Unknown role {role!r} aboard a station.")
    position = f"FE-{found[1]}" if found[1] else None
    return {"person": person, "role": CrewRole.FLIGHT_ENGINEER, "position": position}


def _parse_person(value: Mapping[str, Any]) -> dict[str, Any]:
    if text_at(value, "type", "name").casefold() == "non-human":
        raise InvalidEntry("type", "Not a person.")
    nationality = value.get("nationality")
    agency = text_at(value, "agency", "abbrev") or text_at(value, "agency", "name")
    country = None
    if isinstance(nationality, str):
        country = COUNTRY_BY_DEMONYM.get(nationality.casefold())
    elif isinstance(nationality, list) and len(nationality) == 1:  # of several, none is preferred
        country = text_at(nationality[0], "alpha_2_code") or None
    return {
        "name": text_at(value, "name"),
        "agency": _AGENCY_NAMES.get(agency, agency) or None,
        "nationality": country,
    }


def _create_parser(reader: Reader) -> EntryParser:
    return partial(parse_launch_library, matcher=RecordMatcher.load(reader))


FORMAT = Format(
    "launch-library",
    (".json", ".jsonl", ".ndjson"),
    _create_parser,
    read_json_envelope,
    _import_rank,
)
