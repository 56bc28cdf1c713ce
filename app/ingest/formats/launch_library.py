"""Launch Library 2 (versions 2.0 to 2.3): launches, spacecraft flights, expeditions, astronauts.

A word that the vocabulary does not know, or a crew member whom the archive does not know, is noted
and costs only its field. Crews are included in detailed records only (`mode=detailed`). Their
people are imported first, from the records themselves, or else name people of the archive.
"""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from functools import partial
from io import BytesIO
from typing import Any

from app.db.database import Reader
from app.domain.dates import format_rfc3339_utc
from app.domain.enums import RecordType
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
    Landing,
    SourcePicture,
    UnsupportedEntry,
    parse_or_reject,
)
from app.ingest.formats.feed_dates import infer_precision_from_zeros, parse_feed_date
from app.ingest.formats.launch_library_launches import parse_launch, spacecraft_stages
from app.ingest.formats.launch_library_people import (
    is_astronaut,
    iter_astronauts,
    parse_expedition_crew,
    parse_landings,
    parse_person,
)
from app.ingest.formats.launch_library_vocabulary import (
    STATION_NAME,
    words_of,
)
from app.ingest.formats.picture_rights import build_picture
from app.ingest.json_stream import JsonItem, iter_json_items, read_json_envelope
from app.ingest.json_values import list_at, object_at, read_next_link, require_id, text_at
from app.ingest.references import LAUNCH_LIBRARY_SCHEME, ReferenceLookup

_CITATION = {"name": "Launch Library 2, The Space Devs", "url": "https://thespacedevs.com/llapi"}

_EXPEDITION_NAME = re.compile(r"(?:ISS )?Expedition ([0-9]{1,4})")


def parse_launch_library(source: Input, references: ReferenceLookup) -> Iterator[EntryOrReject]:
    """Parse the records of a response. Raises `InvalidInput` if it is not JSON."""
    for item in iter_json_items(source.open):
        label = text_at(item.value, "name") or "".join(
            words_of(object_at(item.value).get("id"))[:1]
        )
        parse = partial(_parse_entry, item, references)
        yield parse_or_reject(item.line, item.raw, "record", parse, label)


def _parse_entry(item: JsonItem, references: ReferenceLookup) -> ImportEntry:
    value, notes = _as_launch(item.require_object("record")), list[str]()
    if kind := _find_unsupported_kind(value):
        raise UnsupportedEntry("record", f"The archive has no records of {kind}.")
    key, hints, landings = require_id(value), IdentityHints(), tuple[Landing, ...]()
    match type_ := _detect_record_type(value):
        case RecordType.LAUNCH:
            document, hints = parse_launch(value, references, notes)
            landings = parse_landings(spacecraft_stages(value), references)
        case RecordType.MISSION:
            document = _parse_mission(value, references, notes)
        case RecordType.PERSON:
            document, hints = parse_person(value, notes)
        case _:
            reason = "Neither a launch, an expedition nor an astronaut: remove it from the file."
            raise InvalidEntry("record", reason)
    document["sources"] = [_CITATION]
    return ImportEntry(
        type_,
        LAUNCH_LIBRARY_SCHEME,
        key,
        document,
        item.line,
        item.raw,
        hints,
        tuple(notes),
        landings=landings,
        picture=_parse_picture(value),
    )


def _parse_picture(value: Mapping[str, Any]) -> SourcePicture | None:
    """The picture of a record: an object, or its URL in versions before 2.3."""
    image = value.get("image") or value.get("profile_image")
    if isinstance(image, str):
        return build_picture(image, None, "", "")
    licence = text_at(object_at(object_at(image).get("license")), "name")
    return build_picture(text_at(image, "image_url"), None, text_at(image, "credit"), licence)


def _detect_record_type(value: Mapping[str, Any]) -> RecordType | None:
    if "net" in value:
        return RecordType.LAUNCH
    if "start" in value and "name" in value:
        return RecordType.MISSION
    return RecordType.PERSON if is_astronaut(value) else None


def _as_launch(value: dict[str, Any]) -> dict[str, Any]:
    """Launch of a spacecraft flight, with the flight as its stage; other records unchanged."""
    launch = object_at(value, "launch")
    if "net" not in launch or "spacecraft" not in value:
        return value
    stage = {name: member for name, member in value.items() if name != "launch"}
    return {**launch, "rocket": {**object_at(launch, "rocket"), "spacecraft_stage": [stage]}}


def _find_unsupported_kind(value: Mapping[str, Any]) -> str | None:
    """Name of the kind of a record that the archive does not hold; None if it may hold it."""
    if "docking" in value and "departure" in value:
        return "dockings"
    return "spacewalks" if "duration" in value and "location" in value else None


def find_crews(reader: Reader, source: Input) -> Input | None:
    """Input of the people whom crews to the station describe, and the archive does not know."""
    references = ReferenceLookup.load(reader)
    unknown: dict[Any, Mapping[str, Any]] = {}
    with suppress(InvalidInput, OSError):  # the import itself will tell
        for item in iter_json_items(source.open):
            with suppress(InvalidEntry, ValueError):
                for astronaut in _iter_crew(item, references):
                    if not _is_known(astronaut, references):
                        unknown.setdefault(astronaut.get("id"), astronaut)
    if not unknown:
        return None
    content = json.dumps(list(unknown.values())).encode()
    return Input(f"{source.name} (crews)", lambda: BytesIO(content), source=source.source)


def _iter_crew(item: JsonItem, references: ReferenceLookup) -> Iterator[Mapping[str, Any]]:
    """Yield the crew of a launch or an expedition to the station."""
    value = _as_launch(item.require_object("record"))
    match _detect_record_type(value):
        case RecordType.LAUNCH if parse_launch(value, references, [])[0]["to_station"]:
            for stage in spacecraft_stages(value):
                yield from iter_astronauts(list_at(stage, "launch_crew"))
                yield from iter_astronauts(list_at(stage, "landing_crew"))
        case RecordType.MISSION if _is_of_station(value):
            yield from iter_astronauts(list_at(value, "crew"))


def _is_known(astronaut: Mapping[str, Any], references: ReferenceLookup) -> bool:
    """True if an astronaut is a person of the archive; a doubtful one is not known."""
    with suppress(AmbiguousName):
        key = str(astronaut.get("id"))
        return references.find_person(key, text_at(astronaut, "name")) is not None
    return False


def _import_rank(source: Input) -> int:
    """Rank astronauts before launches, and launches before expeditions, which refer to both."""
    try:
        first = next(iter_json_items(source.open), None)
    except (InvalidInput, OSError):
        return 0
    value = first.value if first and isinstance(first.value, dict) else {}
    type_ = _detect_record_type(value)
    return [RecordType.PERSON, RecordType.LAUNCH, RecordType.MISSION].index(type_) if type_ else 0


def _is_of_station(expedition: Mapping[str, Any]) -> bool:
    stations = [*list_at(expedition, "spacestations"), expedition.get("spacestation")]
    return any(STATION_NAME.search(text_at(each, "name")) for each in stations)


def _parse_mission(
    value: Mapping[str, Any], references: ReferenceLookup, notes: list[str]
) -> dict[str, Any]:
    name = text_at(value, "name")
    found = _EXPEDITION_NAME.fullmatch(name)
    if not _is_of_station(value):
        raise UnsupportedEntry("spacestation", "Not an expedition to the station.")
    if found is None:
        reason = f"{name!r} is not a numbered expedition to the station: remove it from the file."
        raise InvalidEntry("name", reason)
    number = int(found[1])
    document = {
        "number": number,
        "station": "ISS",
        **_parse_boundary(value, "start", "starts_at", required=True),
        **_parse_boundary(value, "end", "ends_at", required=False),
        "summary": f"Expedition {number} to the International Space Station.",
        "alternative_names": [f"Expedition {number}"],
    }
    if "crew" in value:
        ends_at = document["ends_at"] and datetime.fromisoformat(document["ends_at"])
        find_flight = partial(
            references.find_flight,
            starts_at=datetime.fromisoformat(document["starts_at"]),
            ends_at=ends_at,
        )
        document["crew"] = parse_expedition_crew(
            list_at(value, "crew"), references, find_flight, notes
        )
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
        raise InvalidEntry(name, f"{error} Write the date in ISO 8601.") from None
    return {field: format_rfc3339_utc(at), f"{field}_precision": precision}


def _create_parser(reader: Reader) -> EntryParser:
    return partial(parse_launch_library, references=ReferenceLookup.load(reader))


FORMAT = Format(
    "launch-library",
    (".json", ".jsonl", ".ndjson"),
    _create_parser,
    read_json_envelope,
    _import_rank,
    find_crews,
    read_next_link,
)
