"""Launches, expeditions and astronauts from Launch Library 2 (2.2 and 2.3), as its answers tell.

People are those whom the archive knows by that name: a crew with somebody unknown is rejected with
the name. An astronaut whom it does not know becomes a person of it, so import these first.

Who was aboard stands in detailed records alone (`mode=detailed`): without it, the launch of a
mission with people is rejected rather than taken for one without.
"""

import re
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from app.db.database import Reader
from app.domain.dates import PRECISIONS_WITH_TIME, now
from app.domain.enums import CrewRole, LaunchStatus, RecordType, ShipRole, SpacecraftKind
from app.domain.text import slugify
from app.ingest.countries import COUNTRY_BY_ALPHA_3, COUNTRY_BY_DEMONYM
from app.ingest.entity_linking import AmbiguousName
from app.ingest.entries import (
    EntryOrReject,
    EntryParser,
    Format,
    ImportEntry,
    Input,
    InvalidInput,
    Reject,
)
from app.ingest.formats.feed_dates import infer_precision_from_zeros, parse_feed_date
from app.ingest.json_stream import (
    InvalidEntry,
    JsonItem,
    iter_json_items,
    list_at,
    object_at,
    read_json_envelope,
    require_id,
    text_at,
)
from app.ingest.launch_matching import LAUNCH_LIBRARY_SCHEME, LaunchClaim, RecordMatcher
from app.ingest.launch_times import format_rfc3339_utc, parse_exact_instant, parse_launch_time

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
"""Types of missions that satellites fly."""

_COMMANDER_ROLES = {"commander", "iss commander", "station commander"}
_FLIGHT_ENGINEER_ROLE = re.compile(r"(?:iss )?flight engineer ?(\d?)")
_EXPEDITION_NAME = re.compile(r"(?:ISS )?Expedition ([0-9]{1,4})")
_AGENCY_NAMES = {"RFSA": "Roscosmos"}
"""What the archive calls an agency that is abbreviated otherwise."""

_SHIP_ROLES = {
    "commander": ShipRole.COMMANDER,
    "pilot": ShipRole.PILOT,
    "flight engineer": ShipRole.FLIGHT_ENGINEER,
    "mission specialist": ShipRole.MISSION_SPECIALIST,
    "spaceflight participant": ShipRole.SPACEFLIGHT_PARTICIPANT,
    "space flight participant": ShipRole.SPACEFLIGHT_PARTICIPANT,
    "space tourist": ShipRole.SPACEFLIGHT_PARTICIPANT,
}


def parse_launch_library(given: Input, archive: RecordMatcher) -> Iterator[EntryOrReject]:
    """The records of an answer."""
    for item in iter_json_items(given.open):
        try:
            yield _parse_entry(item, archive)
        except InvalidEntry as error:
            yield Reject(item.line, error.field, str(error), item.raw)
        except AmbiguousName as error:
            yield Reject(item.line, "name", str(error), item.raw)


def _parse_entry(item: JsonItem, archive: RecordMatcher) -> ImportEntry:
    value = item.value
    if not isinstance(value, dict):
        raise InvalidEntry("record", item.problem or "It is no JSON object.")
    key, same = require_id(value), None
    match kind := _detect_record_type(value):
        case RecordType.LAUNCH:
            document, same = _parse_launch(value, key, archive)
        case RecordType.MISSION:
            document = _parse_mission(value, key, archive)
        case RecordType.PERSON:
            document = _parse_person(value)
            known = (RecordType.PERSON, key) in archive.origins
            same = None if known else archive.names.find_person(document["name"])
        case _:
            raise InvalidEntry(
                "record", "It is neither a launch nor an expedition nor an astronaut."
            )
    document["sources"] = [_CITATION]
    return ImportEntry(kind, LAUNCH_LIBRARY_SCHEME, key, document, item.line, item.raw, same)


def _detect_record_type(value: Mapping[str, Any]) -> RecordType | None:
    if "net" in value:
        return RecordType.LAUNCH
    if "start" in value and "name" in value:
        return RecordType.MISSION
    return RecordType.PERSON if "nationality" in value or "agency" in value else None


def _import_rank(given: Input) -> int:
    """Astronauts first, expeditions last: these name the others."""
    try:
        first = next(iter_json_items(given.open), None)
    except (InvalidInput, OSError):
        return 0
    value = first.value if first and isinstance(first.value, dict) else {}
    kind = _detect_record_type(value)
    return [RecordType.PERSON, RecordType.LAUNCH, RecordType.MISSION].index(kind) if kind else 0


def _parse_launch(
    value: Mapping[str, Any], key: str, archive: RecordMatcher
) -> tuple[dict[str, Any], str | None]:
    told = text_at(value, "status", "abbrev") or text_at(value, "status", "name")
    status = _LAUNCH_STATUSES.get(told.casefold())
    if status is None:
        raise InvalidEntry("status", f"{told!r} is no status that a launch can have here.")
    leaves, ships = parse_launch_time(value, told.casefold()), _parse_spacecraft(value)
    vehicle, designator = (
        _parse_vehicle(value, archive.vehicle_families),
        text_at(value, "launch_designator"),
    )
    document = {
        "cospar_id": designator or None,
        "status": status,
        **leaves.to_fields(),
        "vehicle": vehicle,
        "site": _parse_site(value),
        "pad": text_at(value, "pad", "name") or None,
        "spacecraft": ships,
        "crewed": bool(_launch_crew(value)),
        "outcome_note": text_at(value, "failreason") or None,
    }
    if leaves.precision in PRECISIONS_WITH_TIME:
        document |= {
            "window_starts_at": parse_exact_instant(value, "window_start"),
            "window_ends_at": parse_exact_instant(value, "window_end"),
        }
    mission = text_at(value, "mission", "name") or _payload_name(value)
    names = (ships[0]["name"], mission, f"SpaceX {mission}", f"Dragon {mission}")
    rocket = vehicle["name"] if vehicle else ""
    to_station = ships[0]["kind"] in {SpacecraftKind.SC, SpacecraftKind.CV}
    identity = LaunchClaim(
        names, designator or None, leaves.at, leaves.precision, rocket, to_station
    )
    same = archive.find_launch(key, identity)
    if same is None:  # what the archive has stays as it is, its crew too
        _reject_missing_crew(value)
        document["crew"] = [
            _parse_seat(archive, stage, n, seat)
            for stage in _spacecraft_stages(value)
            for n, seat in enumerate(list_at(stage, "launch_crew"))
        ]
    return document, same


def _reject_missing_crew(value: Mapping[str, Any]) -> None:
    """Refuse a mission with people that names none: it would be taken for one without."""
    if not _launch_crew(value) and _mission_type(value) == "human exploration":
        reason = "It is a mission with people, and names none. Ask for mode=detailed."
        raise InvalidEntry("rocket.spacecraft_stage.launch_crew", reason)


def _parse_vehicle(value: Mapping[str, Any], families: Mapping[str, str]) -> dict[str, str] | None:
    configuration = object_at(value, "rocket", "configuration")
    name = text_at(configuration, "full_name") or text_at(configuration, "name")
    if not slugify(name):
        return None
    told = text_at(configuration, "family")
    for family in list_at(configuration, "families"):
        told = told or text_at(family, "name")
    return {"name": name, "family": families.get(slugify(name)) or told or name}


def _parse_site(value: Mapping[str, Any]) -> dict[str, str] | None:
    location = object_at(value, "pad", "location")
    name = text_at(location, "name").split(",")[0].strip()
    code = text_at(location, "country", "alpha_2_code")
    country = code or COUNTRY_BY_ALPHA_3.get(text_at(location, "country_code"))
    return {"name": name, "country": country} if country and slugify(name) else None


def _spacecraft_stages(value: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The ships of a launch: one in version 2.2, several in 2.3."""
    rocket = object_at(value, "rocket")
    stage = rocket.get("spacecraft_stage")
    listed = [stage] if isinstance(stage, dict) else list_at(rocket, "spacecraft_stage")
    return [stage for stage in listed if isinstance(stage, dict)]


def _launch_crew(value: Mapping[str, Any]) -> list[Any]:
    return [seat for stage in _spacecraft_stages(value) for seat in list_at(stage, "launch_crew")]


def _mission_type(value: Mapping[str, Any]) -> str:
    return text_at(value, "mission", "type").casefold()


def _payload_name(value: Mapping[str, Any]) -> str:
    return text_at(value, "name").rpartition("|")[2].strip()


def _parse_spacecraft(value: Mapping[str, Any]) -> list[dict[str, str]]:
    """What flew: its ships, otherwise what the mission is called; never without a name."""
    found = [
        {"name": name, "kind": _spacecraft_kind(value, stage)}
        for stage in _spacecraft_stages(value)
        if slugify(name := text_at(stage, "spacecraft", "name"))
    ]
    if found:
        return found
    name = text_at(value, "mission", "name") or _payload_name(value)
    if not slugify(name):
        raise InvalidEntry("mission.name", "Nothing tells what flew.")
    kind = {"resupply": SpacecraftKind.CV, "human exploration": SpacecraftKind.SC}
    other = (
        SpacecraftKind.SATELLITE
        if _mission_type(value) in _SATELLITE_MISSION_TYPES
        else SpacecraftKind.OTHER
    )
    return [{"name": name, "kind": kind.get(_mission_type(value), other)}]


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
    archive: RecordMatcher, stage: Mapping[str, Any], place: int, seat: Any
) -> dict[str, Any]:
    field = f"launch_crew[{place}]"
    person = _require_person(archive, seat, field)
    role = re.sub(r" \d+$", "", text_at(seat, "role", "role").casefold())
    if role not in _SHIP_ROLES:
        raise InvalidEntry(
            f"{field}.role", f"{role!r} is no role that somebody has aboard a ship here."
        )
    return {"person": person, "role": _SHIP_ROLES[role], **_parse_landing(stage, field, seat)}


def _parse_landing(stage: Mapping[str, Any], field: str, seat: Any) -> dict[str, Any]:
    """When somebody came home by their ship; who did not while it has, did so by another one."""
    try:
        at, exact = infer_precision_from_zeros(*parse_feed_date(text_at(stage, "mission_end")))
    except ValueError:
        return {}
    if at > now():
        return {}
    who = object_at(seat, "astronaut")
    landed = [object_at(each, "astronaut").get("id") for each in list_at(stage, "landing_crew")]
    if who.get("id") is not None and who["id"] in landed:
        return {"landed_at": format_rfc3339_utc(at), "landed_at_precision": exact}
    if who.get("in_space") is True:
        return {}
    reason = "Their ship is back, they did not come with it, and nothing tells when they did."
    raise InvalidEntry(f"{field}.astronaut", reason)


def _require_person(archive: RecordMatcher, seat: Any, field: str) -> str:
    name, id_ = text_at(seat, "astronaut", "name"), object_at(seat, "astronaut").get("id")
    try:
        person = archive.find_person(str(id_), name)
    except AmbiguousName as error:
        raise InvalidEntry(f"{field}.astronaut.name", str(error)) from None
    if person is None:
        raise InvalidEntry(f"{field}.astronaut.name", f"Nobody of the archive is called {name!r}.")
    return person


def _parse_mission(value: Mapping[str, Any], key: str, archive: RecordMatcher) -> dict[str, Any]:
    name = text_at(value, "name")
    found = _EXPEDITION_NAME.fullmatch(name)
    if found is None:
        raise InvalidEntry("name", f"{name!r} is no numbered expedition.")
    stations = [*list_at(value, "spacestations"), value.get("spacestation")]
    if not any("International Space Station" in text_at(each, "name") for each in stations):
        raise InvalidEntry("spacestation", "It did not go to the International Space Station.")
    number = int(found[1])
    document = {
        "number": number,
        "station": "ISS",
        **_parse_boundary(value, "start", "starts_at", needed=True),
        **_parse_boundary(value, "end", "ends_at", needed=False),
        "summary": f"Expedition {number} to the International Space Station.",
        "alternative_names": [f"Expedition {number}"],
    }
    if number not in archive.mission_numbers or (RecordType.MISSION, key) in archive.origins:
        crew = enumerate(list_at(value, "crew"))
        document["crew"] = [_parse_crew_member(archive, place, seat) for place, seat in crew]
    return document


def _parse_boundary(
    value: Mapping[str, Any], name: str, ours: str, *, needed: bool
) -> dict[str, Any]:
    text = text_at(value, name)
    if not text and not needed:
        return {ours: None}
    try:
        at, precision = infer_precision_from_zeros(*parse_feed_date(text))
    except ValueError as error:
        raise InvalidEntry(name, str(error)) from None
    return {ours: format_rfc3339_utc(at), f"{ours}_precision": precision}


def _parse_crew_member(archive: RecordMatcher, place: int, seat: Any) -> dict[str, Any]:
    field = f"crew[{place}]"
    person, role = _require_person(archive, seat, field), text_at(seat, "role", "role").casefold()
    if role in _COMMANDER_ROLES:
        return {"person": person, "role": CrewRole.COMMANDER}
    if (found := _FLIGHT_ENGINEER_ROLE.fullmatch(role)) is None:
        raise InvalidEntry(
            f"{field}.role", f"{role!r} is no role that somebody has aboard a station here."
        )
    position = f"FE-{found[1]}" if found[1] else None
    return {"person": person, "role": CrewRole.FLIGHT_ENGINEER, "position": position}


def _parse_person(value: Mapping[str, Any]) -> dict[str, Any]:
    if text_at(value, "type", "name").casefold() == "non-human":
        raise InvalidEntry("type", "It is nobody.")
    told = value.get("nationality")
    codes = [text_at(each, "alpha_2_code") for each in told] if isinstance(told, list) else []
    demonym = COUNTRY_BY_DEMONYM.get(told.casefold()) if isinstance(told, str) else None
    agency = text_at(value, "agency", "abbrev") or text_at(value, "agency", "name")
    return {
        "name": text_at(value, "name"),
        "agency": _AGENCY_NAMES.get(agency, agency) or None,
        # Of several, nothing tells which one they fly for.
        "nationality": (codes[0] or None) if len(codes) == 1 else demonym,
    }


def _create_parser(reader: Reader) -> EntryParser:
    return partial(parse_launch_library, archive=RecordMatcher.load(reader))


FORMAT = Format(
    "launch-library",
    (".json", ".jsonl", ".ndjson"),
    _create_parser,
    read_json_envelope,
    _import_rank,
)
