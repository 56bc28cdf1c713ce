"""Feeds of several pages: followed to the end, resumed, and complete looks."""

import json
from datetime import timedelta

import pytest
import time_machine
from starlette.testclient import TestClient

from app.db.database import Database
from app.domain.dates import now
from app.ingest.polling import MAX_POLL_PAGES, PollResult
from app.ingest.report import ImportReport
from tests.support.fake_sites import FakeSite, Reply, add_news_pages, news_page
from tests.support.polling import (
    add_source,
    due_sources,
    get_drafts,
    get_source,
    poll_source,
    poll_source_now,
    source_row,
)

HOUR = timedelta(hours=1)


def test_all_pages_are_imported_in_one_poll(
    editor: TestClient,
    database: Database,
    fake_site: FakeSite,
    allow_private_targets: None,
    frozen_clock: time_machine.Traveller,
) -> None:
    id_ = add_source(editor, add_news_pages(fake_site, 3), format="snapi")
    assert get_source(editor, id_)["looked_at"] is None
    assert poll_source(database, id_) == PollResult(ImportReport(created=3), None)
    assert len(get_drafts(editor)) == 3
    found = get_source(editor, id_)
    assert found["looked_at"] == f"{now():%Y-%m-%dT%H:%M:%SZ}"
    assert found["last_report"]["created"] == 3
    assert source_row(database, id_)["next_page"] is None


def test_long_feed_continues_with_the_next_poll(
    editor: TestClient,
    database: Database,
    fake_site: FakeSite,
    allow_private_targets: None,
    frozen_clock: time_machine.Traveller,
) -> None:
    started = now()
    id_ = add_source(editor, add_news_pages(fake_site, MAX_POLL_PAGES + 2), format="snapi")
    assert poll_source(database, id_) == PollResult(ImportReport(created=MAX_POLL_PAGES), None)
    assert get_source(editor, id_)["looked_at"] is None
    assert due_sources(database) == []
    frozen_clock.shift(HOUR)
    assert poll_source(database, id_) == PollResult(ImportReport(created=2), None)
    assert source_row(database, id_)["looked_at"] == started  # of the first page
    frozen_clock.shift(HOUR)
    poll_source(database, id_)
    assert [path for path, _ in fake_site.requests][-MAX_POLL_PAGES] == "/news?page=0"


def test_validators_are_those_of_a_single_page(
    editor: TestClient, database: Database, fake_site: FakeSite, allow_private_targets: None
) -> None:
    """A first page that has not changed says nothing about the second."""
    url = fake_site.add("/one", news_page(1, next_page="/two", ETag='"one"'))
    fake_site.add("/two", news_page(2, ETag='"two"'))
    id_ = add_source(editor, url, format="snapi")
    poll_source(database, id_)
    assert source_row(database, id_)["etag"] is None
    poll_source_now(database, id_)
    assert fake_site.statuses == [200] * 4
    fake_site.add("/one", news_page(1, ETag='"alone"'))  # positive control
    poll_source_now(database, id_)
    looked_at = source_row(database, id_)["looked_at"]
    poll_source_now(database, id_)
    assert fake_site.statuses[-1] == 304
    assert source_row(database, id_)["looked_at"] >= looked_at


@pytest.mark.parametrize(
    "link",
    ["https://elsewhere.example/news", "file:///etc/passwd", "http://[", "/" + 2000 * "a"],
)
def test_invalid_next_page_is_refused(
    editor: TestClient,
    database: Database,
    fake_site: FakeSite,
    allow_private_targets: None,
    link: str,
) -> None:
    id_ = add_source(editor, fake_site.add("/", news_page(1, next_page=link)), format="snapi")
    found = poll_source(database, id_)
    assert found is not None
    assert found.report == ImportReport(created=1)
    assert found.error
    row = source_row(database, id_)
    assert (row["failures"], row["next_page"], row["looked_at"]) == (1, None, None)


def test_look_with_a_reject_is_not_complete(
    editor: TestClient, database: Database, fake_site: FakeSite, allow_private_targets: None
) -> None:
    """Nor is it if the rejected entry was on the first page."""
    broken = {"id": 1, "title": "No publisher", "published_at": "2019-04-04"}
    first = {"next": "/two", "results": [broken]}
    url = fake_site.add("/one", Reply(body=json.dumps(first).encode()))
    fake_site.add("/two", news_page(2))
    id_ = add_source(editor, url, format="snapi")
    found = poll_source(database, id_)
    assert found is not None
    assert found.report == ImportReport(created=1, rejected=1)
    assert "1 rejected, the first:" in str(found.error)
    row = source_row(database, id_)
    assert (row["failures"], row["looked_at"]) == (0, None)
    fake_site.add("/one", news_page(1, next_page="/two"))  # positive control
    poll_source_now(database, id_)
    assert source_row(database, id_)["looked_at"]


def test_failure_starts_another_look(
    editor: TestClient, database: Database, fake_site: FakeSite, allow_private_targets: None
) -> None:
    id_ = add_source(editor, add_news_pages(fake_site, 3), format="snapi")
    second = fake_site.replies["/news?page=1"]
    fake_site.add("/news?page=1", Reply(500))
    found = poll_source(database, id_)
    assert found == PollResult(ImportReport(created=1), "HTTP status 500.")
    assert source_row(database, id_)["looked_at"] is None
    fake_site.add("/news?page=1", second)
    assert poll_source_now(database, id_).report == ImportReport(created=2, unchanged=1)
    assert source_row(database, id_)["looked_at"]
