"""Validation errors of pydantic as problems, in both languages."""

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any, NoReturn

from app.api.patterns import MISMATCH_MESSAGES, SLUG_PATTERN
from app.domain.languages import tr
from app.domain.text import slugify
from app.http.problems import FieldProblem, InvalidRequest

MAX_FIELD_ERROR_COUNT = 20
"""Errors of one request that are reported."""

_MAX_NAME_CHARS = 120
_MAX_SUGGESTION_CHARS = 64

_RUSSIAN_MESSAGES = {
    "bool_parsing": "Укажите true или false.",
    "bool_type": "Укажите true или false.",
    "enum": "Возможные значения: {expected}.",
    "extra_forbidden": "Неизвестное поле.",
    "float_type": "Значение должно быть числом.",
    "greater_than_equal": "Значение должно быть не меньше {ge}.",
    "int_parsing": "Укажите целое число.",
    "int_parsing_size": "Число слишком велико.",
    "int_type": "Укажите целое число.",
    "less_than_equal": "Значение должно быть не больше {le}.",
    "list_type": "Значение должно быть массивом.",
    "literal_error": "Возможные значения: {expected}.",
    "missing": "Обязательное поле.",
    "model_attributes_type": "Значение должно быть объектом.",
    "model_type": "Значение должно быть объектом.",
    "dict_type": "Значение должно быть объектом.",
    "string_too_long": "Длина должна быть не больше {max_length} символов.",
    "string_too_short": "Длина должна быть не меньше {min_length} символов.",
    "string_type": "Значение должно быть строкой.",
    "too_long": "Число элементов должно быть не больше {max_length}.",
    "too_short": "Число элементов должно быть не меньше {min_length}.",
}
"""Messages by error code of pydantic, which provides the values in braces."""


def build_invalid_request(errors: Sequence[Any], *location_prefix: str) -> InvalidRequest:
    """The problem for `errors` of pydantic; `location_prefix` is put before their locations."""
    problems = [
        _build_field_problem(error, (*location_prefix, *error["loc"]))
        for error in errors[:MAX_FIELD_ERROR_COUNT]
    ]
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


def _build_field_problem(error: Any, location: tuple[Any, ...]) -> FieldProblem:
    code = error["type"]
    detail = (
        _explain_pattern(error["ctx"]["pattern"], error["input"])
        if code == "string_pattern_mismatch"
        else tr(error["msg"].removeprefix("Value error, "), _russian_message(error))
    )
    if location[0] == "body":
        return FieldProblem(pointer=_json_pointer(*location[1:]), code=code, detail=detail)
    parameter = str(location[-1] if len(location) == 1 else location[1])
    return FieldProblem(parameter=parameter, code=code, detail=detail)


def _explain_pattern(pattern: str, value: str) -> str:
    """The format that `pattern` stands for, in words, and the slug that `value` resembles."""
    message = str(MISMATCH_MESSAGES[pattern])
    if pattern != SLUG_PATTERN or len(value) > _MAX_SUGGESTION_CHARS:
        return message
    slug = slugify(value)
    return message + hint_at(*filter(None, [slug]))


def _russian_message(error: Any) -> str:
    """The translated message; that of our own validators is in the right language already."""
    template = _RUSSIAN_MESSAGES.get(error["type"])
    context = {k: str(v).replace(" or ", " или ") for k, v in error.get("ctx", {}).items()}
    message: str = error["msg"]
    return template.format(**context) if template else message.removeprefix("Value error, ")


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
