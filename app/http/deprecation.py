"""What is on its way out: one table, from which headers and the OpenAPI document both tell."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send


@dataclass(frozen=True)
class Deprecation:
    """Since when something is deprecated, when it ends, and where to read what to do (RFC 9745)."""

    deprecated_at: datetime
    sunset_at: datetime
    docs_url: str

    def headers(self) -> dict[str, str]:
        """The headers that tell of it (RFC 9745 and RFC 8594)."""
        return {
            "Deprecation": f"@{int(self.deprecated_at.timestamp())}",
            "Sunset": format_datetime(self.sunset_at, usegmt=True),
            "Link": f'<{self.docs_url}>; rel="deprecation"; type="text/html"',
        }


DeprecationTable = Mapping[str, Deprecation]

DEPRECATED_OPERATIONS: DeprecationTable = {}
"""By operation id: `{"listMissions": Deprecation(since, sunset, guide)}`."""


def mark_deprecated(app: FastAPI, table: DeprecationTable = DEPRECATED_OPERATIONS) -> None:
    """Flag the operations of `table` in the OpenAPI document of `app`; refuse ids it has not."""
    routes = {context.name: context.original_route for context in iter_route_contexts(app.routes)}
    for operation in table:
        route = routes.get(operation)
        if not isinstance(route, APIRoute):
            raise LookupError(f"no operation is called {operation!r}")
        route.deprecated = True


class DeprecationMiddleware:
    """ASGI middleware: tells of deprecation in the headers of each answer concerned."""

    def __init__(self, app: ASGIApp, table: DeprecationTable = DEPRECATED_OPERATIONS) -> None:
        self.app = app
        self.table = table

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def told(message: Message) -> None:
            row = self.table.get(getattr(scope.get("route"), "name", ""))
            if message["type"] == "http.response.start" and row:
                headers = MutableHeaders(raw=list(message["headers"]))
                for name, value in row.headers().items():
                    headers.append(name, value)
                message["headers"] = headers.raw
            await send(message)

        await self.app(scope, receive, told if scope["type"] == "http" and self.table else send)
