"""Launches, expeditions and astronauts from Launch Library 2 (2.2 and 2.3), as its answers tell.

People are those whom the archive knows by that name: a crew with somebody unknown is rejected with
the name. An astronaut whom it does not know becomes a person of it, so import these first.
"""

import re
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, Protocol

from sqlalchemy import select

from app.database import Reader
from app.dates import Precision
from app.importers.countries import ALPHA_2, DEMONYMS
from app.importers.entries import Entry, Format, Found, Input, Read, Reject, Unreadable
from app.importers.feed_dates import read_date
from app.importers.json_items import JsonItem, frame, items
from app.importers.names import Ambiguous, Names
from app.models import (
    CrewRole,
    LaunchStatus,
    RecordType,
    ShipRole,
    SpacecraftKind,
    Vehicle,
)
from app.text import slugify

SCHEME = "launch-library"
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
_PRECISION = {
    "sec": Precision.SECOND,
    "min": Precision.MINUTE,
    "hr": Precision.HOUR,
    "morn": Precision.DAY,
    "aft": Precision.DAY,
    "day": Precision.DAY,
    "week": Precision.MONTH,
    "m": Precision.MONTH,
    "q1": Precision.QUARTER,
    "q2": Precision.QUARTER,
    "q3": Precision.QUARTER,
    "q4": Precision.QUARTER,
}
"""By its abbreviation, the finest period of ours that holds the one it means; else the year."""

_SHIP_ROLES = {
    "commander": ShipRole.COMMANDER,
    "pilot": ShipRole.PILOT,
    "flight engineer": ShipRole.FLIGHT_ENGINEER,
    "mission specialist": ShipRole.MISSION_SPECIALIST,
    "spaceflight participant": ShipRole.SPACEFLIGHT_PARTICIPANT,
    "space tourist": ShipRole.SPACEFLIGHT_PARTICIPANT,
}


class Known(Protocol):
    """What the archive knows by name."""

    def person(self, name: str) -> str | None:
        """The slug of somebody; raises `Ambiguous`."""

    def launch(self, ship: str) -> str | None:
        """The slug of a ship's launch; raises `Ambiguous`."""


class _Unfit(Exception):
    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field


def read(given: Input, known: Known, families: Mapping[str, str]) -> Iterator[Found]:
    """The records of an answer; `families` are those of the vehicles that the archive knows."""
    for item in items(given.open):
        try:
            yield _entry(item, known, families)
        except _Unfit as error:
            yield Reject(item.line, error.field, str(error), item.raw)
        except Ambiguous as error:
            yield Reject(item.line, "name", str(error), item.raw)


def _entry(item: JsonItem, known: Known, families: Mapping[str, str]) -> Entry:
    value = item.value
    if not isinstance(value, dict):
        raise _Unfit("record", item.problem or "It is no JSON object.")
    key = value.get("id")
    if not isinstance(key, str | int) or key == "":
        raise _Unfit("id", "Nothing names it.")
    same = None
    match _kind(value):
        case RecordType.LAUNCH:
            kind, document = RecordType.LAUNCH, _launch(value, known, families)
            same = known.launch(document["spacecraft"][0]["name"])
        case RecordType.MISSION:
            kind, document = RecordType.MISSION, _mission(value, known)
        case RecordType.PERSON:
            kind, document = RecordType.PERSON, _person(value)
            same = known.person(document["name"])
        case _:
            raise _Unfit("record", "It is neither a launch nor an expedition nor an astronaut.")
    document["sources"] = [SOURCE]
    return Entry(kind, SCHEME, str(key)[:500], document, item.line, item.raw, same)


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


def _launch(value: Mapping[str, Any], known: Known, families: Mapping[str, str]) -> dict[str, Any]:
    status = _text(value, "status", "abbrev") or _text(value, "status", "name")
    if status.casefold() not in _STATUS:
        raise _Unfit("status", f"{status!r} is no status that a launch can have here.")
    at, precision = _when(value)
    crew = [_seat(known, n, seat) for n, seat in enumerate(_crew_of(value))]
    return {
        "cospar_id": _text(value, "launch_designator") or None,
        "status": _STATUS[status.casefold()],
        "launch_at": at,
        "launch_at_precision": precision,
        "window_starts_at": _instant(value, "window_start"),
        "window_ends_at": _instant(value, "window_end"),
        "vehicle": _vehicle(value, families),
        "site": _site(value),
        "pad": _text(value, "pad", "name")[:40] or None,
        "spacecraft": _ships(value, bool(crew)),
        "crewed": bool(crew),
        "crew": crew,
        "outcome_note": _text(value, "failreason")[:1000] or None,
    }


def _when(value: Mapping[str, Any]) -> tuple[str, Precision]:
    """The time of a launch, as exact as the source says; without a word of it, the day."""
    try:
        at, _ = read_date(_text(value, "net"))
    except ValueError as error:
        raise _Unfit("net", str(error)) from None
    told = _text(value, "net_precision", "abbrev").casefold()
    precision = _PRECISION.get(told, Precision.YEAR) if told else Precision.DAY
    return f"{at:%Y-%m-%dT%H:%M:%SZ}", precision


def _instant(value: Mapping[str, Any], name: str) -> str | None:
    try:
        at, precision = read_date(_text(value, name))
    except ValueError:
        return None
    known = precision in {Precision.SECOND, Precision.MINUTE}
    return f"{at:%Y-%m-%dT%H:%M:%SZ}" if known else None


def _vehicle(value: Mapping[str, Any], families: Mapping[str, str]) -> dict[str, str] | None:
    configuration = _part(value, "rocket", "configuration")
    name = (_text(configuration, "full_name") or _text(configuration, "name"))[:80]
    if not slugify(name):
        return None
    told = _text(configuration, "family")
    for family in configuration.get("families") or ():
        told = told or _text(family, "name")
    return {"name": name, "family": families.get(slugify(name)) or told[:80] or name}


def _site(value: Mapping[str, Any]) -> dict[str, str] | None:
    location = _part(value, "pad", "location")
    name = _text(location, "name").split(",")[0][:120]
    code = _text(location, "country", "alpha_2_code")
    country = code or ALPHA_2.get(_text(location, "country_code"))
    return {"name": name, "country": country} if country and slugify(name) else None


def _stages(value: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The ships of a launch: one in version 2.2, several in 2.3."""
    found = _part(value, "rocket").get("spacecraft_stage") or []
    listed = found if isinstance(found, list) else [found]
    return [stage for stage in listed if isinstance(stage, dict)]


def _crew_of(value: Mapping[str, Any]) -> list[Any]:
    return [seat for stage in _stages(value) for seat in stage.get("launch_crew") or ()]


def _ships(value: Mapping[str, Any], crewed: bool) -> list[dict[str, str]]:
    kind = SpacecraftKind.SC if crewed else SpacecraftKind.CV
    names = [_text(stage, "spacecraft", "name")[:120] for stage in _stages(value)]
    if found := [{"name": name, "kind": str(kind)} for name in names if slugify(name)]:
        return found
    name = _text(value, "mission", "name") or _text(value, "name").rpartition("|")[2].strip()
    if not slugify(name):
        raise _Unfit("mission.name", "Nothing tells what flew.")
    return [{"name": name[:120], "kind": SpacecraftKind.OTHER}]


def _seat(known: Known, place: int, seat: Any) -> dict[str, Any]:
    field = f"launch_crew[{place}]"
    person = _somebody(known, seat, field)
    role = _text(seat, "role", "role").casefold()
    if role not in _SHIP_ROLES:
        raise _Unfit(f"{field}.role", f"{role!r} is no role that somebody has aboard a ship here.")
    return {"person": person, "role": _SHIP_ROLES[role]}


def _somebody(known: Known, seat: Any, field: str) -> str:
    name = _text(seat, "astronaut", "name")
    try:
        person = known.person(name)
    except Ambiguous as error:
        raise _Unfit(f"{field}.astronaut.name", str(error)) from None
    if person is None:
        raise _Unfit(f"{field}.astronaut.name", f"Nobody of the archive is called {name!r}.")
    return person


def _mission(value: Mapping[str, Any], known: Known) -> dict[str, Any]:
    name = _text(value, "name")
    found = re.fullmatch(r"(?:ISS )?Expedition (\d{1,4})", name.strip())
    if found is None:
        raise _Unfit("name", f"{name!r} is no numbered expedition.")
    stations = value.get("spacestations") or [value.get("spacestation") or {}]
    if not any("International Space Station" in _text(each, "name") for each in stations):
        raise _Unfit("spacestation", "It did not go to the International Space Station.")
    return {
        "number": int(found[1]),
        "station": "ISS",
        **_bound(value, "start", "starts_at", needed=True),
        **_bound(value, "end", "ends_at", needed=False),
        "summary": f"Expedition {int(found[1])} to the International Space Station.",
        "alternative_names": [f"Expedition {int(found[1])}"],
        "crew": [_member(known, n, each) for n, each in enumerate(value.get("crew") or ())],
    }


def _bound(value: Mapping[str, Any], name: str, ours: str, *, needed: bool) -> dict[str, Any]:
    text = _text(value, name)
    if not text and not needed:
        return {ours: None}
    try:
        at, precision = read_date(text)
    except ValueError as error:
        raise _Unfit(name, str(error)) from None
    return {ours: f"{at:%Y-%m-%dT%H:%M:%SZ}", f"{ours}_precision": precision}


def _member(known: Known, place: int, seat: Any) -> dict[str, Any]:
    role = _text(seat, "role", "role").casefold()
    commands = role in {"commander", "station commander", "iss commander"}
    return {
        "person": _somebody(known, seat, f"crew[{place}]"),
        "role": CrewRole.COMMANDER if commands else CrewRole.FLIGHT_ENGINEER,
    }


def _person(value: Mapping[str, Any]) -> dict[str, Any]:
    told = value.get("nationality")
    codes = [_text(each, "alpha_2_code") for each in told] if isinstance(told, list) else []
    demonym = DEMONYMS.get(told.casefold()) if isinstance(told, str) else None
    agency = _text(value, "agency", "abbrev") or _text(value, "agency", "name")
    return {
        "name": _text(value, "name"),
        "agency": agency[:60] or None,
        "nationality": next(filter(None, codes), demonym),
    }


def _part(value: Any, *path: str) -> Mapping[str, Any]:
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def _text(value: Any, *path: str) -> str:
    found = _part(value, *path[:-1]).get(path[-1]) if isinstance(value, dict) else None
    return found.strip() if isinstance(found, str) else ""


def _prepare(reader: Reader) -> Read:
    rows = reader.all(select(Vehicle.slug, Vehicle.family))
    families = {row["slug"]: row["family"] for row in rows}
    return partial(read, known=Names.of(reader), families=families)


FORMAT = Format("launch-library", (".json", ".jsonl", ".ndjson"), _prepare, frame, _rank)
