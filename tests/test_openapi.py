"""The OpenAPI document: the committed copy, its examples, and detection of breaking changes."""

import copy
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.config import Settings
from app.main import create_app
from contract.compat import breaks
from tests.support.openapi import committed_openapi

Schema = dict[str, Any]


@pytest.fixture
def committed() -> Schema:
    return committed_openapi()


def test_committed_document_equals_served_document(committed: Schema) -> None:
    """Update it with `make openapi`."""
    assert create_app(Settings()).openapi() == committed


def operations(document: Schema) -> Iterator[tuple[str, str, Schema]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method, path, operation


EXCLUDED_OPERATIONS = {
    "getCrewAssignment",  # ids differ between archives
    "streamEvents",  # endless response
}


@pytest.mark.slow
def test_parameter_examples_are_accepted(archive: TestClient, committed: Schema) -> None:
    count = 0
    for method, path, operation in operations(committed):
        if (
            method != "get"
            or operation["security"]
            or operation["operationId"] in EXCLUDED_OPERATIONS
        ):
            continue
        url = path
        for parameter in operation.get("parameters", []):
            if parameter["in"] == "path":
                url = url.replace(f"{{{parameter['name']}}}", parameter["example"])
        required = {
            parameter["name"]: parameter["example"]
            for parameter in operation.get("parameters", [])
            if parameter["in"] == "query" and parameter["required"]
        }
        expected = 404 if operation["operationId"] == "getNextLaunch" else 200
        assert archive.get(url, params=required).status_code == expected, url
        for parameter in operation.get("parameters", []):
            if parameter["in"] == "query" and parameter["name"] != "cursor":
                params = required | {parameter["name"]: parameter["example"]}
                response = archive.get(url, params=params)
                assert response.status_code == expected, (url, parameter["name"], response.text)
                count += 1
    assert count > 60


def test_errors_refer_to_problem_responses(committed: Schema) -> None:
    for _, path, operation in operations(committed):
        for status, response in operation["responses"].items():
            assert status[0] == "2" or set(response) == {"$ref"}, path
        if operation["operationId"] != "streamEvents" and "204" not in operation["responses"]:
            for status, response in operation["responses"].items():
                assert status[0] != "2" or "ETag" in response["headers"], path
    for response in committed["components"]["responses"].values():
        (media_type,) = response["content"]
        assert media_type == "application/problem+json"
        problem = committed["components"]["schemas"]["Problem"]
        assert set(problem["required"]) == set(response["content"][media_type]["example"])


def test_components_have_descriptions_and_no_generated_names(committed: Schema) -> None:
    for name, schema in committed["components"]["schemas"].items():
        assert not name.endswith(("-Input", "-Output"))
        assert "title" not in schema
        assert schema["description"], name


PARAMETER = ("paths", "/v1/articles", "get", "parameters")
PERSON = ("components", "schemas", "PersonRef")


def at(document: Schema, *path: Any) -> Any:
    part: Any = document
    for step in path:
        part = part[step]
    return part


def parameter(document: Schema, name: str) -> Schema:
    found: Schema = next(p for p in at(document, *PARAMETER) if p["name"] == name)
    return found


BREAKING: dict[str, tuple[Callable[[Schema], Any], str]] = {
    "path removed": (lambda d: d["paths"].pop("/v1/people"), "GET /v1/people: removed"),
    "operation renamed": (
        lambda d: d["paths"]["/v1/people"]["get"].update(operationId="x"),
        "operationId changed",
    ),
    "parameter removed": (
        lambda d: at(d, *PARAMETER).remove(parameter(d, "tag")),
        "parameter 'tag' removed",
    ),
    "parameter required": (lambda d: parameter(d, "q").update(required=True), "now required"),
    "new required parameter": (
        lambda d: at(d, *PARAMETER).append(
            {"name": "new", "in": "query", "required": True, "schema": {"type": "string"}}
        ),
        "new required parameter 'new'",
    ),
    "narrower bound": (
        lambda d: parameter(d, "limit")["schema"].update(maximum=50),
        "maximum is stricter",
    ),
    "narrower type": (
        lambda d: parameter(d, "q")["schema"].update(type="integer"),
        "no longer accepts string",
    ),
    "value no longer accepted": (
        lambda d: at(d, "components", "schemas", "ArticleSort", "enum").remove("title"),
        "value 'title' removed",
    ),
    "property removed": (
        lambda d: at(d, *PERSON, "properties").pop("agency"),
        "PersonRef: property 'agency' removed",
    ),
    "property optional": (
        lambda d: at(d, *PERSON, "required").remove("agency"),
        "may now be absent",
    ),
    "property nullable": (
        lambda d: at(d, *PERSON, "properties", "slug").update(type=["string", "null"]),
        "PersonRef.slug: may now be null",
    ),
    "value no longer sent": (
        lambda d: at(d, "components", "schemas", "LaunchStatus", "enum").remove("failure"),
        "value 'failure' removed",
    ),
    "response of another media type": (
        lambda d: at(d, "components", "responses", "Invalid").update(content={}),
        "no longer application/problem+json",
    ),
}

COMPATIBLE: dict[str, Callable[[Schema], Any]] = {
    "nothing": lambda d: None,
    "new path": lambda d: d["paths"].update({"/v1/new": d["paths"]["/v1/people"]}),
    "new optional parameter": lambda d: at(d, *PARAMETER).append(
        {"name": "new", "in": "query", "schema": {"type": "string"}}
    ),
    "wider bound": lambda d: parameter(d, "limit")["schema"].update(maximum=500),
    "new property": lambda d: at(d, *PERSON, "properties").update(new={"type": "string"}),
    "new sort": lambda d: at(d, "components", "schemas", "ArticleSort", "enum").append("new"),
    "other description": lambda d: d["paths"]["/v1/people"]["get"].update(description="x"),
}


@pytest.mark.parametrize("case", BREAKING)
def test_breaking_change_is_found(committed: Schema, case: str) -> None:
    change, message = BREAKING[case]
    changed = copy.deepcopy(committed)
    change(changed)
    assert any(message in line for line in breaks(committed, changed)), breaks(committed, changed)


@pytest.mark.parametrize("case", COMPATIBLE)
def test_compatible_change_passes(committed: Schema, case: str) -> None:
    changed = copy.deepcopy(committed)
    COMPATIBLE[case](changed)
    assert breaks(committed, changed) == []


POSTS_WITHOUT_IDEMPOTENCY_KEY = {
    "createSession": "the response has a secret",
    "createKey": "the response has a secret",
    "createPreviewLink": "the response has a secret",
    "createWebhook": "the response has a secret",
    "renderArticleBody": "saves nothing",
    "rotateKey": "the response has a secret",
    "uploadMedia": "a repeated upload returns the record of the first",
}
"""Reasons of the operations that accept none."""


def test_every_post_accepts_an_idempotency_key_or_has_a_reason(committed: Schema) -> None:
    posts = [each for method, _, each in operations(committed) if method == "post"]
    without = {
        each["operationId"]
        for each in posts
        if "Idempotency-Key" not in {param["name"] for param in each["parameters"]}
    }
    assert without == POSTS_WITHOUT_IDEMPOTENCY_KEY.keys()
    assert len(posts) > 30
