"""Horizon: moved by complete looks at the sources that cover a kind of facts."""

from datetime import datetime, timedelta
from typing import Any

import time_machine
from starlette.testclient import TestClient

from app.db.database import Database
from app.domain.dates import format_rfc3339_utc, now
from tests.support.documents import IF_MATCH_ANY
from tests.support.fake_sites import FakeSite, Reply, add_news_pages, news_page
from tests.support.polling import add_source, poll_source, poll_source_now

MINUTE = timedelta(minutes=1)


def horizon(client: TestClient, kind: str = "news") -> str | None:
    """Horizon of a kind; None if the archive has none."""
    kinds: list[dict[str, Any]] = client.get("/v1/horizon").json()["items"]
    return next((each["known_until"] for each in kinds if each["kind"] == kind), None)


def time(at: datetime) -> str:
    return format_rfc3339_utc(at)


def test_complete_look_moves_the_horizon_to_its_start(
    editor: TestClient,
    database: Database,
    fake_site: FakeSite,
    allow_private_targets: None,
    frozen_clock: time_machine.Traveller,
) -> None:
    fields = {"format": "snapi", "trusted": True, "covers": ["news"], "requests_per_hour": 2}
    id_ = add_source(editor, add_news_pages(fake_site, 3), **fields)
    started = now()
    poll_source(database, id_)
    assert horizon(editor) is None  # a page is missing
    frozen_clock.shift(61 * MINUTE)
    poll_source(database, id_)
    assert horizon(editor) == time(started)
    actor = {"type": "horizon", "actor": f"source {id_}"}  # the audit log outlives the tests
    moves = editor.get("/v1/audit", params=actor).json()["items"]
    assert ("The desk", time(started)) in {
        (each["actor"]["name"], each["after"]["known_until"]) for each in moves
    }
    fake_site.add("/news?page=0", Reply(500))
    frozen_clock.shift(61 * MINUTE)
    poll_source_now(database, id_)
    assert horizon(editor) == time(started)
    fake_site.add("/news?page=0", news_page(9, ETag='"nine"'))
    for _ in range(2):  # the second answer is 304
        frozen_clock.shift(61 * MINUTE)
        poll_source_now(database, id_)
        assert horizon(editor) == time(now())
    assert fake_site.statuses[-1] == 304


def test_horizon_is_that_of_the_source_looked_at_first(
    editor: TestClient,
    database: Database,
    fake_site: FakeSite,
    allow_private_targets: None,
    frozen_clock: time_machine.Traveller,
) -> None:
    covering = {"format": "snapi", "trusted": True, "covers": ["news"]}
    one = add_source(editor, fake_site.add("/one", news_page(1)), **covering)
    two = add_source(editor, fake_site.add("/two", news_page(2)), **covering)
    add_source(editor, fake_site.add("/three", news_page(3)), enabled=False, **covering)
    poll_source(database, one)
    assert horizon(editor) is None
    first = now()
    frozen_clock.shift(MINUTE)
    poll_source(database, two)
    assert horizon(editor) == time(first)
    frozen_clock.shift(MINUTE)
    poll_source_now(database, one)
    assert horizon(editor) == time(first + MINUTE)
    moved = {"feed_url": fake_site.add("/four", news_page(4))}  # not looked at yet
    editor.patch(f"/v1/sources/{two}", json=moved, headers=IF_MATCH_ANY)
    poll_source_now(database, one)
    assert horizon(editor) == time(first + MINUTE)


def test_source_without_kinds_moves_nothing(
    editor: TestClient, database: Database, fake_site: FakeSite, allow_private_targets: None
) -> None:
    id_ = add_source(editor, fake_site.add("/", news_page(1)), format="snapi", trusted=True)
    poll_source(database, id_)
    assert horizon(editor) is None


def test_source_that_covers_facts_must_be_trusted(editor: TestClient) -> None:
    source = {"name": "Desk", "feed_url": "https://desk.example/", "covers": ["news", "news"]}
    refused = editor.post("/v1/sources", json=source)
    assert refused.json()["errors"][0]["pointer"] == "/covers"
    added = editor.post("/v1/sources", json=source | {"trusted": True})
    assert added.json()["covers"] == ["news"]
    unknown = source | {"trusted": True, "covers": ["weather"]}
    assert editor.post("/v1/sources", json=unknown).json()["errors"][0]["pointer"] == "/covers/0"
