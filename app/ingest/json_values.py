"""Tolerant access to members of JSON from other services."""

import json
from collections.abc import Mapping
from typing import Any

from app.domain.text import is_storable
from app.ingest.entries import Input, InvalidEntry

_MAX_ID_CHARS = 500


def object_at(value: Any, *path: str) -> Mapping[str, Any]:
    """Object at `path` in `value`; an empty one if it is absent or of another type."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def text_at(value: Any, *path: str) -> str:
    """Stripped string at `path` in `value`; an empty one if it is absent or of another type."""
    found = object_at(value, *path[:-1]).get(path[-1])
    return found.strip() if isinstance(found, str) else ""


def list_at(value: Mapping[str, Any], name: str) -> list[Any]:
    """List `name` of an object; an empty one if it is absent.

    Raises `InvalidEntry` if it is of another type.
    """
    found = value.get(name)
    if not isinstance(found, list | None):
        raise InvalidEntry(name, "Not a list: correct it, or remove it from the record.")
    return found or []


def require_id(value: Mapping[str, Any]) -> str:
    """`id` of an object as a string. Raises `InvalidEntry` if it is missing or invalid."""
    key = value.get("id")
    if isinstance(key, bool) or not isinstance(key, str | int):
        raise InvalidEntry(
            "id", "The id is missing, or neither a number nor a string: add the source's id."
        )
    if not 0 < len(str(key)) <= _MAX_ID_CHARS:
        raise InvalidEntry(
            "id", f"The id must have 1 to {_MAX_ID_CHARS} characters: add the source's id."
        )
    if not is_storable(str(key)):
        raise InvalidEntry("id", "The id contains a NUL character or a lone surrogate: remove it.")
    return str(key)


def read_next_link(source: Input) -> str | None:
    """Member `next` of a fetched page: the URL of the next page; None on the last one.

    A page that is not valid JSON has none: the import rejects what it cannot read of it.
    """
    with source.open() as file:
        try:
            page = json.load(file)
        except (ValueError, RecursionError):
            return None
    return text_at(page, "next") or None
