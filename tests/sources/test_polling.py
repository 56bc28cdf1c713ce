"""Polling of sources: due once, new entries as drafts, leases."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from datetime import timedelta
from threading import Barrier
from typing import Any

import time_machine
from anyio import create_task_group, run, to_thread
from sqlalchemy import update
from starlette.testclient import TestClient

from app.config import Settings, use_settings
from app.db.database import Database
from app.db.models import FeedSource
from app.domain.dates import now
from app.ingest.polling import SOURCE_LEASE_DURATION, PollResult, run_poll
from app.ingest.report import ImportReport
from app.ops.jobs import PeriodicJobs
from app.resources.write_steps import build_database
from tests.support.clients import TEST_SETTINGS
from tests.support.documents import IF_MATCH_ANY
from tests.support.fake_sites import FakeSite, Reply, rss_feed, rss_item
from tests.support.import_runs import import_inputs, make_input
from tests.support.polling import (
    add_source,
    article_titles,
    due_sources,
    get_drafts,
    get_source,
    poll_source,
    poll_source_now,
    source_row,
)
from tests.support.servers import wait_for

HOUR = timedelta(hours=1)


def test_poll_creates_drafts_and_sends_validators(
    editor: TestClient,
    database: Database,
    fake_site: FakeSite,
    allow_private_targets: None,
    frozen_clock: time_machine.Traveller,
) -> None:
    modified = {"Last-Modified": "Thu, 04 Apr 2019 12:00:00 GMT"}
    url = fake_site.add(
        "/feed", Reply(200, {"ETag": '"one"'} | modified, rss_feed(rss_item(1), rss_item(2)))
    )
    id_ = add_source(editor, url)
    assert due_sources(database) == [id_]
    assert poll_source(database, id_) == PollResult(ImportReport(created=2), None)
    assert len(get_drafts(editor)) == 2
    assert article_titles(editor) == []
    assert due_sources(database) == []
    found = get_source(editor, id_)
    counts = {
        "created": 2,
        "updated": 0,
        "unchanged": 0,
        "rejected": 0,
        "proposed": 0,
        "skipped": 0,
    }
    assert found["last_report"] == counts
    assert found["next_at"] == f"{now() + HOUR:%Y-%m-%dT%H:%M:%SZ}"
    assert (found["failures"], found["version"]) == (0, 1)

    frozen_clock.shift(HOUR)
    assert poll_source(database, id_) == PollResult(ImportReport(), None)
    assert get_source(editor, id_)["last_report"]["created"] == 2
    fake_site.add("/feed", Reply(200, {"ETag": '"two"'}, rss_feed(rss_item(2), rss_item(3))))
    frozen_clock.shift(HOUR)
    assert poll_source(database, id_) == PollResult(ImportReport(created=1, unchanged=1), None)
    assert fake_site.statuses == [200, 304, 200]
    assert fake_site.requests[2][1]["if-modified-since"] == modified["Last-Modified"]
    assert source_row(database, id_)["last_modified"] is None


def test_trusted_source_publishes(
    editor: TestClient, database: Database, fake_site: FakeSite, allow_private_targets: None
) -> None:
    address = fake_site.add("/", Reply(body=rss_feed(rss_item(1))))
    poll_source(database, add_source(editor, address, trusted=True))
    assert article_titles(editor) == ["A ship docked (1)"]
    entries = editor.get("/v1/audit", params={"type": "archive"}).json()["items"]
    (entry,) = (each for each in entries if each["after"].get("from") == address)
    assert entry["actor"]["name"] == "The desk"


def test_untrusted_source_changes_nothing_public(
    editor: TestClient, database: Database, fake_site: FakeSite, allow_private_targets: None
) -> None:
    """Its entries are other records, even with the ids of a trusted source."""
    trusted = add_source(
        editor, fake_site.add("/ours", Reply(body=rss_feed(rss_item(1)))), trusted=True
    )
    poll_source(database, trusted)
    other = add_source(
        editor, fake_site.add("/theirs", Reply(body=rss_feed(rss_item(1, "A lie"), rss_item(2))))
    )
    assert poll_source(database, other) == PollResult(ImportReport(created=2), None)
    assert article_titles(editor) == ["A ship docked (1)"]

    drafts = {draft["title"]: draft["slug"] for draft in get_drafts(editor)}
    assert set(drafts) == {"A lie (1)", "A ship docked (2)"}
    slug = drafts["A ship docked (2)"]
    editor.post(f"/v1/articles/{slug}/publish", headers=IF_MATCH_ANY)
    fake_site.add("/theirs", Reply(body=rss_feed(rss_item(2, "Another lie"))))
    poll_source_now(database, other)
    assert article_titles(editor) == ["A ship docked (1)", "A ship docked (2)"]

    fake_site.add("/ours", Reply(body=rss_feed(rss_item(1, "A lie"))))  # positive control
    poll_source_now(database, trusted)
    assert article_titles(editor) == ["A lie (1)", "A ship docked (2)"]


def test_untrusted_source_cannot_claim_ids_first(
    editor: TestClient, database: Database, fake_site: FakeSite, allow_private_targets: None
) -> None:
    for path, title, trusted in (("/theirs", "A claim", False), ("/ours", "A fact", True)):
        url = fake_site.add(path, Reply(body=rss_feed(rss_item(1, title))))
        poll_source(database, add_source(editor, url, trusted=trusted))
    assert article_titles(editor) == ["A fact (1)"]
    assert [draft["title"] for draft in get_drafts(editor)] == ["A claim (1)"]


def test_trusted_source_does_not_change_articles_of_another(
    editor: TestClient, database: Database, fake_site: FakeSite, allow_private_targets: None
) -> None:
    ids = [
        add_source(
            editor, fake_site.add(path, Reply(body=rss_feed(rss_item(1, path)))), trusted=True
        )
        for path in ("/a", "/b")
    ]
    for id_ in ids:
        poll_source(database, id_)
    assert article_titles(editor) == ["/a (1)", "/b (1)"]
    fake_site.add("/b", Reply(body=rss_feed(rss_item(1, "/c"))))
    poll_source_now(database, ids[1])
    assert article_titles(editor) == ["/a (1)", "/c (1)"]


def test_articles_of_other_hosts_in_snapi_format_are_their_own(
    editor: TestClient, database: Database, fake_site: FakeSite, allow_private_targets: None
) -> None:
    article = '{"id": 1, "title": "%s", "news_site": "Desk", "published_at": "2019-04-04"}'
    import_inputs(database, "snapi", make_input(article % "Original"), publish=True)
    url = fake_site.add("/", Reply(body=(article % "Copy").encode()))
    id_ = add_source(editor, url, format="snapi", trusted=True)
    assert poll_source(database, id_) == PollResult(ImportReport(created=1), None)
    assert article_titles(editor) == ["Copy", "Original"]
    original = make_input(
        article % "Again", source="https://api.spaceflightnewsapi.net/v4/articles"
    )
    import_inputs(database, "snapi", original, publish=True)
    assert article_titles(editor) == ["Again", "Copy"]


def test_links_are_relative_to_the_responding_address(
    editor: TestClient, database: Database, fake_site: FakeSite, allow_private_targets: None
) -> None:
    item = rss_item(1).replace("<description>", "<link>day-one</link><description>")
    fake_site.add("/moved/feed", Reply(body=rss_feed(item)))
    url = fake_site.add("/feed", Reply(302, {"Location": "/moved/feed"}))
    poll_source(database, add_source(editor, url))
    (draft,) = get_drafts(editor)
    assert draft["source"]["url"] == f"{fake_site.origin}/moved/day-one"


def test_concurrent_polls_fetch_once(
    editor: TestClient, database: Database, fake_site: FakeSite, allow_private_targets: None
) -> None:
    id_ = add_source(editor, fake_site.add("/", Reply(body=rss_feed(rss_item(1)))))
    ready = Barrier(4)

    def process(_: int) -> PollResult | None:
        found = due_sources(database)
        ready.wait()
        assert found == [id_]
        with use_settings(Settings()):
            return poll_source(database, id_)

    with ThreadPoolExecutor(4) as threads:
        looks = list(threads.map(process, range(4)))
    assert [each for each in looks if each] == [PollResult(ImportReport(created=1), None)]
    assert len(fake_site.requests) == 1
    assert poll_source(database, id_) is None  # read as due by all of them
    assert len(fake_site.requests) == 1


def test_expired_lease_is_taken_over(
    editor: TestClient,
    database: Database,
    fake_site: FakeSite,
    allow_private_targets: None,
    frozen_clock: time_machine.Traveller,
) -> None:
    id_ = add_source(editor, fake_site.add("/", Reply(body=rss_feed(rss_item(1)))))
    with database.session() as session:
        session.execute(update(FeedSource).values(leased_until=now() + SOURCE_LEASE_DURATION))
    assert due_sources(database) == []
    assert run_poll(database, id_, allow_private=True, force=True) is None
    frozen_clock.shift(SOURCE_LEASE_DURATION)
    assert due_sources(database) == [id_]
    assert poll_source(database, id_) == PollResult(ImportReport(created=1), None)


def test_poll_of_former_url_is_discarded(
    editor: TestClient, database: Database, fake_site: FakeSite, allow_private_targets: None
) -> None:
    """An editor changes the URL during a poll."""
    elsewhere = fake_site.add("/new", Reply(200, {"ETag": '"new"'}, rss_feed(rss_item(2))))
    id_ = add_source(
        editor, fake_site.add("/old", Reply(200, {"ETag": '"old"'}, rss_feed(rss_item(1))))
    )

    class Meanwhile(dict[str, str]):
        def __or__(self, other: Any) -> Any:
            answer = editor.patch(
                f"/v1/sources/{id_}", json={"feed_url": elsewhere}, headers=IF_MATCH_ANY
            )
            assert answer.status_code == 200, answer.text
            return dict(self) | other

    fake_site.replies["/old"].headers = Meanwhile({"ETag": '"old"'})
    poll_source(database, id_)
    row = source_row(database, id_)
    assert (row["address"], row["etag"], row["last_report"]) == (elsewhere, None, None)
    assert due_sources(database) == [id_]
    poll_source(database, id_)
    assert source_row(database, id_)["etag"] == '"new"'


def test_private_addresses_are_refused_on_write_and_on_poll(
    editor: TestClient, database: Database, fake_site: FakeSite
) -> None:
    url = fake_site.add("/", Reply(body=rss_feed(rss_item(1))))
    inside = (url, "http://169.254.169.254/", "http://localhost/", "http://[::ffff:127.0.0.1]/")
    for address in (*inside, "file:///etc/passwd"):
        refused = editor.post("/v1/sources", json={"name": "Inside", "feed_url": address})
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["pointer"] == "/feed_url"
    id_ = add_source(editor, "https://portal.example/feed")
    with database.session() as session:  # like a host that resolves to a private address later
        session.execute(update(FeedSource).where(FeedSource.id == id_).values(address=url))
    found = run_poll(database, id_, allow_private=False)
    assert found is not None
    assert found.error is not None
    assert "not a public address" in found.error
    assert fake_site.requests == []
    assert poll_source_now(database, id_)  # the canary is reachable
    assert len(fake_site.requests) == 1


def test_periodic_jobs_poll_due_and_requested_sources(
    editor: TestClient, database: Database, fake_site: FakeSite, allow_private_targets: None
) -> None:
    """Two processes poll each source once.

    They share no `Database` with the service, whose limiters belong to one event loop.
    """
    address = database.engine.url.render_as_string(hide_password=False)
    id_ = add_source(
        editor, fake_site.add("/", Reply(200, {"ETag": '"one"'}, rss_feed(rss_item(1))))
    )

    def use() -> None:
        wait_for(lambda: get_source(editor, id_)["last_report"], 20)
        response = editor.post(f"/v1/sources/{id_}/poll")
        assert (response.status_code, response.json()["id"]) == (202, id_)
        wait_for(lambda: len(fake_site.statuses) == 2, 20)

    settings = Settings(**TEST_SETTINGS, private_targets=True)

    async def serve() -> None:
        with ExitStack() as processes:
            own = [processes.enter_context(closing(build_database(address, 1))) for _ in range(2)]
            async with create_task_group() as tasks:
                for each in own:
                    tasks.start_soon(PeriodicJobs(each, settings).run)
                await to_thread.run_sync(use)
                tasks.cancel_scope.cancel()

    run(serve)
    assert fake_site.statuses == [200, 304]
    assert len(get_drafts(editor)) == 1
