"""Query string parsing: the fast parser returns the same as FastAPI, or leaves it to FastAPI."""

import asyncio
import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from random import Random
from typing import Any, get_args
from urllib.parse import quote_plus, urlencode
from uuid import UUID

import pytest
from fastapi import Depends, FastAPI, HTTPException, Request, Response, params
from fastapi.dependencies.models import Dependant
from fastapi.responses import PlainTextResponse
from fastapi.routing import iter_route_contexts, request_response
from pydantic import BaseModel, ValidationError

from app.api import error_handlers
from app.api.query_strings import QueryParams, reject_unknown_params
from app.api.routing import Route, Router, authenticated_routes
from app.config import Settings
from app.domain.languages import LANGUAGES
from app.main import create_app

STRINGS = 60
"""Number of random query strings per route."""

VALUES = (
    " 20 0 -1 1,2 x true False 1 json csv full en ru de en,ru iss-59 ISS_59 iss-59,iss-60 , a,,b "
    "2019-04 2019-13 2019-04-04 2019-02-29 2019-04-04T11:01:35Z 2019-04-04T11:01:35+03:00 "
    "9999-12-31 Europe/Moscow Mars active planned draft open SC commander keys:admin create update "
    "-published_at -number -launch_at -name -at -deleted_at -count crews null [] {} "
    "Гагарин Соуз\x00 \ud800 %41 a&b=c 99999999999999999999 soyuz baikonur mission person agency "
    "US node docking 04-12 kind -arrived_at -starts_at attached_at at created_at family country "
    "government version -version"
).split(" ")


@dataclass(frozen=True)
class RandomRequests:
    """Path of a route, and valid values of its parameters."""

    path: str
    fitting: dict[str, list[str]]

    def query(self, random: Random) -> str:
        """Random query string, mostly of valid values."""
        pairs = []
        for _ in range(random.choice([0, 1, 1, 2, 3])):
            if random.random() < 0.05:
                pairs.append(random.choice(["nothing=1", "lang=de", "lang=", "utm_x", ""]))
                continue
            name = random.choice(list(self.fitting))
            value = random.choice(self.fitting[name] if random.random() < 0.8 else VALUES)
            pair = f"{name}={quote_plus(value, errors='surrogatepass')}"
            pairs += [pair] * random.choice([1, 1, 1, 1, 2])
        return "&".join(pairs)


class UnparsedParams(QueryParams):
    """Declared parameters that FastAPI always parses."""

    def parse(self, query_string: bytes) -> None:
        return None


class FastApiRoute(Route):
    """A route whose query string FastAPI parses."""

    @cached_property
    def query_params(self) -> QueryParams:
        return UnparsedParams(**vars(super().query_params))


class CarelessParams(QueryParams):
    """Declared parameters with wrong parsing: last value only, blank values ignored."""

    def parse(self, query_string: bytes) -> dict[str, BaseModel] | None:
        pairs = dict(pair.split("=") for pair in query_string.decode().split("&") if "=" in pair)
        return super().parse("&".join(f"{k}={v}" for k, v in pairs.items() if v).encode())


class CarelessRoute(Route):
    """Positive control: a route that parses its query string differently from FastAPI."""

    @cached_property
    def query_params(self) -> QueryParams:
        return CarelessParams(**vars(super().query_params))


@pytest.fixture(scope="module")
def routes(tmp_path_factory: pytest.TempPathFactory) -> list[Route]:
    """All routes of the service with query parameters."""
    folder = tmp_path_factory.mktemp("routing")
    app = create_app(Settings(database_url=f"sqlite:///{folder}/unused.db"))
    return [route for route in app.routes if isinstance(route, Route) and route.query_params.models]


def fitting(route: Route) -> Iterator[tuple[str, list[str]]]:
    """Parameters of `route`, with those of `VALUES` that they accept."""
    (model,) = route.query_params.models.values()
    yield "lang", list(LANGUAGES)
    for name in model.model_fields:
        yield name, [value for value in VALUES if fits(model, **valid_params(route, name, value))]


def valid_params(route: Route, name: str, value: str) -> dict[str, Any]:
    """Parameter `name` with `value`, and the required parameters of `route`."""
    (model,) = route.query_params.models.values()
    needed = {name: "2019-04" for name, field in model.model_fields.items() if field.is_required()}
    return needed | {name: [value] if route.query_params.multiple[name] else value}


def fits(model: type[BaseModel], **values: Any) -> bool:
    """True if `model` accepts `values`."""
    try:
        model.model_validate(values)
    except ValidationError:
        return False
    return True


def echo_endpoint(endpoint: Callable[..., Any]) -> Callable[..., Any]:
    """Endpoint with the parameters of `endpoint` that returns their values as text."""

    async def show(**values: Any) -> Response:
        parts = {
            name: (value, value.model_fields_set) if isinstance(value, BaseModel) else value
            for name, value in sorted(values.items())
        }
        return PlainTextResponse(ascii(parts))

    signature = inspect.signature(endpoint, eval_str=True)
    query_parameters = [
        parameter
        for parameter in signature.parameters.values()
        if parameter.annotation not in {Request, Response}
        and not any(isinstance(part, params.Depends) for part in get_args(parameter.annotation))
    ]
    show.__signature__ = signature.replace(  # type: ignore[attr-defined]  # read by FastAPI
        parameters=query_parameters, return_annotation=Response
    )
    return show


def service(routes: list[Route], kind: type[Route]) -> FastAPI:
    """Application with the paths of `routes`, as routes of class `kind`."""
    router = Router(kind)
    for route in routes:
        router.add_api_route(route.path, echo_endpoint(route.endpoint), name=route.name)
    app = FastAPI(routes=router.routes)
    error_handlers.add_exception_handlers(app)
    return app


async def get_response(app: FastAPI, path: str, query: str) -> tuple[int, bytes]:
    """Status and body of the response of `app`."""
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "query_string": query.encode("latin-1"),
        "headers": [],
        "state": {"request_id": UUID(int=0)},
    }
    await app(scope, receive, send)
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:])


async def compare(routes: list[Route], kind: type[Route]) -> tuple[list[str], list[int]]:
    """URLs for which `kind` differs from FastAPI, and all statuses."""
    random = Random(7)
    ours, theirs = service(routes, kind), service(routes, FastApiRoute)
    differing, statuses = [], []
    for route in routes:
        requests = RandomRequests(route.path, dict(fitting(route)))
        for _ in range(STRINGS):
            path, query = requests.path, requests.query(random)
            slug = random.choice(["iss-59", "iss-59", "ISS_59"])
            path = path.replace("{collection}", "missions").replace("{slug}", slug)
            path = path.replace("{year}", "2019").replace("{month}", "4")
            expected = await get_response(theirs, path, query)
            statuses.append(expected[0])
            if await get_response(ours, path, query) != expected:
                differing.append(f"{path}?{query}")
    return differing, statuses


@pytest.mark.slow
def test_parsed_query_equals_that_of_fastapi(routes: list[Route]) -> None:
    assert len(routes) > 25
    differing, statuses = asyncio.run(compare(routes, Route))
    assert differing == []
    assert set(statuses) == {200, 422}
    assert min(statuses.count(200), statuses.count(422)) > len(statuses) / 4


@pytest.mark.slow
def test_different_parsing_is_found(routes: list[Route]) -> None:
    """Positive control."""
    differing, _ = asyncio.run(compare(routes, CarelessRoute))
    assert any("=&" in address or address.endswith("=") for address in differing)
    assert len(differing) > len(routes)


@pytest.mark.slow
def test_valid_parameters_are_parsed_without_fastapi(routes: list[Route]) -> None:
    """Each parameter alone, with each valid value."""
    for route in routes:
        for name, values in fitting(route):
            assert values, f"no value here fits {name}"
            for value in values:
                query = urlencode(
                    valid_params(route, name, value), doseq=True, errors="surrogatepass"
                )
                assert route.query_params.parse(query.encode()) is not None, f"{route.path}?{query}"


def test_included_router_keeps_its_dependencies() -> None:
    async def nobody() -> None:
        raise HTTPException(403)

    router = Router()
    router.add_api_route("/open", echo_endpoint(nobody))
    open_to_all, closed = FastAPI(), FastAPI()
    open_to_all.include_router(router)
    closed.include_router(router, dependencies=[Depends(nobody)])
    assert asyncio.run(get_response(open_to_all, "/open", ""))[0] == 200
    assert asyncio.run(get_response(closed, "/open", ""))[0] == 403
    (route,) = (each for each in iter_route_contexts(closed.routes) if each.path == "/open")
    calls = [each.call for each in route.dependant.dependencies]
    assert calls[:2] == [nobody, reject_unknown_params]


def test_public_get_passes_no_check(tmp_path: Path) -> None:
    app = create_app(Settings(database_url=f"sqlite:///{tmp_path}/unused.db"))
    routes = [route for route in app.routes if isinstance(route, Route)]
    keyed = {route.name for route, _ in authenticated_routes(app)}
    reads = [route for route in routes if "GET" in (route.methods or ())]
    public = [route for route in reads if route.name not in keyed]
    assert len(public) > 40
    assert [route.name for route in public if route.checks] == []
    checks = {route.name: len(route.checks) for route in routes if route.name in keyed}
    assert checks["listDrafts"] == 1
    assert checks["createArticle"] == 3
    assert checks["updateArticle"] == 4
    assert checks["deleteArticle"] == 2
    assert checks["revokeKey"] == 1
    assert checks["publishArticle"] == 1


def test_dependant_of_fastapi_has_the_fields_in_use() -> None:
    names = {field.name for field in fields(Dependant)}
    used = {
        "call",
        "dependencies",
        "header_params",
        "http_connection_param_name",
        "query_params",
    }
    assert used <= names, f"app.api.routing does not fit FastAPI {version('fastapi')}"
    assert list(inspect.signature(request_response).parameters) == ["func"], version("fastapi")
