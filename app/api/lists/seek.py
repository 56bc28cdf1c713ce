"""Positions in lists from which pages are read, and their cursors."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.api.lists.cursors import decode_cursor, encode_cursor
from app.domain.dates import MAX_INSTANT, MIN_INSTANT
from app.domain.languages import tr
from app.domain.text import is_storable
from app.http.problems import CursorMismatch

_MAX_CURSOR_INT = 2**31 - 1

KeyTypes = Mapping[str, type]
"""Python types of the sort keys of a list, by name, in order."""


@dataclass(frozen=True)
class Seek:
    """Position from which a page is read: the sort keys of an item, and the direction."""

    keys: tuple[Any, ...]
    backwards: bool


def encode_seek(seek: Seek, sort: str, filters_digest: str) -> str:
    """Encode a position in a list, its sort and its filters as a cursor."""
    keys = (key.isoformat() if isinstance(key, datetime) else key for key in seek.keys)
    return encode_cursor(sort, filters_digest, int(seek.backwards), *keys)


def decode_seek(cursor: str, sort: str, filters_digest: str, sorts: Mapping[str, KeyTypes]) -> Seek:
    """Decode a cursor of a list; `sorts` has the key types of each sort.

    Raises InvalidCursor, and CursorMismatch for a cursor of another list, sort or filter.
    """

    def parse(cursor_sort: str, digest: str, backwards: int, *keys: Any) -> Seek:
        if cursor_sort not in sorts:
            raise CursorMismatch(
                tr(
                    "The cursor belongs to another list. Omit it.",
                    "Курсор от другого списка. Уберите его.",
                )
            )
        values = (
            _decode_key(*pair) for pair in zip(keys, sorts[cursor_sort].values(), strict=True)
        )
        seek = Seek(tuple(values), {0: False, 1: True}[backwards])
        if (cursor_sort, digest) != (sort, filters_digest):
            raise CursorMismatch(
                tr(
                    "The cursor belongs to other filters or another sort. Omit it.",
                    "Курсор от других фильтров или другой сортировки. Уберите его.",
                )
            )
        return seek

    return decode_cursor(cursor, parse, "prev")


def _decode_key(value: Any, kind: type) -> Any:
    """Decode a sort key of type `kind`.

    Raises ValueError or TypeError for a value that a database cannot compare with.
    """
    if kind is datetime:
        at = datetime.fromisoformat(value)
        if at.tzinfo is None or not MIN_INSTANT <= at < MAX_INSTANT:
            raise ValueError(value)
        return at
    if type(value) is not kind:
        raise TypeError(value)
    if isinstance(value, str) and (not is_storable(value) or len(value) > 400):
        raise ValueError(value)
    if isinstance(value, int) and abs(value) > _MAX_CURSOR_INT:
        raise ValueError(value)
    return value
