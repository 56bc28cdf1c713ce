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

from app.api.validation_errors import refusal
from app.config import get_settings
from app.domain.languages import either
from app.http.problems import (
    RETRY_AFTER,
    ApiError,
    BadRequest,
    NotFound,
    Renamed,
    Unavailable,
    no_method,
    respond,
)

logger = logging.getLogger("zarya")


async def _api_error(request: Request, error: ApiError) -> JSONResponse:
    return respond(request, error)


async def _invalid(request: Request, error: RequestValidationError) -> JSONResponse:
    faults = error.errors()
    if any(fault["type"] == "json_invalid" for fault in faults):
        where = next(fault["loc"][-1] for fault in faults)
        detail = either(
            f"The body is no JSON: look at character {where}.",
            f"Тело запроса — не JSON: посмотрите на знак {where}.",
        )
        return respond(request, BadRequest(detail))
    return respond(request, refusal(faults))


async def _http_error(request: Request, error: HTTPException) -> JSONResponse:
    method, path = request.method, request.scope["path"]
    refusals: dict[int, ApiError] = {
        404: NotFound(either(f"No resource has the path {path}.", f"По адресу {path} ничего нет.")),
        405: no_method(method, path),
    }
    problem = refusals.get(error.status_code) or BadRequest(str(error.detail))
    problem.headers.update(error.headers or {})
    return respond(request, problem)


async def _unavailable(request: Request, error: Exception) -> JSONResponse:
    # A server that became read-only is lost as one that went away is: it is asked anew.
    lost = isinstance(error, DBAPIError) and error.connection_invalidated
    if not lost and not isinstance(error, OperationalError | PoolTimeoutError):
        raise error
    logger.error("database unavailable: %s", type(error).__name__, exc_info=error)
    detail = either(
        "The database did not answer in time. Try again in a few seconds.",
        "База данных не ответила вовремя. Повторите запрос через несколько секунд.",
    )
    return respond(request, Unavailable(detail, headers={"Retry-After": RETRY_AFTER}))


async def _renamed(request: Request, answer: Renamed) -> RedirectResponse:
    # From the scope: a request's URL is made with its Host header, which anybody can write.
    path = request.scope["path"].replace(f"/{answer.old}", f"/{answer.new}", 1)
    query = f"?{q.decode('latin-1')}" if (q := request.scope["query_string"]) else ""
    location = f"{get_settings().origin}{path}{query}"
    return RedirectResponse(location, HTTPStatus.PERMANENT_REDIRECT)


async def _broken(request: Request, error: Exception) -> JSONResponse:
    detail = either(
        "This is our fault and has been recorded. Quote `instance` when you tell us.",
        "Это наша вина, и ошибка записана. Сообщая о ней, приведите `instance`.",
    )
    return respond(request, ApiError(detail))


_ANSWERS: dict[type[Exception], Any] = {
    ApiError: _api_error,
    RequestValidationError: _invalid,
    HTTPException: _http_error,
    DBAPIError: _unavailable,
    PoolTimeoutError: _unavailable,
    Renamed: _renamed,
    Exception: _broken,
}


def install(app: FastAPI) -> None:
    """Let `app` answer every error with a problem."""
    for kind, answer in _ANSWERS.items():
        app.add_exception_handler(kind, answer)
