"""Favicon, robots.txt and sitemaps."""

from datetime import UTC, datetime
from time import thread_time
from urllib.parse import urlsplit

import pytest
from lxml import etree
from starlette.testclient import TestClient

from app.db.database import Database
from app.portal.sitemap_queries import RECORD_COLLECTIONS
from tests.support import factories
from tests.support.clients import clear_response_cache, override_settings
from tests.support.loop_cost import MAX_CALLBACK_CPU_SECONDS, longest_callback_seconds

LOCATION = "{http://www.sitemaps.org/schemas/sitemap/0.9}loc"


def locations(client: TestClient, path: str) -> list[str]:
    """Paths that a sitemap or an index lists."""
    answer = client.get(path)
    assert answer.status_code == 200, path
    assert answer.headers["Content-Type"] == "application/xml"
    return [
        urlsplit(each.text or "").path for each in etree.fromstring(answer.content).iter(LOCATION)
    ]


def test_robots_txt_names_the_sitemap(archive: TestClient) -> None:
    answer = archive.get("/robots.txt")
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.text.splitlines() == [
        "User-agent: *",
        "Disallow: /v1/",
        "Disallow: /search",
        "Sitemap: http://127.0.0.1:8000/sitemap.xml",
    ]
    with override_settings(archive, public_url="https://space.example/iss"):
        lines = archive.get("/robots.txt").text.splitlines()
    assert lines[1] == "Disallow: /iss/v1/"
    assert lines[3] == "Sitemap: https://space.example/iss/sitemap.xml"


def test_sitemaps_list_every_page_once(archive: TestClient) -> None:
    index = locations(archive, "/sitemap.xml")
    assert len(index) == len(set(index)) > 20
    pages = [page for sitemap in index for page in locations(archive, sitemap)]
    counts = {
        collection: archive.get(f"/v1/{collection}?with_total=true&limit=1").json()["total"]
        for collection in (*RECORD_COLLECTIONS, "articles")
    }
    assert counts.keys() > {
        "spacecraft",
        "modules",
        "sites",
        "vehicles",
        "spacecraft-types",
        "agencies",
    }
    assert len(pages) == len(set(pages)) == sum(counts.values()) + 9
    for page in pages[:: len(pages) // 20]:
        answer = archive.get(page, headers={"Accept": "text/html"})
        assert answer.headers["Content-Type"].startswith("text/html"), page
        assert answer.status_code == 200, page


def test_sitemaps_list_public_articles_only(client: TestClient, database: Database) -> None:
    assert locations(client, "/sitemap.xml") == ["/sitemap-records.xml"]
    new_year = datetime(2020, 1, 1, tzinfo=UTC)
    with database.session() as session:
        session.add(
            factories.article(slug="public", published_at=datetime(2019, 12, 31, tzinfo=UTC))
        )
        session.add(factories.article(slug="next-year", published_at=new_year))
        session.add(factories.article(slug="draft", published_at=new_year, state="draft"))
        session.add(factories.article(slug="later", published_at=datetime(2099, 1, 1, tzinfo=UTC)))
    assert locations(client, "/sitemap.xml")[1:] == [
        "/sitemap-articles-2019.xml",
        "/sitemap-articles-2020.xml",
    ]
    assert locations(client, "/sitemap-articles-2019.xml") == ["/articles/public"]
    assert locations(client, "/sitemap-articles-2020.xml") == ["/articles/next-year"]
    assert locations(client, "/sitemap-articles-2099.xml") == []
    assert client.get("/sitemap-articles-1.xml").status_code == 422


def test_sitemaps_take_one_statement_per_collection(
    archive: TestClient, statements: list[str]
) -> None:
    for path, count in (("", 1), ("-articles-2019", 1), ("-records", len(RECORD_COLLECTIONS))):
        statements.clear()
        locations(archive, f"/sitemap{path}.xml")
        assert len(statements) == count, path


def test_favicon_equals_icon_of_pages(client: TestClient) -> None:
    answer = client.get("/favicon.ico")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "image/svg+xml"
    assert answer.content.startswith(b"<svg")
    again = client.get("/favicon.ico", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


def test_long_sitemap_does_not_hold_the_event_loop(
    archive: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries: list[datetime] = []

    def format_slowly(at: datetime) -> str:
        entries.append(at)
        end = thread_time() + MAX_CALLBACK_CPU_SECONDS / 250
        while thread_time() < end:
            pass
        return ""

    monkeypatch.setattr("app.portal.site_files.format_rfc3339_utc", format_slowly)

    def read() -> None:
        clear_response_cache(archive)
        assert archive.get("/sitemap-records.xml").status_code == 200

    longest = longest_callback_seconds(read)
    assert len(entries) > 500
    assert longest < MAX_CALLBACK_CPU_SECONDS
