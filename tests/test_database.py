"""Database: snapshots, transactions, column types and timeouts."""

import asyncio
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone

import psycopg
import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError, OperationalError, StatementError
from starlette.testclient import TestClient

from app.db.database import MAX_RERUN_SECONDS, Database, Reader
from app.db.engines import create_database_engine
from app.db.engines.postgresql import MAX_UNTESTED_IDLE_SECONDS, _order_hosts
from app.db.models import Article
from app.db.timeouts import disable_timeouts
from app.domain.dates import Precision
from app.domain.text import MAX_SLUG_CHARS, fold, is_storable, slugify
from app.http.problems import NotFound
from app.resources.write_steps import build_database
from tests.support import factories

postgresql_only = pytest.mark.parametrize("create_database", ["postgresql"], indirect=True)


def count_articles(reader: Reader) -> int:
    return reader.scalar(select(func.count(Article.id))) or 0


def test_snapshot_excludes_later_commits(database: Database) -> None:
    with database.snapshot() as reader:
        assert count_articles(reader) == 0
        with database.session() as session:
            session.add(factories.article())
        assert count_articles(reader) == 0
    with database.snapshot() as reader:
        assert count_articles(reader) == 1


def test_snapshot_is_read_only(database: Database) -> None:
    if database.engine.dialect.name == "postgresql":
        with database.snapshot() as reader, pytest.raises(DBAPIError):
            reader._connection.execute(text("DELETE FROM articles"))


def test_transaction_rolls_back_on_error(database: Database) -> None:
    def fail() -> None:
        with database.session() as session:
            session.add(factories.article())
            session.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    with database.snapshot() as reader:
        assert count_articles(reader) == 0


@pytest.mark.slow
def test_concurrent_writers_lose_no_update(database: Database) -> None:
    """Read, then write, from four threads: no update is lost or refused."""
    with database.session() as session:
        session.add(factories.article(slug="counter", title="0"))

    def increment(_: int) -> None:
        with database.session() as session:
            found = session.scalars(
                select(Article).where(Article.slug == "counter").with_for_update()
            ).one()
            found.title = str(int(found.title) + 1)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(increment, range(100)))
    with database.snapshot() as reader:
        assert reader.scalar(select(Article.title)) == "100"


@pytest.mark.parametrize(
    ("pragma", "value"),
    [
        ("journal_mode", "wal"),
        ("synchronous", 2),
        ("foreign_keys", 1),
        ("busy_timeout", 5000),
        ("trusted_schema", 0),
    ],
)
def test_sqlite_pragmas_are_set(
    empty_sqlite_database: Database, pragma: str, value: object
) -> None:
    with empty_sqlite_database.engine.connect() as connection:
        assert connection.scalar(text(f"PRAGMA {pragma}")) == value


def test_sqlite_version_has_no_wal_reset_bug(empty_sqlite_database: Database) -> None:
    """Up to 3.51.2 a database in WAL mode with two connections can lose commits."""
    with empty_sqlite_database.engine.connect() as connection:
        version = connection.scalar(text("SELECT sqlite_version()"))
    assert tuple(map(int, version.split("."))) >= (3, 51, 3)


@pytest.mark.parametrize("bad", ["a\0b", "\ud800", "x" * 301, ""])
def test_text_out_of_bounds_is_refused(database: Database, bad: str) -> None:
    with pytest.raises((StatementError, ValueError)), database.session() as session:
        session.add(factories.article(title=bad))


@pytest.mark.parametrize(
    "bad",
    [
        datetime(2019, 4, 4),  # noqa: DTZ001 - a naive datetime is refused
        datetime(1949, 12, 31, tzinfo=UTC),
        datetime(2101, 1, 1, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, tzinfo=timezone(timedelta(hours=-14))),
    ],
)
def test_instant_out_of_bounds_is_refused(database: Database, bad: datetime) -> None:
    with pytest.raises((StatementError, ValueError, OverflowError)), database.session() as session:
        session.add(factories.article(published_at=bad))


@pytest.mark.parametrize("precision", list(Precision))
def test_instant_is_stored_as_start_of_its_period(
    client: TestClient, database: Database, precision: Precision
) -> None:
    """A launch of which only the day is known must not be stored at some hour of the day."""
    given = datetime(2019, 8, 15, 13, 14, 15, tzinfo=timezone(timedelta(hours=3)))
    with database.session() as session:
        session.add(factories.launch(slug="x", launch_at=given, launch_at_precision=precision))
    starts = {
        "second": "2019-08-15T10:14:15Z",
        "minute": "2019-08-15T10:14:00Z",
        "hour": "2019-08-15T10:00:00Z",
        "day": "2019-08-15T00:00:00Z",
        "month": "2019-08-01T00:00:00Z",
        "quarter": "2019-07-01T00:00:00Z",
        "year": "2019-01-01T00:00:00Z",
    }
    assert client.get("/v1/launches/x").json()["launch_at"] == starts[precision]


@given(words=st.text())
def test_fold_is_idempotent(words: str) -> None:
    assert fold(fold(words)) == fold(words)


@given(words=st.text())
def test_slug_is_a_url_segment(words: str) -> None:
    assert all(c in "abcdefghijklmnopqrstuvwxyz0123456789-" for c in slugify(words))
    assert slugify(slugify(words)) == slugify(words)
    assert slugify(words) or not any(c.isalnum() for c in words)
    assert len(slugify(words)) <= MAX_SLUG_CHARS


@pytest.mark.parametrize(
    ("words", "slug"),
    [
        ("Soyuz-2.1a", "soyuz-2-1a"),
        ("Союз-2.1а", "soyuz-2-1a"),
        ("Прогресс МС-11", "progress-ms-11"),
        ("Loral O'Hara", "loral-ohara"),
        ("Antares 230+", "antares-230-plus"),
        ("Sławosz Uznański", "slawosz-uznanski"),
        ("Guðmundur", "gu-mundur"),
        ("Kelly’s °C №1 “day”", "kellys-c-no1-day"),
        ("きぼう 実験", "kibou-shiyan"),
        ("ガガーリン", "gagarin"),
        ("长征 2F", "zhangzheng-2f"),
        ("Διεθνής Διαστημικός", "diethnis-diastimikos"),
        ("국제 정거장", "gugje-jeonggeojang"),
        ("محطة الفضاء", "mhth-lfd"),
        ("अंतरिक्ष ١٢", "amtriks-12"),
        ("𒀀 𒀁", "u12000-u12001"),
        ("ъ", "u44a"),
        ("…!", ""),
    ],
)
def test_slugify_examples(words: str, slug: str) -> None:
    assert slugify(words) == slug


def test_long_slugs_stay_distinct() -> None:
    words = "щ" * 100
    first, second = slugify(f"{words} 1"), slugify(f"{words} 2")
    assert first != second
    assert len(first) == len(second) == MAX_SLUG_CHARS
    assert first[:100] == second[:100] == ("shch" * 25)
    assert len(slugify(words, 60)) == 60


@given(words=st.text(st.characters(codec=None)))
def test_storable_text_is_utf_8_without_nul(words: str) -> None:
    try:
        words.encode()
    except UnicodeEncodeError:
        assert not is_storable(words)
    else:
        assert is_storable(words) == ("\0" not in words)


def test_text_round_trips(client: TestClient, database: Database) -> None:
    titles = ["Ёлка\u202e", "e\u0301", "\u00e9", "\U0001f469\u200d\U0001f680", "a\u2028b", "\\n"]
    with database.session() as session:
        session.add_all(factories.article(title=title) for title in titles)
    listed = client.get("/v1/articles?sort=published_at").json()["items"]
    assert [item["title"] for item in listed] == titles


@postgresql_only
def test_response_timeout_applies_unless_disabled(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.db.engines.postgresql.SERVER_RESPONSE_TIMEOUT_SECONDS", 0.2)
    sleep = text("SELECT pg_sleep(0.5)")
    with database.session() as session:
        session.execute(text("SET LOCAL statement_timeout = '300ms'"))
        disable_timeouts(session.connection())
        session.execute(sleep)
    # The timeout applies again on the same connection, and on others.
    for _ in range(2):
        with (
            pytest.raises(OperationalError, match="not respond"),
            database.session() as session,
        ):
            session.execute(sleep)


@pytest.fixture
def single_connection(database: Database) -> Iterator[Database]:
    """`database` on PostgreSQL, by one connection for reads."""
    url = database.engine.url.render_as_string(hide_password=False)
    single = build_database(url.replace("+psycopg", ""), read_threads=1)
    yield single
    single.close()


def count_prepared_statements(reader: Reader) -> int:
    return reader._connection.scalar(text("SELECT count(*) FROM pg_prepared_statements")) or 0


@postgresql_only
def test_reads_keep_prepared_statements(single_connection: Database) -> None:
    def read(error: Exception | None = None) -> int:
        with single_connection.snapshot() as reader:
            count_articles(reader)
            if error:
                raise error
            return count_prepared_statements(reader)

    for _ in range(8):
        read()
    assert read() > 0
    with pytest.raises(NotFound):
        read(NotFound("No such record."))
    assert read() > 0
    # Positive control: a rollback drops them.
    with single_connection.snapshot() as reader:
        assert count_prepared_statements(reader) > 0
        reader._connection.rollback()
        assert count_prepared_statements(reader) == 0


@postgresql_only
def test_transactions_of_a_connection_differ(single_connection: Database) -> None:
    """Reads are read-only snapshots; writes on the same connection are not."""
    settings = text(
        "SELECT pg_backend_pid(), current_setting('transaction_isolation'),"
        " current_setting('transaction_read_only')"
    )
    seen = []
    for _ in range(2):
        with single_connection.snapshot() as reader:
            seen.append(tuple(reader._connection.execute(settings).one()))
        with single_connection.session() as session:
            seen.append(tuple(session.execute(settings).one()))
    (pid,) = {pid for pid, *_ in seen}
    assert seen == [(pid, "repeatable read", "on"), (pid, "read committed", "off")] * 2


@postgresql_only
@pytest.mark.parametrize("idle_seconds", [0, MAX_UNTESTED_IDLE_SECONDS + 1])
def test_read_survives_the_loss_of_an_idle_connection(
    database: Database, single_connection: Database, idle_seconds: float
) -> None:
    def read_pid(reader: Reader) -> int:
        return reader._connection.scalar(text("SELECT pg_backend_pid()")) or 0

    with time_machine.travel(datetime.now(UTC), tick=False) as clock:
        pid = asyncio.run(single_connection.read(read_pid))
        with database.session() as session:
            session.execute(select(func.pg_terminate_backend(pid)))
        clock.shift(idle_seconds)
        assert asyncio.run(single_connection.read(read_pid)) not in {0, pid}


@postgresql_only
def test_write_survives_the_loss_of_an_idle_connection(database: Database) -> None:
    """It cannot be run again, so its connection is always tested."""
    with database.session() as session:
        pid = session.scalar(text("SELECT pg_backend_pid()"))
    with psycopg.connect(
        database.engine.url.render_as_string(hide_password=False).replace("+psycopg", "")
    ) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [pid])
    with database.session() as session:
        session.add(factories.person())


@postgresql_only
def test_read_that_fails_late_is_not_run_again(
    single_connection: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = 0

    def end_own_connection(reader: Reader) -> None:
        nonlocal runs
        runs += 1
        reader._connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    for max_seconds, expected_runs in ((MAX_RERUN_SECONDS, 2), (0, 1)):
        monkeypatch.setattr("app.db.database.MAX_RERUN_SECONDS", max_seconds)
        runs = 0
        with pytest.raises(OperationalError):
            asyncio.run(single_connection.read(end_own_connection))
        assert runs == expected_runs


@postgresql_only
def test_silent_host_is_tried_for_the_first_connection_only(database: Database) -> None:
    url = database.engine.url
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes connections, sends nothing
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        socket_folder = str(url.query["host"])
        hosts = url.set(drivername="postgresql", query={"host": (address, socket_folder)})
        engine = create_database_engine(hosts.render_as_string(hide_password=False), pool_size=2)
        with engine.connect(), engine.connect():
            silent.accept()[0].close()
            silent.setblocking(False)
            with pytest.raises(BlockingIOError):
                silent.accept()
    engine.dispose()


@pytest.mark.parametrize(
    ("host", "port", "hosts", "ports"),
    [
        ("one,two", "", "two,one", ","),
        ("one,two", 5432, "two,one", "5432,5432"),
        ("one,two,two", "5432,5433,5432", "two,one,two", "5432,5432,5433"),
        ("one", 5432, None, None),
    ],
)
def test_last_host_comes_first(
    host: str, port: str | int, hosts: str | None, ports: str | None
) -> None:
    ordered = _order_hosts({"host": host, "port": port}, ("two", 5432))
    assert (ordered.get("host"), ordered.get("port")) == (hosts, ports)


def test_psycopg_internals_exist() -> None:
    assert hasattr(psycopg.errors, "_WaitTimeout"), (
        f"psycopg {psycopg.__version__} changed: adapt app/db/engines/postgresql.py"
    )
