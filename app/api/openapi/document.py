"""The whole document."""

import json
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from app.api.auth import authenticated_routes
from app.api.openapi.components import (
    SECURITY_SCHEMES,
    OpenApiObject,
    build_header_components,
    build_response_components,
)
from app.api.openapi.media_types import MEDIA_TYPE_SCHEMAS
from app.api.openapi.operations import complete_operation, extract_patch_schemas
from app.config import get_settings
from app.http.problems import Problem

API_DESCRIPTION = """\
Every expedition to the International Space Station with its crew, launches and news, open to
everybody. Filters that do not exist are refused, dates say how exact they are, cursors hold while
rows come and go, and the news calendar agrees with the lists of its days in every time zone.
"""

_MAX_FORMAT_CHARS = {"date": 10, "date-time": 35, "uri": 4000}
"""How long text of a format can be."""


def build_openapi(app: FastAPI) -> OpenApiObject:
    """The OpenAPI document of `app`."""
    made = get_openapi(
        title=app.title,
        version=app.version,
        summary=app.summary,
        description=API_DESCRIPTION,
        routes=app.routes,
        tags=app.openapi_tags,
        servers=[
            {
                "url": get_settings().base_url,
                "description": "This archive, local or in production.",
                "x-internal": False,
            }
        ],
        contact={"name": "The maintainers of Zarya", "url": f"{get_settings().base_url}/"},
        license_info={"name": "MIT", "identifier": "MIT"},
    )
    scopes = {route.name: allowed.scope for route, allowed in authenticated_routes(app)}
    for methods in made["paths"].values():
        for method, operation in methods.items():
            name = operation["operationId"]
            complete_operation(method, operation, scopes.get(name), name in scopes)
    components = made["components"]
    components["schemas"] |= dict(extract_patch_schemas(made["paths"]))
    for name, schema in components["schemas"].items():
        if name.endswith("Record"):
            schema.pop("examples", None)  # of what is written; a record has more to it
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
    # A part of a document has a schema for each way, where it may leave out what answers show.
    text = (
        json.dumps(_simplify_schema(made)).replace("Write-Output", "Record").replace("-Input", "")
    )
    document: OpenApiObject = json.loads(text)
    return document


def _simplify_schema(part: Any) -> Any:
    """`part` without made-up titles, with null told by the type, and with its bounds told."""
    if isinstance(part, list):
        return [_simplify_schema(item) for item in part]
    if not isinstance(part, dict):
        return part
    tidied = {
        key: value if key in {"example", "examples"} else _simplify_schema(value)
        for key, value in part.items()
        if not (key == "title" and isinstance(value, str) and _is_schema(part))
    }
    match tidied.get("type"):
        case "integer":
            tidied.setdefault("format", "int32")
        case "string" if tidied.get("format") in _MAX_FORMAT_CHARS:
            tidied.setdefault("maxLength", _MAX_FORMAT_CHARS[tidied["format"]])
    kinds = tidied.get("anyOf", [])
    if len(kinds) == 2 and kinds[1] == {"type": "null"} and isinstance(kinds[0].get("type"), str):
        del tidied["anyOf"]
        tidied = kinds[0] | {"type": [kinds[0]["type"], "null"]} | tidied
    return tidied


def _is_schema(part: OpenApiObject) -> bool:
    return any(key in part for key in ("type", "anyOf", "$ref", "allOf", "properties", "enum"))
