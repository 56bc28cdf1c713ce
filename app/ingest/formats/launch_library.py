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
from app.db.models import CrewRole, LaunchStatus, RecordType, ShipRole, SpacecraftKind
from app.domain.dates import CLOCKED, now
from app.domain.text import slugify
from app.ingest.countries import ALPHA_2, DEMONYMS
from app.ingest.entity_linking import Ambiguous
from app.ingest.entries import Entry, Format, Found, Input, Read, Reject, Unreadable
from app.ingest.formats.feed_dates import as_stored, read_date
from app.ingest.json_stream import JsonItem, Unfit, frame, items, key_of, list_at, part_of, text_at
from app.ingest.launch_matching import SCHEME, Archive, Told
from app.ingest.launch_times import instant, when, written

SOURCE = {"name": "Launch Library 2, The Space Devs", "url": "https://thespacedevs.com/llapi"}

_STATUS = {
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
_SATELLITES = {"communications", "earth science", "navigation", "earth observation"}
"""Types of missions that satellites fly."""

_COMMANDERS = {"commander", "iss commander", "station commander"}
_ENGINEER = re.compile(r"(?:iss )?flight engineer ?(\d?)")
_EXPEDITION = re.compile(r"(?:ISS )?Expedition ([0-9]{1,4})")
_AGENCIES = {"RFSA": "Roscosmos"}
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


def read(given: Input, archive: Archive) -> Iterator[Found]:
    """The records of an answer."""
    for item in items(given.open):
        try:
            yield _entry(item, archive)
        except Unfit as error:
            yield Reject(item.line, error.field, str(error), item.raw)
        except Ambiguous as error:
            yield Reject(item.line, "name", str(error), item.raw)


def _entry(item: JsonItem, archive: Archive) -> Entry:
    value = item.value
    if not isinstance(value, dict):
        raise Unfit("record", item.problem or "It is no JSON object.")
    key, same = key_of(value), None
    match kind := _kind(value):
        case RecordType.LAUNCH:
            document, same = _launch(value, key, archive)
        case RecordType.MISSION:
            document = _mission(value, key, archive)
        case RecordType.PERSON:
            document = _person(value)
            known = (RecordType.PERSON, key) in archive.origins
            same = None if known else archive.names.person(document["name"])
        case _:
            raise Unfit("record", "It is neither a launch nor an expedition nor an astronaut.")
    document["sources"] = [SOURCE]
    return Entry(kind, SCHEME, key, document, item.line, item.raw, same)


def _kind(value: Mapping[str, Any]) -> RecordType | None:
    if "net" in value:
        return RecordType.LAUNCH
    if "start" in value and "name" in value:
        return RecordType.MISSION
    return RecordType.PERSON if "nationality" in value or "agency" in value else None


def _rank(given: Input) -> int:
    """Astronauts first, expeditions last: these name the others."""
    try:
        first = next(items(given.open), None)
    except (Unreadable, OSError):
        return 0
    value = first.value if first and isinstance(first.value, dict) else {}
    kind = _kind(value)
    return [RecordType.PERSON, RecordType.LAUNCH, RecordType.MISSION].index(kind) if kind else 0


def _launch(
    value: Mapping[str, Any], key: str, archive: Archive
) -> tuple[dict[str, Any], str | None]:
    told = text_at(value, "status", "abbrev") or text_at(value, "status", "name")
    status = _STATUS.get(told.casefold())
    if status is None:
        raise Unfit("status", f"{told!r} is no status that a launch can have here.")
    leaves, ships = when(value, told.casefold()), _ships(value)
    vehicle, designator = _vehicle(value, archive.families), text_at(value, "launch_designator")
    document = {
        "cospar_id": designator or None,
        "status": status,
        **leaves.document(),
        "vehicle": vehicle,
        "site": _site(value),
        "pad": text_at(value, "pad", "name") or None,
        "spacecraft": ships,
        "crewed": bool(_crew_of(value)),
        "outcome_note": text_at(value, "failreason") or None,
    }
    if leaves.precision in CLOCKED:
        document |= {
            "window_starts_at": instant(value, "window_start"),
            "window_ends_at": instant(value, "window_end"),
        }
    mission = text_at(value, "mission", "name") or _name_of_load(value)
    names = (ships[0]["name"], mission, f"SpaceX {mission}", f"Dragon {mission}")
    rocket = vehicle["name"] if vehicle else ""
    to_station = ships[0]["kind"] in {SpacecraftKind.SC, SpacecraftKind.CV}
    identity = Told(names, designator or None, leaves.at, leaves.precision, rocket, to_station)
    same = archive.launch(key, identity)
    if same is None:  # what the archive has stays as it is, its crew too
        _refuse_crew_untold(value)
        document["crew"] = [
            _seat(archive, stage, n, seat)
            for stage in _stages(value)
            for n, seat in enumerate(list_at(stage, "launch_crew"))
        ]
    return document, same


def _refuse_crew_untold(value: Mapping[str, Any]) -> None:
    """Refuse a mission with people that names none: it would be taken for one without."""
    if not _crew_of(value) and _type_of(value) == "human exploration":
        reason = "It is a mission with people, and names none. Ask for mode=detailed."
        raise Unfit("rocket.spacecraft_stage.launch_crew", reason)


def _vehicle(value: Mapping[str, Any], families: Mapping[str, str]) -> dict[str, str] | None:
    configuration = part_of(value, "rocket", "configuration")
    name = text_at(configuration, "full_name") or text_at(configuration, "name")
    if not slugify(name):
        return None
    told = text_at(configuration, "family")
    for family in list_at(configuration, "families"):
        told = told or text_at(family, "name")
    return {"name": name, "family": families.get(slugify(name)) or told or name}


def _site(value: Mapping[str, Any]) -> dict[str, str] | None:
    location = part_of(value, "pad", "location")
    name = text_at(location, "name").split(",")[0].strip()
    code = text_at(location, "country", "alpha_2_code")
    country = code or ALPHA_2.get(text_at(location, "country_code"))
    return {"name": name, "country": country} if country and slugify(name) else None


def _stages(value: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The ships of a launch: one in version 2.2, several in 2.3."""
    rocket = part_of(value, "rocket")
    stage = rocket.get("spacecraft_stage")
    listed = [stage] if isinstance(stage, dict) else list_at(rocket, "spacecraft_stage")
    return [stage for stage in listed if isinstance(stage, dict)]


def _crew_of(value: Mapping[str, Any]) -> list[Any]:
    return [seat for stage in _stages(value) for seat in list_at(stage, "launch_crew")]


def _type_of(value: Mapping[str, Any]) -> str:
    return text_at(value, "mission", "type").casefold()


def _name_of_load(value: Mapping[str, Any]) -> str:
    return text_at(value, "name").rpartition("|")[2].strip()


def _ships(value: Mapping[str, Any]) -> list[dict[str, str]]:
    """What flew: its ships, otherwise what the mission is called; never without a name."""
    found = [
        {"name": name, "kind": _kind_of_ship(value, stage)}
        for stage in _stages(value)
        if slugify(name := text_at(stage, "spacecraft", "name"))
    ]
    if found:
        return found
    name = text_at(value, "mission", "name") or _name_of_load(value)
    if not slugify(name):
        raise Unfit("mission.name", "Nothing tells what flew.")
    kind = {"resupply": SpacecraftKind.CV, "human exploration": SpacecraftKind.SC}
    other = SpacecraftKind.SATELLITE if _type_of(value) in _SATELLITES else SpacecraftKind.OTHER
    return [{"name": name, "kind": kind.get(_type_of(value), other)}]


def _kind_of_ship(value: Mapping[str, Any], stage: Mapping[str, Any]) -> SpacecraftKind:
    config = part_of(stage, "spacecraft", "spacecraft_config")
    if list_at(stage, "launch_crew"):
        return SpacecraftKind.SC
    cargo = "cargo" in text_at(config, "type", "name").casefold()
    if _type_of(value) == "resupply" or cargo:
        return SpacecraftKind.CV
    crewed = config.get("human_rated") is True or _type_of(value) == "human exploration"
    return SpacecraftKind.SC if crewed else SpacecraftKind.OTHER


def _seat(archive: Archive, stage: Mapping[str, Any], place: int, seat: Any) -> dict[str, Any]:
    field = f"launch_crew[{place}]"
    person = _somebody(archive, seat, field)
    role = re.sub(r" \d+$", "", text_at(seat, "role", "role").casefold())
    if role not in _SHIP_ROLES:
        raise Unfit(f"{field}.role", f"{role!r} is no role that somebody has aboard a ship here.")
    return {"person": person, "role": _SHIP_ROLES[role], **_landing(stage, field, seat)}


def _landing(stage: Mapping[str, Any], field: str, seat: Any) -> dict[str, Any]:
    """When somebody came home by their ship; who did not while it has, did so by another one."""
    try:
        at, exact = as_stored(*read_date(text_at(stage, "mission_end")))
    except ValueError:
        return {}
    if at > now():
        return {}
    who = part_of(seat, "astronaut")
    landed = [part_of(each, "astronaut").get("id") for each in list_at(stage, "landing_crew")]
    if who.get("id") is not None and who["id"] in landed:
        return {"landed_at": written(at), "landed_at_precision": exact}
    if who.get("in_space") is True:
        return {}
    reason = "Their ship is back, they did not come with it, and nothing tells when they did."
    raise Unfit(f"{field}.astronaut", reason)


def _somebody(archive: Archive, seat: Any, field: str) -> str:
    name, id_ = text_at(seat, "astronaut", "name"), part_of(seat, "astronaut").get("id")
    try:
        person = archive.person(str(id_), name)
    except Ambiguous as error:
        raise Unfit(f"{field}.astronaut.name", str(error)) from None
    if person is None:
        raise Unfit(f"{field}.astronaut.name", f"Nobody of the archive is called {name!r}.")
    return person


def _mission(value: Mapping[str, Any], key: str, archive: Archive) -> dict[str, Any]:
    name = text_at(value, "name")
    found = _EXPEDITION.fullmatch(name)
    if found is None:
        raise Unfit("name", f"{name!r} is no numbered expedition.")
    stations = [*list_at(value, "spacestations"), value.get("spacestation")]
    if not any("International Space Station" in text_at(each, "name") for each in stations):
        raise Unfit("spacestation", "It did not go to the International Space Station.")
    number = int(found[1])
    document = {
        "number": number,
        "station": "ISS",
        **_bound(value, "start", "starts_at", needed=True),
        **_bound(value, "end", "ends_at", needed=False),
        "summary": f"Expedition {number} to the International Space Station.",
        "alternative_names": [f"Expedition {number}"],
    }
    if number not in archive.numbers or (RecordType.MISSION, key) in archive.origins:
        crew = enumerate(list_at(value, "crew"))
        document["crew"] = [_member(archive, place, seat) for place, seat in crew]
    return document


def _bound(value: Mapping[str, Any], name: str, ours: str, *, needed: bool) -> dict[str, Any]:
    text = text_at(value, name)
    if not text and not needed:
        return {ours: None}
    try:
        at, precision = as_stored(*read_date(text))
    except ValueError as error:
        raise Unfit(name, str(error)) from None
    return {ours: written(at), f"{ours}_precision": precision}


def _member(archive: Archive, place: int, seat: Any) -> dict[str, Any]:
    field = f"crew[{place}]"
    person, role = _somebody(archive, seat, field), text_at(seat, "role", "role").casefold()
    if role in _COMMANDERS:
        return {"person": person, "role": CrewRole.COMMANDER}
    if (found := _ENGINEER.fullmatch(role)) is None:
        raise Unfit(
            f"{field}.role", f"{role!r} is no role that somebody has aboard a station here."
        )
    position = f"FE-{found[1]}" if found[1] else None
    return {"person": person, "role": CrewRole.FLIGHT_ENGINEER, "position": position}


def _person(value: Mapping[str, Any]) -> dict[str, Any]:
    if text_at(value, "type", "name").casefold() == "non-human":
        raise Unfit("type", "It is nobody.")
    told = value.get("nationality")
    codes = [text_at(each, "alpha_2_code") for each in told] if isinstance(told, list) else []
    demonym = DEMONYMS.get(told.casefold()) if isinstance(told, str) else None
    agency = text_at(value, "agency", "abbrev") or text_at(value, "agency", "name")
    return {
        "name": text_at(value, "name"),
        "agency": _AGENCIES.get(agency, agency) or None,
        # Of several, nothing tells which one they fly for.
        "nationality": (codes[0] or None) if len(codes) == 1 else demonym,
    }


def _prepare(reader: Reader) -> Read:
    return partial(read, archive=Archive.of(reader))


FORMAT = Format("launch-library", (".json", ".jsonl", ".ndjson"), _prepare, frame, _rank)
