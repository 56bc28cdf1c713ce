"""The counts that the plain calendar is read from: right after every write, and as time passes."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.db.database import Database
from app.db.models import Article, ArticleDailyCounts
from app.db.models.day_counts import before_hour_column
from app.db.tracking.day_counts import find_wrong_day_counts, rebuild_day_counts
from app.domain.dates import Precision
from app.domain.enums import ArticleState
from tests.support import factories
from tests.support.clients import database_of

NOON = datetime(2030, 1, 1, 12, 30, tzinfo=UTC)


def counted(client: TestClient, parameters: str = "") -> list[tuple[str, int]]:
    """The days of January 2030 that have articles, each with how many its own list has."""
    address = f"/v1/articles/archive?month=2030-01{parameters}"
    days = client.get(address).raise_for_status().json()["days"]
    for day in days:
        listed = client.get(day["url"] + "&with_total=true").json()["total"]
        assert listed == day["count"], day
    return [(day["date"][-2:], day["count"]) for day in days if day["count"]]


def wrong(database: Database) -> int:
    with database.session() as session:
        return len(find_wrong_day_counts(session))


def _article(session: Session) -> Article:
    return session.scalars(select(Article).order_by(Article.id)).first() or factories.article()


def _move(session: Session) -> None:
    _article(session).published_at = NOON + timedelta(days=3)


def _blur(session: Session) -> None:
    _article(session).published_at_precision = Precision.DAY


def _lose(session: Session) -> None:
    _article(session).published_at_precision = Precision.MONTH


def _translate(session: Session) -> None:
    _article(session).language = "de"


def _hide(session: Session) -> None:
    _article(session).state = ArticleState.UNPUBLISHED


def _erase(session: Session) -> None:
    session.delete(_article(session))


def _many(session: Session) -> None:
    session.execute(update(Article).values(published_at=NOON + timedelta(days=5)))


def _clear(session: Session) -> None:
    session.execute(delete(Article))


def _undo(session: Session) -> None:
    point = session.begin_nested()
    session.add(factories.article(published_at=NOON))
    session.flush()
    point.rollback()


def _keep_some(session: Session) -> None:
    with session.begin_nested():
        session.add(factories.article(published_at=NOON))
    _undo(session)
    with session.begin_nested():
        _move(session)


CHANGES: list[Callable[[Session], None]] = [
    _move, _blur, _lose, _translate, _hide, _erase, _many, _clear, _undo, _keep_some,
]  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_the_counts_follow_every_change(
    client: TestClient, database: Database, change: Callable[[Session], None]
) -> None:
    with time_machine.travel(NOON + timedelta(days=40), tick=False):
        with database.session() as session:
            for n in range(4):
                at = NOON + timedelta(minutes=25 * n)
                session.add(factories.article(published_at=at, language="enru"[n // 2 * 2 :][:2]))
        assert counted(client) == [("01", 4)]
        assert counted(client, "&language=ru") == [("01", 2)]
        with database.session() as session:
            change(session)
        assert wrong(database) == 0
        for parameters in ("", "&language=en", "&tz=Asia/Kathmandu", "&tz=Pacific/Apia"):
            counted(client, parameters)


def test_what_fails_leaves_no_count(client: TestClient, database: Database) -> None:
    def fail() -> None:
        with database.session() as session:
            session.add(factories.article(published_at=NOON))
            session.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert wrong(database) == 0


def test_those_who_publish_on_one_day_are_all_counted(
    client: TestClient, database: Database
) -> None:
    """From four threads at once, in two hours of it and on the day after."""

    def publish(n: int) -> None:
        for step in range(5):
            with database.session() as session:
                for hours in (n % 2, 1 - n % 2, 24):
                    at = NOON + timedelta(hours=hours)
                    session.add(factories.article(slug=f"x-{n}-{step}-{hours}", published_at=at))

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(publish, range(4)))
    assert wrong(database) == 0
    with database.snapshot() as reader:
        rows = reader.all(select(ArticleDailyCounts).order_by(ArticleDailyCounts.at))
    counts = [[row[before_hour_column(hour)] for hour in (12, 13, 14, 24)] for row in rows]
    assert counts == [[0, 20, 40, 40], [0, 20, 20, 20]]


def test_scheduled_articles_are_counted_when_they_appear(
    client: TestClient, database: Database
) -> None:
    """To the second, in the hour that is under way and at its end."""
    second = Precision.SECOND
    with time_machine.travel(NOON, tick=False), database.session() as session:
        for minutes in (-40, -20, 10, 29, 30, 31, 24 * 60):
            at = NOON + timedelta(minutes=minutes)
            session.add(factories.article(published_at=at, published_at_precision=second))
    for minutes, expected in ((0, 2), (10, 3), (29, 4), (30, 5), (31, 6), (120, 6)):
        with time_machine.travel(NOON + timedelta(minutes=minutes), tick=False):
            assert counted(client) == [("01", expected)]
            index = client.get("/v1/articles/archive").json()
            assert (index["total"], index["last_month"]) == (expected, "2030-01")
    assert wrong(database) == 0


def test_a_month_that_is_only_scheduled_is_not_named(
    client: TestClient, database: Database
) -> None:
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


def test_what_was_written_by_sql_can_be_counted_anew(archive: TestClient) -> None:
    database = database_of(archive)
    with database.session() as session:
        assert find_wrong_day_counts(session) == []
        day = datetime(2019, 4, 4, tzinfo=UTC)
        session.connection().execute(
            insert(ArticleDailyCounts).values(at=day, language="xx", dayed=7)
        )
        assert find_wrong_day_counts(session) == [(day, "xx")]
        session.connection().execute(update(ArticleDailyCounts).values(before_12=99))
        assert len(find_wrong_day_counts(session)) > 900
        rebuild_day_counts(session)
        assert find_wrong_day_counts(session) == []
