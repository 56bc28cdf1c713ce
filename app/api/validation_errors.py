"""What pydantic finds wrong with a request, told in both languages and at its place."""

from collections.abc import Sequence
from typing import Any, NoReturn

from app.domain.languages import tr
from app.http.problems import MAX_FIELD_ERROR_COUNT, FieldProblem, InvalidRequest

_MAX_NAME_CHARS = 120

_RUSSIAN_MESSAGES = {
    "bool_parsing": "Напишите true или false.",
    "bool_type": "Напишите true или false.",
    "enum": "Возможные значения: {expected}.",
    "extra_forbidden": "Такого поля здесь нет.",
    "greater_than_equal": "Не меньше {ge}.",
    "int_parsing": "Напишите целое число.",
    "int_parsing_size": "Это число слишком велико.",
    "int_type": "Напишите целое число.",
    "less_than_equal": "Не больше {le}.",
    "list_type": "Здесь должен быть список.",
    "missing": "Это нужно указать.",
    "model_attributes_type": "Здесь должен быть объект.",
    "model_type": "Здесь должен быть объект.",
    "dict_type": "Здесь должен быть объект.",
    "string_pattern_mismatch": "Это не подходит под образец {pattern}.",
    "string_too_long": "Знаков должно быть не больше {max_length}.",
    "string_too_short": "Знаков должно быть не меньше {min_length}.",
    "string_type": "Здесь должен быть текст.",
    "too_long": "Значений должно быть не больше {max_length}.",
    "too_short": "Значений должно быть не меньше {min_length}.",
}
"""What pydantic tells, by its code; the bounds come from it."""


def build_invalid_request(faults: Sequence[Any], *within: str) -> InvalidRequest:
    """The refusal of a request with `faults` as pydantic tells them; `within` leads to each."""
    errors = [
        _build_field_problem(fault, (*within, *fault["loc"]))
        for fault in faults[:MAX_FIELD_ERROR_COUNT]
    ]
    body = tr("the body", "тело запроса")
    names = ", ".join(dict.fromkeys(e.parameter or e.pointer or body for e in errors))
    detail = tr(
        f"Look at {names}: `errors` says what each needs.",
        f"Посмотрите на {names}: в `errors` сказано, что там должно быть.",
    )
    return InvalidRequest(detail, *errors)


def _build_field_problem(fault: Any, place: tuple[Any, ...]) -> FieldProblem:
    code = fault["type"]
    detail = tr(fault["msg"].removeprefix("Value error, "), _russian_message(fault))
    if place[0] == "body":
        return FieldProblem(pointer=_json_pointer(*place[1:]), code=code, detail=detail)
    parameter = str(place[-1] if len(place) == 1 else place[1])
    return FieldProblem(parameter=parameter, code=code, detail=detail)


def _russian_message(fault: Any) -> str:
    """What pydantic says, in Russian as far as we know it; our own validators have said it so."""
    known = _RUSSIAN_MESSAGES.get(fault["type"])
    context = {k: str(v).replace(" or ", " или ") for k, v in fault.get("ctx", {}).items()}
    message: str = fault["msg"]
    return known.format(**context) if known else message.removeprefix("Value error, ")


def _json_pointer(*steps: str | int) -> str:
    """The JSON Pointer (RFC 6901) that leads by `steps` into a body."""
    names = (str(step)[:_MAX_NAME_CHARS].replace("~", "~0").replace("/", "~1") for step in steps)
    # Half of a surrogate pair can be read in a name, but not be written in an answer.
    return "".join(f"/{name}" for name in names).encode(errors="replace").decode()


def raise_field_error(pointer: str, code: str, detail: str) -> NoReturn:
    """Raise InvalidRequest for the value at `pointer` of the body."""
    message = tr(
        f"Invalid value at {pointer}: {detail}", f"Неверное значение в {pointer}: {detail}"
    )
    raise InvalidRequest(message, FieldProblem(pointer=pointer, code=code, detail=detail))
