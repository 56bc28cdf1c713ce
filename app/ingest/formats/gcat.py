"""Launches from J. McDowell's General Catalog of Artificial Space Objects (GCAT), as published.

The launch log has a row a payload; launch lists have a row a launch, with tabs or commas between
the columns. Which of these a file is, its first line tells. The catalogue's tables of sites and
vehicles are used where they lie beside it. See https://planet4589.org/space/gcat.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from io import StringIO, TextIOWrapper
from pathlib import Path
from typing import Any, TextIO

from sqlalchemy import select

from app.db.database import Reader
from app.db.models import Launch, Site, Vehicle
from app.domain.dates import MAX_INSTANT, MIN_INSTANT, Precision, period_start
from app.domain.enums import LaunchStatus, RecordType, SpacecraftKind
from app.domain.text import slugify
from app.ingest.entries import (
    EntryOrReject,
    EntryParser,
    Envelope,
    Format,
    ImportEntry,
    Input,
    InvalidInput,
    Reject,
)

_CITATION = {
    "name": "J. McDowell, General Catalog of Artificial Space Objects (GCAT)",
    "url": "https://planet4589.org/space/gcat",
    "licence": "CC-BY 4.0",
}
_UNKNOWN_VALUES = {"", "-", "?"}

_SAME_LAUNCH_TOLERANCE = timedelta(minutes=5)
"""Two launches from one site lie further apart; two catalogues' times for one do not."""

_MAX_ROW_CHARS = 2**13
"""Characters that a row may have."""

_MAX_LAUNCH_ROWS = 1000
"""Payloads that a launch may have, and more than any had."""

_COUNTRY_BY_STATE_CODE = {
    "US": "US", "SU": "RU", "RU": "RU", "CN": "CN", "F": "FR", "GUF": "GF", "J": "JP", "IN": "IN",
    "NZ": "NZ", "IR": "IR", "I": "IT", "IL": "IL", "KP": "KP", "KR": "KR", "AU": "AU", "UK": "GB",
    "BR": "BR", "N": "NO", "KE": "KE", "DZ": "DZ", "KI": "KI", "TTPI": "MH", "ESCN": "ES",
    "KZ": "KZ", "S": "SE", "D": "DE", "E": "ES", "CA": "CA",
}  # fmt: skip
"""The country where a site lies, by the catalogue's code of its state; Baikonur's is in its name.
"""

_LAUNCH_TAG = re.compile(r"\d{4}[- ][A-Z0-9 ]+")
_CARGO_SHIP_NAME = re.compile(
    r"(Progress|Cygnus|Dragon CRS|HTV|ATV|Tianzhou)\b|.*\b(Cygnus|SpX-\d+|CRS-\d+)\b"
)
_MONTH_NUMBERS = {
    name: number
    for number, name in enumerate(
        "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), start=1
    )
}
_DATE_PATTERN = re.compile(
    r"(?P<year>\d{4})(?: (?:Q(?P<quarter>[1-4])|(?P<month>[A-Z][a-z]{2})"
    r"(?: +(?P<day>\d{1,2})(?: (?P<hour>\d{2})(?:h|(?P<minute>\d{2})(?::(?P<second>\d{2})"
    r"(?:\.\d+)?)?))?)?))?(?P<doubt>\?)?"
)
_LAUNCH_CODE = re.compile(r"(?P<target>[A-Z])(?P<outcome>[SFE])(?P<percent>\d{1,2})?")


class _InvalidRow(Exception):
    """A row cannot be used: for what stands in which column, and why."""

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(reason)
        self.column = column


@dataclass(frozen=True)
class _Row:
    line: int
    raw: str
    cells: Mapping[str, str]
    problem: str | None = None
    """Why its columns are not those of the first line."""

    def __getitem__(self, column: str) -> str:
        """What stands in a column; nothing where the catalogue does not know it."""
        value = " ".join(self.cells.get(column, "").split())
        return "" if value in _UNKNOWN_VALUES else value


@dataclass(frozen=True)
class _ColumnNames:
    """How a kind of file calls what a launch is made of."""

    tag: str
    date: str
    vehicle: str
    site: str
    pad: str
    code: str
    payload: tuple[str, ...]


_LAUNCH_LOG_COLUMNS = _ColumnNames(
    "Launch_Tag", "Launch_Date", "LV_Type", "Launch_Site", "Launch_Pad", "Launch_Code",
    ("Name", "PLName"),
)  # fmt: skip
_LAUNCH_LIST_COLUMNS = _ColumnNames(
    "Launch_Tag", "Launch_Date", "LV_Type", "Launch_Site", "Launch_Pad", "LaunchCode",
    ("Mission", "Flight"),
)  # fmt: skip
_LAUNCH_TABLE_COLUMNS = _ColumnNames(
    "launch_tag", "launch_time_utc", "lv_type", "site_code", "pad", "launch_code",
    ("primary_payload", "primary_payload_alt"),
)  # fmt: skip


@dataclass
class GcatReferenceData:
    """What is known of sites and vehicles, by the catalogue's names for them."""

    sites: dict[str, dict[str, str]] = field(default_factory=dict)
    vehicles: dict[str, dict[str, str]] = field(default_factory=dict)
    families: dict[str, str] = field(default_factory=dict)
    undesignated_launches: list[tuple[str, str, datetime]] = field(default_factory=list)
    """The archive's launches without a designator: slug, site, and time."""

    @classmethod
    def load(cls, reader: Reader) -> "GcatReferenceData":
        """What the archive knows."""
        places = cls()
        for row in reader.all(select(Site.code, Site.name, Site.country)):
            places.sites[row["code"]] = row
        for row in reader.all(select(Vehicle.slug, Vehicle.name, Vehicle.family)):
            places.vehicles[row["slug"]] = {"name": row["name"], "family": row["family"]}
        known = select(Launch.slug, Site.name, Launch.launch_at).join(
            Site, Site.id == Launch.site_id
        )
        places.undesignated_launches = [
            (row["slug"], row["name"], row["launch_at"])
            for row in reader.all(known.where(Launch.cospar_id.is_(None)))
        ]
        return places

    def with_sibling_tables(self, path: Path | None) -> "GcatReferenceData":
        """These, and what the catalogue's own tables in the folder of `path` tell."""
        places = replace(
            self,
            sites=dict(self.sites),
            vehicles=dict(self.vehicles),
            families=dict(self.families),
        )
        for table in sorted(path.parent.glob("*.tsv")) if path else ():
            with table.open(encoding="utf-8", errors="surrogateescape") as file:
                names = _parse_header(file.readline(_MAX_ROW_CHARS))
                if {"Site", "UCode", "StateCode"} <= set(names):
                    places._add_sites(_valid_rows(_read_rows(file, names)))
                if {"LV_Name", "LV_Family"} <= set(names):
                    for row in _valid_rows(_read_rows(file, names)):
                        places.families.setdefault(row["LV_Name"], row["LV_Family"])
        return places

    def _add_sites(self, rows: Iterable[_Row]) -> None:
        table = {row["Site"]: row for row in rows}
        for code, row in table.items():
            name = row["ShortName"] or row["Name"]
            # One place under another code, such as NIIP-5 and GIK-5; with another name it is not
            # what launches are told to leave from: Vostochny grew where Svobodny was.
            other = table.get(row["UCode"], row)
            same = row["UCode"] if (other["ShortName"] or other["Name"]) == name else code
            country = (
                "KZ" if "Kazak" in row["Name"] else _COUNTRY_BY_STATE_CODE.get(row["StateCode"])
            )
            if code in self.sites:
                continue
            if same in self.sites:
                self.sites[code] = self.sites[same]
            elif country and slugify(name):
                self.sites[code] = {"name": name, "country": country, "code": code[:12]}

    def find_undesignated_launch(self, site: Mapping[str, str] | None, at: datetime) -> str | None:
        """The slug of the archive's launch from that site at that time, if it has no designator."""
        for slug, name, there in self.undesignated_launches:
            if site and site["name"] == name and abs(there - at) < _SAME_LAUNCH_TOLERANCE:
                return slug
        return None

    def resolve_vehicle(self, name: str) -> dict[str, str] | None:
        """A vehicle as documents name it. One of no family that is known is its own."""
        if not slugify(name):
            return None
        family = self.families.get(name) or name
        made = {"name": name, "family": family if slugify(family) else name}
        return self.vehicles.setdefault(slugify(name), made)


def parse_gcat(given: Input, places: GcatReferenceData) -> Iterator[EntryOrReject]:
    """The launches of a launch log or list. Tables of sites and vehicles hold none."""
    with given.open() as binary, TextIOWrapper(binary, "utf-8", "surrogateescape") as file:
        names = _parse_header(file.readline(_MAX_ROW_CHARS))
        if {"Site", "UCode"} <= set(names) or "LV_Family" in names:
            return
        kinds = [
            kind
            for kind in (_LAUNCH_LOG_COLUMNS, _LAUNCH_LIST_COLUMNS, _LAUNCH_TABLE_COLUMNS)
            if {kind.tag, kind.code} <= set(names)
        ]
        if not kinds:
            raise InvalidInput("It is no launch log or list of the catalogue.")
        yield from _parse_launches(
            _read_rows(file, names), kinds[0], places.with_sibling_tables(given.path)
        )


def _parse_header(header: str) -> list[str]:
    """The names of the columns, as the first line of a file gives them."""
    between = "\t" if "\t" in header else ","
    return [name.strip() for name in header.strip().lstrip("\ufeff#").split(between)]


def _valid_rows(rows: Iterable[_Row]) -> Iterator[_Row]:
    return (row for row in rows if not row.problem)


def _read_rows(file: TextIO, names: list[str]) -> Iterator[_Row]:
    """The rows of a file behind its first line, by the names of its columns."""
    number = 2
    while line := file.readline(_MAX_ROW_CHARS):  # of a longer one, piece by piece
        raw = line.rstrip("\r\n")
        if raw.strip() and not raw.startswith("#"):
            cells = raw.split("\t") if "\t" in raw else next(csv.reader(StringIO(raw)), [])
            found, wanted = len(cells), len(names)
            reason = f"It has {found} columns; the first line names {wanted}."
            named = dict(zip(names, cells, strict=False))
            yield _Row(number, raw, named, None if found == wanted else reason)
        number += line.endswith("\n")


def _parse_launches(
    rows: Iterable[_Row], columns: _ColumnNames, places: GcatReferenceData
) -> Iterator[EntryOrReject]:
    """A launch for each run of rows with one tag."""
    taken = set[str]()
    for launch in _group_rows_by_tag(rows, columns):
        tag = launch[0][columns.tag]
        if tag and tag in taken:
            reason = f"The rows of {tag} do not stand together."
            yield Reject(launch[0].line, columns.tag, reason, _join_raw(launch))
        else:
            yield _parse_launch(launch, columns, places)
        taken.add(tag)


def _group_rows_by_tag(rows: Iterable[_Row], columns: _ColumnNames) -> Iterator[list[_Row]]:
    """The rows of each launch; what is no row at all belongs to the one it stands behind."""
    run: list[_Row] = []
    for row in rows:
        same = run and row[columns.tag] == run[0][columns.tag]
        behind = run and row.problem and not _LAUNCH_TAG.fullmatch(row[columns.tag])
        if run and (len(run) == _MAX_LAUNCH_ROWS or not (same or behind)):
            yield run
            run = []
        run.append(row)
    if run:
        yield run


def _join_raw(rows: list[_Row]) -> str:
    return "\n".join(row.raw for row in rows)


def _parse_launch(
    rows: list[_Row], columns: _ColumnNames, places: GcatReferenceData
) -> EntryOrReject:
    first, raw = rows[0], _join_raw(rows)
    for row in rows:
        if row.problem:  # without it the launch would lack something
            return Reject(row.line, "row", row.problem, raw)
    try:
        tag = first[columns.tag]
        if not _LAUNCH_TAG.fullmatch(tag):
            raise _InvalidRow(columns.tag, f"{tag!r} is no tag of a launch.")
        at, precision, doubtful = _parse_launch_time(first, columns)
        status, note = _parse_outcome(first[columns.code], columns.code)
        ships = _parse_spacecraft(rows, columns)
        site = places.sites.get(first[columns.site])
        designator = f"{tag[:4]}-{tag[5:].replace(' ', '')}"
        name = ships[0]["name"] if ships else tag
        document: dict[str, Any] = {
            "slug": f"{slugify(name)[:80].strip('-')}-{designator.lower()}".strip("-"),
            "cospar_id": designator,
            "status": status,
            "launch_at": f"{at:%Y-%m-%dT%H:%M:%SZ}",
            "launch_at_precision": precision,
            "launch_at_uncertain": doubtful,
            "vehicle": places.resolve_vehicle(first[columns.vehicle]),
            "site": site,
            "pad": first[columns.pad][:40] or None,
            "spacecraft": ships or [{"name": tag, "kind": SpacecraftKind.OTHER}],
            "crewed": any(row["Type"].startswith("PH") for row in rows),
            "outcome_note": note,
            "sources": [_CITATION],
        }
    except _InvalidRow as error:
        return Reject(first.line, error.column, str(error), raw)
    # A list, which has one payload a launch, does not take the log's payloads from it.
    scheme = "gcat" if columns is _LAUNCH_LOG_COLUMNS else "gcat-list"
    same = places.find_undesignated_launch(site, at)
    return ImportEntry(RecordType.LAUNCH, scheme, tag, document, first.line, raw, same)


def _parse_spacecraft(rows: list[_Row], columns: _ColumnNames) -> list[dict[str, str]]:
    """What a launch carried, in the catalogue's order, as far as it has a name."""
    found = []
    for row in rows:
        name = next((row[column] for column in columns.payload if slugify(row[column])), "")[:120]
        if name:
            found.append({"name": name, "kind": _spacecraft_kind(name, row["Type"])})
    return found


def _spacecraft_kind(name: str, type_: str) -> SpacecraftKind:
    """What it is, as far as the catalogue's type and its name tell."""
    if type_.startswith("PH"):
        return SpacecraftKind.SC
    return SpacecraftKind.CV if _CARGO_SHIP_NAME.match(name) else SpacecraftKind.SATELLITE


def _parse_launch_time(row: _Row, columns: _ColumnNames) -> tuple[datetime, Precision, bool]:
    text = row[columns.date]
    at, precision, doubtful = (
        _parse_iso_time(row, text)
        if columns is _LAUNCH_TABLE_COLUMNS
        else parse_gcat_date(text, columns.date)
    )
    if not MIN_INSTANT.year < at.year < MAX_INSTANT.year - 1:
        raise _InvalidRow(
            columns.date, f"{text!r} lies outside {MIN_INSTANT.year + 1}–{MAX_INSTANT.year - 2}."
        )
    return at, precision, doubtful


def _parse_iso_time(row: _Row, text: str) -> tuple[datetime, Precision, bool]:
    try:
        at = datetime.fromisoformat(text)
        precision = Precision(row["time_precision"])
    except ValueError:
        raise _InvalidRow("launch_time_utc", f"{text!r} is no time, or of no precision.") from None
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at
    return period_start(at, precision), precision, row["time_uncertain"] == "1"


def parse_gcat_date(text: str, column: str = "Launch_Date") -> tuple[datetime, Precision, bool]:
    """A vague date of the catalogue, in UTC: its start, how exact it is, whether it is doubted.

    `1957 Oct  4 1928:34`, `1963 Oct 29 2119?`, `2024 Nov 4`, `1998 Nov`, `2024 Q4`, `1998`.
    """
    found = _DATE_PATTERN.fullmatch(" ".join(text.split()))
    if found is None:
        raise _InvalidRow(column, f"{text!r} is no date of the catalogue.")
    parts = {name: value for name, value in found.groupdict().items() if value}
    known = ("second", "minute", "hour", "day", "month", "quarter", "year")
    precision = Precision(next(name for name in known if name in parts))
    month = _MONTH_NUMBERS.get(parts.get("month", "Jan"), 0)
    if "quarter" in parts:
        month = int(parts["quarter"]) * 3 - 2
    hour, minute, second = (int(parts.get(name, 0)) for name in ("hour", "minute", "second"))
    try:
        day = int(parts.get("day", 1))
        at = datetime(int(parts["year"]), month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        raise _InvalidRow(column, f"{text!r} never was.") from None
    return at, precision, "doubt" in parts


def _parse_outcome(code: str, column: str) -> tuple[LaunchStatus, str | None]:
    """The catalogue's verdict: a letter for the outcome, and how much of it was a success."""
    found = _LAUNCH_CODE.fullmatch(code)
    if found is None:
        raise _InvalidRow(column, f"{code!r} is no outcome of a launch.")
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


def _create_parser(reader: Reader) -> EntryParser:
    return partial(parse_gcat, places=GcatReferenceData.load(reader))


def _read_envelope(given: Input) -> Envelope:
    with given.open() as binary, TextIOWrapper(binary, "utf-8", "surrogateescape") as file:
        header = file.readline(_MAX_ROW_CHARS).rstrip("\r\n")
    return Envelope(f"{header}\n", "\n", "\n")


FORMAT = Format("gcat", (".tsv", ".csv", ".txt"), _create_parser, _read_envelope)
