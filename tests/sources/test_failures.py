"""Failed polls: stored errors, backoff, and no lost entries."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
import time_machine
from starlette.testclient import TestClient

from app.db.database import Database
from app.domain.dates import now
from app.ingest.polling import PollResult
from app.ingest.report import ImportReport
from tests.support.documents import IF_MATCH_ANY
from tests.support.fake_sites import FakeSite, Reply, rss_feed, rss_item
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
DAY = timedelta(days=1)


def test_failures_back_off_up_to_a_day(
    editor: TestClient,
    database: Database,
    fake_site: FakeSite,
    allow_private_targets: None,
    frozen_clock: time_machine.Traveller,
) -> None:
    id_ = add_source(editor, fake_site.add("/", Reply(500)))
    waits = []
    for failures in range(1, 9):
        assert poll_source(database, id_) == PollResult(None, "HTTP status 500.")
        found = source_row(database, id_)
        assert found["failures"] == failures
        waits.append(found["next_at"] - now())
        frozen_clock.shift(waits[-1] - timedelta(seconds=1))
        assert due_sources(database) == []
        frozen_clock.shift(timedelta(seconds=2))
    for hours, wait in zip([1, 2, 4, 8, 16, 24, 24, 24], waits, strict=True):
        assert hours * HOUR <= wait <= 1.1 * hours * HOUR
    assert len({wait / round(wait / HOUR) for wait in waits}) > 1
    fake_site.add("/", Reply(body=rss_feed(rss_item(1))))
    poll_source(database, id_)
    found = source_row(database, id_)
    assert (found["failures"], found["last_error"]) == (0, None)
    assert found["next_at"] == now() + HOUR


def test_backoff_is_not_shorter_than_interval(
    editor: TestClient,
    database: Database,
    fake_site: FakeSite,
    allow_private_targets: None,
    frozen_clock: time_machine.Traveller,
) -> None:
    id_ = add_source(editor, fake_site.add("/", Reply(500)), every_minutes=10080)
    poll_source(database, id_)
    assert source_row(database, id_)["next_at"] - now() >= 7 * DAY


@pytest.mark.parametrize(
    ("retry_after", "wait"),
    [
        ("7200", 2 * HOUR), ("60", HOUR), ("99999999999", DAY), ("-5", HOUR), ("soon", HOUR),
        ("Mon, 01 Jan 2020 99999999999999999999:00:00 GMT", HOUR), ("", HOUR),
        ("Mon, 01 Jan 2001 00:00:00 GMT", HOUR), ("Fri, 31 Dec 9999 23:59:59 GMT", DAY),
    ],
)  # fmt: skip
def test_retry_after_is_respected_within_bounds(
    editor: TestClient,
    database: Database,
    fake_site: FakeSite,
    allow_private_targets: None,
    frozen_clock: time_machine.Traveller,
    retry_after: str,
    wait: timedelta,
) -> None:
    id_ = add_source(editor, fake_site.add("/", Reply(429, {"Retry-After": retry_after})))
    assert poll_source(database, id_) == PollResult(None, "HTTP status 429.")
    assert wait <= source_row(database, id_)["next_at"] - now() <= 1.1 * wait


def test_retry_after_date_is_respected(
    editor: TestClient,
    database: Database,
    fake_site: FakeSite,
    allow_private_targets: None,
    frozen_clock: time_machine.Traveller,
) -> None:
    later = format_datetime(datetime.now(UTC) + 5 * HOUR, usegmt=True)
    id_ = add_source(editor, fake_site.add("/", Reply(503, {"Retry-After": later})))
    poll_source(database, id_)
    wait = source_row(database, id_)["next_at"] - now()
    assert 5 * HOUR - timedelta(seconds=1) <= wait <= 5.5 * HOUR


def test_gone_source_is_disabled_until_enabled(
    editor: TestClient, database: Database, fake_site: FakeSite, allow_private_targets: None
) -> None:
    id_ = add_source(editor, fake_site.add("/", Reply(410, {"Content-Encoding": "br"}, b"gone")))
    assert poll_source(database, id_) == PollResult(None, "HTTP status 410.")
    found = get_source(editor, id_)
    assert (found["enabled"], found["next_at"]) == (False, None)
    assert found["disabled_reason"] == "HTTP status 410 (Gone)."
    refused = editor.post(f"/v1/sources/{id_}/poll")
    assert (refused.status_code, len(fake_site.requests)) == (409, 1)
    enabled = editor.patch(
        f"/v1/sources/{id_}", json={"enabled": True}, headers=IF_MATCH_ANY
    ).json()
    assert (enabled["disabled_reason"], enabled["failures"]) == (None, 0)
    assert due_sources(database) == [id_]


def test_failure_keeps_cache_validators(
    editor: TestClient, database: Database, fake_site: FakeSite, allow_private_targets: None
) -> None:
    """Otherwise the next response would be 304 for entries that were never imported."""
    id_ = add_source(
        editor, fake_site.add("/", Reply(200, {"ETag": '"one"'}, rss_feed(rss_item(1))))
    )
    poll_source(database, id_)
    failing = [
        Reply(500, {"ETag": '"two"'}),
        Reply(200, {"ETag": '"two"'}, b"<html>We are being repaired.</html>"),
        Reply(200, {"ETag": '"two"'}, b""),
        Reply(200, {"ETag": '"two"'}, rss_feed(rss_item(2, date="some day"))),
        Reply(200, {"ETag": '"two"', "Content-Encoding": "gzip"}, b"no gzip"),
    ]
    for failures, reply in enumerate(failing, start=1):
        fake_site.add("/", reply)
        found = poll_source_now(database, id_)
        assert found.error
        row = source_row(database, id_)
        assert (row["etag"], row["failures"], row["last_error"]) == ('"one"', failures, found.error)
    assert len(get_drafts(editor)) == 1


def test_partially_rejected_feed_is_fetched_again(
    editor: TestClient, database: Database, fake_site: FakeSite, allow_private_targets: None
) -> None:
    bad = rss_item(2, date="some\tday\N{RIGHT-TO-LEFT OVERRIDE}")
    id_ = add_source(
        editor, fake_site.add("/", Reply(200, {"ETag": '"one"'}, rss_feed(rss_item(1), bad)))
    )
    found = poll_source(database, id_)
    assert found is not None
    assert found.report == ImportReport(created=1, rejected=1)
    stored = get_source(editor, id_)
    assert stored["last_error"] == found.error
    assert found.error is not None
    assert found.error.startswith("1 rejected, the first: line 1, published: ")
    assert found.error.isprintable()
    assert (stored["failures"], source_row(database, id_)["etag"]) == (0, None)
    fake_site.add("/", Reply(200, {"ETag": '"one"'}, rss_feed(rss_item(1), rss_item(2))))
    assert poll_source_now(database, id_) == PollResult(ImportReport(created=1, unchanged=1), None)
    assert source_row(database, id_)["etag"] == '"one"'


def test_error_is_one_printable_line(
    editor: TestClient, database: Database, fake_site: FakeSite, allow_private_targets: None
) -> None:
    odd = '"a\\u001b[2J\\u0000\\nb\\u202e' + "x" * 1000 + '"'
    article = f'{{"id": 1, "title": "Docked", "news_site": "Desk", "published_at": {odd}}}'
    url = fake_site.add("/", Reply(body=article.encode()))
    error = poll_source_now(database, add_source(editor, url, format="snapi")).error
    assert error is not None
    assert error.isprintable()
    assert len(error) <= 300
    assert get_source(editor, add_source(editor, url + "2"))["last_error"] is None


@pytest.mark.parametrize("odd", ["caf\xe9", "x" * 301])
def test_invalid_validators_are_not_stored(
    editor: TestClient,
    database: Database,
    fake_site: FakeSite,
    allow_private_targets: None,
    odd: str,
) -> None:
    headers = {"ETag": f'"{odd}"', "Last-Modified": odd}
    id_ = add_source(editor, fake_site.add("/", Reply(200, headers, rss_feed(rss_item(1)))))
    for _ in range(2):
        assert poll_source_now(database, id_).error is None
    row = source_row(database, id_)
    assert (row["etag"], row["last_modified"]) == (None, None)


def test_xml_attack_is_one_failure_and_reads_no_file(
    editor: TestClient, database: Database, fake_site: FakeSite, allow_private_targets: None
) -> None:
    entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    laughs = f'<!DOCTYPE rss [<!ENTITY a0 "ha">{entities}]>'.encode()
    reading = b'<!DOCTYPE rss [<!ENTITY a9 SYSTEM "file:///etc/passwd">]>'
    for number, doctype in enumerate((laughs, reading)):
        body = doctype + rss_feed(rss_item(1, "&a9;"))
        found = poll_source(
            database, add_source(editor, fake_site.add(f"/{number}", Reply(body=body)))
        )
        assert found is not None
        assert found.report == ImportReport(rejected=1)
        assert found.error is not None
        assert "entities" in found.error
    assert get_drafts(editor) == []
