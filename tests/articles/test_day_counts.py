"""Daily article counts: after each write, and as time passes."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.db.database import Database, Reader
from app.db.models import Article, ArticleDailyCounts
from app.db.models.day_counts import before_hour_column
from app.db.tracking.day_counts import find_wrong_day_counts, rebuild_day_counts, recount_days
from app.domain.dates import Precision
from app.domain.enums import ArticleState
from tests.support import documents, factories
from tests.support.clients import database_of
from tests.support.documents import IF_MATCH_ANY
from tests.support.statements import record_sql

NOON = datetime(2030, 1, 1, 12, 30, tzinfo=UTC)


def read_calendar(client: TestClient, parameters: str = "") -> list[tuple[str, int]]:
    """Days of January 2030 with articles and their counts, checked against the lists.

    The list of the month finds an article on a day of which the calendar says that it has none.
    """

    def count_listed(url: str) -> int:
        count: int = client.get(f"{url}&with_total=true").raise_for_status().json()["total"]
        return count

    address = f"/v1/articles/archive?month=2030-01{parameters}"
    days = client.get(address).raise_for_status().json()["days"]
    busy_days = [day for day in days if day["count"]]
    assert [count_listed(day["url"]) for day in busy_days] == [day["count"] for day in busy_days]
    month = f"/v1/articles?published_month=2030-01{parameters}"
    assert count_listed(month) == sum(day["count"] for day in busy_days)
    return [(day["date"][-2:], day["count"]) for day in busy_days]


def count_wrong_days(database: Database) -> int:
    with database.session() as session:
        return len(find_wrong_day_counts(Reader.from_session(session)))


def _article(session: Session) -> Article:
    return session.scalars(select(Article).order_by(Article.id)).first() or factories.article()


def _move(session: Session) -> None:
    _article(session).published_at = NOON + timedelta(days=3)


def _round_to_day(session: Session) -> None:
    _article(session).published_at_precision = Precision.DAY


def _round_to_month(session: Session) -> None:
    _article(session).published_at_precision = Precision.MONTH


def _change_language(session: Session) -> None:
    _article(session).language = "de"


def _unpublish(session: Session) -> None:
    _article(session).state = ArticleState.UNPUBLISHED


def _delete(session: Session) -> None:
    session.delete(_article(session))


def _move_all_by_statement(session: Session) -> None:
    at = NOON + timedelta(days=5)
    session.execute(update(Article).values(published_at=at, published_sort_at=at))


def _delete_all_by_statement(session: Session) -> None:
    session.execute(delete(Article))


def _roll_back_savepoint(session: Session) -> None:
    point = session.begin_nested()
    session.add(factories.article(published_at=NOON))
    session.flush()
    point.rollback()


def _commit_some_savepoints(session: Session) -> None:
    with session.begin_nested():
        session.add(factories.article(published_at=NOON))
    _roll_back_savepoint(session)
    with session.begin_nested():
        _move(session)


CHANGES: list[Callable[[Session], None]] = [
    _move, _round_to_day, _round_to_month, _change_language, _unpublish,
    _delete, _move_all_by_statement, _delete_all_by_statement,
    _roll_back_savepoint, _commit_some_savepoints,
]  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_counts_follow_each_change(
    client: TestClient, database: Database, change: Callable[[Session], None]
) -> None:
    with time_machine.travel(NOON + timedelta(days=40), tick=False):
        with database.session() as session:
            for n in range(4):
                at = NOON + timedelta(minutes=25 * n)
                session.add(factories.article(published_at=at, language="enru"[n // 2 * 2 :][:2]))
        assert read_calendar(client) == [("01", 4)]
        assert read_calendar(client, "&language=ru") == [("01", 2)]
        with database.session() as session:
            change(session)
        assert count_wrong_days(database) == 0
        for parameters in ("", "&language=en", "&tz=Asia/Kathmandu", "&tz=Pacific/Apia"):
            read_calendar(client, parameters)


def test_counts_exclude_failed_transaction(client: TestClient, database: Database) -> None:
    def fail() -> None:
        with database.session() as session:
            session.add(factories.article(published_at=NOON))
            session.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert count_wrong_days(database) == 0


def test_counts_include_concurrent_writes_on_one_day(
    client: TestClient, database: Database
) -> None:
    """Four threads write in two hours of the day and on the next day."""

    def publish(n: int) -> None:
        for step in range(5):
            with database.session() as session:
                for hours in (n % 2, 1 - n % 2, 24):
                    at = NOON + timedelta(hours=hours)
                    session.add(factories.article(slug=f"x-{n}-{step}-{hours}", published_at=at))

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(publish, range(4)))
    assert count_wrong_days(database) == 0
    with database.snapshot() as reader:
        rows = reader.all(select(ArticleDailyCounts).order_by(ArticleDailyCounts.at))
    counts = [[row[before_hour_column(hour)] for hour in (12, 13, 14, 24)] for row in rows]
    assert counts == [[0, 20, 40, 40], [0, 20, 20, 20]]


def test_scheduled_articles_are_counted_from_their_time(
    client: TestClient, database: Database
) -> None:
    """Checked to the second, within an hour and at its end."""
    second = Precision.SECOND
    with time_machine.travel(NOON, tick=False), database.session() as session:
        for minutes in (-40, -20, 10, 29, 30, 31, 24 * 60):
            at = NOON + timedelta(minutes=minutes)
            session.add(factories.article(published_at=at, published_at_precision=second))
    for minutes, expected in ((0, 2), (10, 3), (29, 4), (30, 5), (31, 6), (120, 6)):
        with time_machine.travel(NOON + timedelta(minutes=minutes), tick=False):
            assert read_calendar(client) == [("01", expected)]
            index = client.get("/v1/articles/archive").json()
            assert (index["total"], index["last_month"]) == (expected, "2030-01")
    assert count_wrong_days(database) == 0


def test_last_month_excludes_scheduled_articles(client: TestClient, database: Database) -> None:
    eve = datetime(2030, 1, 31, 20, 30, tzinfo=UTC)  # half an hour before February in Moscow
    with time_machine.travel(eve, tick=False), database.session() as session:
        for minutes in (-5, 25, 35):
            session.add(
                factories.article(
                    published_at=eve + timedelta(minutes=minutes),
                    published_at_precision=Precision.SECOND,
                )
            )
    for minutes, last in ((0, "2030-01"), (34, "2030-01"), (35, "2030-02")):
        with time_machine.travel(eve + timedelta(minutes=minutes), tick=False):
            found = client.get("/v1/articles/archive?month=2030-01").json()
            assert found["last_month"] == last
            assert bool(found["next"]) == (last == "2030-02")


@pytest.mark.slow
def test_counts_can_be_rebuilt_after_raw_sql(archive: TestClient) -> None:
    database = database_of(archive)
    with database.session() as session:
        reader = Reader.from_session(session)
        assert find_wrong_day_counts(reader) == []
        day = datetime(2019, 4, 4, tzinfo=UTC)
        session.connection().execute(
            insert(ArticleDailyCounts).values(at=day, language="xx", dayed=7)
        )
        assert find_wrong_day_counts(reader) == [(day, "xx")]
        recount_days(session, [(day, "xx")])
        assert find_wrong_day_counts(reader) == []
        session.connection().execute(update(ArticleDailyCounts).values(before_12=99))
        assert len(find_wrong_day_counts(reader)) > 900
        rebuild_day_counts(session)
        assert find_wrong_day_counts(reader) == []


@pytest.mark.parametrize(
    ("patch", "is_published", "expected"),
    [
        ({"lead": "Another lead."}, True, 0),
        ({"tags": ["other"]}, True, 0),
        ({"published_at": "2019-04-05T10:00:00Z"}, True, 3),  # each for both days
        ({"published_at": "2019-04-05T10:00:00Z"}, False, 0),
    ],
)
def test_counts_cost_no_statement_unless_the_day_changes(
    editor: TestClient,
    database: Database,
    patch: dict[str, object],
    is_published: bool,
    expected: int,
) -> None:
    document = documents.article(published_at="2019-04-04T10:00:00Z")
    url = editor.post("/v1/articles", json=document).headers["Location"]
    if is_published:
        editor.post(f"{url}/publish").raise_for_status()
    with record_sql(database) as statements:
        editor.patch(url, json=patch, headers=IF_MATCH_ANY).raise_for_status()
    assert statements
    assert len([s for s in statements if "article_days" in s]) == expected
