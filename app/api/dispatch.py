"""Dispatch of requests: by path first, then by method."""

import re
from collections.abc import Iterable

from fastapi import APIRouter
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Route, compile_path
from starlette.types import Receive, Scope, Send

from app.http.cors import preflight_headers
from app.http.paths import NO_TRAITS, ROUTE_TRAITS_KEY, get_route_traits
from app.http.problems import SlugRenamed

_REPLACEMENT_CHARACTER = "\ufffd"
"""Replacement character: servers decode bytes to it that are not UTF-8. No path contains it."""

_CAPITAL_PATH_PATTERN = re.compile("(?=.*[A-Z])(/[A-Za-z0-9.-]+)+")
"""Paths of slugs that are wrong only in capital letters, such as `/v1/missions/ISS-59`."""


class _PathEntry:
    """One path, with or without parameters, and its routes by method."""

    def __init__(self, path: str) -> None:
        self.prefix, brace, _ = path.partition("{")
        self.has_params = bool(brace)
        self.has_slug = "{slug}" in path
        self.path_regex = compile_path(path)[0]
        self.router = APIRouter(redirect_slashes=False)
        self.methods = {"OPTIONS"}
        self.traits = NO_TRAITS

    def add_route(self, route: Route) -> None:
        self.router.routes.append(route)
        self.methods |= route.methods or set()
        if "GET" in self.methods:
            self.methods.add("HEAD")
        if self.traits == NO_TRAITS:
            self.traits = get_route_traits(route)

    @property
    def allow_header(self) -> str:
        return ", ".join(sorted(self.methods))


class PathDispatcher(BaseRoute):
    """The first route of the application: finds the others without trying each of them.

    A path without parameters takes precedence over those with parameters for every method;
    otherwise `PATCH /v1/articles/feed.rss` would change an article with that slug. OPTIONS is
    answered here, and `Allow` lists all methods of the path.
    """

    def __init__(self, routes: Iterable[BaseRoute]) -> None:
        entries: dict[str, _PathEntry] = {}
        for route in routes:
            if isinstance(route, Route):
                entries.setdefault(route.path, _PathEntry(route.path)).add_route(route)
        self._static_paths = {path: e for path, e in entries.items() if not e.has_params}
        self._dynamic_paths = [entry for entry in entries.values() if entry.has_params]

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Match every HTTP request: a path that is not found here does not exist."""
        return (Match.FULL if scope["type"] == "http" else Match.NONE), {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request to its route.

        Raises `HTTPException` with status 404 or 405, and SlugRenamed to read a path of a slug with
        capital letters.
        """
        path: str = scope["path"]
        entry = self._find_entry(path)
        if entry is None or _REPLACEMENT_CHARACTER in path:
            raise HTTPException(404)
        is_read = scope["method"] in {"GET", "HEAD"}
        if entry.has_slug and is_read and _CAPITAL_PATH_PATTERN.fullmatch(path):
            raise SlugRenamed(path[1:], path[1:].lower())
        scope[ROUTE_TRAITS_KEY] = entry.traits
        if scope["method"] == "OPTIONS":
            preflight = preflight_headers(Headers(scope=scope), entry.allow_header)
            headers = {"Allow": entry.allow_header} | preflight
            await Response(status_code=204, headers=headers)(scope, receive, send)
        elif scope["method"] not in entry.methods:
            raise HTTPException(405, headers={"Allow": entry.allow_header})
        else:
            await entry.router(scope, receive, send)

    def _find_entry(self, path: str) -> _PathEntry | None:
        if exact := self._static_paths.get(path):
            return exact
        candidates = (entry for entry in self._dynamic_paths if path.startswith(entry.prefix))
        return next((entry for entry in candidates if entry.path_regex.match(path)), None)
