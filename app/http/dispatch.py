"""Where requests go: by their address first, then by their method."""

from collections.abc import Iterable

from fastapi import APIRouter
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Route, compile_path
from starlette.types import Receive, Scope, Send

_PREFLIGHT_MAX_AGE_SECONDS = "86400"


class _PathEntry:
    """An address, maybe with variable parts, and what may be done there."""

    def __init__(self, path: str) -> None:
        self.prefix, self.has_params, _ = path.partition("{")
        self.path_regex = compile_path(path)[0]
        self.router = APIRouter(redirect_slashes=False)
        self.methods = {"OPTIONS"}

    def add_route(self, route: Route) -> None:
        self.router.routes.append(route)
        self.methods |= route.methods or set()
        if "GET" in self.methods:
            self.methods.add("HEAD")

    @property
    def allow_header(self) -> str:
        return ", ".join(sorted(self.methods))


class PathDispatcher(BaseRoute):
    """One route before all others, which finds theirs without asking each of them.

    An address without variable parts comes before those that have one, whatever its methods:
    otherwise PATCH of `/v1/articles/feed.rss` would be that of an article of this slug. OPTIONS is
    answered here, and `Allow` tells the whole truth.
    """

    def __init__(self, routes: Iterable[BaseRoute]) -> None:
        found: dict[str, _PathEntry] = {}
        for route in routes:
            if isinstance(route, Route):
                found.setdefault(route.path, _PathEntry(route.path)).add_route(route)
        self._static_paths = {path: at for path, at in found.items() if not at.has_params}
        self._dynamic_paths = [at for at in found.values() if at.has_params]

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Every request is for here: what has no address has none elsewhere."""
        return (Match.FULL if scope["type"] == "http" else Match.NONE), {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request to the route that it is for."""
        at = self._find_entry(scope["path"])
        if at is None:
            raise HTTPException(404)
        if scope["method"] == "OPTIONS":
            await _options_response(scope, at.allow_header)(scope, receive, send)
        elif scope["method"] not in at.methods:
            raise HTTPException(405, headers={"Allow": at.allow_header})
        else:
            await at.router(scope, receive, send)

    def _find_entry(self, path: str) -> _PathEntry | None:
        if exact := self._static_paths.get(path):
            return exact
        fitting = (at for at in self._dynamic_paths if path.startswith(at.prefix))
        return next((at for at in fitting if at.path_regex.match(path)), None)


def _options_response(scope: Scope, allowed: str) -> Response:
    headers = {"Allow": allowed}
    asked = Headers(scope=scope)
    if "access-control-request-method" in asked:
        headers |= {
            "Access-Control-Allow-Methods": allowed,
            "Access-Control-Allow-Headers": asked.get("access-control-request-headers", "*"),
            "Access-Control-Max-Age": _PREFLIGHT_MAX_AGE_SECONDS,
        }
    return Response(status_code=204, headers=headers)
