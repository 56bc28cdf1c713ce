"""Interface between import formats and the import pipeline.

A format parses an input into `ImportEntry` and `Reject` objects. The data of an entry is a document
as the write API accepts it, so the same validation applies to imports and editors. `pipeline.py`
writes the records.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from app.db.database import Reader
from app.domain.dates import Precision
from app.domain.enums import RecordType


@dataclass(frozen=True)
class Input:
    """One document to import: a local file or a fetched response body."""

    name: str
    """Path or URL, for messages."""
    open: Callable[[], BinaryIO]
    """Opens the content; each call starts at the first byte."""
    path: Path | None = None
    """Path of a local file; None for a fetched document."""
    language: str | None = None
    """Language of entries that state none."""
    source: str | None = None
    """Address of the source as it was asked for; None for a local file of an unnamed source."""
    base_url: str | None = None
    """URL that the content came from, after redirects, for its relative links."""

    @classmethod
    def from_file(cls, path: Path) -> "Input":
        """Input that reads the local file `path`."""
        return cls(str(path), lambda: path.open("rb"), path)


@dataclass(frozen=True)
class Landing:
    """Landing of a person who came with another ship."""

    person: str
    """Slug of the person."""
    landed_at: datetime
    precision: Precision


@dataclass(frozen=True)
class IdentityHints:
    """Facts of a source beside the document of an entry, to recognise the record."""

    slug: str | None = None
    """Slug of the record, in exports of an archive."""
    names: tuple[str, ...] = ()
    """Further names of the launch or the person."""
    launch_at: datetime | None = None
    """Launch time as written, if the document states it less precisely."""
    flown_at: tuple[datetime, ...] | None = None
    """Times of the launches of the person; empty if they have not flown, None if the source does
    not say."""
    has_all_flights: bool = True
    """False if `flown_at` has only the first and the last flight."""
    has_whole_crew: bool = True
    """False if a crew member of the source is not in the document, as nobody has that name."""


@dataclass(frozen=True)
class SourcePicture:
    """Picture of an entry on another site."""

    url: str
    page: str | None
    """Page that shows it."""
    credit: str | None
    licence: str


@dataclass(frozen=True)
class ImportEntry:
    """A parsed entry that may become a record."""

    type: RecordType
    scheme: str
    """Namespace of `key`, such as `gcat` or the URL of a feed; up to 300 characters."""
    key: str
    """Identifier in `scheme`, the same in every later input; up to 500 characters."""
    data: Mapping[str, Any]
    """Document as the write API accepts it. Fields that are absent are left unchanged."""
    line: int
    """First line of the entry in the input, from 1."""
    raw: str
    """Source text of the entry."""
    hints: IdentityHints = IdentityHints()
    notes: tuple[str, ...] = ()
    """Messages on what the document cannot hold: unknown words, shortened texts."""
    record_state: Mapping[str, Any] | None = None
    """State of the record beside its document, in exports of an archive; otherwise None."""
    landings: tuple[Landing, ...] = ()
    """Landings with the ship of a launch of people whom it did not bring."""
    picture: SourcePicture | None = None


def goes_elsewhere(launch: Mapping[str, Any]) -> bool:
    """True if the document of a launch says that it does not go to the station."""
    return launch.get("to_station") is False


@dataclass(frozen=True)
class Reject:
    """A part of the input that cannot become a record, and the reason."""

    line: int
    field: str
    """Name of the invalid field, as in the input."""
    reason: str
    """Reason of the rejection, and what to do."""
    raw: str
    """Complete source text, to be written to the rejects file."""
    label: str = ""
    """Title, name or id of the record; "" if it has none."""
    index: int = 0
    """Number of the entry in its input, from 0; set by the pipeline."""
    is_error: bool = True
    """False for an entry of a kind that the archive does not hold: it is only left out."""


EntryOrReject = ImportEntry | Reject

EntryParser = Callable[[Input], Iterator[EntryOrReject]]
"""Yields the entries of an input in order, with bounded memory.

Raises `InvalidInput` if the input as a whole is not of the format.
"""


class InvalidInput(Exception):
    """The input as a whole is not of the expected format. The message is the reason."""


class InvalidEntry(Exception):
    """An entry cannot become a record: `field` is missing or invalid. The message is the reason."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field


class UnsupportedEntry(InvalidEntry):
    """An entry is valid, but the archive has no records of its kind. The message is the reason."""


def parse_or_reject(
    line: int, raw: str, field: str, parse: Callable[[], ImportEntry], label: str = ""
) -> EntryOrReject:
    """Run `parse` for one entry, and convert its errors to a `Reject`.

    `field` is reported for errors other than `InvalidEntry`.
    """
    try:
        return parse()
    except InvalidEntry as error:
        is_error = not isinstance(error, UnsupportedEntry)
        return Reject(line, error.field, str(error), raw, label, is_error=is_error)
    except (RecursionError, ValueError) as error:
        return Reject(line, field, f"Cannot be parsed: {error}", raw, label)


@dataclass(frozen=True)
class Envelope:
    """Text around and between the entries of a document."""

    prefix: str
    separator: str
    suffix: str


@dataclass(frozen=True)
class Format:
    """An import format."""

    name: str
    suffixes: tuple[str, ...]
    """File name suffixes selected from a folder, in lower case, with the dot."""
    create_parser: Callable[[Reader], EntryParser]
    """Loads the lookup data of the format from the archive, and returns the parser."""
    read_envelope: Callable[[Input], Envelope]
    """Returns the envelope that makes a valid UTF-8 document of `raw` entries of the input."""
    rank: Callable[[Input], int] = lambda _input: 0
    """Import order of several inputs: lower first, as later ones refer to their records."""
    find_prerequisites: Callable[[Reader, Input], Input | None] = lambda _reader, _input: None
    """Input within an input, to be imported first; None if there is none."""
    find_next_page: Callable[[Input], str | None] = lambda _input: None
    """URL of the next page of a list, as it is written in the document; None on the last page."""
