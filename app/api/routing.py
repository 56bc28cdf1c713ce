"""Routes: checks before the body is read, and query strings parsed in one step.

The only module that uses internals of FastAPI: `Dependant`, its analysis of dependencies, and
`request_response`.
"""

from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import replace
from functools import cache, cached_property, wraps
from http import HTTPStatus
from typing import Any, get_origin

from fastapi import APIRouter, Depends, FastAPI, Request, Response, params
from fastapi.dependencies.models import Dependant
from fastapi.dependencies.utils import get_parameterless_sub_dependant
from fastapi.requests import HTTPConnection
from fastapi.responses import RedirectResponse
from fastapi.routing import APIRoute, iter_route_contexts, request_response
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from app.api.auth import RequireScope
from app.api.deps import get_services
from app.api.fields import (
    RecordQuery,
    RecordWithPageQuery,
    Selection,
    parse_fields,
    reduce_response,
)
from app.api.json_bodies import check_complexity
from app.api.links import page_url
from app.api.lists.references import FormerSlugs
from app.api.merge_patch import MERGE_PATCH_MEDIA_TYPE
from app.api.params import validate_lang
from app.api.query_strings import QueryParams, reject_undecodable_params, reject_unknown_params
from app.domain.languages import tr
from app.http.negotiation import prefers_html
from app.http.problems import PreconditionRequired, UnsupportedMediaType

Handler = Callable[[Request], Coroutine[Any, Any, Response]]
Check = Callable[[Request], Awaitable[None]]
"""Raises an `ApiError` if the request is not acceptable."""

ACCEPTED_BODY_TYPES = {
    "POST": ("Accept-Post", ("application/json",)),
    "PUT": ("Accept", ("application/json",)),
    "PATCH": ("Accept-Patch", (MERGE_PATCH_MEDIA_TYPE, "application/json")),
}
"""By method: the response header that names the accepted media types, and these types."""

_COMMON_DEPENDENCIES = (reject_unknown_params, reject_undecodable_params, validate_lang)
"""Dependencies of every endpoint. They only refuse requests; they return nothing."""

_PARSED_QUERY = "zarya.parsed_query"
"""Key in the ASGI scope: the endpoint's arguments parsed from the query string."""


def authenticate(route: "Route") -> Check | None:
    """Check of the API key, for endpoints that depend on `RequireScope`.

    FastAPI reads and validates the body first, and would report its errors to everybody.
    """
    requirements = _scope_requirements(route.dependant)

    async def check(request: Request) -> None:
        database = (await get_services(request)).database
        for requirement in requirements:
            await requirement(request, database)

    return check if requirements else None


def require_json(route: "Route") -> Check | None:
    """Check of `Content-Type`, for endpoints with a body."""

    async def check(request: Request) -> None:
        header, accepted = ACCEPTED_BODY_TYPES[request.method]
        media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type not in accepted:
            names = " or ".join(accepted), " или ".join(accepted)
            detail = tr(
                f"The body must be {names[0]}. Set Content-Type accordingly.",
                f"Тело запроса должно быть {names[1]}. Укажите это в Content-Type.",
            )
            raise UnsupportedMediaType(detail, headers={header: ", ".join(accepted)})

    return None if route.body_field is None else check


def bound_complexity(route: "Route") -> Check | None:
    """Check of the number of values in the body and of its nesting, before it is parsed."""

    async def check(request: Request) -> None:
        check_complexity(await request.body())

    return None if route.body_field is None else check


def require_if_match(route: "Route") -> Check | None:
    """Check that `If-Match` is present, for endpoints that require it."""

    async def check(request: Request) -> None:
        if "if-match" not in request.headers:
            raise PreconditionRequired(
                tr(
                    "Send If-Match with the ETag of the version you read, so that you do not "
                    "overwrite a later change.",
                    "Пришлите If-Match с ETag прочитанной версии, чтобы не затереть более "
                    "поздние изменения.",
                )
            )

    headers = [header for each in _flatten(route.dependant) for header in each.header_params]
    required = any(
        header.alias == "If-Match" and header.field_info.is_required() for header in headers
    )
    return check if required else None


CHECKS: tuple[Callable[["Route"], Check | None], ...] = (
    authenticate,
    require_json,
    require_if_match,
    bound_complexity,
)
"""The checks of a request, in order. Each returns None for routes that it does not concern."""


class Route(APIRoute):
    """A route that runs its checks, then parses the query string into the endpoint's models.

    The query models are the only definition of the parameters. An acceptable query string is
    validated as a whole. Any other is left to FastAPI, which reports all its errors in order. A
    request whose filters have former slugs is handled again with the present ones.
    """

    def __init__(
        self,
        path: str,
        endpoint: Callable[..., Any],
        dependencies: Sequence[params.Depends] = (),
        **options: Any,
    ) -> None:
        common = [each for each in dependencies if each.dependency in _COMMON_DEPENDENCIES]
        own = [each for each in dependencies if each not in common]
        super().__init__(path, endpoint, dependencies=own, **options)
        self.dependencies = [*common, *own]  # FastAPI reads them where a router is included
        self.dependant.dependencies[:0] = map(_analyse_once, common)
        preparsed = copy(self)
        preparsed.dependant = self._preparsed_dependant()
        by_models = APIRoute.get_route_handler(preparsed)
        by_fastapi = super().get_route_handler()
        parse = self.query_params.parse
        models = self.query_params.models.values()
        has_fields = any(issubclass(model, RecordQuery) for model in models)
        selects_fields = has_fields and self.response_model is not None
        has_page = any(issubclass(model, RecordWithPageQuery) for model in models)

        async def handle(request: Request) -> Response:
            parsed = parse(request.scope["query_string"])
            if parsed is None:
                return await by_fastapi(request)
            try:
                return await respond(request, parsed)
            except FormerSlugs as former:
                renamed = {name: former.replace_in(query) for name, query in parsed.items()}
                return await respond(request, renamed)

        async def respond(request: Request, parsed: Mapping[str, BaseModel]) -> Response:
            request.scope[_PARSED_QUERY] = parsed
            selection = self._select_fields(parsed) if selects_fields else None
            response = await by_models(request)
            if selection:
                reduce_response(response, selection)
            return response

        handler = _redirect_browsers(handle) if has_page else handle
        self.app = request_response(self._after_checks(handler))

    def get_route_handler(self) -> Handler:
        """FastAPI's own handler after the checks: FastAPI uses it where a router is included."""
        return self._after_checks(super().get_route_handler())

    @cached_property
    def checks(self) -> tuple[Check, ...]:
        """The checks that concern this route; none for a public GET."""
        return tuple(check for build in CHECKS if (check := build(self)))

    @cached_property
    def query_params(self) -> QueryParams:
        """The declared query parameters."""
        multiple, models, allow_unknown = {"lang": False}, {}, False
        for dependant in _flatten(self.dependant):
            for field in dependant.query_params:
                model = _query_model(field.field_info)
                if model is None:
                    multiple[field.alias] = False
                    continue
                if dependant is self.dependant:
                    models[field.name] = model
                allow_unknown |= model.model_config.get("extra") == "ignore"
                for name, part in model.model_fields.items():
                    multiple[name] = get_origin(part.annotation) is list
        return QueryParams(multiple, models, allow_unknown)

    def _select_fields(self, parsed: Mapping[str, BaseModel]) -> Selection | None:
        """The fields that the query selects of the record. Raises InvalidRequest."""
        paths = [path for query in parsed.values() for path in getattr(query, "fields", ())]
        return parse_fields(self.response_model, paths) if paths else None

    def _after_checks(self, handle: Handler) -> Handler:
        checks = self.checks
        if not checks:
            return handle

        async def handle_checked(request: Request) -> Response:
            for check in checks:
                await check(request)
            return await handle(request)

        return handle_checked

    def _preparsed_dependant(self) -> Dependant:
        """The dependencies of the endpoint without those that `QueryParams.parse` replaces."""
        declared, models = self.dependant, self.query_params.models
        preparsed = replace(
            declared,
            dependencies=[d for d in declared.dependencies if d.call not in _COMMON_DEPENDENCIES],
            query_params=[field for field in declared.query_params if field.name not in models],
        )
        if models:
            preparsed.call = _inject_parsed_query(self.endpoint)
            preparsed.http_connection_param_name = "connection"
        return preparsed


def _redirect_browsers(handle: Handler) -> Handler:
    """Handler of a record with a page at the same path without `/v1`; browsers are sent there."""

    async def redirect_or_handle(request: Request) -> Response:
        accept = ",".join(request.headers.getlist("accept"))
        if prefers_html(accept) and "format" not in request.query_params:
            segments = request.scope["path"].removeprefix("/v1/").split("/")
            response: Response = RedirectResponse(page_url(*segments), HTTPStatus.SEE_OTHER)
        else:
            response = await handle(request)
        response.headers.add_vary_header("Accept")
        return response

    return redirect_or_handle


def _inject_parsed_query(endpoint: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap `endpoint` to receive the parsed query models from the scope."""

    @wraps(endpoint)  # by which FastAPI tells coroutines from generators and plain functions
    def call(connection: HTTPConnection, **values: Any) -> Any:
        return endpoint(**values, **connection.scope[_PARSED_QUERY])

    return call


@cache
def _analyse_once(common: params.Depends) -> Dependant:
    """The dependant of a common dependency: FastAPI would build one for each route."""
    return get_parameterless_sub_dependant(depends=common, path="")


def _flatten(dependant: Dependant) -> Iterator[Dependant]:
    yield dependant
    for nested in dependant.dependencies:
        yield from _flatten(nested)


def _scope_requirements(dependant: Dependant) -> list[RequireScope]:
    return [each.call for each in _flatten(dependant) if isinstance(each.call, RequireScope)]


def authenticated_routes(app: FastAPI) -> Iterator[tuple[APIRoute, RequireScope]]:
    """The routes of `app` that need an API key, each with its requirement."""
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if isinstance(route, APIRoute):
            yield from ((route, needed) for needed in _scope_requirements(route.dependant)[:1])


def query_models(app: FastAPI) -> Iterator[type[BaseModel]]:
    """The query models of all routes of `app`, with repetitions."""
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if isinstance(route, APIRoute):
            for field in (
                field for each in _flatten(route.dependant) for field in each.query_params
            ):
                if model := _query_model(field.field_info):
                    yield model


def _query_model(field: FieldInfo) -> type[BaseModel] | None:
    """The model of a query parameter that stands for all fields of a model."""
    model = field.annotation
    return model if isinstance(model, type) and issubclass(model, BaseModel) else None


class Router(APIRouter):
    """A router whose endpoints refuse unknown parameters and are named as their operations."""

    def __init__(self, route_class: type[Route] = Route, **options: Any) -> None:
        super().__init__(
            route_class=route_class,
            dependencies=[Depends(refuse) for refuse in _COMMON_DEPENDENCIES],
            generate_unique_id_function=lambda route: route.name,
            **options,
        )
