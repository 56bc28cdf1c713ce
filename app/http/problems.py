"""Errors as RFC 9457 problems: every answer that is not 2xx or 3xx has this one shape."""

from collections.abc import Mapping
from difflib import get_close_matches
from http import HTTPStatus
from uuid import UUID, uuid4

from fastapi import Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from app.config import current_settings
from app.domain.languages import Bilingual, tr

PROBLEM_MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = "5"


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
    """An error that the caller can do something about.

    Its `problem_type` names the problem's type.
    """

    status = HTTPStatus.INTERNAL_SERVER_ERROR
    problem_type = "internal-error"
    title = Bilingual("Something went wrong on our side", "Что-то сломалось у нас")
    description_ru = "Ошибка на нашей стороне."
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
    problem_type = "not-found"
    title = Bilingual("Nothing is here", "Здесь ничего нет")
    description_ru = "По этому адресу ничего нет."


class MethodNotAllowed(ApiError):
    """The address is right, the method is not."""

    status = HTTPStatus.METHOD_NOT_ALLOWED
    problem_type = "method-not-allowed"
    title = Bilingual("This method does not work here", "Этот метод здесь не работает")
    description_ru = "Адрес верен, а метод — нет."


class InvalidRequest(ApiError):
    """The request was understood, but what it asks for makes no sense."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    problem_type = "invalid-request"
    title = Bilingual("The request is not valid", "Запрос составлен неверно")
    description_ru = "Запрос понятен, но то, о чём он просит, не имеет смысла."


class BadRequest(ApiError):
    """The request cannot be parsed."""

    status = HTTPStatus.BAD_REQUEST
    problem_type = "bad-request"
    title = Bilingual("The request cannot be read", "Запрос не читается")
    description_ru = "Запрос не удаётся разобрать."


class InvalidCursor(ApiError):
    """A cursor that nothing can be made of."""

    status = HTTPStatus.BAD_REQUEST
    problem_type = "invalid-cursor"
    title = Bilingual("The cursor cannot be read", "Курсор не читается")
    description_ru = "Курсор, из которого ничего не извлечь."


class CursorMismatch(ApiError):
    """A cursor that belongs to another list."""

    status = HTTPStatus.BAD_REQUEST
    problem_type = "cursor-mismatch"
    title = Bilingual("The cursor belongs to another list", "Курсор от другого списка")
    description_ru = "Курсор, который относится к другому списку."


class RequestTimeout(ApiError):
    """The request did not come in whole in the time there is for it."""

    status = HTTPStatus.REQUEST_TIMEOUT
    problem_type = "request-timeout"
    title = Bilingual("The request took too long to arrive", "Запрос приходил слишком долго")


class ContentTooLarge(ApiError):
    """The body is larger than any that is taken."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    problem_type = "content-too-large"
    title = Bilingual("The body is too large", "Тело запроса слишком велико")


class UriTooLong(ApiError):
    """The address is longer than any that there is."""

    status = HTTPStatus.REQUEST_URI_TOO_LONG
    problem_type = "uri-too-long"
    title = Bilingual("The address is too long", "Адрес слишком длинный")


class HeadersTooLarge(ApiError):
    """The headers are more, or larger, than any request needs."""

    status = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
    problem_type = "headers-too-large"
    title = Bilingual("The headers are too large", "Заголовки слишком велики")


class TooManyRequests(ApiError):
    """The quota is used up, or too many wrong keys were tried; `Retry-After` says for how long."""

    status = HTTPStatus.TOO_MANY_REQUESTS
    problem_type = "too-many-requests"
    title = Bilingual("Too many requests", "Слишком много запросов")


class UnsupportedMediaType(ApiError):
    """A body of a kind that the address does not take; `Accept-Post` or `Accept-Patch` tells."""

    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    problem_type = "unsupported-media-type"
    title = Bilingual("Bodies of this kind are not taken", "Тело такого вида не принимается")
    description_ru = (
        "Тело такого вида здесь не принимается; какое принимается, сказано в `Accept-Post` "
        "или `Accept-Patch`."
    )


class Gone(ApiError):
    """What had this address has been deleted, or can no longer be had from here."""

    status = HTTPStatus.GONE
    problem_type = "gone"
    title = Bilingual("It was here, and is gone", "Это здесь было, но больше нет")
    description_ru = "То, что было по этому адресу, удалено или отсюда уже недоступно."


class Conflict(ApiError):
    """The archive stands against it: a name is taken, or a record is still in use."""

    status = HTTPStatus.CONFLICT
    problem_type = "conflict"
    title = Bilingual("The archive stands against it", "Архив этому противоречит")
    description_ru = "Архив этому противоречит: имя занято или запись ещё нужна."


class PreconditionRequired(ApiError):
    """A change without `If-Match`, which says what it is a change of."""

    status = HTTPStatus.PRECONDITION_REQUIRED
    problem_type = "precondition-required"
    title = Bilingual("Say which version you change", "Укажите, какую версию вы меняете")
    description_ru = "Изменение без `If-Match`, который говорит, что именно меняется."


class PreconditionFailed(ApiError):
    """Somebody has changed the record since it was read; `ETag` is the present one's."""

    status = HTTPStatus.PRECONDITION_FAILED
    problem_type = "precondition-failed"
    title = Bilingual("The record has changed meanwhile", "Запись тем временем изменилась")
    description_ru = "С тех пор как запись прочли, её кто-то изменил; `ETag` — у нынешней."


class Unavailable(ApiError):
    """The service is busy or about to stop, or its database does not answer in time."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    problem_type = "unavailable"
    title = Bilingual("The archive cannot be read just now", "Архив сейчас не читается")
    description_ru = "База данных не отвечает вовремя."


class SlugRenamed(Exception):
    """What has the slug `old_slug` in its address lives under `new_slug`: answered with 308."""

    def __init__(self, old: str, new: str) -> None:
        super().__init__(old, new)
        self.old_slug = old
        self.new_slug = new


MAX_FIELD_ERROR_COUNT = 20
"""How many faults of one request are told."""

_MAX_SUGGESTION_CHARS = 64


def did_you_mean(word: str, allowed: list[str]) -> str:
    """A hint at the allowed word nearest to `word`, empty where none is near."""
    # Comparing takes time by the square of the length; no name of ours is as long as this.
    near = get_close_matches(word, allowed, n=1) if len(word) <= _MAX_SUGGESTION_CHARS else []
    return tr(" Did you mean {!r}?", " Может быть, {!r}?").format(near[0]) if near else ""


def get_request_id(request: Request) -> UUID:
    """The id of this request, the same however often it is asked for."""
    state = request.scope.setdefault("state", {})
    found: UUID = state.setdefault("request_id", uuid4())
    return found


def respond_with_problem(request: Request, error: ApiError) -> JSONResponse:
    """The answer that tells of `error`."""
    return build_problem_response(get_request_id(request), error)


def build_problem_response(id_: UUID, error: ApiError) -> JSONResponse:
    """The answer that tells the request `id_` of `error`."""
    problem = Problem(
        type=f"{current_settings().base_url}/problems/{error.problem_type}",
        title=str(error.title),
        status=error.status,
        detail=error.detail,
        instance=id_.urn,
        errors=error.errors,
    )
    return JSONResponse(
        problem.model_dump(), error.status, headers=error.headers, media_type=PROBLEM_MEDIA_TYPE
    )


def method_not_allowed(method: str, path: str, **headers: str) -> MethodNotAllowed:
    """The refusal of a method that an address does not take."""
    detail = tr(
        f"{method} does not work on {path}; `Allow` lists what does.",
        f"{method} по адресу {path} не работает; что работает, сказано в `Allow`.",
    )
    return MethodNotAllowed(detail, headers=headers)
