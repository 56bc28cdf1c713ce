"""Files that browsers and search engines expect at the root: favicon, robots.txt, sitemaps."""

from collections.abc import Iterable
from textwrap import dedent
from typing import Annotated
from xml.sax.saxutils import escape

from fastapi import Path
from fastapi.responses import PlainTextResponse, Response

from app.api.deps import DatabaseDep
from app.api.links import page_url
from app.api.routing import Router
from app.db.database import Reader
from app.domain.dates import MAX_INSTANT, MIN_INSTANT, format_rfc3339_utc
from app.http.paths import route_traits
from app.portal.assets import get_icon_response
from app.portal.sitemap_queries import (
    RECORD_COLLECTIONS,
    SitemapEntry,
    list_article_years,
    list_sitemap_articles,
    list_sitemap_entries,
)
from app.portal.template_filters import get_base_path

router = Router(include_in_schema=False)

_SITEMAP_NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
_FIXED_PAGES = (
    (),
    ("station",),
    ("missions",),
    ("launches",),
    ("spacewalks",),
    ("people",),
    ("spacecraft-types",),
    ("agencies",),
    ("archive",),
)

SitemapYear = Annotated[
    int, Path(ge=MIN_INSTANT.year, lt=MAX_INSTANT.year, description="Year in UTC.")
]


@router.get("/favicon.ico")
@route_traits(english_only=True)
def get_favicon() -> Response:
    """Icon, for clients that do not read the icon link of a page."""
    return get_icon_response()


@router.get("/robots.txt")
@route_traits(english_only=True)
async def get_robots_txt() -> Response:
    """Rules for crawlers (RFC 9309): the pages, not the API."""
    base_path = get_base_path()
    text = dedent(
        f"""\
        User-agent: *
        Disallow: {base_path}/v1/
        Disallow: {base_path}/search
        Sitemap: {page_url("sitemap.xml")}
        """
    )
    return PlainTextResponse(text)


@router.get("/sitemap.xml")
@route_traits(english_only=True)
async def get_sitemap_index(database: DatabaseDep) -> Response:
    """Index of the sitemaps: one of records, and one of articles per year."""
    years = await database.read(list_article_years)
    names = ["records", *(f"articles-{year}" for year in years)]
    sitemaps = [
        f"<sitemap><loc>{escape(page_url(f'sitemap-{name}.xml'))}</loc></sitemap>" for name in names
    ]
    return _xml_response("sitemapindex", sitemaps)


@router.get("/sitemap-records.xml")
@route_traits(english_only=True)
async def get_record_sitemap(database: DatabaseDep) -> Response:
    """Sitemap of the fixed pages, and of those of records without a language."""
    urls = [f"<url><loc>{escape(page_url(*segments))}</loc></url>" for segments in _FIXED_PAGES]
    for collection in RECORD_COLLECTIONS:
        urls += await database.read(_render_records, collection)
    return _xml_response("urlset", urls)


@router.get("/sitemap-articles-{year}.xml")
@route_traits(english_only=True)
async def get_article_sitemap(year: SitemapYear, database: DatabaseDep) -> Response:
    """Sitemap of the articles of a year."""
    return _xml_response("urlset", await database.read(_render_articles, year))


def _render_records(reader: Reader, collection: str) -> list[str]:
    return _render_entries(reader, collection, list_sitemap_entries(reader, collection))


def _render_articles(reader: Reader, year: int) -> list[str]:
    return _render_entries(reader, "articles", list_sitemap_articles(reader, year))


def _render_entries(reader: Reader, collection: str, entries: Iterable[SitemapEntry]) -> list[str]:
    """Elements of a sitemap: up to 50,000, so they are rendered within the budget of the read."""
    elements = []
    for entry in entries:
        reader.check_budget()
        location = escape(page_url(collection, entry.slug))
        changed = format_rfc3339_utc(entry.updated_at)
        elements.append(f"<url><loc>{location}</loc><lastmod>{changed}</lastmod></url>")
    return elements


def _xml_response(root: str, elements: Iterable[str]) -> Response:
    start = f"<?xml version='1.0' encoding='utf-8'?>\n<{root} xmlns=\"{_SITEMAP_NAMESPACE}\">"
    content = "".join([start, *elements, f"</{root}>"])
    return Response(content, media_type="application/xml")
