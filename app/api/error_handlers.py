"""Exception handlers: every error is answered with a problem."""

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException

from app.api.deps import Services
from app.api.validation_errors import build_invalid_request
from app.config import current_settings
from app.db.errors import find_failure_reason
from app.domain.languages import tr
from app.http.problems import (
    RETRY_AFTER_SECONDS,
    ApiError,
    BadRequest,
    MethodNotAllowed,
    NotFound,
    SlugRenamed,
    Unavailable,
    respond_with_problem,
)


async def _handle_api_error(request: Request, error: ApiError) -> JSONResponse:
    return respond_with_problem(request, error)


async def _handle_validation_error(request: Request, error: RequestValidationError) -> JSONResponse:
    errors = error.errors()
    if any(each["type"] == "json_invalid" for each in errors):
        offset = next(each["loc"][-1] for each in errors)
        detail = tr(
            f"The body is not valid JSON: error at character {offset}.",
            f"Тело запроса — не JSON: ошибка в позиции {offset}.",
        )
        return respond_with_problem(request, BadRequest(detail))
    return respond_with_problem(
        request, build_invalid_request(errors, body_type=_get_body_type(request))
    )


def _get_body_type(request: Request) -> Any:
    """Type of the body of the request's endpoint; None if it has none."""
    field = getattr(request.scope.get("route"), "body_field", None)
    return field and field.field_info.annotation


async def _handle_http_exception(request: Request, error: HTTPException) -> JSONResponse:
    method, path = request.method, request.scope["path"]
    problem: ApiError
    match error.status_code:
        case 404:
            problem = NotFound(
                tr(f"No resource has the path {path}.", f"Ресурса с адресом {path} нет.")
            )
        case 405:
            detail = tr(
                f"{path} does not support {method}; see `Allow`.",
                f"{path} не поддерживает метод {method}; поддерживаемые — в `Allow`.",
            )
            problem = MethodNotAllowed(detail)
        case _:
            problem = BadRequest(str(error.detail))
    problem.headers.update(error.headers or {})
    return respond_with_problem(request, problem)


async def _handle_database_error(request: Request, error: Exception) -> JSONResponse:
    if find_failure_reason(error) is None:
        raise error
    services: Services = request.app.state.services
    services.database.outages.record(error, is_request=True)
    detail = tr(
        "The database does not answer. Try again in a few seconds.",
        "База данных не отвечает. Повторите запрос через несколько секунд.",
    )
    return respond_with_problem(
        request, Unavailable(detail, headers={"Retry-After": RETRY_AFTER_SECONDS})
    )


async def _redirect_renamed_slug(request: Request, renamed: SlugRenamed) -> RedirectResponse:
    path = _replace_slug(request, renamed)
    query = f"?{q.decode('latin-1')}" if (q := request.scope["query_string"]) else ""
    location = f"{current_settings().base_url}{path}{query}"
    return RedirectResponse(location, HTTPStatus.PERMANENT_REDIRECT)


def _replace_slug(request: Request, renamed: SlugRenamed) -> str:
    """Path of the request with the new slug in place of the path parameter that has the old one."""
    # From the scope: `request.url` would contain the Host header of the client.
    path: str = request.scope["path"]
    for name, value in request.path_params.items():
        if value == renamed.old_slug:
            template = request.scope["route"].path.split("/")
            place = next(n for n, each in enumerate(reversed(template)) if f"{{{name}" in each)
            segments = path.split("/")
            segments[-1 - place] = segments[-1 - place].replace(value, renamed.new_slug, 1)
            return "/".join(segments)
    return path.replace(renamed.old_slug, renamed.new_slug, 1)  # a path in capitals


async def _handle_unexpected_error(request: Request, error: Exception) -> JSONResponse:
    detail = tr(
        "An unexpected error occurred and has been logged. Quote `instance` if you report it.",
        "Непредвиденная ошибка записана в журнал. Сообщая о ней, укажите `instance`.",
    )
    return respond_with_problem(request, ApiError(detail))


_EXCEPTION_HANDLERS: dict[type[Exception], Any] = {
    ApiError: _handle_api_error,
    RequestValidationError: _handle_validation_error,
    HTTPException: _handle_http_exception,
    DBAPIError: _handle_database_error,
    PoolTimeoutError: _handle_database_error,
    SlugRenamed: _redirect_renamed_slug,
    Exception: _handle_unexpected_error,
}


def add_exception_handlers(app: FastAPI) -> None:
    """Register the handlers with `app`."""
    for error_class, handler in _EXCEPTION_HANDLERS.items():
        app.add_exception_handler(error_class, handler)
