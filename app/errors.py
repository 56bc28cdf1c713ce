"""Errors as RFC 9457 problems: every answer that is not 2xx or 3xx has this one shape."""

import logging
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from http import HTTPStatus
from typing import Any
from uuid import UUID, uuid4

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException

from app.config import get_settings
from app.languages import Both, either

logger = logging.getLogger("zarya")

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER = "5"


class FieldProblem(BaseModel):
    """What is wrong with one parameter of a request, or with one place in its body."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=True)

    parameter: str | None = Field(
        default=None, description="The parameter, as the request names it; null for the body."
    )
    pointer: str | None = Field(
        default=None, description="The place in the body, as a JSON Pointer (RFC 6901), or null."
    )
    code: str = Field(description="What kind of fault it is, for programs.")
    detail: str = Field(description="What is wrong and what would be right, for people.")


class Problem(BaseModel):
    """An error in the form of RFC 9457."""

    type: str = Field(description="The address of a page that explains this kind of error.")
    title: str = Field(description="The kind of error in a few words.")
    status: int = Field(description="The HTTP status of this answer.")
    detail: str = Field(description="What happened and what to do about it.")
    instance: str = Field(description="`urn:uuid:` and the id of this request.")
    errors: list[FieldProblem] = Field(description="One entry for each fault.")


class ApiError(Exception):
    """An error that the caller can do something about; its `kind` names the problem's type."""

    status = HTTPStatus.INTERNAL_SERVER_ERROR
    kind = "internal-error"
    title = Both("Something went wrong on our side", "Что-то сломалось у нас")
    meaning_ru = "Ошибка на нашей стороне."
    """What the docstring of a kind says, in Russian: `/problems` tells of both."""

    def __init__(
        self,
        detail: str,
        *errors: FieldProblem,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = list(errors)
        self.headers = dict(headers or {})


class NotFound(ApiError):
    """Nothing has this address."""

    status = HTTPStatus.NOT_FOUND
    kind = "not-found"
    title = Both("Nothing is here", "Здесь ничего нет")
    meaning_ru = "По этому адресу ничего нет."


class MethodNotAllowed(ApiError):
    """The address is right, the method is not."""

    status = HTTPStatus.METHOD_NOT_ALLOWED
    kind = "method-not-allowed"
    title = Both("This method does not work here", "Этот метод здесь не работает")
    meaning_ru = "Адрес верен, а метод — нет."


class Invalid(ApiError):
    """The request was understood, but what it asks for makes no sense."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    kind = "invalid-request"
    title = Both("The request is not valid", "Запрос составлен неверно")
    meaning_ru = "Запрос понятен, но то, о чём он просит, не имеет смысла."


class BadRequest(ApiError):
    """The request cannot be parsed."""

    status = HTTPStatus.BAD_REQUEST
    kind = "bad-request"
    title = Both("The request cannot be read", "Запрос не читается")
    meaning_ru = "Запрос не удаётся разобрать."


class BadCursor(ApiError):
    """A cursor that nothing can be made of."""

    status = HTTPStatus.BAD_REQUEST
    kind = "invalid-cursor"
    title = Both("The cursor cannot be read", "Курсор не читается")
    meaning_ru = "Курсор, из которого ничего не извлечь."


class CursorMismatch(ApiError):
    """A cursor that belongs to another list."""

    status = HTTPStatus.BAD_REQUEST
    kind = "cursor-mismatch"
    title = Both("The cursor belongs to another list", "Курсор от другого списка")
    meaning_ru = "Курсор, который относится к другому списку."


class UnsupportedMediaType(ApiError):
    """A body of a kind that the address does not take; `Accept-Post` or `Accept-Patch` tells."""

    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    kind = "unsupported-media-type"
    title = Both("Bodies of this kind are not taken", "Тело такого вида не принимается")
    meaning_ru = (
        "Тело такого вида здесь не принимается; какое принимается, сказано в `Accept-Post` "
        "или `Accept-Patch`."
    )


class Gone(ApiError):
    """What had this address has been deleted, or can no longer be had from here."""

    status = HTTPStatus.GONE
    kind = "gone"
    title = Both("It was here, and is gone", "Это здесь было, но больше нет")
    meaning_ru = "То, что было по этому адресу, удалено или отсюда уже недоступно."


class Conflict(ApiError):
    """The archive stands against it: a name is taken, or a record is still in use."""

    status = HTTPStatus.CONFLICT
    kind = "conflict"
    title = Both("The archive stands against it", "Архив этому противоречит")
    meaning_ru = "Архив этому противоречит: имя занято или запись ещё нужна."


class PreconditionRequired(ApiError):
    """A change without `If-Match`, which says what it is a change of."""

    status = HTTPStatus.PRECONDITION_REQUIRED
    kind = "precondition-required"
    title = Both("Say which version you change", "Укажите, какую версию вы меняете")
    meaning_ru = "Изменение без `If-Match`, который говорит, что именно меняется."


class PreconditionFailed(ApiError):
    """Somebody has changed the record since it was read; `ETag` is the present one's."""

    status = HTTPStatus.PRECONDITION_FAILED
    kind = "precondition-failed"
    title = Both("The record has changed meanwhile", "Запись тем временем изменилась")
    meaning_ru = "С тех пор как запись прочли, её кто-то изменил; `ETag` — у нынешней."


class Unavailable(ApiError):
    """The database does not answer in time."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    kind = "unavailable"
    title = Both("The archive cannot be read just now", "Архив сейчас не читается")
    meaning_ru = "База данных не отвечает вовремя."


class Renamed(Exception):
    """What has the slug `old` in its address lives under `new`: answered with 308."""

    def __init__(self, old: str, new: str) -> None:
        super().__init__(old, new)
        self.old = old
        self.new = new


MAX_ERRORS = 20
"""How many faults of one request are told."""

LONGEST_NAME = 120
LONGEST_GUESS = 64


def did_you_mean(word: str, allowed: list[str]) -> str:
    """A hint at the allowed word nearest to `word`, empty where none is near."""
    # Comparing takes time by the square of the length; no name of ours is as long as this.
    near = get_close_matches(word, allowed, n=1) if len(word) <= LONGEST_GUESS else []
    return either(" Did you mean {!r}?", " Может быть, {!r}?").format(near[0]) if near else ""


def request_id(request: Request) -> UUID:
    """The id of this request, the same however often it is asked for."""
    state = request.scope.setdefault("state", {})
    found: UUID = state.setdefault("request_id", uuid4())
    return found


def respond(request: Request, error: ApiError) -> JSONResponse:
    """The answer that tells of `error`."""
    problem = Problem(
        type=f"{get_settings().origin}/problems/{error.kind}",
        title=str(error.title),
        status=error.status,
        detail=error.detail,
        instance=request_id(request).urn,
        errors=error.errors,
    )
    return JSONResponse(
        problem.model_dump(), error.status, headers=error.headers, media_type=MEDIA_TYPE
    )


def no_method(method: str, path: str, **headers: str) -> MethodNotAllowed:
    """The refusal of a method that an address does not take."""
    detail = either(
        f"{method} does not work on {path}; `Allow` lists what does.",
        f"{method} по адресу {path} не работает; что работает, сказано в `Allow`.",
    )
    return MethodNotAllowed(detail, headers=headers)


_RUSSIAN = {
    "bool_parsing": "Напишите true или false.",
    "bool_type": "Напишите true или false.",
    "enum": "Возможные значения: {expected}.",
    "extra_forbidden": "Такого поля здесь нет.",
    "greater_than_equal": "Не меньше {ge}.",
    "int_parsing": "Напишите целое число.",
    "int_parsing_size": "Это число слишком велико.",
    "int_type": "Напишите целое число.",
    "less_than_equal": "Не больше {le}.",
    "list_type": "Здесь должен быть список.",
    "missing": "Это нужно указать.",
    "model_attributes_type": "Здесь должен быть объект.",
    "model_type": "Здесь должен быть объект.",
    "dict_type": "Здесь должен быть объект.",
    "string_pattern_mismatch": "Это не подходит под образец {pattern}.",
    "string_too_long": "Знаков должно быть не больше {max_length}.",
    "string_too_short": "Знаков должно быть не меньше {min_length}.",
    "string_type": "Здесь должен быть текст.",
    "too_long": "Значений должно быть не больше {max_length}.",
    "too_short": "Значений должно быть не меньше {min_length}.",
}
"""What pydantic tells, by its code; the bounds come from it."""


def install(app: FastAPI) -> None:
    """Let `app` answer every error with a problem."""

    @app.exception_handler(ApiError)
    async def api_error(request: Request, error: ApiError) -> JSONResponse:
        return respond(request, error)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        faults = error.errors()
        if any(fault["type"] == "json_invalid" for fault in faults):
            where = next(fault["loc"][-1] for fault in faults)
            detail = either(
                f"The body is no JSON: look at character {where}.",
                f"Тело запроса — не JSON: посмотрите на знак {where}.",
            )
            return respond(request, BadRequest(detail))
        return respond(request, refusal(faults))

    @app.exception_handler(HTTPException)
    async def http_error(request: Request, error: HTTPException) -> JSONResponse:
        method, path = request.method, request.scope["path"]
        refusals: dict[int, ApiError] = {
            404: NotFound(
                either(f"No resource has the path {path}.", f"По адресу {path} ничего нет.")
            ),
            405: no_method(method, path),
        }
        refusal = refusals.get(error.status_code) or BadRequest(str(error.detail))
        refusal.headers.update(error.headers or {})
        return respond(request, refusal)

    @app.exception_handler(OperationalError)
    @app.exception_handler(PoolTimeoutError)
    async def unavailable(request: Request, error: Exception) -> JSONResponse:
        logger.error("database unavailable: %s", type(error).__name__, exc_info=error)
        detail = either(
            "The database did not answer in time. Try again in a few seconds.",
            "База данных не ответила вовремя. Повторите запрос через несколько секунд.",
        )
        return respond(request, Unavailable(detail, headers={"Retry-After": RETRY_AFTER}))

    @app.exception_handler(Renamed)
    async def renamed(request: Request, answer: Renamed) -> RedirectResponse:
        # From the scope: a request's URL is made with its Host header, which anybody can write.
        path = request.scope["path"].replace(f"/{answer.old}", f"/{answer.new}", 1)
        query = f"?{q.decode('latin-1')}" if (q := request.scope["query_string"]) else ""
        location = f"{get_settings().origin}{path}{query}"
        return RedirectResponse(location, HTTPStatus.PERMANENT_REDIRECT)

    @app.exception_handler(Exception)
    async def broken(request: Request, error: Exception) -> JSONResponse:
        detail = either(
            "This is our fault and has been recorded. Quote `instance` when you tell us.",
            "Это наша вина, и ошибка записана. Сообщая о ней, приведите `instance`.",
        )
        return respond(request, ApiError(detail))


def refusal(faults: Sequence[Any], *within: str) -> Invalid:
    """The refusal of a request with `faults` as pydantic tells them; `within` leads to each."""
    errors = [_field_problem(fault, (*within, *fault["loc"])) for fault in faults[:MAX_ERRORS]]
    body = either("the body", "тело запроса")
    names = ", ".join(dict.fromkeys(e.parameter or e.pointer or body for e in errors))
    detail = either(
        f"Look at {names}: `errors` says what each needs.",
        f"Посмотрите на {names}: в `errors` сказано, что там должно быть.",
    )
    return Invalid(detail, *errors)


def _field_problem(fault: Any, place: tuple[Any, ...]) -> FieldProblem:
    code = fault["type"]
    detail = either(fault["msg"].removeprefix("Value error, "), _in_russian(fault))
    if place[0] == "body":
        return FieldProblem(pointer=pointer(*place[1:]), code=code, detail=detail)
    parameter = str(place[-1] if len(place) == 1 else place[1])
    return FieldProblem(parameter=parameter, code=code, detail=detail)


def _in_russian(fault: Any) -> str:
    """What pydantic says, in Russian as far as we know it; our own validators have said it so."""
    known = _RUSSIAN.get(fault["type"])
    context = {k: str(v).replace(" or ", " или ") for k, v in fault.get("ctx", {}).items()}
    message: str = fault["msg"]
    return known.format(**context) if known else message.removeprefix("Value error, ")


def pointer(*steps: str | int) -> str:
    """The JSON Pointer (RFC 6901) that leads by `steps` into a body."""
    names = (str(step)[:LONGEST_NAME].replace("~", "~0").replace("/", "~1") for step in steps)
    # Half of a surrogate pair can be read in a name, but not be written in an answer.
    return "".join(f"/{name}" for name in names).encode(errors="replace").decode()
