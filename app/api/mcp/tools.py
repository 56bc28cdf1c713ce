"""Tools of the MCP server: operations of the API, with their schemas from the OpenAPI document."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import quote, urlencode

from app.api.mcp.in_process_client import ApiRequest

JsonObject = dict[str, Any]

_READ_OPERATIONS = {
    "search": "search",
    "getMissionPage": "mission_page",
    "getStation": "station_on_day",
    "listTimeline": "timeline",
    "listChanges": "changes_since",
}
"""Names of the tools that read, by operation, besides the lists and single records."""

_REFERENCE_PREFIX = "#/components/schemas/"
_LEFT_OUT_PARAMS = {"format", "bom", "Idempotency-Key"}


@dataclass(frozen=True)
class Tool:
    """One operation of the API as a tool."""

    name: str
    operation: JsonObject
    """Operation object of the OpenAPI document."""
    method: str
    path: str
    input_schema: JsonObject

    @property
    def is_write(self) -> bool:
        """True for an operation that changes data, which needs an API key."""
        return self.method != "GET"

    @property
    def description(self) -> str:
        """Summary and description of the operation."""
        return f"{self.operation['summary']}. {self.operation['description']}"

    @cached_property
    def _locations(self) -> dict[str, str]:
        return {each["name"]: each["in"] for each in self.operation["parameters"]}

    def build_request(self, arguments: Mapping[str, Any]) -> ApiRequest:
        """The request of the operation. The API itself refuses unknown and wrong arguments."""
        path, headers, query = self.path, dict[str, str](), list[tuple[str, str]]()
        content = self.operation.get("requestBody", {}).get("content", {})
        for name, value in arguments.items():
            if value is None or (name == "body" and content):
                continue  # agents send null for what they leave out
            values = [_format_value(v) for v in (value if isinstance(value, list) else [value])]
            match self._locations.get(name):
                case "path":
                    path = path.replace(f"{{{name}}}", quote(",".join(values), safe=""))
                case "header":
                    headers[name] = ",".join(values)
                case _:
                    query += [(name, each) for each in values]
        if not content:
            return ApiRequest(self.method, path, urlencode(query), headers)
        headers["Content-Type"] = next(iter(content))
        body = json.dumps(arguments.get("body")).encode()
        return ApiRequest(self.method, path, urlencode(query), headers, body)


def build_tools(document: JsonObject) -> dict[str, Tool]:
    """The tools by name, from the OpenAPI document `document`.

    Tools are the operations of `_READ_OPERATIONS`, and the lists, reads and writes of records.
    """
    schemas, collections = document["components"]["schemas"], find_collections(document)
    tools = {}
    for path, method, operation in _iter_operations(document):
        id_, collection = operation["operationId"], path.split("/")[2]
        is_public_read = path in {f"/v1/{collection}", f"/v1/{collection}/{{slug}}"}
        is_write = method != "get" and bool(operation["security"])
        if id_ in _READ_OPERATIONS or (collection in collections and (is_public_read or is_write)):
            name = _READ_OPERATIONS.get(id_) or _to_snake_case(id_)
            schema = _build_input_schema(operation, schemas)
            tools[name] = Tool(name, operation, method.upper(), path, schema)
    return tools


def find_collections(document: JsonObject) -> dict[str, str]:
    """Collections of records that can be read by slug, such as `launches`, with descriptions."""
    found = {}
    for path, method, operation in _iter_operations(document):
        collection = path.split("/")[2]
        if method == "get" and path == f"/v1/{collection}/{{slug}}":
            found[collection] = operation["description"]
    return found


def _iter_operations(document: JsonObject) -> Iterator[tuple[str, str, JsonObject]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def _to_snake_case(name: str) -> str:
    return "".join(f"_{char.lower()}" if char.isupper() else char for char in name)


def _build_input_schema(operation: JsonObject, schemas: JsonObject) -> JsonObject:
    """The JSON schema of the arguments: parameters, and the body as `body`."""
    properties, required = {}, []
    for parameter in operation["parameters"]:
        if parameter["name"] in _LEFT_OUT_PARAMS:
            continue
        schema = {**parameter["schema"], "description": parameter["description"]}
        properties[parameter["name"]] = _inline_references(schema, schemas)
        if parameter["required"]:
            required.append(parameter["name"])
    if body := operation.get("requestBody"):
        content = next(iter(body["content"].values()))
        properties["body"] = _inline_references(content["schema"], schemas)
        required.append("body")
    return {"type": "object", "properties": properties, "required": required}


def _inline_references(value: Any, schemas: JsonObject) -> Any:
    """`value` with the schemas in place of the references to them."""
    if isinstance(value, list):
        return [_inline_references(each, schemas) for each in value]
    if not isinstance(value, dict):
        return value
    if reference := value.get("$ref"):
        schema = schemas[reference.removeprefix(_REFERENCE_PREFIX)]
        rest = {name: each for name, each in value.items() if name != "$ref"}
        return _inline_references({**schema, **rest}, schemas)
    return {name: _inline_references(each, schemas) for name, each in value.items()}


def _format_value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value).encode(errors="replace").decode()  # JSON may contain lone surrogates
