"""MCP server by the official SDK. Needs the extra `zarya[mcp]`.

The module that imports the SDK, which takes a second: it is imported for the first MCP request.
"""

import json
import logging
from typing import Any

from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.shared.exceptions import MCPError
from mcp.types import (
    INVALID_PARAMS,
    CallToolRequestParams,
    CallToolResult,
    ListResourcesResult,
    ListResourceTemplatesResult,
    ListToolsResult,
    PaginatedRequestParams,
    ReadResourceRequestParams,
    ReadResourceResult,
    Resource,
    ResourceTemplate,
    TextContent,
    TextResourceContents,
    ToolAnnotations,
)
from mcp.types import Tool as ToolDescription
from starlette.types import Receive, Scope, Send

from app.api.mcp.in_process_client import ApiRequest, ApiResponse, SendRequest
from app.api.mcp.tools import JsonObject, Tool, build_tools, find_collections

_URI_PREFIX = "zarya://"

_INSTRUCTIONS = (
    "Zarya is the archive of the International Space Station: missions, people, launches, modules, "
    "stays, spacewalks and news. Records are identified by slugs, which `search` finds. Dates have "
    "a precision: what is finer is unknown. To change a record, send its `version` in `If-Match`, "
    'in quotes: `"7"`.'
)

logging.getLogger("mcp").setLevel(logging.WARNING)


class McpServerFactory:
    """Builds an MCP server for one client."""

    def __init__(self, document: JsonObject, version: str) -> None:
        self._tools = build_tools(document)
        self._collections = find_collections(document)
        self._version = version

    def build(self, send_request: SendRequest, *, can_write: bool) -> Server[Any]:
        """The server of one client; tools that write are listed with `can_write` only."""
        tools = {n: tool for n, tool in self._tools.items() if can_write or not tool.is_write}

        async def list_tools(_context: Any, _params: PaginatedRequestParams | None) -> Any:
            return ListToolsResult(tools=[_describe_tool(each) for each in tools.values()])

        async def call_tool(_context: Any, params: CallToolRequestParams) -> CallToolResult:
            if params.name not in tools:
                raise MCPError(INVALID_PARAMS, f"There is no tool {params.name!r}.")
            response = await send_request(tools[params.name].build_request(params.arguments or {}))
            return _build_tool_result(response)

        async def list_resources(_context: Any, _params: PaginatedRequestParams | None) -> Any:
            index = Resource(uri=_URI_PREFIX, name="index", description="Links to all collections.")
            return ListResourcesResult(resources=[index])

        async def list_templates(_context: Any, _params: PaginatedRequestParams | None) -> Any:
            templates = [
                ResourceTemplate(
                    uri_template=f"{_URI_PREFIX}{collection}/{{slug}}",
                    name=collection,
                    description=description,
                    mime_type="application/json",
                )
                for collection, description in self._collections.items()
            ]
            return ListResourceTemplatesResult(resource_templates=templates)

        async def read_resource(_context: Any, params: ReadResourceRequestParams) -> Any:
            path = params.uri.removeprefix(_URI_PREFIX).strip("/")
            collection, _, slug = path.partition("/")
            is_known = not path or (collection in self._collections and slug and "/" not in slug)
            if not params.uri.startswith(_URI_PREFIX) or not is_known:
                raise MCPError(INVALID_PARAMS, f"There is no resource {params.uri!r}.")
            response = await send_request(ApiRequest("GET", f"/v1/{path}".rstrip("/")))
            if response.is_error:
                raise MCPError(INVALID_PARAMS, _describe_error(response))
            contents = TextResourceContents(
                uri=params.uri, mime_type="application/json", text=response.body.decode()
            )
            return ReadResourceResult(contents=[contents])

        return Server(
            "zarya",
            version=self._version,
            instructions=_INSTRUCTIONS,
            on_list_tools=list_tools,
            on_call_tool=call_tool,
            on_list_resources=list_resources,
            on_list_resource_templates=list_templates,
            on_read_resource=read_resource,
        )


def _describe_tool(tool: Tool) -> ToolDescription:
    return ToolDescription(
        name=tool.name,
        title=tool.operation["summary"],
        description=tool.description,
        input_schema=tool.input_schema,
        annotations=ToolAnnotations(
            read_only_hint=not tool.is_write, destructive_hint=tool.method == "DELETE"
        ),
    )


def _build_tool_result(response: ApiResponse) -> CallToolResult:
    """The result of a tool: a response or a problem, as text, and as JSON if it is an object."""
    text = _get_text(response)
    return CallToolResult(
        content=[TextContent(text=text)],
        structured_content=_parse_object(text),
        is_error=response.is_error,
    )


def _describe_error(response: ApiResponse) -> str:
    """The detail of a problem or redirect, or the whole text without one."""
    text = _get_text(response)
    return str((_parse_object(text) or {}).get("detail", text))


def _get_text(response: ApiResponse) -> str:
    """The body of a response; if it is empty, a JSON object with the status."""
    if response.body:
        return response.body.decode()
    value: JsonObject = {"status": response.status}
    if response.is_redirect:
        value["detail"] = f"The record is now at {response.location}. Use the slug in this URL."
    return json.dumps(value)


def _parse_object(text: str) -> JsonObject | None:
    """The JSON object in `text`; None for another value or a file."""
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


async def serve_http(server: Server[Any], scope: Scope, receive: Receive, send: Send) -> None:
    """Answer one request of the streamable HTTP transport, without sessions."""
    manager = StreamableHTTPSessionManager(server, json_response=True, stateless=True)
    async with manager.run():
        await manager.handle_request(scope, receive, send)


async def serve_stdio(server: Server[Any]) -> None:
    """Answer requests on standard input until it ends."""
    async with stdio_server() as (incoming, outgoing):
        await server.run(incoming, outgoing, server.create_initialization_options())
