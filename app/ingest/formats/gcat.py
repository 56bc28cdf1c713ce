"""Launches of the General Catalog of Artificial Space Objects (GCAT) of J. McDowell.

The launch log has one row a payload; launch lists have one row a launch, separated by tabs or
commas. The header tells them apart. The catalogue's tables of sites and vehicles are used if they
are in the same folder. See https://planet4589.org/space/gcat.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from io import TextIOWrapper
from typing import Any

from app.db.database import Reader
from app.domain.dates import Precision, format_rfc3339_utc, period_start
from app.domain.enums import LaunchStatus, RecordType, SpacecraftKind
from app.domain.text import slugify
from app.ingest.entries import (
    EntryOrReject,
    EntryParser,
    Envelope,
    Format,
    IdentityHints,
    ImportEntry,
    Input,
    InvalidEntry,
    InvalidInput,
    Reject,
)
from app.ingest.formats.feed_dates import MONTH_NUMBERS, check_year
from app.ingest.formats.gcat_tables import (
    MAX_ROW_CHARS,
    GcatReferenceData,
    GcatRow,
    parse_header,
    read_rows,
)
from app.ingest.formats.gcat_vocabulary import (
    goes_to_station,
    is_crewed,
    parse_launch_code,
    ship_name,
    spacecraft_kind,
)

_CITATION = {
    "name": "J. McDowell, General Catalog of Artificial Space Objects (GCAT)",
    "url": "https://planet4589.org/space/gcat",
    "licence": "CC-BY 4.0",
}

_MAX_LAUNCH_ROWS = 1000
"""Maximum rows of one launch; more than any launch has payloads."""

_LAUNCH_TAG = re.compile(r"\d{4}[- ][A-Z0-9 ]+")
_DATE_PATTERN = re.compile(
    r"(?P<year>\d{4})(?: (?:Q(?P<quarter>[1-4])|(?P<month>[A-Z][a-z]{2})"
    r"(?: +(?P<day>\d{1,2})(?: (?P<hour>\d{2})(?:h|(?P<minute>\d{2})(?::(?P<second>\d{2})"
    r"(?:\.\d+)?)?))?)?))?(?P<doubt>\?)?"
)

_UncertainTime = tuple[datetime, Precision, bool]
"""Start of the period in UTC, its precision, and True if the catalogue doubts the time."""


def _parse_vague_date(row: GcatRow, column: str) -> _UncertainTime:
    """Parse a vague date of GCAT. Raises ValueError.

    `1957 Oct  4 1928:34`, `1963 Oct 29 2119?`, `2024 Nov 4`, `1998 Nov`, `2024 Q4`, `1998`.
    """
    text = row[column]
    found = _DATE_PATTERN.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is not a GCAT date.")
    parts = {name: value for name, value in found.groupdict().items() if value}
    periods = ("second", "minute", "hour", "day", "month", "quarter", "year")
    precision = Precision(next(name for name in periods if name in parts))
    month = MONTH_NUMBERS.get(parts.get("month", "Jan").casefold(), 0)
    if "quarter" in parts:
        month = int(parts["quarter"]) * 3 - 2
    hour, minute, second = (int(parts.get(name, 0)) for name in ("hour", "minute", "second"))
    try:
        day = int(parts.get("day", 1))
        at = datetime(int(parts["year"]), month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        raise ValueError(f"{text!r} is not an existing date.") from None
    return at, precision, "doubt" in parts


def _parse_iso_time(row: GcatRow, column: str) -> _UncertainTime:
    """Parse an ISO 8601 time with its precision and doubt in columns. Raises ValueError."""
    try:
        at = datetime.fromisoformat(row[column])
        precision = Precision(row["time_precision"])
    except ValueError:
        reason = f"{row[column]!r} is not an ISO 8601 time, or its time_precision is invalid."
        raise ValueError(reason) from None
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at
    return period_start(at, precision), precision, row["time_uncertain"] == "1"


@dataclass(frozen=True)
class _Layout:
    """Columns of a kind of file."""

    tag: str
    date: str
    vehicle: str
    site: str
    pad: str
    code: str
    payload: tuple[str, ...]
    scheme: str = "gcat-list"
    """Lists have one payload a launch, so they must not update launches of the log."""
    parse_time: Callable[[GcatRow, str], _UncertainTime] = _parse_vague_date


_LAYOUTS = (
    _Layout(
        "Launch_Tag", "Launch_Date", "LV_Type", "Launch_Site", "Launch_Pad", "Launch_Code",
        ("Name", "PLName"), scheme="gcat",
    ),
    _Layout(
        "Launch_Tag", "Launch_Date", "LV_Type", "Launch_Site", "Launch_Pad", "LaunchCode",
        ("Mission", "Flight"),
    ),
    _Layout(
        "launch_tag", "launch_time_utc", "lv_type", "site_code", "pad", "launch_code",
        ("primary_payload", "primary_payload_alt"), parse_time=_parse_iso_time,
    ),
)  # fmt: skip
"""Launch log, launch list, and launch table in CSV."""


def parse_gcat(source: Input, reference: GcatReferenceData) -> Iterator[EntryOrReject]:
    """Parse the launches of a launch log or list; none of a table of sites or vehicles.

    Raises `InvalidInput` if the file is none of these.
    """
    with source.open() as binary, TextIOWrapper(binary, "utf-8-sig", "surrogateescape") as file:
        names = parse_header(file.readline(MAX_ROW_CHARS))
        if {"Site", "UCode"} <= set(names) or "LV_Family" in names:
            return
        layout = next((each for each in _LAYOUTS if {each.tag, each.code} <= set(names)), None)
        if layout is None:
            raise InvalidInput("Not a GCAT launch log or launch list.")
        reference = reference.with_sibling_tables(source.path)
        yield from _parse_launches(read_rows(file, names), layout, reference)


def _parse_launches(
    rows: Iterable[GcatRow], layout: _Layout, reference: GcatReferenceData
) -> Iterator[EntryOrReject]:
    """Yield a launch for each group of consecutive rows with the same tag."""
    seen_tags = set[str]()
    for launch_rows in _group_rows_by_tag(rows, layout):
        tag = launch_rows[0][layout.tag]
        if tag and tag in seen_tags:
            reason = f"The rows of {tag} are not adjacent: move them together."
            yield _to_reject(launch_rows, layout, InvalidEntry(layout.tag, reason))
        else:
            yield _parse_launch(launch_rows, layout, reference)
        seen_tags.add(tag)


def _group_rows_by_tag(rows: Iterable[GcatRow], layout: _Layout) -> Iterator[list[GcatRow]]:
    """Yield the rows of each launch. A malformed row without a tag belongs to the row before."""
    run: list[GcatRow] = []
    for row in rows:
        same = run and row[layout.tag] == run[0][layout.tag]
        continues = run and row.problem and not _LAUNCH_TAG.fullmatch(row[layout.tag])
        if run and (len(run) == _MAX_LAUNCH_ROWS or not (same or continues)):
            yield run
            run = []
        run.append(row)
    if run:
        yield run


def _join_raw(rows: list[GcatRow]) -> str:
    return "\n".join(row.raw for row in rows)


def _parse_launch(
    rows: list[GcatRow], layout: _Layout, reference: GcatReferenceData
) -> EntryOrReject:
    first = rows[0]
    for row in rows:
        if row.problem:  # without the row the launch would be incomplete
            return _to_reject(rows, layout, InvalidEntry("row", row.problem), row.line)
    try:
        tag = first[layout.tag]
        if not _LAUNCH_TAG.fullmatch(tag):
            reason = f"{tag!r} is not a launch tag, such as 2024-042: correct it."
            raise InvalidEntry(layout.tag, reason)
        at, precision, is_uncertain = _parse_launch_time(first, layout)
    except InvalidEntry as error:
        return _to_reject(rows, layout, error)
    notes = list[str]()
    status, outcome_note = _parse_outcome(first[layout.code], notes)
    payloads = [(names, row["Type"]) for row in rows if (names := _payload_names(row, layout))]
    spacecraft = [
        {"name": ship_name(names), "kind": spacecraft_kind(names, type_)}
        for names, type_ in payloads
    ]
    site = reference.sites.get(first[layout.site])
    if site is None and first[layout.site]:
        stated = first[layout.site]
        notes.append(
            f"Unknown site {stated!r}: put the catalogue's table of sites beside the file."
        )
    designator = f"{tag[:4]}-{tag[5:].replace(' ', '')}"
    name = spacecraft[0]["name"] if spacecraft else tag
    payload_names = [name for names, _ in payloads for name in names]
    document: dict[str, Any] = {
        "slug": f"{slugify(name)[:80].strip('-')}-{designator.lower()}".strip("-"),
        "cospar_id": designator,
        "status": status,
        "launch_at": format_rfc3339_utc(at),
        "launch_at_precision": precision,
        "launch_at_uncertain": is_uncertain,
        "vehicle": reference.resolve_vehicle(first[layout.vehicle]),
        "site": site,
        "pad": first[layout.pad] or None,
        "spacecraft": spacecraft or [{"name": tag, "kind": SpacecraftKind.OTHER}],
        "crewed": any(is_crewed(row["Type"]) for row in rows),
        "to_station": bool(first["iss_visit"]) or goes_to_station(designator, payload_names),
        "outcome_note": outcome_note,
        "sources": [_CITATION],
    }
    hints = IdentityHints(names=tuple(payloads[0][0]) if payloads else ())
    raw = _join_raw(rows)
    return ImportEntry(
        RecordType.LAUNCH, layout.scheme, tag, document, first.line, raw, hints, tuple(notes)
    )


def _to_reject(
    rows: list[GcatRow], layout: _Layout, error: InvalidEntry, line: int | None = None
) -> Reject:
    name = next(iter(_payload_names(rows[0], layout)), "")
    label = f"{rows[0][layout.tag]} {name}".strip()
    return Reject(line or rows[0].line, error.field, str(error), _join_raw(rows), label)


def _payload_names(row: GcatRow, layout: _Layout) -> list[str]:
    """Names of the payload of a row."""
    return [row[column] for column in layout.payload if slugify(row[column])]


def _parse_launch_time(row: GcatRow, layout: _Layout) -> _UncertainTime:
    try:
        at, precision, is_uncertain = layout.parse_time(row, layout.date)
        check_year(at.year, repr(row[layout.date]))
    except ValueError as error:
        reason = f"{error} Correct the date of the launch."
        raise InvalidEntry(layout.date, reason) from None
    return at, precision, is_uncertain


def _parse_outcome(code: str, notes: list[str]) -> tuple[LaunchStatus, str | None]:
    """Status and outcome note; in flight if the code is unknown, as the launch took place."""
    known = parse_launch_code(code)
    if known is None:
        notes.append(f"Unknown launch code {code!r}: the outcome is unknown, kept as in flight.")
    return known or (LaunchStatus.IN_FLIGHT, None)


def _create_parser(reader: Reader) -> EntryParser:
    return partial(parse_gcat, reference=GcatReferenceData.load(reader))


def _read_envelope(source: Input) -> Envelope:
    with source.open() as binary, TextIOWrapper(binary, "utf-8-sig", "surrogateescape") as file:
        header = file.readline(MAX_ROW_CHARS).rstrip("\r\n")
    return Envelope(f"{header}\n", "\n", "\n")


FORMAT = Format("gcat", (".tsv", ".csv", ".txt"), _create_parser, _read_envelope)
