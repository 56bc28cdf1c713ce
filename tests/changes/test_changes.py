"""Change feed: snapshot, changes and deletions, cursors, late commits."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from anyio import run
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError
from starlette.testclient import TestClient

from app.db.database import Database
from app.db.long_writes import LongWriter
from app.db.models import Person, RecordChange
from app.resources.changes.broadcast import ChangeBroadcaster
from app.resources.changes.cursor import TOMBSTONE_RETENTION_PERIOD, ChangeCursor, utc_today
from app.resources.changes.queries import PRUNE_GRACE_PERIOD, prune_changes
from tests.support import documents, factories
from tests.support.clients import database_of, second_app
from tests.support.documents import IF_MATCH_ANY
from tests.support.servers import wait_for

Item = dict[str, Any]


def iter_pages(
    client: TestClient, address: str = "/v1/changes", **parameters: Any
) -> Iterator[Item]:
    """Yield the pages of the feed from `address` on, up to the one with `sync`."""
    answer = client.get(address, params=parameters or None)
    while True:
        assert answer.status_code == 200, answer.text
        page = answer.json()
        assert (page["next"] is None) != (page["sync"] is None)
        yield page
        if page["sync"]:
            return
        answer = client.get(page["next"])


def read_snapshot(client: TestClient, **parameters: Any) -> tuple[list[Item], str]:
    """All items from the start, and the `sync` URL."""
    pages = list(iter_pages(client, **parameters))
    return [item for page in pages for item in page["items"]], pages[-1]["sync"]


def read_changes(client: TestClient, sync: str) -> list[tuple[str, str]]:
    """Changes since `sync`: operations, and slugs or ids."""
    items = [item for page in iter_pages(client, sync) for item in page["items"]]
    return [(i["op"], i["data"]["slug"] if i["data"] else str(i["id"])) for i in items]


def test_snapshot_equals_archive(archive: TestClient) -> None:
    items, sync = read_snapshot(archive)
    kinds = [item["type"] for item in items]
    assert {kind: kinds.count(kind) for kind in set(kinds)} == {
        "mission": 75,
        "agency": 32,
        "person": 298,
        "vehicle": 18,
        "spacecraft_type": 20,
        "spacecraft": 238,
        "module": 42,
        "launch": 309,
        "stay": 331,
        "spacewalk": 277,
        "site": 6,
        "article": 2212,
        "media": 137,
    }
    assert all(item["op"] == "upsert" and item["data"]["id"] == item["id"] for item in items)
    assert len({(item["type"], item["id"]) for item in items}) == len(items)
    assert next(iter_pages(archive, sync))["items"] == []
    iss_59 = next(i["data"] for i in items if i["type"] == "mission" and i["id"] == 59)
    assert [seat["person"] for seat in iss_59["crew"]][:2] == [
        "oleg-kononenko",
        "david-saint-jacques",
    ]


@pytest.mark.parametrize("limit", [1, 7, 100])
def test_page_size_does_not_affect_items(
    client: TestClient, editor: TestClient, limit: int
) -> None:
    for _ in range(3):
        editor.post("/v1/people", json=documents.person())
        editor.post("/v1/missions", json=documents.mission())
    items, sync = read_snapshot(client, limit=limit)
    assert len(items) == 6
    assert f"limit={limit}" in sync or limit == 100
    for _ in range(3):
        editor.post("/v1/launches", json=documents.launch(to_station=False))
    assert len(read_changes(client, sync)) == 3


def test_changes_are_in_order_once_per_record(client: TestClient, editor: TestClient) -> None:
    first = editor.post("/v1/people", json=documents.person(slug="first"))
    second = editor.post("/v1/people", json=documents.person(slug="second"))
    _, sync = read_snapshot(client)
    for name in ("a", "b", "c"):
        editor.patch(first.headers["Location"], json={"name_native": name}, headers=IF_MATCH_ANY)
    editor.delete(second.headers["Location"], headers=IF_MATCH_ANY)
    editor.post("/v1/people", json=documents.person(slug="third"))
    editor.patch(first.headers["Location"], json={"slug": "renamed"}, headers=IF_MATCH_ANY)
    changes = read_changes(client, sync)
    assert changes == [
        ("delete", str(second.json()["id"])),
        ("upsert", "third"),
        ("upsert", "renamed"),
    ]
    assert read_changes(client, sync) == changes


def test_types_parameter_selects_record_types(client: TestClient, editor: TestClient) -> None:
    items, sync = read_snapshot(client, types="person,launch")
    editor.post("/v1/missions", json=documents.mission())
    person = editor.post("/v1/people", json=documents.person()).json()["slug"]
    assert items == []
    assert read_changes(client, sync) == [("upsert", person)]
    cursor = sync.split("cursor=")[1].split("&")[0]
    mixed = client.get("/v1/changes", params={"cursor": cursor, "types": "person"})
    assert mixed.status_code == 400
    assert mixed.json()["type"].endswith("/problems/cursor-mismatch")


def test_rename_changes_referring_records(client: TestClient, editor: TestClient) -> None:
    person = editor.post("/v1/people", json=documents.person(slug="old-name"))
    launch = editor.post(
        "/v1/launches", json=documents.launch(crew=[{"person": "old-name", "role": "pilot"}])
    ).json()["slug"]
    mission = editor.post("/v1/missions", json=documents.mission()).json()["slug"]
    crew = {"mission": mission, "person": "old-name", "role": "commander", "arrived_with": launch}
    assert editor.post("/v1/crew-assignments", json=crew).status_code == 201
    article = editor.post("/v1/articles", json=documents.article(people=["old-name"]))
    editor.post(f"{article.headers['Location']}/publish")
    draft = editor.post("/v1/articles", json=documents.article(people=["old-name"]))
    _, sync = read_snapshot(client)
    editor.patch(person.headers["Location"], json={"slug": "new-name"}, headers=IF_MATCH_ANY)
    changes = {slug for _, slug in read_changes(client, sync)}
    assert changes == {"new-name", launch, mission, article.json()["slug"]}
    assert draft.json()["slug"] not in changes
    texts = "".join(str(page) for page in iter_pages(client))
    assert "old-name" not in texts


def test_expired_cursor_is_gone_with_link_to_start(client: TestClient, editor: TestClient) -> None:
    with time_machine.travel(datetime(2031, 1, 1, 12, tzinfo=UTC), tick=False) as clock:
        person = editor.post("/v1/people", json=documents.person())
        _, sync = read_snapshot(client)
        editor.delete(person.headers["Location"], headers=IF_MATCH_ANY)
        clock.shift(TOMBSTONE_RETENTION_PERIOD - timedelta(hours=1))
        writer = LongWriter(database_of(client))
        prune_changes(writer)
        assert [op for op, _ in read_changes(client, sync)] == ["delete"]
        clock.shift(timedelta(days=2))
        gone = client.get(sync)
        assert gone.status_code == 410
        assert gone.headers["Link"].endswith('/v1/changes>; rel="start"')
        clock.shift(PRUNE_GRACE_PERIOD)
        prune_changes(writer)
        with database_of(client).session() as session:
            assert session.scalar(select(func.count()).select_from(RecordChange)) == 0
        assert read_snapshot(client)[0] == []


@pytest.mark.parametrize(
    "cursor", ["x", "e30", "WzFd", "WyIiLCAxLCAyLCAieCJd", "WyIiLCAtMSwgMiwgIjIwMzEtMDEtMDEiXQ",
               "WyIiLCAxZTk5LCAyLCAiMjAzMS0wMS0wMSJd", "é", "W" * 400]
)  # fmt: skip
def test_malformed_cursor_is_refused(client: TestClient, cursor: str) -> None:
    answer = client.get("/v1/changes", params={"cursor": cursor})
    assert answer.status_code == 400
    events = client.get("/v1/events", headers={b"Last-Event-ID": cursor.encode("latin-1")})
    assert events.status_code == 400


def test_late_commit_is_not_lost(client: TestClient, database: Database) -> None:
    """Numbers are assigned before the commit: a reader by number alone misses late commits."""
    if database.engine.dialect.name == "sqlite":
        with database.session() as first, database.snapshot():
            first.connection()
            with pytest.raises(OperationalError, match="locked"), database.session() as second:
                second.connection()  # SQLite has a single writer, so no commit is late
        return
    _, sync = read_snapshot(client)
    with database.session() as late:
        late.add(factories.person(slug="late"))
        late.flush()
        with database.session() as early:
            early.add(factories.person(slug="early"))
        newest = select(func.max(RecordChange.seq))
        with database.snapshot() as reader:
            naive = reader.scalar(newest) or 0
        pages = list(iter_pages(client, sync))
        assert [item for page in pages for item in page["items"]] == []
        sync = pages[-1]["sync"]
    # Positive control: the late change has a lower number than the newest one read before.
    with database.snapshot() as reader:
        numbers = select(RecordChange.seq).join(Person, Person.id == RecordChange.record_id)
        late_number = reader.scalar(numbers.where(Person.slug == "late")) or 0
    assert late_number < naive
    assert {slug for _, slug in read_changes(client, sync)} == {"late", "early"}


def test_cached_batches_are_bounded(
    editor: TestClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Positive control: below the limit all batches are kept."""
    for _ in range(10):
        editor.post("/v1/people", json=documents.person())

    async def count_batches() -> tuple[int, int]:
        broadcaster = ChangeBroadcaster(database)
        for number in range(10):
            async with aclosing(
                broadcaster.subscribe(ChangeCursor(0, 0, number, utc_today()), [])
            ) as events:
                await anext(events)
        batches = broadcaster._cached_batches.values()
        return len(batches), sum(batch.size_bytes for batch in batches)

    number, size = run(count_batches)
    assert number == 10
    monkeypatch.setattr("app.resources.changes.broadcast.MAX_CACHED_BATCHES_BYTES", size // 2)
    number, half_size = run(count_batches)
    assert 0 < number < 10
    assert half_size <= size // 2
    monkeypatch.setattr("app.resources.changes.broadcast.MAX_CACHED_BATCHES_BYTES", 1000)
    assert run(count_batches) == (0, 0)


def test_snapshot_cursor_starts_no_stream(editor: TestClient) -> None:
    """The rest of the snapshot would be missed."""
    for number in range(2):
        editor.post("/v1/people", json=documents.person(slug=f"person-{number}"))
    cursors = [
        parse_qs(urlsplit(page["next"] or page["sync"]).query)["cursor"][0]
        for page in iter_pages(editor, limit=1)
    ]
    refused = editor.get("/v1/events", params={"cursor": cursors[0]})
    assert (refused.status_code, refused.json()["type"].rpartition("/")[2]) == (
        400,
        "cursor-mismatch",
    )
    other_types = editor.get("/v1/events", params={"cursor": cursors[-1], "types": "mission"})
    assert other_types.status_code == 400
    with closing_service(editor) as closing:
        accepted = closing.get("/v1/events", params={"cursor": cursors[-1]})
    assert accepted.status_code == 200


def test_invalid_parameters_of_a_stream_are_listed_once(client: TestClient) -> None:
    refused = client.get("/v1/events", params={"cursor": "", "types": "nothing"})
    assert refused.status_code == 422
    assert [error["parameter"] for error in refused.json()["errors"]] == ["types", "cursor"]


def test_streams_say_when_to_reconnect_after_shutdown(client: TestClient) -> None:
    """A browser gives up after a 503, so `retry` is longer than the time until the process stops.

    The drain time of the settings is 2 seconds.
    """
    with closing_service(client) as closing:
        ended = closing.get("/v1/events")
        assert ended.status_code == 200
        assert "retry: 7000\n" in ended.text
        refused = closing.get("/v1/events")
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "7")
    assert "shutting down" in refused.json()["detail"]


@contextmanager
def closing_service(client: TestClient) -> Iterator[TestClient]:
    """Client of a second service over the same database, which closes its first stream."""
    app = second_app(client)
    broadcaster = app.state.services.singleton(ChangeBroadcaster)

    def close_when_open() -> None:
        wait_for(lambda: broadcaster.stream_count == 1, 20)
        broadcaster.close()

    second = TestClient(app, raise_server_exceptions=False)
    second.portal = client.portal
    with ThreadPoolExecutor(1) as pool:
        closed = pool.submit(close_when_open)
        yield second
        closed.result()
    app.state.services.database.close()
