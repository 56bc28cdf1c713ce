"""`/mcp`: the MCP server over streamable HTTP, if the extra `zarya[mcp]` is installed."""

from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from typing import Any

from anyio import to_thread
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from app.api.mcp.calls import ApiAnswer, ApiCall, call_api

MCP_PATH = "/mcp"

_PASSED_HEADERS = ("authorization", "accept-language")
"""Headers of a request to the server that its calls of the API have, too."""


class McpEndpoint:
    """ASGI application at `/mcp`: calls `routes` for each tool, with the key of the request."""

    def __init__(
        self, routes: Callable[[], ASGIApp], load_document: Callable[[], dict[str, Any]]
    ) -> None:
        self._routes = routes
        self._load_server = cache(lambda: build_agent_server(load_document()))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        agents = await to_thread.run_sync(self._load_server)
        headers = Headers(scope=scope)
        passed = {name: headers[name] for name in _PASSED_HEADERS if name in headers}
        call = build_caller(self._routes(), passed, scope)
        server = agents.build(call, can_write="authorization" in headers)
        await import_module("app.api.mcp.server").serve_http(server, scope, receive, send)


def build_agent_server(document: dict[str, Any]) -> Any:
    """The `AgentServer` of an OpenAPI document. Raises ImportError without the extra."""
    return import_module("app.api.mcp.server").AgentServer(document, document["info"]["version"])


def build_caller(routes: ASGIApp, headers: Mapping[str, str], scope: Mapping[str, Any]) -> Any:
    """A function that calls the API with `headers`, as part of the request with `scope`."""

    async def call(api_call: ApiCall) -> ApiAnswer:
        own = ApiCall(
            api_call.method,
            api_call.path,
            api_call.query,
            {**headers, **api_call.headers},
            api_call.body,
        )
        return await call_api(routes, own, scope)

    return call
