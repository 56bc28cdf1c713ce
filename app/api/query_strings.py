"""Query strings: declared parameters, parsing in one step, refusal of unknown parameters."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from fastapi import Request
from pydantic import BaseModel, ValidationError

from app.api.param_hints import find_param_hint
from app.api.validation_errors import MAX_FIELD_ERROR_COUNT, did_you_mean
from app.domain.languages import LANGUAGES, Language, tr
from app.http.problems import FieldProblem, InvalidRequest


@dataclass(frozen=True)
class QueryParams:
    """The query parameters that an endpoint declares."""

    multiple: Mapping[str, bool]
    """Names of the parameters, with true for a repeatable one."""
    models: Mapping[str, type[BaseModel]]
    """The query models, by argument of the endpoint."""
    allow_unknown: bool
    """True for pages, whose shared links gain parameters: undeclared ones are ignored."""

    def parse(self, query_string: bytes) -> dict[str, BaseModel] | None:
        """Validate a query string into arguments of the endpoint; None if it is invalid."""
        values: dict[str, Any] = {}
        try:
            pairs = parse_qsl(query_string.decode("latin-1"), True, errors="strict")
        except UnicodeDecodeError:
            return None
        for name, value in pairs:
            multiple = self.multiple.get(name)
            if multiple:
                values.setdefault(name, []).append(value)
            elif multiple is None and self.allow_unknown:
                continue
            elif multiple is None or name in values:
                return None
            else:
                values[name] = value
        if values.pop("lang", Language.EN) not in LANGUAGES:
            return None
        try:
            return {name: model.model_validate(values) for name, model in self.models.items()}
        except ValidationError:
            return None


async def reject_undecodable_params(request: Request) -> None:
    """Refuse values that are not UTF-8. Raises InvalidRequest. Ignores undeclared parameters."""
    query_string: bytes = request.scope["query_string"]
    if b"%" not in query_string:
        return
    declared: QueryParams = request.scope["route"].query_params
    pairs = parse_qsl(query_string.decode("latin-1"), errors="surrogateescape")
    wrong = {name for name, value in pairs if name in declared.multiple and not _is_utf8(value)}
    if wrong:
        detail = tr(
            "The value is not percent-encoded UTF-8.",
            "Значение — не UTF-8 в процентной кодировке.",
        )
        errors = [
            FieldProblem(parameter=name, code="not-utf-8", detail=detail) for name in sorted(wrong)
        ]
        names = ", ".join(sorted(wrong))
        message = tr(f"Values are not UTF-8: {names}.", f"Значения не в UTF-8: {names}.")
        raise InvalidRequest(message, *errors)


def _is_utf8(text: str) -> bool:
    """True if `text`, decoded with "surrogateescape", was UTF-8."""
    return not any("\udc80" <= character <= "\udcff" for character in text)


async def reject_unknown_params(request: Request) -> None:
    """Refuse undeclared parameters and repeated single ones. Raises InvalidRequest."""
    if not request.scope["query_string"]:
        return
    declared: QueryParams = request.scope["route"].query_params
    if declared.allow_unknown:
        return
    counts = Counter(name for name, _ in request.query_params.multi_items())
    wrong = [name for name, count in counts.items() if not _is_allowed(declared, name, count)]
    errors = [_param_problem(name, declared) for name in wrong[:MAX_FIELD_ERROR_COUNT]]
    if errors:
        allowed = ", ".join(sorted(declared.multiple))
        detail = tr(
            f"The query string has unknown or repeated parameters. Allowed: {allowed}.",
            f"В строке запроса есть неизвестные или повторённые параметры. Допустимы: {allowed}.",
        )
        raise InvalidRequest(detail, *errors)


def _is_allowed(declared: QueryParams, name: str, count: int) -> bool:
    multiple = declared.multiple.get(name)
    return multiple is not None and (multiple or count == 1)


def _param_problem(name: str, declared: QueryParams) -> FieldProblem:
    if name in declared.multiple:
        detail = tr(
            "This parameter can be given only once.", "Этот параметр можно указать один раз."
        )
        return FieldProblem(parameter=name, code="repeated-parameter", detail=detail)
    detail = tr("Unknown parameter.", "Неизвестный параметр.")
    detail += find_param_hint(name, declared.multiple) or did_you_mean(
        name, sorted(declared.multiple)
    )
    return FieldProblem(parameter=name, code="unknown-parameter", detail=detail)
