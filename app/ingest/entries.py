"""What a format finds in its input: records to be, each with its place, and what cannot be one.

A format knows its input and nothing of how records are written. It yields each entry as a document
such as editors send, so that every rule holds for what is imported too; `app/ingest/pipeline.py`
does the rest.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from app.db.database import Reader
from app.domain.enums import RecordType


@dataclass(frozen=True)
class Input:
    """One file, or one answer of another host."""

    name: str
    """Its path or address, for messages."""
    open: Callable[[], BinaryIO]
    """Its bytes from the beginning, each time it is called."""
    path: Path | None = None
    """Where it lies; None where it was fetched."""
    language: str | None = None
    """That of entries which do not tell their own."""

    @classmethod
    def from_file(cls, path: Path) -> "Input":
        """A file of this machine."""
        return cls(str(path), lambda: path.open("rb"), path)


@dataclass(frozen=True)
class ImportEntry:
    """One thing that may become a record."""

    type: RecordType
    scheme: str
    """Whose identities these are, such as `gcat`, or the address of a feed; up to 300 characters.
    """
    key: str
    """What names the entry in `scheme`, now and in all later inputs; up to 500 characters."""
    data: Mapping[str, Any]
    """The record as JSON, as editors would send it; what it does not name is left as it is."""
    line: int
    """Where it begins, from 1."""
    raw: str
    """The entry as it stands in the input."""
    matched_slug: str | None = None
    """The slug of the record that it is known to be, None where it is not known to be any."""
    record_state: Mapping[str, Any] | None = None
    """What an archive kept of the record beside its document; None for what no archive was."""


@dataclass(frozen=True)
class Reject:
    """One thing that cannot become a record, and why."""

    line: int
    field: str
    """In the words of the input."""
    reason: str
    raw: str
    """All that stands in the input of it: nothing is lost."""


EntryOrReject = ImportEntry | Reject

EntryParser = Callable[[Input], Iterator[EntryOrReject]]
"""Yields everything that an input holds, in its order, without ever holding all of it.

Raises `InvalidInput` where the input as a whole is not of the format.
"""


class InvalidInput(Exception):
    """The input is not what it was said to be; the message says why."""


@dataclass(frozen=True)
class Envelope:
    """What stands around the entries in a file of a format."""

    prefix: str
    separator: str
    suffix: str


@dataclass(frozen=True)
class Format:
    """One format that others publish in."""

    name: str
    suffixes: tuple[str, ...]
    """Of the files of a folder that are looked at, in lower case, with the dot."""
    create_parser: Callable[[Reader], EntryParser]
    """Learns from the archive what the format needs to know of it, and gives what reads inputs."""
    read_envelope: Callable[[Input], Envelope]
    """What makes a file of the format, in UTF-8, out of `raw` entries of an input."""
    rank: Callable[[Input], int] = lambda _input: 0
    """Which of several inputs comes first: the lowest, as others refer to what it holds."""
