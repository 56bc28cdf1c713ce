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
from app.db.models import RecordType
from app.ingest.entries import Entry, Format, Found, Frame, Input, Read, Reject

LONGEST = 2**20
"""Bytes that a line may have: more than the longest document."""

SCHEME = "ndjson"


def read(given: Input) -> Iterator[Found]:
    """The records of an export, or of lines written by hand."""
    with given.open() as file:
        number = 0
        while line := file.readline(LONGEST + 1):
            number += 1
            if len(line) > LONGEST:
                while line and not line.endswith(b"\n"):
                    line = file.readline(LONGEST)
                yield Reject(number, "line", f"It has more than {LONGEST} bytes.", "")
            elif line.strip():
                yield _entry(number, line.rstrip(b"\r\n"))


def _entry(number: int, line: bytes) -> Found:
    text = line.decode("utf-8", "surrogateescape")
    try:
        value = json.loads(line, parse_constant=_no_number)
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
    return Entry(kind, SCHEME, key[:500] or "-", data, number, text, same, kept)


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no number.")


def _prepare(_reader: Reader) -> Read:
    return read


FORMAT = Format("ndjson", (".ndjson", ".jsonl"), _prepare, lambda _input: Frame("", "\n", "\n"))
