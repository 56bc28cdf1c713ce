"""No parameter is ignored: what an endpoint has not declared is refused, with a hint."""

from collections import Counter
from collections.abc import Iterator
from math import inf
from typing import get_origin

from fastapi import Request
from fastapi.dependencies.models import Dependant
from pydantic import BaseModel

from app.domain.languages import either
from app.http.problems import MAX_ERRORS, FieldProblem, Invalid, did_you_mean

EVERYWHERE: dict[str, float] = {"lang": 1}
"""What the application itself declares, for every endpoint."""

ANYTHING = "…"
"""Among the declared names: that others do no harm, as where people share addresses of pages."""


async def only_declared(request: Request) -> None:
    """Refuse parameters that the endpoint does not have, and single ones given twice."""
    if not request.scope["query_string"]:
        return
    times = Counter(name for name, _ in request.query_params.multi_items())
    declared: dict[str, float] = request.scope["route"].declared
    if ANYTHING in declared:
        return
    faulty = [name for name, given in times.items() if given > declared.get(name, 0)]
    errors = [_refusal(name, declared) for name in faulty[:MAX_ERRORS]]
    if errors:
        allowed = ", ".join(sorted(declared))
        detail = either(
            f"Some parameters cannot be taken. Allowed here: {allowed}.",
            f"Некоторые параметры не подходят. Здесь допустимы: {allowed}.",
        )
        raise Invalid(detail, *errors)


def _refusal(name: str, declared: dict[str, float]) -> FieldProblem:
    if name in declared:
        once = either("Give it only once.", "Укажите его один раз.")
        return FieldProblem(parameter=name, code="repeated-parameter", detail=once)
    told = either("There is no such parameter here.", "Такого параметра здесь нет.")
    detail = told + did_you_mean(name, sorted(declared))
    return FieldProblem(parameter=name, code="unknown-parameter", detail=detail)


def declared_by(dependant: Dependant) -> dict[str, float]:
    """The names of the query parameters of an endpoint, each with how often it may be given."""
    return EVERYWHERE | dict(_of(dependant))


def _of(dependant: Dependant) -> Iterator[tuple[str, float]]:
    for parameter in dependant.query_params:
        model = parameter.field_info.annotation
        if not (isinstance(model, type) and issubclass(model, BaseModel)):
            yield parameter.alias, 1
            continue
        if model.model_config.get("extra") == "ignore":
            yield ANYTHING, inf
        for name, field in model.model_fields.items():
            yield name, inf if get_origin(field.annotation) is list else 1
    for below in dependant.dependencies:
        yield from _of(below)
