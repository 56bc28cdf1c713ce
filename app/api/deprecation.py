"""The deprecated operations of the API."""

from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts

from app.http.deprecation import DeprecationTable

DEPRECATED_OPERATIONS: DeprecationTable = {}
"""For example `{"listMissions": Deprecation(deprecated_at, sunset_at, docs_url)}`."""


def mark_deprecated(app: FastAPI, table: DeprecationTable = DEPRECATED_OPERATIONS) -> None:
    """Mark the operations in `table` as deprecated in the OpenAPI document of `app`.

    Raises `LookupError` for an operation id that `app` does not have.
    """
    routes = {context.name: context.original_route for context in iter_route_contexts(app.routes)}
    for operation in table:
        route = routes.get(operation)
        if not isinstance(route, APIRoute):
            raise LookupError(f"no operation is called {operation!r}")
        route.deprecated = True
