"""Documents with payloads of cross-site scripting in all text fields of the API's schemas."""

import json
from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any

from tests.support.paths import ROOT
from tests.support.xss import PAYLOADS

_OPENAPI: Mapping[str, Any] = json.loads((ROOT / "openapi.json").read_text("utf-8"))
SCHEMAS: Mapping[str, Any] = _OPENAPI["components"]["schemas"]
MAX_LINE_CHARS = 500
"""Longer texts may have several lines."""
TEXTS_PER_LIST = 6
REFERENCES = frozenset(
    {"agency", "operator", "owners", "pad", "parent", "provider", "site", "time_zone", "vehicle"}
)
"""Fields whose text, or whose name, is that of something that must exist."""
_SPACES = str.maketrans("\n\t\r", "   ")
_numbers = count(1)
_offsets = count(0, 7)


def resolve_schema(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema behind a reference, or the alternative that is an object or not null."""
    if "$ref" in schema:
        return resolve_schema(SCHEMAS[schema["$ref"].rsplit("/", 1)[-1]])
    if "anyOf" in schema:
        resolved = [resolve_schema(each) for each in schema["anyOf"]]
        return max(resolved, key=lambda each: ("properties" in each, each.get("type") != "null"))
    return schema


def is_free_text(schema: Mapping[str, Any]) -> bool:
    """True for texts without a format: neither names of the API nor patterns limit them."""
    types = schema.get("type", ())
    limits = {"enum", "format", "pattern", "const"}
    return "string" in ([types] if isinstance(types, str) else types) and not limits & set(schema)


def find_texts(schema: Mapping[str, Any], path: str = "") -> Iterator[str]:
    """Paths of the free texts of a schema, such as `pads[].name`."""
    schema = resolve_schema(schema)
    if is_free_text(schema):
        yield path
    elif "items" in schema:
        yield from find_texts(schema["items"], f"{path}[]")
    for name, field in schema.get("properties", {}).items():
        yield from find_texts(field, f"{path}.{name}" if path else name)


def hostile_text(schema: Mapping[str, Any]) -> str:
    """Distinct text as long as possible, from payloads that follow those of the previous text."""
    longest, end = schema["maxLength"], f" {next(_numbers)}"
    start = next(_offsets) % len(PAYLOADS)
    payloads = [*PAYLOADS[start:], *PAYLOADS[:start]]
    if longest <= MAX_LINE_CHARS:
        line = payloads[0] if longest < 2 * len(payloads[0]) else " ".join(payloads)
        return line.translate(_SPACES).strip()[: longest - len(end)] + end
    return "\n\n".join(payloads)[: longest - len(end)] + end


def hostile_value(schema: Mapping[str, Any], given: Any) -> Any:
    """Value of a field from that of an example: payloads in place of its texts, and in new rows."""
    schema = resolve_schema(schema)
    if is_free_text(schema):
        return hostile_text(schema)
    if "items" in schema:
        item = resolve_schema(schema["items"])
        if is_free_text(item):
            return [hostile_text(item) for _ in range(TEXTS_PER_LIST)]
        return [hostile_value(item, row) for row in given or ()]
    if "properties" in schema and given is not None:
        return hostile_document(schema, given)
    return given


def hostile_document(schema: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Document of an object's schema, with payloads in all its free texts."""
    document = dict(given)
    for name, field in resolve_schema(schema)["properties"].items():
        if name not in REFERENCES:
            value = hostile_value(field, given.get(name))
            if value not in (None, []):
                document[name] = value
    return document


def has_text(document: Any, path: str) -> bool:
    """True if `document` has a text at a path of `find_texts`, or the path is of a reference."""
    name, _, rest = path.partition(".")
    field = name.removesuffix("[]")
    if field in REFERENCES:
        return True
    value = document.get(field)
    rows = value if name.endswith("[]") else [value]
    return bool(rows) and all(has_text(row, rest) if rest else row for row in rows)


def find_schema(collection: str) -> Mapping[str, Any]:
    """Schema of the documents of a collection; of a change, if files are uploaded to it."""
    paths = _OPENAPI["paths"]
    path = f"/v1/{collection}"
    content = paths[path]["post"]["requestBody"]["content"]
    if "multipart/form-data" in content:
        content = paths[f"{path}/{{slug}}"]["patch"]["requestBody"]["content"]
    return resolve_schema(next(iter(content.values()))["schema"])


def iter_texts(document: Any) -> Iterator[str]:
    """All texts of a document."""
    if isinstance(document, str):
        yield document
    elif isinstance(document, dict | list):
        for each in document.values() if isinstance(document, dict) else document:
            yield from iter_texts(each)
