"""Deprecation headers (RFC 9745, RFC 8594) of operations that will be removed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send


@dataclass(frozen=True)
class Deprecation:
    """The dates of a deprecation, and the page that explains how to migrate."""

    deprecated_at: datetime
    sunset_at: datetime
    docs_url: str

    def headers(self) -> dict[str, str]:
        """The headers `Deprecation`, `Sunset` and `Link`."""
        return {
            "Deprecation": f"@{int(self.deprecated_at.timestamp())}",
            "Sunset": format_datetime(self.sunset_at, usegmt=True),
            "Link": f'<{self.docs_url}>; rel="deprecation"; type="text/html"',
        }


DeprecationTable = Mapping[str, Deprecation]
"""Deprecations by operation id."""


class DeprecationMiddleware:
    """ASGI middleware: adds the headers of a deprecation to the responses of its operation."""

    def __init__(self, app: ASGIApp, table: DeprecationTable) -> None:
        self.app = app
        self.table = table

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_deprecation(message: Message) -> None:
            deprecation = self.table.get(getattr(scope.get("route"), "name", ""))
            if message["type"] == "http.response.start" and deprecation:
                headers = MutableHeaders(raw=list(message["headers"]))
                for name, value in deprecation.headers().items():
                    headers.append(name, value)
                message["headers"] = headers.raw
            await send(message)

        is_http = scope["type"] == "http"
        await self.app(scope, receive, send_with_deprecation if is_http and self.table else send)
