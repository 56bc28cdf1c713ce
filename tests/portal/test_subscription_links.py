"""Feeds and calendars: the link of each entry opens a page for people."""

from urllib.parse import urlsplit

import pytest
from starlette.testclient import TestClient

from tests.support.openapi import committed_openapi
from tests.support.subscriptions import SUBSCRIPTIONS, page_links


def is_subscription(path: str) -> bool:
    return "/feed." in path or path.endswith((".ics", ".atom"))


def test_every_feed_and_calendar_is_walked() -> None:
    walked = {path.partition("?")[0].replace("iss-59", "{slug}") for path in SUBSCRIPTIONS}
    assert walked == {path for path in committed_openapi()["paths"] if is_subscription(path)}


def check_page(client: TestClient, url: str) -> None:
    page = urlsplit(url)
    assert not page.path.startswith("/v1/"), url
    answer = client.get(f"{page.path}?{page.query}", headers={"Accept": "text/html"})
    kind = answer.headers["Content-Type"]
    assert (answer.status_code, kind) == (200, "text/html; charset=utf-8"), url
    assert not page.fragment or f'id="{page.fragment}"' in answer.text, url


@pytest.mark.parametrize("path", SUBSCRIPTIONS)
def test_first_and_last_links_open_pages(archive: TestClient, path: str) -> None:
    links = page_links(path, archive.get(path).content)
    assert len(links) > 1
    for url in (*links[:2], *links[-2:]):
        check_page(archive, url)


@pytest.mark.slow
@pytest.mark.parametrize("path", SUBSCRIPTIONS)
def test_all_links_open_pages(archive: TestClient, path: str) -> None:
    for url in sorted(set(page_links(path, archive.get(path).content))):
        check_page(archive, url)
