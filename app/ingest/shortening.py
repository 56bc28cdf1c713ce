"""Shorten over-long texts and lists of entries, so that no record is lost because of its length.

The limits are those of the write models, read from their JSON schemas.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from app.domain.enums import RecordType
from app.domain.text import truncate_at_word
from app.ingest.entries import ImportEntry
from app.resources.registry import RECORD_RESOURCES

_Schema = Mapping[str, Any]


def shorten_entry(entry: ImportEntry) -> ImportEntry:
    """Copy of `entry` with texts and lists that the write model accepts, and a note for each loss.

    Texts with a format, such as slugs and URLs, stay as they are, and so do entries of an export.
    """
    if entry.record_state is not None:
        return entry
    schema, notes = _load_schema(entry.type), list[str]()
    data = _shorten(entry.data, schema, schema.get("$defs", {}), "", notes)
    return replace(entry, data=data, notes=(*entry.notes, *notes)) if notes else entry


@lru_cache
def _load_schema(type_: RecordType) -> _Schema:
    schema: _Schema = RECORD_RESOURCES[type_].writer.write_model.model_json_schema()
    return schema


def _shorten(
    value: Any, schema: _Schema, definitions: _Schema, place: str, notes: list[str]
) -> Any:
    while alternatives := schema.get("anyOf"):  # one type or null, or a name instead of an object
        schema = next(each for each in reversed(alternatives) if each.get("type") != "null")
    schema = definitions.get(schema.get("$ref", "").rpartition("/")[2], schema)
    if isinstance(value, str):
        return _shorten_text(value, schema, place, notes)
    if isinstance(value, list) and "items" in schema:
        limit = schema.get("maxItems", len(value))
        if len(value) > limit:
            notes.append(f"`{place}` has {len(value)} items; only the first {limit} were kept.")
        return [
            _shorten(each, schema["items"], definitions, f"{place}[{number}]", notes)
            for number, each in enumerate(value[:limit])
        ]
    if isinstance(value, Mapping) and "properties" in schema:
        prefix = f"{place}." if place else ""
        return {
            name: _shorten(
                each, schema["properties"].get(name, {}), definitions, prefix + name, notes
            )
            for name, each in value.items()
        }
    return value


def _shorten_text(text: str, schema: _Schema, place: str, notes: list[str]) -> str:
    limit = schema.get("maxLength")
    if limit is None or "pattern" in schema or "format" in schema or len(text.strip()) <= limit:
        return text
    notes.append(f"`{place}` has {len(text.strip())} characters; it was shortened to {limit}.")
    return truncate_at_word(text.strip(), limit)
