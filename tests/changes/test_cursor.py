"""Change cursors: encoding, and decoding of both forms."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Collection
from typing import Any

import pytest

from app.domain.enums import RecordType
from app.http.problems import CursorMismatch, InvalidCursor
from app.resources.changes.cursor import ChangeCursor, utc_today

CURSOR = ChangeCursor(1, 7, 42, utc_today(), (2, 99))
TYPES = [[], [RecordType.PERSON], [RecordType.PERSON, RecordType.ARTICLE], list(RecordType)]


def decode_json(text: str) -> Any:
    return json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))


def encode_json(content: Any) -> str:
    return urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


@pytest.mark.parametrize("types", TYPES)
def test_cursor_round_trips(types: Collection[RecordType]) -> None:
    text = CURSOR.encode(types)
    assert ChangeCursor.decode(text, types) == CURSOR
    assert decode_json(text)[0] == sorted(types)


FORMER_TYPES = [RecordType.MISSION, RecordType.PERSON, RecordType.LAUNCH, RecordType.ARTICLE]
"""Types of the time when cursors had letters for them."""


@pytest.mark.parametrize("types", [*TYPES[:-1], FORMER_TYPES])
def test_cursor_with_a_letter_for_each_type_decodes(types: Collection[RecordType]) -> None:
    letters = "".join(sorted(kind[0] for kind in types))
    content = [letters, 1, 7, 42, CURSOR.as_of_date.isoformat(), 2, 99]
    assert ChangeCursor.decode(encode_json(content), types) == CURSOR
    with pytest.raises(CursorMismatch):
        ChangeCursor.decode(encode_json(content), [RecordType.MISSION])


@pytest.mark.parametrize("names", [7, None, [["article"]], [{}]])
def test_cursor_with_invalid_types_is_refused(names: Any) -> None:
    content = [names, 1, 7, 42, utc_today().isoformat()]
    with pytest.raises(InvalidCursor):
        ChangeCursor.decode(encode_json(content), [RecordType.ARTICLE])
