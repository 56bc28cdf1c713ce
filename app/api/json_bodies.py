"""JSON bodies: bounds on the number of values and on nesting, checked before parsing.

Parsing and validating a body takes time for each value, and both hold the interpreter lock, so a
thread would block the event loop all the same. Within these bounds a body of the maximum size takes
some milliseconds.
"""

import re

from app.domain.languages import tr
from app.http.problems import FieldProblem, InvalidRequest

MAX_JSON_VALUE_COUNT = 2000
"""Maximum number of values in a body: twice as many as in the largest launch."""

MAX_JSON_LEVEL_COUNT = 16
"""Maximum number of arrays and objects around a value."""

_MAX_OTHER_TOKENS = 3 * MAX_JSON_VALUE_COUNT
"""Maximum number of strings and colons: a member of an object has two strings and a colon."""

_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[\[\]{},:]', re.DOTALL)
"""A string, perhaps unterminated, or a structural character."""


def check_complexity(body: bytes) -> None:
    """Raise InvalidRequest if a body has too many values or is nested too deep.

    Linear in the size of the body, which need not be valid JSON. Values are counted by commas and
    opening brackets, so an empty array or object counts twice.
    """
    value_count = other_count = depth = 0
    for token in _TOKEN.finditer(body):
        match token[0][:1]:
            case b"[" | b"{":
                depth += 1
                value_count += 1
            case b"]" | b"}":
                depth -= 1
            case b",":
                value_count += 1
            case _:
                other_count += 1
        if (
            value_count > MAX_JSON_VALUE_COUNT
            or other_count > _MAX_OTHER_TOKENS
            or depth > MAX_JSON_LEVEL_COUNT
        ):
            raise _too_complex()


def _too_complex() -> InvalidRequest:
    detail = tr(
        f"The body may have at most {MAX_JSON_VALUE_COUNT} values, in at most "
        f"{MAX_JSON_LEVEL_COUNT} levels of arrays and objects.",
        f"В теле запроса допускается не больше {MAX_JSON_VALUE_COUNT} значений и не больше "
        f"{MAX_JSON_LEVEL_COUNT} уровней вложенности.",
    )
    return InvalidRequest(detail, FieldProblem(pointer="", code="too-complex", detail=detail))
