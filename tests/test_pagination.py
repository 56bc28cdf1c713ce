"""Keyset pagination: no item is lost or repeated while rows are added and deleted."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete
from starlette.testclient import TestClient

from app.db.database import Database, Reader, Row
from app.db.models import Article
from tests.support import factories

NOON = datetime(2019, 4, 4, 12, tzinfo=UTC)


def walk(client: TestClient, address: str, between: Any = lambda: None) -> list[str]:
    """Slugs of all pages from `address` on; `between` is called after each page."""
    slugs: list[str] = []
    following: str | None = address
    while following:
        page = client.get(following).raise_for_status().json()
        slugs += [item["slug"] for item in page["items"]]
        following = page["next"]
        between()
    return slugs


@pytest.mark.slow
@pytest.mark.parametrize("sort", ["-published_at", "published_at", "title"])
@pytest.mark.parametrize("limit", [7, 100])
def test_pages_with_equal_sort_keys_show_each_item_once(
    client: TestClient, database: Database, sort: str, limit: int
) -> None:
    with database.session() as session:
        session.add_all(factories.article(published_at=NOON, title="Same") for _ in range(400))
    seen = walk(client, f"/v1/articles?sort={sort}&limit={limit}")
    assert len(seen) == len(set(seen)) == 400


@pytest.mark.slow
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data(), crowd=st.sampled_from([0, 120]))
def test_pages_stay_consistent_during_changes(
    client: TestClient, database: Database, data: Any, crowd: int
) -> None:
    """Permanent items are seen once; added or deleted items are seen at most once."""
    hours = st.integers(0, 3).map(lambda hour: NOON + timedelta(hours=hour))
    with database.session() as session:
        session.execute(delete(Article))
        times = [NOON] * crowd + data.draw(st.lists(hours, max_size=12))
        stay = [factories.article(published_at=at) for at in times]
        leave = [factories.article(published_at=data.draw(hours)) for _ in range(6)]
        session.add_all(stay + leave)
        session.flush()
        staying = {article.slug for article in stay}
        leaving = [article.id for article in leave]

    def change() -> None:
        with database.session() as session:
            if leaving and data.draw(st.booleans()):
                session.delete(session.get_one(Article, leaving.pop()))
            if data.draw(st.booleans()):
                session.add(factories.article(published_at=data.draw(hours)))

    sort = data.draw(st.sampled_from(["-published_at", "published_at"]))
    limit = data.draw(st.integers(12, 30) if crowd else st.integers(1, 5))
    seen = walk_at_most(client, f"/v1/articles?sort={sort}&limit={limit}", change, 12)
    assert len(seen) == len(set(seen))
    assert staying <= set(seen)


def walk_at_most(client: TestClient, address: str, between: Any, changes: int) -> list[str]:
    """`walk` with a bounded number of calls of `between`, so that it ends."""
    left = iter(range(changes))
    return walk(client, address, lambda: between() if next(left, None) is not None else None)


def test_prev_links_lead_back_through_the_same_pages(
    client: TestClient, database: Database
) -> None:
    with database.session() as session:
        session.add_all(
            factories.article(published_at=NOON + timedelta(hours=n // 2)) for n in range(11)
        )
    pages, address = [], "/v1/articles?limit=3"
    while address:
        pages.append(client.get(address).json())
        address = pages[-1]["next"]
    back = [pages[-1]]
    while back[-1]["prev"]:
        back.append(client.get(back[-1]["prev"]).json())
    assert [page["items"] for page in reversed(back)] == [page["items"] for page in pages]
    assert back[-1]["prev"] is None
    assert pages[0]["prev"] is None


def test_link_header_equals_page_links(archive: TestClient) -> None:
    first = archive.get("/v1/launches?limit=2")
    assert first.headers["Link"] == f'<{first.json()["next"]}>; rel="next"'
    second = archive.get(first.json()["next"])
    assert second.headers["Link"] == (
        f'<{second.json()["prev"]}>; rel="prev", <{second.json()["next"]}>; rel="next"'
    )


def test_total_counts_all_pages_on_request(archive: TestClient) -> None:
    assert archive.get("/v1/launches?limit=2").json()["total"] is None
    page = archive.get("/v1/launches?limit=2&with_total=true").json()
    assert page["total"] == 309
    assert archive.get(page["next"]).json()["total"] == 309


@pytest.mark.parametrize(
    "address", ["/v1/launches?", "/v1/articles?mission=iss-59&", "/v1/search?q=mir&"]
)
def test_total_is_exact_up_to_a_maximum(
    archive: TestClient, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    count = archive.get(f"{address}limit=1&with_total=true").json()["total"]
    expected = {
        count + 1: (count, False),
        count: (count, False),
        count - 1: (count - 1, True),
        1: (1, True),
    }
    for limit, (maximum, total) in enumerate(expected.items(), start=2):  # not a cached response
        monkeypatch.setattr("app.api.lists.pagination.MAX_COUNTED_ITEMS", maximum)
        page = archive.get(f"{address}limit={limit}&with_total=true").json()
        assert (page["total"], page["total_is_minimum"]) == total
    page = archive.get(f"{address}limit=1").json()
    assert (page["total"], page["total_is_minimum"]) == (None, False)


def cursor_of(client: TestClient, address: str) -> str:
    following = client.get(address).json()["next"]
    return str(following.split("cursor=")[1].split("&")[0])


def recoded(cursor: str, change: Any) -> str:
    parts = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    return urlsafe_b64encode(json.dumps(change(parts)).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "other",
    [
        "/v1/launches?limit=2&status=success",
        "/v1/launches?limit=2&sort=launch_at",
        "/v1/launches?limit=2&tz=UTC",
    ],
)
def test_cursor_of_other_filters_is_rejected(archive: TestClient, other: str) -> None:
    cursor = cursor_of(archive, "/v1/launches?limit=2")
    assert archive.get(f"/v1/launches?limit=5&cursor={cursor}").status_code == 200
    refusal = archive.get(f"{other}&cursor={cursor}")
    assert refusal.status_code == 400
    assert refusal.json()["type"].endswith("/problems/cursor-mismatch")


def test_cursor_from_before_the_sort_keys_is_rejected(archive: TestClient) -> None:
    """It has the start of a period, at which the list no longer has the article."""
    keys = ["2019-04-04T00:00:00+00:00", 5]
    new = cursor_of(archive, "/v1/articles?limit=2")
    old = recoded(new, lambda parts: ["-published_at", "117ad63b392b", 0, *keys])
    refusal = archive.get(f"/v1/articles?limit=2&cursor={old}")
    assert refusal.status_code == 400
    assert refusal.json()["type"].endswith("/problems/cursor-mismatch")
    with_same_keys = recoded(new, lambda parts: [*parts[:3], *keys])
    assert archive.get(f"/v1/articles?limit=2&cursor={with_same_keys}").status_code == 200


@pytest.mark.parametrize(
    "other", ["/v1/people", "/v1/articles", "/v1/missions/iss-59/crew", "/v1/crew-assignments"]
)
def test_cursor_of_another_list_is_rejected(archive: TestClient, other: str) -> None:
    for own in ("/v1/launches", "/v1/missions/iss-60/crew", "/v1/missions"):
        refusal = archive.get(f"{other}?cursor={cursor_of(archive, own + '?limit=2')}")
        assert refusal.status_code == 400
        assert refusal.json()["type"].endswith("/problems/cursor-mismatch")


@pytest.mark.parametrize("length", [1, 5, 20, 40, -1, -2])
def test_truncated_cursor_is_rejected(archive: TestClient, length: int) -> None:
    cursor = cursor_of(archive, "/v1/launches?limit=2")
    refusal = archive.get(f"/v1/launches?limit=2&cursor={cursor[:length]}")
    assert refusal.status_code == 400
    assert refusal.json()["type"].endswith("/problems/invalid-cursor")


@pytest.mark.parametrize(
    "change",
    [
        lambda parts: [],
        lambda parts: {"a": 1},
        lambda parts: "text",
        lambda parts: [*parts[:-1], 2**63],
        lambda parts: [*parts[:-1], True],
        lambda parts: [*parts[:-1], "1"],
        lambda parts: [*parts[:-1], None],
        lambda parts: [*parts[:-1], 1.5],
        lambda parts: [*parts, 1],
        lambda parts: [*parts[:3], "9999-12-31T23:59:59-14:00", 1],
        lambda parts: [*parts[:3], "2019-04-04T00:00:00", 1],
        lambda parts: [*parts[:3], "\0", 1],
        lambda parts: [parts[0], parts[1], 7, *parts[3:]],
        lambda parts: [["x"], *parts[1:]],
    ],
)
def test_forged_cursor_is_rejected(archive: TestClient, change: Any) -> None:
    cursor = recoded(cursor_of(archive, "/v1/launches?limit=2"), change)
    assert archive.get(f"/v1/launches?limit=2&cursor={cursor}").status_code == 400


@settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(cursor=st.text(min_size=1, max_size=60))
def test_random_cursor_is_rejected(archive: TestClient, cursor: str) -> None:
    assert archive.get("/v1/articles", params={"cursor": cursor}).status_code == 400


def test_large_pages_are_built_within_the_budget(
    archive: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that the event loop can hand them to a thread: the rows of a large page take 20 ms."""
    sizes: list[int] = []
    within_budget = Reader.within_budget

    def record(reader: Reader, rows: list[Row]) -> Iterator[Row]:
        sizes.append(len(rows))
        return within_budget(reader, rows)

    monkeypatch.setattr(Reader, "within_budget", record)
    assert len(archive.get("/v1/people?limit=100&view=full").json()["items"]) == 100
    assert set(sizes) == {100}  # on SQLite twice, if it was handed to a thread
    sizes.clear()
    assert archive.get("/v1/people?limit=20").status_code == 200
    assert sizes == []


def test_budget_is_checked_before_each_item(database: Database) -> None:
    checks = 0

    def check() -> None:
        nonlocal checks
        checks += 1

    with database.snapshot() as reader:
        items = Reader(reader._connection, check).within_budget("abc")
        assert [(item, checks) for item in items] == [("a", 1), ("b", 2), ("c", 3)]
