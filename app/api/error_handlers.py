"""Every error is answered with a problem."""

import logging
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException

from app.api.validation_errors import build_invalid_request
from app.config import current_settings
from app.domain.languages import tr
from app.http.problems import (
    RETRY_AFTER_SECONDS,
    ApiError,
    BadRequest,
    NotFound,
    SlugRenamed,
    Unavailable,
    method_not_allowed,
    respond_with_problem,
)

logger = logging.getLogger("zarya")


async def _handle_api_error(request: Request, error: ApiError) -> JSONResponse:
    return respond_with_problem(request, error)


async def _handle_validation_error(request: Request, error: RequestValidationError) -> JSONResponse:
    faults = error.errors()
    if any(fault["type"] == "json_invalid" for fault in faults):
        where = next(fault["loc"][-1] for fault in faults)
        detail = tr(
            f"The body is no JSON: look at character {where}.",
            f"Тело запроса — не JSON: посмотрите на знак {where}.",
        )
        return respond_with_problem(request, BadRequest(detail))
    return respond_with_problem(request, build_invalid_request(faults))


async def _handle_http_exception(request: Request, error: HTTPException) -> JSONResponse:
    method, path = request.method, request.scope["path"]
    refusals: dict[int, ApiError] = {
        404: NotFound(tr(f"No resource has the path {path}.", f"По адресу {path} ничего нет.")),
        405: method_not_allowed(method, path),
    }
    problem = refusals.get(error.status_code) or BadRequest(str(error.detail))
    problem.headers.update(error.headers or {})
    return respond_with_problem(request, problem)


async def _handle_database_error(request: Request, error: Exception) -> JSONResponse:
    # A server that became read-only is lost as one that went away is: it is asked anew.
    lost = isinstance(error, DBAPIError) and error.connection_invalidated
    if not lost and not isinstance(error, OperationalError | PoolTimeoutError):
        raise error
    logger.error("database unavailable: %s", type(error).__name__, exc_info=error)
    detail = tr(
        "The database did not answer in time. Try again in a few seconds.",
        "База данных не ответила вовремя. Повторите запрос через несколько секунд.",
    )
    return respond_with_problem(
        request, Unavailable(detail, headers={"Retry-After": RETRY_AFTER_SECONDS})
    )


async def _redirect_renamed_slug(request: Request, answer: SlugRenamed) -> RedirectResponse:
    # From the scope: a request's URL is made with its Host header, which anybody can write.
    path = request.scope["path"].replace(f"/{answer.old_slug}", f"/{answer.new_slug}", 1)
    query = f"?{q.decode('latin-1')}" if (q := request.scope["query_string"]) else ""
    location = f"{current_settings().base_url}{path}{query}"
    return RedirectResponse(location, HTTPStatus.PERMANENT_REDIRECT)


async def _handle_unexpected_error(request: Request, error: Exception) -> JSONResponse:
    detail = tr(
        "This is our fault and has been recorded. Quote `instance` when you tell us.",
        "Это наша вина, и ошибка записана. Сообщая о ней, приведите `instance`.",
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
    """Let `app` answer every error with a problem."""
    for kind, answer in _EXCEPTION_HANDLERS.items():
        app.add_exception_handler(kind, answer)
