"""OPTIONS, preflights, cross-origin headers, and an `Allow` that tells the whole truth."""

from collections.abc import Iterable
from functools import lru_cache
from re import Pattern

from fastapi.routing import iter_route_contexts
from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import compile_path
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.errors import no_method, respond

EXPOSED = (
    "ETag, Link, Location, Content-Location, Content-Disposition, RateLimit, RateLimit-Policy, "
    "Retry-After, Deprecation, Sunset, X-Request-ID, Idempotency-Replayed, Accept-Patch, "
    "Accept-Post, WWW-Authenticate"
)
"""What scripts of other origins may read beside the headers that they always may."""

DAY = "86400"


class Methods:
    """ASGI middleware: answers OPTIONS, and lets scripts of any origin read what is public."""

    def __init__(self, app: ASGIApp, routes: Starlette) -> None:
        self.app = app
        self.routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def public(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=list(message["headers"]))
                headers["access-control-allow-origin"] = "*"
                headers["access-control-expose-headers"] = EXPOSED
                if message["status"] == 405:
                    headers["allow"] = ", ".join(self.allowed(scope["path"]))
                message["headers"] = headers.raw
            await send(message)

        methods = self.allowed(scope["path"]) if scope["method"] == "OPTIONS" else []
        app = self._options(scope, methods) if methods else self._refused(scope) or self.app
        await app(scope, receive, public)

    def _refused(self, scope: Scope) -> Response | None:
        """The 405 of an address without a variable part, None where its method works.

        Otherwise PATCH of `/v1/articles/feed.rss` would be that of an article of this slug.
        """
        methods = self._exact().get(scope["path"])
        if methods is None or scope["method"] in methods:
            return None
        error = no_method(scope["method"], scope["path"], **{"Cache-Control": "no-store"})
        return respond(Request(scope), error)

    def _options(self, scope: Scope, methods: list[str]) -> Response:
        headers = {"Allow": ", ".join(methods)}
        asked = Headers(scope=scope)
        if "access-control-request-method" in asked:
            headers |= {
                "Access-Control-Allow-Methods": ", ".join(methods),
                "Access-Control-Allow-Headers": asked.get("access-control-request-headers", "*"),
                "Access-Control-Max-Age": DAY,
            }
        return Response(status_code=204, headers=headers)

    def allowed(self, path: str) -> list[str]:
        """Every method that some route takes for `path`, OPTIONS too; none where no route does."""
        found = set(self._exact().get(path, ()))
        if not found:
            found = {m for regex, methods in self._table() if regex.match(path) for m in methods}
        return sorted(found | {"OPTIONS"}) if found else []

    @lru_cache  # noqa: B019 - as below
    def _exact(self) -> dict[str, set[str]]:
        """The addresses without a variable part: they come before those that have one."""
        found: dict[str, set[str]] = {}
        for context in iter_route_contexts(self.routes.routes):
            if context.path is not None and "{" not in context.path:
                found.setdefault(context.path, set()).update(_with_head(context.methods or ()))
        return found

    @lru_cache  # noqa: B019 - one for each application, as long-lived as it is
    def _table(self) -> list[tuple[Pattern[str], set[str]]]:
        return [
            (compile_path(context.path)[0], _with_head(context.methods or ()))
            for context in iter_route_contexts(self.routes.routes)
            if context.path is not None
        ]


def _with_head(methods: Iterable[str]) -> set[str]:
    found = set(methods)
    return found | {"HEAD"} if "GET" in found else found
