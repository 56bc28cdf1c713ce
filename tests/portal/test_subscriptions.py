"""Feeds and calendars lead to pages for people; pages lead to feeds and calendars."""

import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from html import unescape
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.db.database import Database
from tests.support import factories
from tests.support.calendars import get_events
from tests.support.feeds import parse_feed

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
ORIGIN = "http://127.0.0.1:8000"
CALENDARS = (
    "/v1/launches.ics?mission=iss-59",
    "/v1/missions/iss-59/calendar.ics",
    "/v1/spacewalks.ics?mission=iss-59",
    "/v1/timeline.ics?at_gte=2019-03-01&at_lt=2019-04-01",
)
FEEDS = (
    "/v1/articles/feed.atom?limit=5",
    "/v1/articles/feed.json?limit=5",
    "/v1/articles/feed.rss?limit=5",
    "/v1/timeline.atom?limit=5",
    "/v1/timeline.atom?kind=module_attached,spacewalk,handover,mission_start&limit=8",
)


def feed_links(client: TestClient, address: str) -> list[str]:
    """Links of a feed and of its entries for people."""
    content = client.get(address).raise_for_status().content
    if "feed.json" in address:
        feed = json.loads(content)
        return [feed["home_page_url"], *(item["url"] for item in feed["items"])]
    parsed = parse_feed(content)
    return [parsed.feed.link, *(entry.link for entry in parsed.entries)]


def assert_opens_page(client: TestClient, link: str) -> None:
    """The link leads to a page of the portal for a browser, without a redirect."""
    path = link.removeprefix(ORIGIN).partition("#")[0]
    assert re.match(r"/(?!v1/)", path), link
    answer = client.get(path, headers=BROWSER, follow_redirects=False)
    assert (answer.status_code, answer.headers["Content-Type"][:9]) == (200, "text/html"), link


@pytest.mark.parametrize("address", FEEDS)
def test_links_of_feeds_open_pages(archive: TestClient, address: str) -> None:
    links = feed_links(archive, address)
    assert len(links) >= 6
    for link in dict.fromkeys(links):
        assert_opens_page(archive, link)


@pytest.mark.parametrize("address", CALENDARS)
def test_events_of_calendars_follow_the_rules_and_open_pages(
    archive: TestClient, address: str
) -> None:
    events = get_events(archive, address)
    assert len(events) > 1
    assert len({str(event["UID"]) for event in events}) == len(events)
    for event in events:
        assert re.fullmatch(r"[\w.-]+@[\w.-]+", str(event["UID"]))
        assert int(event["SEQUENCE"]) >= 0
        start = event["DTSTART"].dt
        for at in (event["DTSTAMP"].dt, *([start] if isinstance(start, datetime) else [])):
            assert at.utcoffset() == timedelta(0)
    for link in {str(event["URL"]) for event in events[:8]}:
        assert_opens_page(archive, link)


def page_links(html: str, pattern: str) -> Iterator[str]:
    """Yield the values of `href` in elements that match `pattern`."""
    for element in re.findall(pattern, html):
        yield unescape(element.partition('href="')[2].partition('"')[0])


@pytest.mark.parametrize("language", ["en", "ru"])
def test_pages_link_to_feeds_and_calendars(archive: TestClient, language: str) -> None:
    html = archive.get(f"/missions?lang={language}").text
    feeds = set(page_links(html, r'<[^<>]*type="application/atom\+xml"[^<>]*>'))
    assert len(feeds) == 2
    for feed in feeds:
        assert archive.get(feed).headers["Content-Type"].startswith("application/atom+xml")
    calendars = list(page_links(html, r'<a href="webcal:[^<>]*>'))
    assert len(calendars) == 3
    for calendar in calendars:
        path = calendar.removeprefix("webcal://127.0.0.1:8000")
        answer = archive.get(path)
        assert answer.headers["Content-Type"].startswith("text/calendar")
        assert answer.headers["Content-Language"] == language


def alternates(html: str) -> dict[str, str]:
    """URLs by `hreflang`."""
    return dict(re.findall(r'hreflang="(\w+)" href="([^"]+)">', html.partition("</head>")[0]))


def test_hreflang_of_an_article_names_its_translations(
    client: TestClient, database: Database
) -> None:
    with database.session() as session:
        for slug, language, key in (
            ("globe", "en", "globe"),
            ("shar", "ru", "globe"),
            ("kugel", "de", "globe"),
            ("alone", "en", "alone"),
        ):
            article = factories.article(slug=slug, language=language, translation_key=key)
            session.add(article)
    expected = {
        code: f"{ORIGIN}/articles/{slug}"
        for code, slug in (("en", "globe"), ("ru", "shar"), ("de", "kugel"))
    }
    for slug in ("globe", "shar", "kugel"):
        assert alternates(client.get(f"/articles/{slug}").text) == expected
    assert alternates(client.get("/articles/alone").text) == {"en": f"{ORIGIN}/articles/alone"}
    other = alternates(client.get("/archive").text)
    assert other == {lang: f"{ORIGIN}/archive?lang={lang}" for lang in ("en", "ru")}


def structured_data(html: str) -> Any:
    """JSON-LD of a page."""
    return json.loads(
        html.partition('<script type="application/ld+json">')[2].split("</script>")[0]
    )


def test_structured_data_of_an_article(client: TestClient, database: Database) -> None:
    hostile = '</script><script>alert("1")</script>'
    with database.session() as session:
        session.add(factories.article(slug="globe", title=hostile, lead=hostile))
    html = client.get("/articles/globe").text
    data = structured_data(html)
    assert data["headline"] == data["description"] == hostile
    assert data["url"] == data["mainEntityOfPage"] == f"{ORIGIN}/articles/globe"
    assert_opens_page(client, data["url"])
    assert "<script>" not in html
