"""Lossless export format of the archive: one record a line, referring to earlier lines only.

`{"type": "person", "data": {…}, "kept": {…}}`: `data` is the document as the write API accepts it
(a mission with its crew), `kept` the state of the record beside it. Lines written by hand have no
`kept`. A second line of a record adds references to records between the two.
`{"type": "launch", "gone": "progress-x"}` records a deletion. `{"cursor": "…"}` on the
first line is the position of the export in the change feed of its archive; an import ignores it.
"""

import json
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any

from app.db.database import Reader
from app.domain.enums import RecordType
from app.ingest.entries import (
    EntryOrReject,
    EntryParser,
    Envelope,
    Format,
    IdentityHints,
    ImportEntry,
    Input,
    Reject,
)
from app.ingest.json_stream import reject_constant
from app.ingest.json_values import text_at

_MAX_LINE_BYTES = 2**20
"""Maximum bytes of a line; more than the longest valid document."""

_CURSOR_LINE_START = b'{"cursor":'

_SCHEME = "ndjson"


def parse_ndjson(source: Input) -> Iterator[EntryOrReject]:
    """Parse the records of an export, or of lines written by hand."""
    with source.open() as file:
        number = 0
        while line := file.readline(_MAX_LINE_BYTES + 1):
            number += 1
            if len(line) > _MAX_LINE_BYTES:
                while line and not line.endswith(b"\n"):
                    line = file.readline(_MAX_LINE_BYTES)
                reason = (
                    f"The line has more than {_MAX_LINE_BYTES} bytes: split or shorten the record."
                )
                yield Reject(number, "line", reason, "")
            elif line.strip() and not (number == 1 and line.startswith(_CURSOR_LINE_START)):
                yield _parse_line(number, line.rstrip(b"\r\n"))


def _parse_line(number: int, line: bytes) -> EntryOrReject:
    text, label = line.decode("utf-8", "surrogateescape"), ""
    try:
        value = json.loads(line, parse_constant=reject_constant)
        if not isinstance(value, dict):
            raise ValueError("Not a JSON object.")
        label = _label_of(value)
        type_ = RecordType(value.pop("type", ""))
        deleted_slug = value.pop("gone", None)
        if deleted_slug is None:
            data, state = value.pop("data", None), value.pop("kept", None)
        else:
            data, state = {"slug": deleted_slug}, {"gone": True}
        if not isinstance(data, dict) or not isinstance(state, dict | None):
            raise ValueError("`data` and `kept` must be JSON objects.")
        if value:
            raise ValueError(f"Unknown member {min(value)!r}.")
    except (ValueError, RecursionError) as error:
        reason = f"Not a record: {error} Correct the line, or remove it."
        return Reject(number, "line", reason, text, label)
    slug = data.get("slug")
    key = slug if isinstance(slug, str) else sha256(line).hexdigest()
    hints = IdentityHints(slug=slug if isinstance(slug, str) and state is None else None)
    return ImportEntry(
        type_, _SCHEME, key[:500] or "-", data, number, text, hints, record_state=state
    )


def _label_of(value: Mapping[str, Any]) -> str:
    """Title, name or slug of the record of a line."""
    data = value.get("data")
    texts = (text_at(data, name) for name in ("title", "name", "slug"))
    return next(filter(None, texts), text_at(value, "gone"))


def _create_parser(_reader: Reader) -> EntryParser:
    return parse_ndjson


FORMAT = Format(
    "ndjson", (".ndjson", ".jsonl"), _create_parser, lambda _input: Envelope("", "\n", "\n")
)
