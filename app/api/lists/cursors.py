"""Opaque cursors of lists and feeds: a JSON array in URL-safe Base64 without padding."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from typing import Any, TypeVar

from app.domain.languages import tr
from app.http.problems import InvalidCursor

T = TypeVar("T")

MAX_CURSOR_CHARS = 2000


def encode_cursor(*values: Any) -> str:
    """Encode JSON values as a cursor."""
    text = json.dumps(values, ensure_ascii=False)
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode_cursor(text: str, parse: Callable[..., T], field: str) -> T:
    """Decode a cursor and pass its values to `parse`.

    Raises InvalidCursor if `text` is no cursor, or if `parse` raises ValueError, TypeError or
    KeyError. The message refers to `next` and `field` of a response.
    """
    try:
        padded = text + "=" * (-len(text) % 4)
        return parse(*json.loads(urlsafe_b64decode(padded.encode("ascii"))))
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InvalidCursor(
            tr(
                f"Use the cursor from `next` or `{field}` unchanged, or omit it to start from the "
                "beginning.",
                f"Возьмите курсор из `next` или `{field}` без изменений либо начните сначала, "
                "без него.",
            )
        ) from error
