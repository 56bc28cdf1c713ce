"""`html_url`: the page of each record, and the redirect of browsers from the API to it."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from starlette.testclient import TestClient

from tests.support.databases import CreateDatabase
from tests.support.raw_http import request_head, send_raw
from tests.support.servers import run_server

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
RECORDS_WITH_PAGES = (
    "agencies/roscosmos",
    "articles/launch-progress-ms-11",
    "launches/progress-ms-11",
    "missions/iss-59",
    "modules/harmony",
    "people/anne-mcclain",
    "sites/kennedy-space-center",
    "spacecraft-types/crew-dragon-2",
    "spacecraft/dragon-endeavour",
    "spacewalks/spacewalk-214",
    "vehicles/soyuz-fg",
)
OTHER_SOURCES = (
    "launches/sts-88",
    "modules?limit=3",
    "stays?limit=3",
    "timeline?limit=40",
    "timeline?kind=module_attached,handover,spacewalk&limit=20",
    "search?q=harmony+nadir",
    "search?q=progress+ms-11",
    "suggest?q=harm",
    "missions/iss-59/page",
    "station?on=2019-04-04",
)
TYPES_WITHOUT_PAGE = {"media"}
"""Types of search results whose `html_url` is null."""


def find_page_urls(value: Any) -> Iterator[tuple[str, str]]:
    """Yield `url` and `html_url` of each object in a JSON value that has a page."""
    if isinstance(value, list):
        for item in value:
            yield from find_page_urls(item)
    if isinstance(value, dict):
        type_ = value.get("type")  # of a search result; a spacecraft has a record there
        if isinstance(type_, str) and type_ in TYPES_WITHOUT_PAGE:
            assert value["html_url"] is None
        elif "html_url" in value:
            if value["url"]:
                yield value["url"], value["html_url"]
            else:  # a name without a record
                assert value["html_url"] is None
        for item in value.values():
            yield from find_page_urls(item)


@pytest.mark.slow
@pytest.mark.parametrize("path", [*RECORDS_WITH_PAGES, *OTHER_SOURCES])
def test_html_urls_open_pages(archive: TestClient, path: str) -> None:
    found = dict(find_page_urls(archive.get(f"/v1/{path}").json()))
    assert found
    pages = {html_url.removeprefix("http://127.0.0.1:8000") for html_url in found.values()}
    for page in sorted(pages, key=len)[:12]:
        response = archive.get(page.partition("#")[0], follow_redirects=False)
        assert (response.status_code, response.headers["Content-Type"][:9]) == (200, "text/html")


def test_html_url_beside_url_has_the_language_of_the_article(archive: TestClient) -> None:
    urls = find_page_urls(archive.get("/v1/articles?language=ru&limit=2").json())
    assert {urlsplit(html_url).query for _, html_url in urls} == {"lang=ru"}


@pytest.mark.parametrize("path", RECORDS_WITH_PAGES)
def test_browsers_are_redirected_to_pages(archive: TestClient, path: str) -> None:
    def get(accept: str, query: str = "") -> tuple[int, str | None]:
        address = f"/v1/{path}{query}"
        answer = archive.get(address, headers={"Accept": accept}, follow_redirects=False)
        assert "Accept" in answer.headers["Vary"].split(", ")
        return answer.status_code, answer.headers.get("Location")

    page = f"http://127.0.0.1:8000/{path}"
    assert get(BROWSER) == (303, page)
    assert get(BROWSER, "?lang=ru") == (303, f"{page}?lang=ru")
    for accept in ("*/*", "application/json", "application/json, text/html;q=0.5", ""):
        assert get(accept) == (200, None)
    assert get(BROWSER, "?format=json") == (200, None)
    assert archive.get(f"/v1/{path}?format=csv").status_code == 422


def test_footer_links_of_pages_return_json(archive: TestClient) -> None:
    for path in RECORDS_WITH_PAGES:
        html = archive.get(f"/{path}").text
        footer = html.partition('id="made-of"')[2]
        request = footer.partition('href="')[2].partition('"')[0].replace("&amp;", "&")
        answer = archive.get(request, headers={"Accept": BROWSER}, follow_redirects=False)
        assert answer.headers["Content-Type"] == "application/json"


@pytest.mark.slow
def test_cached_redirect_is_not_sent_to_api_clients(
    create_database: CreateDatabase, archive_template_url: str
) -> None:
    page = "/people/anne-mcclain"
    path = f"/v1{page}"
    with run_server(create_database(archive_template_url)) as origin:
        for _ in range(2):
            browser = send_raw(origin, request_head(path, f"Accept: {BROWSER}"))
            assert (browser.status, browser.headers["location"]) == (303, f"{origin}{page}")
            client = send_raw(origin, request_head(path, "Accept: */*"))
            assert (client.status, client.headers["content-type"]) == (200, "application/json")
