"""The OpenAPI document: committed, complete, true in its examples; and what would break clients."""

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.config import Settings
from app.main import create_app
from contract.compat import breaks
from tests.support.paths import ROOT

Schema = dict[str, Any]


@pytest.fixture(scope="module")
def committed() -> Schema:
    document: Schema = json.loads((ROOT / "openapi.json").read_text())
    return document


def test_the_committed_document_is_the_one_served(committed: Schema) -> None:
    """`make openapi` writes it anew."""
    assert create_app(Settings()).openapi() == committed


def operations(document: Schema) -> Iterator[tuple[str, str, Schema]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method, path, operation


WITHOUT = {
    "getCrewAssignment",  # ids are not the same in every archive
    "streamEvents",  # which has no end
}


def test_the_examples_of_all_parameters_work(archive: TestClient, committed: Schema) -> None:
    asked = 0
    for _, path, operation in operations(committed):
        if operation["security"] or operation["operationId"] in WITHOUT:
            continue
        address = path
        for parameter in operation.get("parameters", []):
            if parameter["in"] == "path":
                address = address.replace(f"{{{parameter['name']}}}", parameter["example"])
        needed = {
            parameter["name"]: parameter["example"]
            for parameter in operation.get("parameters", [])
            if parameter["in"] == "query" and parameter["required"]
        }
        expected = 404 if operation["operationId"] == "getNextLaunch" else 200
        assert archive.get(address, params=needed).status_code == expected, address
        for parameter in operation.get("parameters", []):
            if parameter["in"] == "query" and parameter["name"] != "cursor":
                asking = needed | {parameter["name"]: parameter["example"]}
                answer = archive.get(address, params=asking)
                assert answer.status_code == expected, (address, parameter["name"], answer.text)
                asked += 1
    assert asked > 60


def test_every_error_is_a_problem_by_reference(committed: Schema) -> None:
    for _, path, operation in operations(committed):
        for status, answer in operation["responses"].items():
            assert status[0] == "2" or set(answer) == {"$ref"}, path
        if operation["operationId"] != "streamEvents" and "204" not in operation["responses"]:
            for status, answer in operation["responses"].items():
                assert status[0] != "2" or "ETag" in answer["headers"], path
    for answer in committed["components"]["responses"].values():
        (kind,) = answer["content"]
        assert kind == "application/problem+json"
        problem = committed["components"]["schemas"]["Problem"]
        assert set(problem["required"]) == set(answer["content"][kind]["example"])


def test_there_are_no_twins_and_no_made_up_titles(committed: Schema) -> None:
    for name, schema in committed["components"]["schemas"].items():
        assert not name.endswith(("-Input", "-Output"))
        assert "title" not in schema
        assert schema["description"], name


PARAMETER = ("paths", "/v1/articles", "get", "parameters")
PERSON = ("components", "schemas", "PersonRef")


def at(document: Schema, *path: Any) -> Any:
    found: Any = document
    for step in path:
        found = found[step]
    return found


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
        "no longer takes string",
    ),
    "value no longer taken": (
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
    "answer of another kind": (
        lambda d: at(d, "components", "responses", "Invalid").update(content={}),
        "no longer application/problem+json",
    ),
}

HARMLESS: dict[str, Callable[[Schema], Any]] = {
    "nothing": lambda d: None,
    "new path": lambda d: d["paths"].update({"/v1/new": d["paths"]["/v1/people"]}),
    "new optional parameter": lambda d: at(d, *PARAMETER).append(
        {"name": "new", "in": "query", "schema": {"type": "string"}}
    ),
    "wider bound": lambda d: parameter(d, "limit")["schema"].update(maximum=500),
    "new property": lambda d: at(d, *PERSON, "properties").update(new={"type": "string"}),
    "new sort": lambda d: at(d, "components", "schemas", "ArticleSort", "enum").append("new"),
    "other words": lambda d: d["paths"]["/v1/people"]["get"].update(description="x"),
}


@pytest.mark.parametrize("case", BREAKING)
def test_what_breaks_clients_is_found(committed: Schema, case: str) -> None:
    change, said = BREAKING[case]
    changed = copy.deepcopy(committed)
    change(changed)
    assert any(said in line for line in breaks(committed, changed)), breaks(committed, changed)


@pytest.mark.parametrize("case", HARMLESS)
def test_what_breaks_nothing_passes(committed: Schema, case: str) -> None:
    changed = copy.deepcopy(committed)
    HARMLESS[case](changed)
    assert breaks(committed, changed) == []
