"""What the service says of itself: where things are, what its problems mean, how it fares."""

from collections.abc import Iterator
from html import escape
from http import HTTPStatus
from textwrap import dedent
from typing import Annotated, Any

from fastapi import Query, Request
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response

from app.api.routing import Router
from app.config import get_settings
from app.db.database import DatabaseDep
from app.domain.dates import add_months, now
from app.domain.languages import Bilingual, current_language, tr
from app.http.negotiation import prefers_html
from app.http.problems import ApiError, NotFound
from app.portal.pages import HtmlMissionQuery, render_mission_page
from app.portal.rendering import PageRendererDep
from app.resources.registry import ARCHIVE_RESOURCES

router = Router(include_in_schema=False)


@router.get("/")
async def index(
    request: Request,
    query: Annotated[HtmlMissionQuery, Query()],
    database: DatabaseDep,
    screens: PageRendererDep,
) -> Response:
    """Where to begin: the current mission's page for people, links for programs."""
    if prefers_html(request.headers.get("accept", "")):
        answer = await render_mission_page("current", query, database, screens)
    else:
        answer = _index_response()
    answer.headers.add_vary_header("Accept")
    return answer


def _index_response() -> Response:
    origin = get_settings().base_url
    paths = {
        "openapi": "/openapi.json",
        "documentation": "/docs",
        "current_mission": "/v1/missions/current/page",
        **{name: path for each in ARCHIVE_RESOURCES for name, path in each.index_links.items()},
        "changes": "/v1/changes",
        "problems": "/problems",
        "health": "/health/ready",
    }
    links = {name: origin + path for name, path in paths.items()}
    about = tr(
        "The open archive behind an ISS mission portal",
        "Открытый архив портала об экспедициях на МКС",
    )
    described = f'<{origin}/openapi.json>; rel="service-desc"; type="application/json"'
    documented = f'<{origin}/docs>; rel="service-doc"; type="text/html"'
    return JSONResponse(
        {"name": "Zarya", "description": about, "links": links},
        headers={"Link": f"{described}, {documented}"},
    )


@router.get("/.well-known/api-catalog")
async def api_catalog() -> Response:
    """The APIs of this origin, as RFC 9727 lists them."""
    origin = get_settings().base_url
    entry = {
        "anchor": f"{origin}/v1",
        "service-desc": [{"href": f"{origin}/openapi.json", "type": "application/json"}],
        "service-doc": [{"href": f"{origin}/docs", "type": "text/html"}],
        "status": [{"href": f"{origin}/health/ready", "type": "application/json"}],
    }
    profile = 'application/linkset+json; profile="https://www.rfc-editor.org/info/rfc9727"'
    return JSONResponse({"linkset": [entry]}, media_type=profile)


@router.get("/.well-known/security.txt")
async def security_txt() -> Response:
    """Whom to tell of a weakness (RFC 9116). It has to expire: at the start of some month ahead."""
    settings = get_settings()
    contact = settings.security_contact or f"mailto:postmaster@{settings.public_url.host}"
    expires = add_months(now().date(), 6)
    text = dedent(
        f"""\
        Contact: {contact}
        Expires: {expires}T00:00:00Z
        Preferred-Languages: en, ru
        Canonical: {settings.base_url}/.well-known/security.txt
        """
    )
    return PlainTextResponse(text)


def iter_problem_types(kind: type[ApiError] = ApiError) -> Iterator[type[ApiError]]:
    """Every kind of problem that there is."""
    yield kind
    for below in kind.__subclasses__():
        yield from iter_problem_types(below)


def _describe_problem_type(kind: type[ApiError]) -> dict[str, Any]:
    return {
        "type": f"{get_settings().base_url}/problems/{kind.problem_type}",
        "title": str(kind.title),
        "status": kind.status,
        "description": tr(" ".join((kind.__doc__ or "").split()), kind.description_ru),
    }


@router.get("/problems")
async def list_problems() -> Response:
    """Every kind of problem that an answer may name."""
    return JSONResponse({"items": [_describe_problem_type(kind) for kind in iter_problem_types()]})


@router.get("/problems/{name}")
async def explain_problem(name: str, request: Request) -> Response:
    """What a kind of problem means: a page for people, JSON for programs that ask for it."""
    for kind in iter_problem_types():
        if kind.problem_type == name:
            described = _describe_problem_type(kind)
            if _prefers_json(request.headers.get("accept", "")):
                return JSONResponse(described, headers={"Vary": "Accept"})
            return HTMLResponse(_render_problem_page(described), headers={"Vary": "Accept"})
    raise NotFound(
        tr(
            f"There is no problem {name[:80]!r}. All are listed at /problems.",
            f"Нет проблемы {name[:80]!r}. Все они перечислены в /problems.",
        )
    )


def _prefers_json(accept: str) -> bool:
    html, json = accept.find("text/html"), accept.find("json")
    return json >= 0 and (html < 0 or json < html)


_PROBLEM_PAGE_TEXT = Bilingual(
    "HTTP status {}. The answer's <code>detail</code> says what happened and what to do, its "
    "<code>errors</code> which parameter is at fault.",
    "Код HTTP {}. В <code>detail</code> ответа сказано, что случилось и что делать, а в "
    "<code>errors</code> — какой параметр неверен.",
)
_ALL_PROBLEMS_LABEL = Bilingual("All kinds of problems", "Все виды проблем")


def _render_problem_page(described: dict[str, Any]) -> str:
    title, status = escape(described["title"]), HTTPStatus(described["status"])
    return dedent(
        f"""\
        <!doctype html>
        <html lang="{current_language()}">
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width">
        <title>{title} – Zarya</title>
        <h1>{title}</h1>
        <p>{escape(described["description"])}</p>
        <p>{str(_PROBLEM_PAGE_TEXT).format(f"{status.value} {escape(status.phrase)}")}</p>
        <p><a href="/problems">{_ALL_PROBLEMS_LABEL}</a></p>
        </html>
        """
    )
