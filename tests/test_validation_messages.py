"""Messages of validation errors: ours in both languages, whatever pydantic can report."""

from collections.abc import Iterator
from typing import Any, get_args

from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from pydantic_core.core_schema import ErrorType
from starlette.testclient import TestClient

from app.api.param_hints import PARAMS_BY_FOREIGN_NAME
from app.api.patterns import LICENCE_PATTERN, MISMATCH_MESSAGES
from app.api.routing import _flatten
from app.api.validation_messages import UNKNOWN_ERROR_MESSAGE, VALIDATION_MESSAGES
from app.resources.registry import RECORD_RESOURCES
from tests.support import documents
from tests.support.openapi import committed_openapi

CODES_BY_SCHEMA: dict[str, set[str]] = {
    "any": set(),
    "bool": {"bool_type", "bool_parsing"},
    "date": {
        "date_type",
        "date_parsing",
        "date_from_datetime_parsing",
        "date_from_datetime_inexact",
    },
    "datetime": {
        "datetime_type",
        "datetime_parsing",
        "datetime_from_date_parsing",
        "datetime_object_invalid",
    },
    "default": set(),
    "definition-ref": set(),
    "definitions": set(),
    "dict": {"dict_type"},
    "enum": {"enum"},
    "float": {"float_type", "float_parsing", "finite_number"},
    "function-after": {"value_error"},
    "function-before": {"value_error"},
    "function-plain": {"value_error"},
    "int": {"int_type", "int_parsing", "int_parsing_size", "int_from_float"},
    "list": {"list_type"},
    "literal": {"literal_error"},
    "model": {"model_type", "model_attributes_type"},
    "model-field": {"missing"},
    "model-fields": {"extra_forbidden", "model_type"},
    "no-info": set(),
    "nullable": set(),
    "str": {"string_type", "string_unicode"},
    "union": set(),
    "with-info": set(),
}
"""Codes of the errors of each type of pydantic's core schemas, without those of constraints."""

CODES_BY_CONSTRAINT: dict[tuple[str, str], str] = {
    ("float", "ge"): "greater_than_equal",
    ("float", "le"): "less_than_equal",
    ("int", "ge"): "greater_than_equal",
    ("int", "le"): "less_than_equal",
    ("int", "lt"): "less_than",
    ("list", "max_length"): "too_long",
    ("list", "min_length"): "too_short",
    ("str", "max_length"): "string_too_long",
    ("str", "min_length"): "string_too_short",
    ("str", "pattern"): "string_pattern_mismatch",
}
CONSTRAINTS = ("ge", "gt", "le", "lt", "multiple_of", "max_length", "min_length", "pattern")
EXPLAINED_ELSEWHERE = {"value_error", "string_pattern_mismatch"}
"""Our own validators; `tests/test_patterns.py`."""


def iter_request_schemas(app: FastAPI) -> Iterator[Any]:
    """Core schemas of all parameters and bodies, and of the documents of records."""
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if isinstance(route, APIRoute):
            for each in _flatten(route.dependant):
                for field in (
                    *each.path_params, *each.query_params, *each.header_params, *each.body_params,
                ):  # fmt: skip
                    yield field._type_adapter.core_schema
    for resource in RECORD_RESOURCES.values():
        yield resource.writer.write_model.__pydantic_core_schema__


def iter_codes(schema: Any) -> Iterator[str]:
    """Codes of all errors that a core schema can report. Fails for an unknown type of schema."""
    if isinstance(schema, list | tuple):
        for part in schema:
            yield from iter_codes(part)
    if not isinstance(schema, dict):
        return
    kind = schema.get("type")
    if isinstance(kind, str):
        yield from CODES_BY_SCHEMA[kind]
        for name in CONSTRAINTS:
            if name in schema:
                yield CODES_BY_CONSTRAINT[kind, name]
    for name, part in schema.items():
        if name not in {"serialization", "metadata"}:
            yield from iter_codes(part)


def iter_patterns(schema: Any) -> Iterator[str]:
    """Regular expressions of all texts in a core schema."""
    if isinstance(schema, dict):
        if schema.get("type") == "str" and "pattern" in schema:
            yield schema["pattern"]
        schema = [part for name, part in schema.items() if name != "metadata"]
    if isinstance(schema, list | tuple):
        for part in schema:
            yield from iter_patterns(part)


def test_every_pattern_of_requests_has_a_message(client: TestClient) -> None:
    assert isinstance(client.app, FastAPI)
    schemas = iter_request_schemas(client.app)
    patterns = {pattern for schema in schemas for pattern in iter_patterns(schema)}
    assert LICENCE_PATTERN in patterns
    assert patterns <= set(MISMATCH_MESSAGES)


def test_every_code_of_requests_has_a_message(client: TestClient) -> None:
    assert isinstance(client.app, FastAPI)
    codes = {code for schema in iter_request_schemas(client.app) for code in iter_codes(schema)}
    assert {"enum", "too_long", "string_pattern_mismatch"} <= codes
    assert codes - EXPLAINED_ELSEWHERE <= set(VALIDATION_MESSAGES)
    # The table above has pydantic's names of codes, and no message waits for an error in vain.
    assert set(VALIDATION_MESSAGES) <= set(get_args(ErrorType))
    assert set(VALIDATION_MESSAGES) <= codes
    for message in (*VALIDATION_MESSAGES.values(), UNKNOWN_ERROR_MESSAGE):
        assert "Input should" not in message.en
        assert message.ru != message.en


MESSAGES = {
    "/v1/launches?limit=0": "Use a number of at least 1.",
    "/v1/launches?crewed=x": "Use true or false.",
    "/v1/people?view=ful": "Use 'summary' or 'full'. Did you mean 'full'?",
    "/v1/changes?cursor=": "Minimum length: 1.",
    "/v1/search": "This value is required.",
}


def test_messages_of_parameters(client: TestClient) -> None:
    for path, detail in MESSAGES.items():
        (error,) = client.get(path).json()["errors"]
        assert error["detail"] == detail


def test_messages_of_bodies(editor: TestClient) -> None:
    body = documents.person(name=5, aliases="x", colour="red", born_on_precision="dya")
    errors = editor.post("/v1/people", json=body).json()["errors"]
    assert {error["pointer"]: error["detail"] for error in errors} == {
        "/name": "Use a text.",
        "/aliases": "Use a JSON array.",
        "/colour": "Unknown field.",
        "/born_on_precision": "Use 'day', 'month' or 'year'. Did you mean 'day'?",
    }


HINTS = [
    ("/v1/launches", "page", "`cursor`"),
    ("/v1/launches", "Page-Size", "`limit`"),
    ("/v1/launches", "offset", "`cursor`"),
    ("/v1/launches", "search", "`q`"),
    ("/v1/launches", "order_by", "`sort`"),
    ("/v1/launches", "from", "`launch_at_gte`"),
    ("/v1/launches", "date", "`launch_on`"),
    ("/v1/people", "country", "`nationality`"),
    ("/v1/missions/iss-59", "include", "`fields`"),
    ("/v1/articles", "locale", "`lang`"),
    ("/v1/articles", "until", "`published_at_lt`"),
    ("/v1/launches", "statsu", "'status'"),
]


def test_parameters_of_other_apis_are_hinted(client: TestClient) -> None:
    for path, name, hint in HINTS:
        for language in ("en", "ru"):
            answer = client.get(path, params={name: "1", "lang": language})
            assert answer.status_code == 422
            (error,) = answer.json()["errors"]
            assert (error["parameter"], error["code"]) == (name, "unknown-parameter")
            assert hint in error["detail"]


def test_hints_name_parameters_that_exist(client: TestClient) -> None:
    """A hint is given where the endpoint has the parameter, and not where it has not."""
    document = committed_openapi()["paths"]
    operations = (operation["get"] for operation in document.values() if "get" in operation)
    names = {each["name"] for get in operations for each in get["parameters"]}
    assert {name for names_ in PARAMS_BY_FOREIGN_NAME.values() for name in names_} <= names
    error = client.get("/v1/horizon", params={"page": "2"}).json()["errors"][0]
    assert error["detail"] == "Unknown parameter."
