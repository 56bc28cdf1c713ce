"""Routes that read a query string at once.

FastAPI would read it field by field, given or not, which takes as long as the database does.
"""

from collections.abc import Callable, Coroutine
from copy import copy
from dataclasses import replace
from functools import cached_property, wraps
from math import inf
from typing import Any
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, Request, Response
from fastapi.requests import HTTPConnection
from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError

from app.api.params import validate_lang
from app.api.query_strings import query_params_of, reject_unknown_params
from app.domain.languages import LANGUAGES, Language

COMMON_DEPENDENCIES = (reject_unknown_params, validate_lang)
"""The dependencies of every endpoint: they refuse, and tell it nothing."""

_PARSED_QUERY = "zarya.read"
"""Where in the scope of a request is what its query string has been read into."""


class Route(APIRoute):
    """A route whose query string is read at once, and only told of by FastAPI where it is wrong.

    There is one definition of the parameters: their model. As FastAPI reads it, it is documented,
    and refused with every fault in its order; `parse_query` hands the same to it whole.
    """

    @cached_property
    def declared_params(self) -> dict[str, float]:
        """The names of the query parameters, each with how often it may be given."""
        return query_params_of(self.dependant)

    @cached_property
    def query_models(self) -> dict[str, type[BaseModel]]:
        """The model that the query string is read into, by the name of the endpoint's argument."""
        kinds = {field.name: field.field_info.annotation for field in self.dependant.query_params}
        return {
            name: kind
            for name, kind in kinds.items()
            if isinstance(kind, type) and issubclass(kind, BaseModel)
        }

    def parse_query(self, query_string: bytes) -> dict[str, BaseModel] | None:
        """The endpoint's arguments that a query string makes; None where FastAPI has to look."""
        given: dict[str, Any] = {}
        for name, value in parse_qsl(query_string.decode("latin-1"), keep_blank_values=True):
            if self.declared_params.get(name) == inf:
                given.setdefault(name, []).append(value)
            elif name in given or name not in self.declared_params:
                return None
            else:
                given[name] = value
        if given.pop("lang", Language.EN) not in LANGUAGES:
            return None
        try:
            return {name: kind.model_validate(given) for name, kind in self.query_models.items()}
        except ValidationError:
            return None

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        told = super().get_route_handler()
        if hasattr(self, "app"):  # asked for again, by a router that includes this one's, and more
            return told
        answered = super(Route, self._preparsed_route()).get_route_handler()

        async def handle(request: Request) -> Response:
            read = request.scope[_PARSED_QUERY] = self.parse_query(request.scope["query_string"])
            return await (told if read is None else answered)(request)

        return handle

    def _preparsed_route(self) -> "Route":
        """The same route for requests that have been read."""
        asked = self.dependant
        dependencies = [
            below for below in asked.dependencies if below.call not in COMMON_DEPENDENCIES
        ]
        rest = [field for field in asked.query_params if field.name not in self.query_models]
        route = copy(self)
        route.dependant = replace(asked, dependencies=dependencies, query_params=rest)
        if self.query_models:
            route.dependant.call = _inject_parsed_query(self.endpoint)
            route.dependant.http_connection_param_name = "connection"
        return route


def _inject_parsed_query(endpoint: Callable[..., Any]) -> Callable[..., Any]:
    """`endpoint`, of whatever kind it is, handed what its query string has been read into."""

    @wraps(endpoint)  # by which FastAPI tells coroutines from generators and plain functions
    def call(connection: HTTPConnection, **values: Any) -> Any:
        return endpoint(**values, **connection.scope[_PARSED_QUERY])

    return call


class Router(APIRouter):
    """The routes of a resource: strict about parameters, and named as its operations."""

    def __init__(self, route_class: type[Route] = Route, **given: Any) -> None:
        super().__init__(
            route_class=route_class,
            dependencies=[Depends(refuses) for refuses in COMMON_DEPENDENCIES],
            generate_unique_id_function=lambda route: route.name,
            **given,
        )
