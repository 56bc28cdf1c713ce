"""Validation errors of pydantic as problems, in both languages."""

import re
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any, NoReturn

from app.api.model_fields import list_field_names
from app.api.patterns import MISMATCH_MESSAGES, SLUG_PATTERN, TAG_PATTERN
from app.api.validation_messages import UNKNOWN_ERROR_MESSAGE, VALIDATION_MESSAGES
from app.domain.languages import tr
from app.domain.text import slugify
from app.http.problems import FieldProblem, InvalidRequest

MAX_FIELD_ERROR_COUNT = 20
"""Errors of one request that are reported."""

_MAX_NAME_CHARS = 120
_MAX_SUGGESTION_CHARS = 64

_ENUM_MEMBER_PATTERN = re.compile(r"<[^:>]+: ('[^']*')>")
"""A member of an enumeration, as pydantic shows the values of a literal type."""
_ENUM_VALUE_PATTERN = re.compile(r"'([^']*)'")


def build_invalid_request(
    errors: Sequence[Any], *location_prefix: str, body_type: Any = None
) -> InvalidRequest:
    """The problem for `errors` of pydantic; `location_prefix` is put before their locations.

    Unknown fields are compared with those of `body_type`, the type of the body.
    """
    found = (
        _build_field_problem(error, (*location_prefix, *error["loc"]), body_type)
        for error in errors[:MAX_FIELD_ERROR_COUNT]
    )
    problems = list(dict.fromkeys(found))  # a query that two dependencies use is validated twice
    body = tr("the body", "тело запроса")
    names = ", ".join(dict.fromkeys(e.parameter or e.pointer or body for e in problems))
    detail = tr(
        f"Invalid values: {names}. See `errors` for details.",
        f"Недопустимые значения: {names}. Подробности — в `errors`.",
    )
    return InvalidRequest(detail, *problems)


def did_you_mean(word: str, allowed: list[str]) -> str:
    """A hint at the allowed word most similar to `word`; empty if none is similar."""
    # The comparison takes quadratic time; all names are shorter than the limit.
    matches = get_close_matches(word, allowed, n=1) if len(word) <= _MAX_SUGGESTION_CHARS else []
    return hint_at(*matches)


def hint_at(*words: str) -> str:
    """A hint at `words`; empty without any."""
    if not words:
        return ""
    quoted = ", ".join(map(repr, words))
    return tr(f" Did you mean {quoted}?", f" Возможно, вы имели в виду {quoted}?")


def _build_field_problem(error: Any, location: tuple[Any, ...], body_type: Any) -> FieldProblem:
    code = error["type"]
    detail = _explain(error)
    if location[0] == "body":
        if code == "extra_forbidden":
            *parents, name = location[1:]
            detail += did_you_mean(str(name), list_field_names(body_type, parents))
        return FieldProblem(pointer=_json_pointer(*location[1:]), code=code, detail=detail)
    parameter = str(location[-1] if len(location) == 1 else location[1])
    return FieldProblem(parameter=parameter, code=code, detail=detail)


def _explain_pattern(pattern: str, value: str) -> str:
    """The format that `pattern` stands for, in words, and the slug that `value` resembles."""
    message = str(MISMATCH_MESSAGES[pattern])
    if pattern not in {SLUG_PATTERN, TAG_PATTERN} or len(value) > _MAX_SUGGESTION_CHARS:
        return message
    slug = slugify(value)
    return message + hint_at(*filter(None, [slug]))


def _explain(error: Any) -> str:
    """The message of an error: that of our own validators is in the right language already."""
    code, context = error["type"], error.get("ctx", {})
    if code == "string_pattern_mismatch":
        return _explain_pattern(context["pattern"], error["input"])
    if code == "value_error":
        message: str = error["msg"].removeprefix("Value error, ")
        return message
    template = str(VALIDATION_MESSAGES.get(code, UNKNOWN_ERROR_MESSAGE))
    values = {name: str(value) for name, value in context.items()}
    if "expected" in values:
        expected = _ENUM_MEMBER_PATTERN.sub(r"\1", values["expected"])
        values["expected"] = expected.replace(" or ", tr(" or ", " или "))
    return template.format(**values) + _suggest_enum_value(error)


def _suggest_enum_value(error: Any) -> str:
    """A hint at the value of an enumeration most similar to the text; empty for other errors."""
    if error["type"] not in {"enum", "literal_error"} or not isinstance(error["input"], str):
        return ""
    return did_you_mean(error["input"], _ENUM_VALUE_PATTERN.findall(error["ctx"]["expected"]))


def _json_pointer(*steps: str | int) -> str:
    """The JSON Pointer (RFC 6901) of a place in the body."""
    names = (str(step)[:_MAX_NAME_CHARS].replace("~", "~0").replace("/", "~1") for step in steps)
    # A lone surrogate is valid in JSON, but cannot be encoded in the response.
    return "".join(f"/{name}" for name in names).encode(errors="replace").decode()


def raise_field_error(pointer: str, code: str, detail: str) -> NoReturn:
    """Raise InvalidRequest for the value at `pointer` of the body."""
    message = tr(
        f"Invalid value at {pointer}: {detail}", f"Неверное значение в {pointer}: {detail}"
    )
    raise InvalidRequest(message, FieldProblem(pointer=pointer, code=code, detail=detail))
