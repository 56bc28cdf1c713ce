"""Traits of routes that layers outside the router depend on.

They are declared at the endpoint. Layers that run before routing get the paths with a trait at
start-up; layers that run after it read the traits of the matched path from the scope.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from starlette.routing import BaseRoute, Route

ROUTE_TRAITS_KEY = "zarya.route_traits"
"""The key of the matched path's `RouteTraits` in the ASGI scope."""

E = TypeVar("E", bound=Callable[..., Any])


@dataclass(frozen=True)
class RouteTraits:
    """Properties of one route."""

    monitoring: bool = False
    """Polled by machines: no rate limit, load shedding or cache, and no line in the access log
    unless it fails."""
    english_only: bool = False
    """The content is in English or for programs; errors are in the language of the request."""
    json_errors: bool = False
    """Errors under the first segment of the path are JSON, even if the client prefers HTML. This
    also holds for every route in the OpenAPI document."""
    max_upload_bytes: int = 0
    """Maximum size of a file in the body of a POST with credentials. 0: the limit of all bodies."""
    signs_in: bool = False
    """A POST with a key in its body: a 401 counts as a wrong key."""
    reads_files: bool = False
    """The response is a file, not data of the database: it takes no slot of other reads, and the
    first request may make it, which takes longer than most reads."""


NO_TRAITS = RouteTraits()


def route_traits(
    *,
    monitoring: bool = False,
    english_only: bool = False,
    json_errors: bool = False,
    max_upload_bytes: int = 0,
    signs_in: bool = False,
    reads_files: bool = False,
) -> Callable[[E], E]:
    """A decorator that declares the `RouteTraits` of an endpoint."""

    def declare(endpoint: E) -> E:
        traits = RouteTraits(
            monitoring, english_only, json_errors, max_upload_bytes, signs_in, reads_files
        )
        endpoint.route_traits = traits  # type: ignore[attr-defined]  # on a function
        return endpoint

    return declare


def get_route_traits(route: BaseRoute) -> RouteTraits:
    """The traits of `route`."""
    traits: RouteTraits = getattr(getattr(route, "endpoint", None), "route_traits", NO_TRAITS)
    return traits


def monitoring_paths(routes: Iterable[BaseRoute]) -> frozenset[str]:
    """The paths of the monitoring routes."""
    return frozenset(
        route.path
        for route in routes
        if isinstance(route, Route) and get_route_traits(route).monitoring
    )


def upload_limits(routes: Iterable[BaseRoute]) -> dict[str, int]:
    """The paths of the routes that accept uploads, with the maximum size of a body in bytes."""
    return {
        route.path: limit
        for route in routes
        if isinstance(route, Route) and (limit := get_route_traits(route).max_upload_bytes)
    }


def sign_in_paths(routes: Iterable[BaseRoute]) -> frozenset[str]:
    """The paths of the routes that sign in."""
    return frozenset(
        route.path
        for route in routes
        if isinstance(route, Route) and get_route_traits(route).signs_in
    )


def file_prefixes(routes: Iterable[BaseRoute]) -> tuple[str, ...]:
    """The parts of the paths of files before their parameters, such as `/media/`."""
    return tuple(
        route.path.partition("{")[0]
        for route in routes
        if isinstance(route, Route) and get_route_traits(route).reads_files
    )


def json_error_prefixes(routes: Iterable[BaseRoute]) -> tuple[str, ...]:
    """The prefixes of paths, such as `/v1/`, where errors are always JSON."""
    segments = {
        route.path.split("/")[1]
        for route in routes
        if isinstance(route, Route)
        and (route.include_in_schema or get_route_traits(route).json_errors)
    }
    return tuple(f"/{segment}/" for segment in sorted(segments))
