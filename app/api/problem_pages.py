"""`/problems`: pages that explain the problem types, to which the `type` of an error links."""

from html import escape
from http import HTTPStatus
from textwrap import dedent
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse, JSONResponse, Response

from app.api.auth import CsrfTokenRequired, Forbidden
from app.api.authentication import Unauthorized
from app.api.routing import Router
from app.config import current_settings
from app.domain.languages import Bilingual, current_language, tr
from app.http import problems
from app.http.negotiation import prefers_json
from app.http.problems import ApiError, NotFound

router = Router(prefix="/problems", include_in_schema=False)

PROBLEM_TYPES: tuple[type[ApiError], ...] = (
    ApiError,
    NotFound,
    problems.MethodNotAllowed,
    problems.InvalidRequest,
    problems.BadRequest,
    problems.InvalidCursor,
    problems.CursorMismatch,
    problems.RequestTimeout,
    problems.ContentTooLarge,
    problems.UriTooLong,
    problems.HeadersTooLarge,
    problems.TooManyRequests,
    problems.UnsupportedMediaType,
    problems.Gone,
    problems.Conflict,
    problems.PreconditionRequired,
    problems.PreconditionFailed,
    problems.TransferCodingNotImplemented,
    problems.Unavailable,
    problems.HttpVersionNotSupported,
    Unauthorized,
    Forbidden,
    CsrfTokenRequired,
)


@router.get("")
async def list_problems() -> Response:
    """List the problem types."""
    return JSONResponse({"items": [_describe_problem_type(kind) for kind in PROBLEM_TYPES]})


@router.get("/{name}")
async def explain_problem(name: str, request: Request) -> Response:
    """Explain a problem type: as HTML, or as JSON if the client prefers it.

    Raises NotFound if there is no such type.
    """
    for kind in PROBLEM_TYPES:
        if kind.problem_type == name:
            content = _describe_problem_type(kind)
            if prefers_json(request.headers.get("accept", "")):
                return JSONResponse(content, headers={"Vary": "Accept"})
            return HTMLResponse(_render_page(content), headers={"Vary": "Accept"})
    raise NotFound(
        tr(
            f"There is no problem type {name[:80]!r}. See /problems for the list.",
            f"Типа ошибки {name[:80]!r} нет. Полный список: /problems.",
        )
    )


def _describe_problem_type(kind: type[ApiError]) -> dict[str, Any]:
    return {
        "type": f"{current_settings().base_url}/problems/{kind.problem_type}",
        "title": str(kind.title),
        "status": kind.status,
        "description": tr(" ".join((kind.__doc__ or "").split()), kind.description_ru),
    }


_PAGE_TEXT = Bilingual(
    "HTTP status {}. In the response, <code>detail</code> says what happened and what to do, and "
    "<code>errors</code> names the invalid parameters.",
    "Код HTTP {}. В ответе поле <code>detail</code> объясняет, что случилось и что делать, а поле "
    "<code>errors</code> называет неверные параметры.",
)
_LIST_LABEL = Bilingual("All problem types", "Все типы ошибок")


def _render_page(content: dict[str, Any]) -> str:
    title, status = escape(content["title"]), HTTPStatus(content["status"])
    return dedent(
        f"""\
        <!doctype html>
        <html lang="{current_language()}">
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width">
        <title>{title} – Zarya</title>
        <h1>{title}</h1>
        <p>{escape(content["description"])}</p>
        <p>{str(_PAGE_TEXT).format(f"{status.value} {escape(status.phrase)}")}</p>
        <p><a href="/problems">{_LIST_LABEL}</a></p>
        </html>
        """
    )
