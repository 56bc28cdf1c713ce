"""Files that browsers and search engines expect at the root: favicon, robots.txt, sitemaps."""

from textwrap import dedent
from typing import Annotated
from xml.etree.ElementTree import Element, SubElement, tostring

from fastapi import Path
from fastapi.responses import PlainTextResponse, Response

from app.api.deps import DatabaseDep
from app.api.links import page_url
from app.api.routing import Router
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
_FIXED_PAGES = ((), ("missions",), ("launches",), ("people",), ("archive",))

SitemapYear = Annotated[
    int, Path(ge=MIN_INSTANT.year, lt=MAX_INSTANT.year, description="Year in UTC.")
]


class XmlResponse(Response):
    """XML document."""

    media_type = "application/xml"


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
    root = Element("sitemapindex", xmlns=_SITEMAP_NAMESPACE)
    for name in names:
        _add_location(root, "sitemap", page_url(f"sitemap-{name}.xml"))
    return XmlResponse(tostring(root, "utf-8", xml_declaration=True))


@router.get("/sitemap-records.xml")
@route_traits(english_only=True)
async def get_record_sitemap(database: DatabaseDep) -> Response:
    """Sitemap of the fixed pages, and of those of missions, people and launches."""
    root = Element("urlset", xmlns=_SITEMAP_NAMESPACE)
    for segments in _FIXED_PAGES:
        _add_location(root, "url", page_url(*segments))
    for collection in RECORD_COLLECTIONS:
        _add_entries(root, collection, await database.read(list_sitemap_entries, collection))
    return XmlResponse(tostring(root, "utf-8", xml_declaration=True))


@router.get("/sitemap-articles-{year}.xml")
@route_traits(english_only=True)
async def get_article_sitemap(year: SitemapYear, database: DatabaseDep) -> Response:
    """Sitemap of the articles of a year."""
    root = Element("urlset", xmlns=_SITEMAP_NAMESPACE)
    _add_entries(root, "articles", await database.read(list_sitemap_articles, year))
    return XmlResponse(tostring(root, "utf-8", xml_declaration=True))


def _add_entries(root: Element, collection: str, entries: list[SitemapEntry]) -> None:
    for entry in entries:
        url = _add_location(root, "url", page_url(collection, entry.slug))
        SubElement(url, "lastmod").text = format_rfc3339_utc(entry.updated_at)


def _add_location(root: Element, name: str, url: str) -> Element:
    element = SubElement(root, name)
    SubElement(element, "loc").text = url
    return element
