"""Budget of requests per host: over all sources, over restarts, and after a 429."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from starlette.testclient import TestClient

from app.db.database import Database
from app.domain.dates import now
from app.ingest.polling import PollResult
from app.ingest.report import ImportReport
from app.ingest.request_budget import RequestBudgetExhausted, block_host, reserve_request
from app.resources.write_steps import build_database
from tests.support.documents import IF_MATCH_ANY
from tests.support.fake_sites import FakeSite, Reply, add_news_pages, rss_feed, rss_item
from tests.support.polling import (
    add_source,
    due_sources,
    poll_source,
    poll_source_now,
    source_row,
)

HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
URL = "https://desk.example/feed"


def count_granted(database: Database, requests: int, url: str = URL) -> int:
    """Number of granted requests of `requests`."""

    def is_granted() -> bool:
        try:
            reserve_request(database, url)
        except RequestBudgetExhausted:
            return False
        return True

    return sum(is_granted() for _ in range(requests))


def test_no_hour_has_more_requests_than_the_limit(
    editor: TestClient, database: Database, frozen_clock: time_machine.Traveller
) -> None:
    add_source(editor, URL, requests_per_hour=4)
    granted: list[Any] = []
    for _ in range(60):
        granted += [now()] * count_granted(database, 2)
        frozen_clock.shift(timedelta(minutes=7))
    busiest = max(sum(at <= other < at + HOUR for other in granted) for at in granted)
    assert busiest == 4
    assert len(granted) >= 4 * 6  # all that the limit allows in seven hours


def test_lowest_limit_of_a_host_applies_to_all_its_sources(
    editor: TestClient, database: Database
) -> None:
    add_source(editor, URL, requests_per_hour=9)
    low = add_source(editor, "http://DESK.example:8000/other", requests_per_hour=3)
    add_source(editor, "https://elsewhere.example/", requests_per_hour=1)
    add_source(editor, "https://desk.example/third")
    assert count_granted(database, 5, "https://desk.example/third") == 3
    assert count_granted(database, 5) == 0
    disabled = editor.patch(f"/v1/sources/{low}", json={"enabled": False}, headers=IF_MATCH_ANY)
    assert disabled.is_success
    assert count_granted(database, 9) == 6


def test_host_without_limit_is_not_limited(editor: TestClient, database: Database) -> None:
    add_source(editor, URL)
    assert count_granted(database, 50) == 50


def test_budget_is_kept_over_restarts(editor: TestClient, database: Database) -> None:
    add_source(editor, URL, requests_per_hour=3)
    assert count_granted(database, 2) == 2
    other = build_database(database.engine.url.render_as_string(hide_password=False))
    assert count_granted(other, 9) == 1
    other.close()


def test_budget_is_shared_by_concurrent_polls(editor: TestClient, database: Database) -> None:
    add_source(editor, URL, requests_per_hour=5)
    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(lambda _: count_granted(database, 3), range(4))) == 5


def test_exhausted_budget_postpones_the_poll_and_its_pages(
    editor: TestClient,
    database: Database,
    fake_site: FakeSite,
    allow_private_targets: None,
    frozen_clock: time_machine.Traveller,
) -> None:
    """It is no failure, and the look continues where it stopped."""
    started = now()
    url = add_news_pages(fake_site, 5)
    id_ = add_source(editor, url, format="snapi", requests_per_hour=2, every_minutes=5)
    found = poll_source(database, id_)
    assert found is not None
    assert found.report == ImportReport(created=2)
    assert "No request to 127.0.0.1 before" in str(found.error)
    row = source_row(database, id_)
    assert (row["failures"], row["last_error"]) == (0, None)
    assert row["next_at"] == now() + HOUR + SECOND
    assert len(fake_site.requests) == 2
    for created in (2, 1):
        frozen_clock.shift(HOUR + SECOND)
        assert due_sources(database) == [id_]
        found = poll_source(database, id_)
        assert found is not None
        assert found.report == ImportReport(created=created)
    assert [path[-1] for path, _ in fake_site.requests] == list("01234")
    assert source_row(database, id_)["looked_at"] == started


def test_redirects_are_counted(
    editor: TestClient, database: Database, fake_site: FakeSite, allow_private_targets: None
) -> None:
    fake_site.add("/feed", Reply(body=rss_feed(rss_item(1))))
    url = fake_site.add("/moved", Reply(302, {"Location": "/feed"}))
    id_ = add_source(editor, url, requests_per_hour=1)
    found = poll_source(database, id_)
    assert found is not None
    assert found.report is None
    assert [path for path, _ in fake_site.requests] == ["/moved"]
    editor.patch(f"/v1/sources/{id_}", json={"requests_per_hour": 3}, headers=IF_MATCH_ANY)
    assert poll_source_now(database, id_) == PollResult(ImportReport(created=1), None)


@pytest.mark.parametrize(("headers", "is_blocked"), [({"Retry-After": "7200"}, True), ({}, False)])
def test_429_blocks_the_host_for_all_its_sources(
    editor: TestClient,
    database: Database,
    fake_site: FakeSite,
    allow_private_targets: None,
    frozen_clock: time_machine.Traveller,
    headers: dict[str, str],
    is_blocked: bool,
) -> None:
    busy = add_source(editor, fake_site.add("/busy", Reply(429, headers)))
    other = add_source(editor, fake_site.add("/", Reply(body=rss_feed(rss_item(1)))))
    assert poll_source(database, busy) == PollResult(None, "HTTP status 429.")
    found = poll_source(database, other)
    assert found is not None
    assert (found.report is None) == is_blocked
    frozen_clock.shift(2 * HOUR)
    assert poll_source_now(database, other).error is None


def test_429_on_a_later_page_does_not_restart_the_look(
    editor: TestClient,
    database: Database,
    fake_site: FakeSite,
    allow_private_targets: None,
    frozen_clock: time_machine.Traveller,
) -> None:
    id_ = add_source(editor, add_news_pages(fake_site, 3), format="snapi")
    last = fake_site.replies["/news?page=2"]
    fake_site.add("/news?page=2", Reply(429, {"Retry-After": "600"}))
    poll_source(database, id_)
    fake_site.add("/news?page=2", last)
    frozen_clock.shift(2 * HOUR)
    assert poll_source_now(database, id_) == PollResult(ImportReport(created=1), None)
    assert source_row(database, id_)["looked_at"] == now() - 2 * HOUR


@pytest.mark.parametrize("url", ["https://desk.example/", "https://desk.example./", URL.upper()])
def test_spellings_of_a_host_are_one(editor: TestClient, database: Database, url: str) -> None:
    block_host(database, url, now() + HOUR)
    assert count_granted(database, 1) == 0
    assert count_granted(database, 1, "https://other.example/") == 1
