"""Public reads: GET requests without a key, made from the routes and the OpenAPI document.

A new route, filter or sort is among them by itself.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlencode

from fastapi import FastAPI
from starlette.routing import Route as StarletteRoute

from app.api.routing import Route
from app.http.paths import get_route_traits

SEARCHES = (
    "s",
    "station " * 25,
    "a " * 100,
    "-" * 200,
    "a-" * 100,
    '"a" ' * 50,
    "天" * 200,
    "o. " * 66,
    "soyuz crew station launch russian nasa progress dragon mission space cargo docking",
    "statoin sojuzz progres dragoon misson lanuch",
    "station -crew -science -cargo -launch -landing -docking -module",
    "-nonesuch",
)
"""Texts that take search the most steps within the limits of a query."""

_UNENDING_OPERATION = "streamEvents"
"""Not priced: its batches are those of `/v1/changes`, and the streams of an address are limited."""

UNPRICED_PARAMS = frozenset({"bom", "cursor", "lang"})
"""Parameters that do not select rows, and cursors: a page after one is read by the sort keys."""

_PAGES = {
    "/archive/{month}": "/archive/2019-04",
    "/desk/web/{version}/{name:path}": "/desk/web/1/desk.js",
    "/docs/assets/{name}": "/docs/assets/docs.css",
    "/docs/examples/{name:path}": "/docs/examples/bot.py",
    "/docs/static/{name:path}": "/docs/static/scalar.js",
    "/docs/{path:path}": "/docs/guides/lists",
    "/media/{content}/{file}": "/media/00000000000000000000000000000000/card.jpg",
    "/preview/{token}": "/preview/unknown",
    "/problems/{name}": "/problems/not-found",
    "/sitemap-articles-{year}.xml": "/sitemap-articles-2019.xml",
    "/v1/articles/archive/{year}/{month}": "/v1/articles/archive/2019/04",
    "/web/{version}/templates.json": "/web/1/templates.json",
    "/web/{version}/{name:path}": "/web/1/style.css",
}
"""Paths of routes with parameters that the OpenAPI document does not describe."""

_EXTREME_DATES = "1961-04-12", "2049-12-31"
_TIME_ZONES = "Europe/Moscow", "Asia/Kathmandu"
"""Offsets of whole hours, and others, for which there are no stored counts."""

_MATCHLESS_VALUES = [
    *(f"nonesuch-{number}" for number in range(50)),
    *(f"{first}{second}" for first in "qxz" for second in "abcdefghijklmnopq"),
    *range(1000, 1050),
]
"""Names, codes and numbers that no record has: a list that is filtered by them may read most."""

Json = Mapping[str, Any]
Query = dict[str, str]


class ReadOperation(NamedTuple):
    """GET of a route, with an example of its path, and its parameters as in OpenAPI."""

    path: str
    parameters: Sequence[Json]
    needs_key: bool


class PublicRead(NamedTuple):
    """GET request without a key."""

    path: str
    query: Query

    @property
    def address(self) -> str:
        """Path and query string."""
        return f"{self.path}?{urlencode(self.query)}".rstrip("?")

    @property
    def is_largest_batch(self) -> bool:
        """True for the largest page of full records, and for whole lists of them."""
        return self.query.get("view") == "full" and not self.query.keys().isdisjoint(
            ("limit", "format")
        )

    @property
    def is_filtered_calendar(self) -> bool:
        """True for a calendar whose counts are not stored."""
        filters = self.query.keys() - {"month", "language"}
        return self.path.endswith("/archive") and bool(filters)


def read_operations(app: FastAPI) -> Iterator[ReadOperation]:
    """Every GET of the API and of the portal, except endless streams and monitoring."""
    documented = {
        path: methods["get"] for path, methods in app.openapi()["paths"].items() if "get" in methods
    }
    examples = {p["name"]: p for each in documented.values() for p in each["parameters"]}
    examples["day"] = examples["published_on"]  # of the portal's calendars
    for path, operation in documented.items():
        if operation["operationId"] != _UNENDING_OPERATION:
            yield _build_operation(path, operation["parameters"], bool(operation["security"]))
    for route in app.routes:
        if isinstance(route, StarletteRoute) and _is_undocumented_read(route):
            names = route.query_params.multiple if isinstance(route, Route) else ()
            parameters = [examples[name] | {"name": name} for name in names if name in examples]
            same = documented.get(f"/v1{route.path}", {"parameters": []})
            parameters += [each for each in same["parameters"] if each["in"] == "path"]
            yield _build_operation(_PAGES.get(route.path, route.path), parameters, False)


def _is_undocumented_read(route: StarletteRoute) -> bool:
    is_read = "GET" in (route.methods or ()) and not route.include_in_schema
    return is_read and not get_route_traits(route).monitoring


def _build_operation(path: str, parameters: Sequence[Json], needs_key: bool) -> ReadOperation:
    values = {each["name"]: each["example"] for each in parameters if each["in"] == "path"}
    query = [each for each in parameters if each["in"] == "query"]
    return ReadOperation(path.format(**values), query, needs_key)


def public_reads(app: FastAPI) -> list[PublicRead]:
    """All public reads: each parameter by itself, then the largest pages."""
    schemas = app.openapi()["components"]["schemas"]
    reads = [
        PublicRead(operation.path, query)
        for operation in read_operations(app)
        if not operation.needs_key
        for query in _queries(operation.parameters, schemas)
    ]
    return list({read.address: read for read in reads}.values())


def _queries(declared: Sequence[Json], schemas: Json) -> Iterator[Query]:
    parameters = {
        each["name"]: list(_values(each, schemas))
        for each in declared
        if each["name"] not in UNPRICED_PARAMS
    }
    required = {each["name"]: each["example"] for each in declared if each["required"]}
    # An archive is an index of months, or the calendar of one, with the same filters.
    for base in ({}, {"month": "2019-04"}) if "month" in parameters else ({},):
        yield required | base
        for name, values in parameters.items():
            yield from (required | base | {name: value} for value in values)
    largest = {name: parameters[name][-1] for name in ("limit", "view") if name in parameters}
    for name in required or ("",):  # the text of a search
        yield from (largest | {name: value} for value in parameters.get(name, ()))
    yield required | largest
    for format_ in parameters.get("format", ()):
        whole = {name: value for name, value in largest.items() if name != "limit"}
        yield required | whole | {"format": format_}


def _values(parameter: Json, schemas: Json) -> Iterator[str]:
    """Values of a parameter that cost most: the largest, the rarest and the most."""
    name, schema = parameter["name"], _resolve(parameter["schema"], schemas)
    if name == "q":
        yield from (text[: schema["maxLength"]].strip() for text in SEARCHES)
    elif name == "tz":
        yield from _TIME_ZONES
    elif "enum" in schema:
        yield from schema["enum"]
    elif schema.get("type") == "boolean":
        yield from ("true", "false")
    elif schema.get("type") == "integer":
        yield str(schema["maximum"])
    elif schema.get("type") == "array":
        yield str(parameter["example"][0])
        yield ",".join(_most_values(schema, _resolve(schema["items"], schemas)))
    else:
        example = parameter["example"]
        yield from (example, *(date[: len(example)] for date in _EXTREME_DATES))


def _most_values(schema: Json, items: Json) -> Sequence[str]:
    if "enum" in items:
        return list(items["enum"])
    kind, pattern = (int if items["type"] == "integer" else str), items.get("pattern", "")
    values = [v for v in _MATCHLESS_VALUES if type(v) is kind and re.search(pattern, str(v))]
    return [str(value) for value in values[: schema["maxItems"]]]


def _resolve(schema: Json, schemas: Json) -> Json:
    """`schema`, or the one that it refers to."""
    reference = schema.get("$ref", "")
    return schemas[reference.rpartition("/")[2]] if reference else schema
