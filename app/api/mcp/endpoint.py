"""`/mcp`: the MCP server over streamable HTTP, if the extra `zarya[mcp]` is installed."""

from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any

from anyio import to_thread
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from app.api.mcp.in_process_client import build_sender
from app.http.credentials import find_credential

MCP_PATH = "/mcp"

_PASSED_HEADERS = ("authorization", "cookie", "x-csrf-token", "accept-language")
"""Headers of a request to the server that its calls of the API have, too."""

_SEPARATORS = {"cookie": "; "}
"""Separators of repeated headers, if it is not a comma: HTTP/2 divides `Cookie`."""


class McpEndpoint:
    """ASGI application at `/mcp`: calls the API for each tool, with the key of the request."""

    def __init__(
        self, get_api: Callable[[], ASGIApp], load_document: Callable[[], dict[str, Any]]
    ) -> None:
        self._get_api = get_api
        self._load_factory = cache(lambda: build_server_factory(load_document()))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        factory = await to_thread.run_sync(self._load_factory)
        headers = Headers(scope=scope)
        passed = {
            name: _SEPARATORS.get(name, ", ").join(values)
            for name in _PASSED_HEADERS
            if (values := headers.getlist(name))
        }
        send_request = build_sender(self._get_api(), passed, scope)
        server = factory.build(
            send_request, can_write=find_credential(scope["headers"]) is not None
        )
        await import_module("app.api.mcp.server").serve_http(server, scope, receive, send)


def build_server_factory(document: dict[str, Any]) -> Any:
    """The `McpServerFactory` for an OpenAPI document. Raises ImportError without the extra."""
    return import_module("app.api.mcp.server").McpServerFactory(
        document, document["info"]["version"]
    )
