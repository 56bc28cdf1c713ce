"""No parameter is ignored: what an endpoint has not declared is refused, with a hint."""

from collections import Counter
from collections.abc import Iterator
from math import inf
from typing import get_origin

from fastapi import Request
from fastapi.dependencies.models import Dependant
from pydantic import BaseModel

from app.api.validation_errors import MAX_FIELD_ERROR_COUNT, did_you_mean
from app.domain.languages import tr
from app.http.problems import FieldProblem, InvalidRequest

GLOBAL_PARAMS: dict[str, float] = {"lang": 1}
"""What the application itself declares, for every endpoint."""

ALLOW_UNKNOWN = "…"
"""Among the declared names: that others do no harm, as where people share addresses of pages."""


async def reject_unknown_params(request: Request) -> None:
    """Refuse parameters that the endpoint does not have, and single ones given twice."""
    if not request.scope["query_string"]:
        return
    times = Counter(name for name, _ in request.query_params.multi_items())
    declared: dict[str, float] = request.scope["route"].declared_params
    if ALLOW_UNKNOWN in declared:
        return
    faulty = [name for name, given in times.items() if given > declared.get(name, 0)]
    errors = [_param_problem(name, declared) for name in faulty[:MAX_FIELD_ERROR_COUNT]]
    if errors:
        allowed = ", ".join(sorted(declared))
        detail = tr(
            f"Some parameters cannot be taken. Allowed here: {allowed}.",
            f"Некоторые параметры не подходят. Здесь допустимы: {allowed}.",
        )
        raise InvalidRequest(detail, *errors)


def _param_problem(name: str, declared: dict[str, float]) -> FieldProblem:
    if name in declared:
        once = tr("Give it only once.", "Укажите его один раз.")
        return FieldProblem(parameter=name, code="repeated-parameter", detail=once)
    told = tr("There is no such parameter here.", "Такого параметра здесь нет.")
    detail = told + did_you_mean(name, sorted(declared))
    return FieldProblem(parameter=name, code="unknown-parameter", detail=detail)


def query_params_of(dependant: Dependant) -> dict[str, float]:
    """The names of the query parameters of an endpoint, each with how often it may be given."""
    return GLOBAL_PARAMS | dict(_iter_query_params(dependant))


def _iter_query_params(dependant: Dependant) -> Iterator[tuple[str, float]]:
    for parameter in dependant.query_params:
        model = parameter.field_info.annotation
        if not (isinstance(model, type) and issubclass(model, BaseModel)):
            yield parameter.alias, 1
            continue
        if model.model_config.get("extra") == "ignore":
            yield ALLOW_UNKNOWN, inf
        for name, field in model.model_fields.items():
            yield name, inf if get_origin(field.annotation) is list else 1
    for below in dependant.dependencies:
        yield from _iter_query_params(below)
