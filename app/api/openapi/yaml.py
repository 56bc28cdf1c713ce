"""YAML of JSON values: block style, texts quoted as in JSON."""

import json
from collections.abc import Iterator
from typing import Any


def to_yaml(value: Any) -> str:
    """Encode `value`, a JSON object or array, as a YAML document."""
    return "".join(f"{line}\n" for line in _iter_lines(value))


def _iter_lines(value: Any) -> Iterator[str]:
    """Lines of a block: of an object or array with items, or of one scalar."""
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from _iter_item_lines(f"{_encode_scalar(key)}:", item)
    elif isinstance(value, list) and value:
        for item in value:
            yield from _iter_item_lines("-", item)
    else:
        yield _encode_scalar(value)


def _iter_item_lines(label: str, item: Any) -> Iterator[str]:
    if isinstance(item, dict | list) and item:
        yield label
        yield from (f"  {line}" for line in _iter_lines(item))
    else:
        yield f"{label} {_encode_scalar(item)}"


def _encode_scalar(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
