"""The archive's own format: a record a line, each line naming only what stands in lines before it.

`{"type": "person", "data": {…}, "kept": {…}}`: the type of the record, its document as editors
would send it (a mission's with its crew), and what an archive kept of it beside that. Lines written
by hand have no `kept`. A second line of one record adds what refers to records in between.
`{"type": "launch", "gone": "progress-x"}` remembers that a record has been deleted.
"""

import json
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from app.db.database import Reader
from app.domain.enums import RecordType
from app.ingest.entries import (
    EntryOrReject,
    EntryParser,
    Envelope,
    Format,
    ImportEntry,
    Input,
    Reject,
)

_MAX_LINE_BYTES = 2**20
"""Bytes that a line may have: more than the longest document."""

_SCHEME = "ndjson"


def parse_ndjson(given: Input) -> Iterator[EntryOrReject]:
    """The records of an export, or of lines written by hand."""
    with given.open() as file:
        number = 0
        while line := file.readline(_MAX_LINE_BYTES + 1):
            number += 1
            if len(line) > _MAX_LINE_BYTES:
                while line and not line.endswith(b"\n"):
                    line = file.readline(_MAX_LINE_BYTES)
                yield Reject(number, "line", f"It has more than {_MAX_LINE_BYTES} bytes.", "")
            elif line.strip():
                yield _parse_line(number, line.rstrip(b"\r\n"))


def _parse_line(number: int, line: bytes) -> EntryOrReject:
    text = line.decode("utf-8", "surrogateescape")
    try:
        value = json.loads(line, parse_constant=_reject_constant)
        if not isinstance(value, dict):
            raise ValueError("It is no JSON object.")
        kind = RecordType(value.pop("type", ""))
        gone = value.pop("gone", None)
        data = {"slug": gone} if gone is not None else value.pop("data", None)
        kept = {"gone": True} if gone is not None else value.pop("kept", None)
        if not isinstance(data, dict) or not isinstance(kept, dict | None):
            raise ValueError("Its data, and what is kept, are JSON objects.")
        if value:
            raise ValueError(f"Nobody knows what {min(value)!r} is.")
    except (ValueError, RecursionError) as error:
        return Reject(number, "line", f"It is no record: {error}", text)
    slug = data.get("slug")
    key = slug if isinstance(slug, str) else sha256(line).hexdigest()
    same = slug if isinstance(slug, str) and kept is None else None
    return ImportEntry(kind, _SCHEME, key[:500] or "-", data, number, text, same, kept)


def _reject_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number.")


def _create_parser(_reader: Reader) -> EntryParser:
    return parse_ndjson


FORMAT = Format(
    "ndjson", (".ndjson", ".jsonl"), _create_parser, lambda _input: Envelope("", "\n", "\n")
)
