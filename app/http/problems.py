"""Errors as RFC 9457 problem details: every response with an error status has this form."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from uuid import UUID, uuid4

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import JSONResponse

from app.config import current_settings
from app.domain.languages import Bilingual

PROBLEM_MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = "5"


class FieldProblem(BaseModel):
    """An error in one parameter of the request, or at one place in its body."""

    model_config = ConfigDict(frozen=True, json_schema_serialization_defaults_required=True)

    parameter: str | None = Field(
        default=None, description="The name of the parameter; null for an error in the body."
    )
    pointer: str | None = Field(
        default=None,
        description="The place in the body as a JSON Pointer (RFC 6901); null for a parameter.",
    )
    code: str = Field(description="The error code, for programs.")
    detail: str = Field(description="The error and how to correct it, for people.")


class Problem(BaseModel):
    """Problem details (RFC 9457)."""

    type: str = Field(description="The URL of a page that explains this type of problem.")
    title: str = Field(description="A short summary of the problem type.")
    status: int = Field(description="The HTTP status code.")
    detail: str = Field(description="What happened, and how to correct it.")
    instance: str = Field(description="`urn:uuid:` and the id of the request.")
    errors: list[FieldProblem] = Field(description="One item for each invalid parameter or field.")


class ApiError(Exception):
    """An unexpected error in the service."""

    status = HTTPStatus.INTERNAL_SERVER_ERROR
    problem_type = "internal-error"
    title = Bilingual("Internal server error", "Внутренняя ошибка сервера")
    description_ru = "Непредвиденная ошибка в работе сервиса."
    """The class docstring in Russian; both are shown at `/problems`."""

    def __init__(
        self,
        detail: str,
        *errors: FieldProblem,
        headers: Mapping[str, str] | None = None,
        members: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = list(errors)
        self.headers = dict(headers or {})
        self.members = dict(members or {})
        """Extension members (RFC 9457) of the problem."""


class NotFound(ApiError):
    """No resource has this URL."""

    status = HTTPStatus.NOT_FOUND
    problem_type = "not-found"
    title = Bilingual("Not found", "Не найдено")
    description_ru = "Ресурса с таким адресом нет."


class MethodNotAllowed(ApiError):
    """The resource does not support this method; `Allow` lists those that it supports."""

    status = HTTPStatus.METHOD_NOT_ALLOWED
    problem_type = "method-not-allowed"
    title = Bilingual("Method not allowed", "Метод не поддерживается")
    description_ru = (
        "Ресурс не поддерживает этот метод; поддерживаемые перечислены в заголовке `Allow`."
    )


class InvalidRequest(ApiError):
    """A parameter or a field of the body has an invalid value; `errors` lists them all."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    problem_type = "invalid-request"
    title = Bilingual("Invalid request", "Неверный запрос")
    description_ru = (
        "Недопустимое значение параметра или поля в теле запроса; все ошибки перечислены в "
        "`errors`."
    )


class BadRequest(ApiError):
    """The request or its body is malformed."""

    status = HTTPStatus.BAD_REQUEST
    problem_type = "bad-request"
    title = Bilingual("Bad request", "Некорректный запрос")
    description_ru = "Запрос или его тело не удаётся разобрать."


class InvalidCursor(ApiError):
    """The cursor is malformed."""

    status = HTTPStatus.BAD_REQUEST
    problem_type = "invalid-cursor"
    title = Bilingual("Invalid cursor", "Неверный курсор")
    description_ru = "Курсор не удаётся разобрать."


class CursorMismatch(ApiError):
    """The cursor was made for another list, or for other filters or another order."""

    status = HTTPStatus.BAD_REQUEST
    problem_type = "cursor-mismatch"
    title = Bilingual("The cursor belongs to another list", "Курсор от другого списка")
    description_ru = "Курсор получен для другого списка, других фильтров или другого порядка."


class RequestTimeout(ApiError):
    """The request was not received completely in time."""

    status = HTTPStatus.REQUEST_TIMEOUT
    problem_type = "request-timeout"
    title = Bilingual("Request timeout", "Время ожидания запроса истекло")
    description_ru = "Запрос не был получен полностью за отведённое время."


class ContentTooLarge(ApiError):
    """The request body exceeds the maximum size."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    problem_type = "content-too-large"
    title = Bilingual("Content too large", "Тело запроса слишком велико")
    description_ru = "Размер тела запроса превышает допустимый."


class UriTooLong(ApiError):
    """The URL exceeds the maximum length."""

    status = HTTPStatus.REQUEST_URI_TOO_LONG
    problem_type = "uri-too-long"
    title = Bilingual("URI too long", "Адрес слишком длинный")
    description_ru = "Длина адреса превышает допустимую."


class HeadersTooLarge(ApiError):
    """The request headers exceed the maximum number or size."""

    status = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
    problem_type = "headers-too-large"
    title = Bilingual("Request headers too large", "Заголовки запроса слишком велики")
    description_ru = "Число или размер заголовков запроса превышает допустимое."


class TooManyRequests(ApiError):
    """The rate limit or the limit of invalid keys is exceeded; `Retry-After` says for how long."""

    status = HTTPStatus.TOO_MANY_REQUESTS
    problem_type = "too-many-requests"
    title = Bilingual("Too many requests", "Слишком много запросов")
    description_ru = (
        "Превышен лимит запросов или неверных ключей; время ожидания указано в `Retry-After`."
    )


class UnsupportedMediaType(ApiError):
    """The body has an unsupported media type; `Accept-Post` or `Accept-Patch` lists the others."""

    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    problem_type = "unsupported-media-type"
    title = Bilingual("Unsupported media type", "Формат тела запроса не поддерживается")
    description_ru = (
        "Формат тела запроса не поддерживается; поддерживаемые перечислены в `Accept-Post` или "
        "`Accept-Patch`."
    )


class Gone(ApiError):
    """The resource has been deleted, or is no longer available at this URL."""

    status = HTTPStatus.GONE
    problem_type = "gone"
    title = Bilingual("Gone", "Удалено")
    description_ru = "Ресурс удалён или больше недоступен по этому адресу."


class Conflict(ApiError):
    """The request conflicts with other data: a slug is taken, or a record is in use."""

    status = HTTPStatus.CONFLICT
    problem_type = "conflict"
    title = Bilingual("Conflict", "Конфликт с другими данными")
    description_ru = "Запрос противоречит другим данным: слаг занят или запись используется."


class PreconditionRequired(ApiError):
    """The change needs `If-Match` with the ETag of the version that it applies to."""

    status = HTTPStatus.PRECONDITION_REQUIRED
    problem_type = "precondition-required"
    title = Bilingual("Precondition required", "Требуется условие If-Match")
    description_ru = "Для изменения нужен `If-Match` с ETag той версии, которая меняется."


class PreconditionFailed(ApiError):
    """The record has changed since it was read; `ETag` is that of the current version."""

    status = HTTPStatus.PRECONDITION_FAILED
    problem_type = "precondition-failed"
    title = Bilingual("Precondition failed", "Условие If-Match не выполнено")
    description_ru = "Запись изменилась с момента чтения; в `ETag` — текущая версия."


class Unavailable(ApiError):
    """The service is overloaded or shutting down, or its database does not answer."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    problem_type = "unavailable"
    title = Bilingual("Service unavailable", "Сервис временно недоступен")
    description_ru = "Сервис перегружен или останавливается, либо база данных не отвечает."


class HttpVersionNotSupported(ApiError):
    """The request has another version of HTTP than 1.0 and 1.1."""

    status = HTTPStatus.HTTP_VERSION_NOT_SUPPORTED
    problem_type = "http-version-not-supported"
    title = Bilingual("HTTP version not supported", "Версия HTTP не поддерживается")
    description_ru = "Запрос отправлен по версии HTTP, отличной от 1.0 и 1.1."


class TransferCodingNotImplemented(ApiError):
    """The request has another transfer coding than `chunked`."""

    status = HTTPStatus.NOT_IMPLEMENTED
    problem_type = "transfer-coding-not-implemented"
    title = Bilingual("Transfer coding not implemented", "Кодирование передачи не поддерживается")
    description_ru = "Тело запроса передано в кодировании, отличном от `chunked`."


class SlugRenamed(Exception):
    """The record with `old_slug` in the URL is now at `new_slug`; answered with 308."""

    def __init__(self, old: str, new: str) -> None:
        super().__init__(old, new)
        self.old_slug = old
        self.new_slug = new


def get_request_id(request: Request) -> UUID:
    """The id of `request`; a random one if no layer has set it."""
    state = request.scope.setdefault("state", {})
    id_: UUID = state.setdefault("request_id", uuid4())
    return id_


def respond_with_problem(request: Request, error: ApiError) -> JSONResponse:
    """The response for `error`."""
    return build_problem_response(get_request_id(request), error)


def build_problem(request_id: UUID, error: ApiError) -> Problem:
    """The problem details of `error` in the current language."""
    return Problem(
        type=f"{current_settings().base_url}/problems/{error.problem_type}",
        title=str(error.title),
        status=error.status,
        detail=error.detail,
        instance=request_id.urn,
        errors=error.errors,
    )


def build_problem_response(request_id: UUID, error: ApiError) -> JSONResponse:
    """The response for `error` in the current language."""
    content = build_problem(request_id, error).model_dump() | error.members
    return JSONResponse(content, error.status, headers=error.headers, media_type=PROBLEM_MEDIA_TYPE)
