"""Builder of the OpenAPI document."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from app.api.attribute_docstrings import describe_parameters
from app.api.openapi.code_samples import build_code_samples
from app.api.openapi.components import (
    SECURITY_SCHEMES,
    OpenApiObject,
    build_header_components,
    build_response_components,
)
from app.api.openapi.media_types import MEDIA_TYPE_SCHEMAS
from app.api.openapi.operations import complete_operation, extract_patch_schemas
from app.api.openapi.response_examples import add_response_examples
from app.api.routing import authenticated_routes, query_models
from app.config import current_settings
from app.http.problems import Problem

API_DESCRIPTION = """\
The Zarya API provides all expeditions to the International Space Station with their crews,
launches and news. Reading requires no API key. Unknown parameters are refused, every date has a
precision, cursors stay valid while records are added or removed, and the counts of a calendar day
match the list of that day in every time zone.
"""

_MAX_FORMAT_CHARS = {"date": 10, "date-time": 35, "uri": 4000}
"""`maxLength` of the string formats."""


def build_openapi(app: FastAPI, messages: OpenApiObject) -> OpenApiObject:
    """Build the OpenAPI document of `app`.

    `messages` contains the `webhooks` of the document, and the `components` that they refer to.
    """
    for model in query_models(app):
        describe_parameters(model)
    document = get_openapi(
        title=app.title,
        version=app.version,
        summary=app.summary,
        description=API_DESCRIPTION,
        routes=app.routes,
        tags=app.openapi_tags,
        servers=[
            {
                "url": current_settings().base_url,
                "description": "This archive, in local or production use.",
                "x-internal": False,
            }
        ],
        contact={"name": "The maintainers of Zarya", "url": f"{current_settings().base_url}/"},
        license_info={"name": "MIT", "identifier": "MIT"},
    )
    document["externalDocs"] = {
        "url": f"{current_settings().base_url}/docs",
        "description": "Guides, recipes and reference",
    }
    scopes = {route.name: allowed.scopes for route, allowed in authenticated_routes(app)}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            name = operation["operationId"]
            complete_operation(method, operation, scopes.get(name))
            operation["x-codeSamples"] = build_code_samples(method, path, operation)
    components = document["components"]
    components["schemas"] = {
        _component_name(name): schema for name, schema in components["schemas"].items()
    }
    components["schemas"] |= dict(extract_patch_schemas(document["paths"]))
    for unused in ("HTTPValidationError", "ValidationError"):
        components["schemas"].pop(unused)
    components["schemas"] |= {form.name: form.schema for form in MEDIA_TYPE_SCHEMAS.values()}
    problem = Problem.model_json_schema(
        mode="serialization", ref_template="#/components/schemas/{model}"
    )
    components["schemas"] |= problem.pop("$defs") | {"Problem": problem}
    components["headers"] = build_header_components()
    components["securitySchemes"] = SECURITY_SCHEMES
    components["responses"] = build_response_components()
    components["parameters"] = messages["components"]["parameters"]
    components["schemas"] |= messages["components"]["schemas"]
    document["webhooks"] = messages["webhooks"]
    simplified: OpenApiObject = _simplify_schema(document)
    add_response_examples(simplified)
    return simplified


def _component_name(name: str) -> str:
    """Rename the two schemas that FastAPI derives from a model: `XWrite-Input`, `XWrite-Output`.

    They become `XWrite` and `XRecord`.
    """
    if name.endswith("Write-Output"):
        return name.removesuffix("Write-Output") + "Record"
    return name.removesuffix("-Input")


def _simplify_schema(part: Any) -> Any:
    """Simplify `part` recursively: no generated titles, `null` as a type, explicit bounds."""
    if isinstance(part, list):
        return [_simplify_schema(item) for item in part]
    if not isinstance(part, dict):
        return part
    simple = {
        key: value if key in {"example", "examples"} else _simplify_schema(value)
        for key, value in part.items()
        if not (key == "title" and isinstance(value, str) and _is_schema(part))
    }
    if "$ref" in simple:
        simple["$ref"] = _component_name(simple["$ref"])
    match simple.get("type"):
        case "integer":
            simple.setdefault("format", "int32")
        case "string" if simple.get("format") in _MAX_FORMAT_CHARS:
            simple.setdefault("maxLength", _MAX_FORMAT_CHARS[simple["format"]])
    options = simple.get("anyOf", [])
    if (
        len(options) == 2
        and options[1] == {"type": "null"}
        and isinstance(options[0].get("type"), str)
    ):
        del simple["anyOf"]
        simple = options[0] | {"type": [options[0]["type"], "null"]} | simple
        if "enum" in simple:
            simple["enum"] = [*simple["enum"], None]
    return simple


def _is_schema(part: OpenApiObject) -> bool:
    return any(key in part for key in ("type", "anyOf", "$ref", "allOf", "properties", "enum"))
