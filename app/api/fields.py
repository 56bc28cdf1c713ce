"""Selection of fields: the parameter `fields`, and responses reduced to the fields that it names.

Responses are built and validated whole; `app.api.routing` reduces JSON, and
`app.api.lists.responses` whole lists.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Any

from fastapi import Query, Response
from pydantic import BaseModel, StringConstraints
from pydantic_core import from_json, to_json

from app.api.model_fields import object_types
from app.api.openapi.examples import Example
from app.api.params import CommaList, Omittable, QueryModel
from app.api.patterns import FIELD_PATH_PATTERN
from app.api.validation_errors import did_you_mean
from app.domain.languages import tr
from app.http.problems import FieldProblem, InvalidRequest

Selection = Mapping[str, "Selection | None"]
"""Selected fields by name, each with those selected of its objects, or None for all of it."""

FieldPath = Annotated[str, StringConstraints(pattern=FIELD_PATH_PATTERN, max_length=120)]


class FieldsQuery(QueryModel):
    """Query parameters of a response that can be reduced to some fields."""

    fields: Annotated[CommaList[FieldPath], Example(["id"])] = []
    """Fields to return, such as `slug,name`, and `crew.person.name` in objects. Default: all."""


class RecordQuery(FieldsQuery):
    """Query parameters of a single record. The route reduces the response."""


class RecordFormat(StrEnum):
    """Format of a record that has a page on the portal."""

    JSON = "json"


class RecordWithPageQuery(RecordQuery):
    """Query parameters of a record with a page. The route redirects browsers to the page."""

    format: Annotated[Omittable[RecordFormat], Example("json")] = None
    """`json` returns JSON to a browser too. Default: browsers are redirected to `html_url`."""


RecordQueryDep = Annotated[RecordQuery, Query()]
RecordWithPageQueryDep = Annotated[RecordWithPageQuery, Query()]


def parse_fields(model: type[BaseModel], paths: Sequence[str], hint: str = "") -> Selection:
    """The selection of `paths` of `model`.

    Raises InvalidRequest, with `hint`, for fields that the model does not have.
    """
    selection: dict[str, Any] = {}
    problems = []
    for path in dict.fromkeys(paths):
        if problem := _find_problem(model, path):
            problems.append(problem)
            continue
        *parents, last = path.split(".")
        selected = selection
        for parent in parents:
            selected = selected.setdefault(parent, {})
            if selected is None:  # the whole object is selected
                break
        else:
            selected[last] = None
    if problems:
        raise InvalidRequest(problems[0].detail + hint, *problems)
    return selection


def _find_problem(model: type[BaseModel], path: str) -> FieldProblem | None:
    parent: type[BaseModel] | None = model
    prefix = ""
    for name in path.split("."):
        known = object_types(parent) if parent else {}
        if name not in known:
            where = tr(f"There is no field {prefix + name!r}.", f"Поля {prefix + name!r} нет.")
            allowed = tr(f" Fields: {', '.join(known)}.", f" Поля: {', '.join(known)}.")
            hint = did_you_mean(name, list(known)) or (allowed if known else "")
            return FieldProblem(parameter="fields", code="unknown-field", detail=where + hint)
        parent = known[name]
        prefix += f"{name}."
    return None


def select_fields(document: Any, selection: Selection | None) -> Any:
    """The parts of a JSON document that are selected, in its order."""
    if selection is None:
        return document
    if isinstance(document, list):
        return [select_fields(item, selection) for item in document]
    if isinstance(document, dict):
        return {
            name: select_fields(value, selection[name])
            for name, value in document.items()
            if name in selection
        }
    return document


def is_selected(selection: Selection | None, path: Sequence[str]) -> bool:
    """True if any part of the field at `path` is selected."""
    for name in path:
        if selection is None:
            return True
        if name not in selection:
            return False
        selection = selection[name]
    return True


def reduce_response(response: Response, selection: Selection) -> None:
    """Reduce a JSON response to the selected fields."""
    document = from_json(bytes(response.body))
    response.body = to_json(select_fields(document, selection))
    response.headers["Content-Length"] = str(len(response.body))
