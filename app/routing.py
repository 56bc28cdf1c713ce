"""Routers that are passed by at once where a path cannot be theirs.

FastAPI asks one router after the other, and each compares every one of its routes: the last of many
would cost more to find than it costs to answer.
"""

from functools import cached_property

from fastapi import APIRouter
from starlette.routing import Match, Route
from starlette.types import Scope


class Router(APIRouter):
    """A router of a few addresses that begin alike."""

    @cached_property
    def _beginnings(self) -> tuple[str, ...]:
        """What the paths of the routes begin with, up to their variable parts."""
        paths = (route.path for route in self.routes if isinstance(route, Route))
        return tuple({path.partition("{")[0] for path in paths})

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Whether a route is for `scope`, which is looked for only where one may be."""
        if not scope["path"].startswith(self._beginnings):
            return Match.NONE, {}
        return super().matches(scope)
