"""Routes of the documentation site: its pages, their assets, the examples, and the search."""

from functools import cache
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Query
from fastapi.responses import HTMLResponse, Response
from pydantic import Field

from app.api.docs.contents import ROOT, SECTIONS, DocsPage, pages_by_path
from app.api.docs.markdown import docs_path, relative_url
from app.api.docs.search import search_docs
from app.api.docs.site import get_rendered_page, neighbours
from app.api.params import QueryModel
from app.api.routing import Router
from app.api.static_files import REVALIDATE_CACHE_CONTROL, StaticDirectory
from app.domain.languages import tr
from app.http.paths import route_traits
from app.http.problems import NotFound

if TYPE_CHECKING:
    from jinja2 import Template

router = Router(prefix="/docs", include_in_schema=False)

_HEADERS = {
    "Cache-Control": REVALIDATE_CACHE_CONTROL,
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
}
_EXAMPLE_MEDIA_TYPES = dict.fromkeys((".html", ".json", ".py", ".ts", ".tsx"), "text/plain")
"""Examples are shown and downloaded, not run on this site."""

SITE_ASSETS = StaticDirectory(ROOT / "app" / "api" / "docs" / "static", _HEADERS)
EXAMPLE_FILES = StaticDirectory(ROOT / "examples", _HEADERS, _EXAMPLE_MEDIA_TYPES)
_SEARCH_PATH = "search"


class DocsSearchQuery(QueryModel):
    """Parameters of the search page."""

    q: Annotated[str, Field(max_length=200)] = ""
    """Question or keywords."""


@router.get("")
@route_traits(english_only=True)
def get_first_page() -> Response:
    """Serve the first page."""
    return _serve_page(pages_by_path()[""])


@router.get(f"/{_SEARCH_PATH}")
@route_traits(english_only=True)
def search_pages(query: Annotated[DocsSearchQuery, Query()]) -> Response:
    """Serve the pages that answer a question."""
    start = docs_path(_SEARCH_PATH)
    results = [
        {
            "url": f"{relative_url(start, docs_path(each.page.path))}#{each.passage.anchor}",
            "title": each.page.label,
            "heading": each.passage.heading,
            "snippet": each.snippet,
        }
        for each in search_docs(query.q)
    ]
    return _render(start, title="Search", question=query.q, results=results)


@router.get("/assets/{name}")
@route_traits(english_only=True)
def get_asset(name: str) -> Response:
    """Serve a script or style of the site."""
    return SITE_ASSETS.get_response(name)


@router.get("/examples/{name:path}")
@route_traits(english_only=True)
def get_example(name: str) -> Response:
    """Serve a file of the examples as text."""
    return EXAMPLE_FILES.get_response(name)


@router.get("/{path:path}")
@route_traits(english_only=True)
def get_page(path: str) -> Response:
    """Serve a page. Raises NotFound."""
    page = pages_by_path().get(path) if path else None
    if page is None:
        raise NotFound(
            tr(
                f"There is no page {path[:80]!r} in the documentation.",
                f"Страницы {path[:80]!r} в документации нет.",
            )
        )
    return _serve_page(page)


def _serve_page(page: DocsPage) -> Response:
    rendered = get_rendered_page(page)
    previous, following = neighbours(page)
    return _render(
        docs_path(page.path),
        title=rendered.passages[0].heading,
        page=page,
        content=rendered.html,
        headings=[each for each in rendered.passages[1:] if each.level == 2],
        previous=previous,
        following=following,
    )


def _render(start: str, **context: Any) -> Response:
    """Render the template for the page at `start`."""

    def link(path: str) -> str:
        return relative_url(start, path)

    html = _load_template().render(
        context, sections=SECTIONS, link=link, page_link=lambda path: link(docs_path(path))
    )
    return HTMLResponse(html, headers=_HEADERS)


@cache
def _load_template() -> "Template":
    """Compile the template on first use."""
    from jinja2 import Environment, StrictUndefined  # noqa: PLC0415 - on first use

    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string((ROOT / "app" / "api" / "docs" / "page.html").read_text("utf-8"))
