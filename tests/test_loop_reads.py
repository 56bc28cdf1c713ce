"""Reads on the event loop of SQLite databases, and their fallback to threads."""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import wraps
from pathlib import Path
from threading import Event
from time import sleep, thread_time
from typing import Any

import pytest
from pysqlite3 import dbapi2 as sqlite
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from app.api.api_key_format import generate_api_key
from app.db import loop_reads
from app.db.database import Database, Reader
from app.db.engines import sqlite as sqlite_engine
from app.db.engines.sqlite import MAX_STATEMENT_CPU_SECONDS
from app.db.loop_reads import attribute_loop_reads
from app.db.models import ApiKey, Base
from app.http.problems import NotFound
from tests.support.slow_reads import blocking_query, counting_statement, in_event_loop

Runs = list[bool]
"""One item for each run of a query: True on the event loop, False in a thread."""


@pytest.fixture
def database(empty_sqlite_database: Database) -> Database:
    """Database with tables and an open connection for the event loop."""
    Base.metadata.create_all(empty_sqlite_database.engine)
    asyncio.run(empty_sqlite_database.read(count_keys))
    return empty_sqlite_database


def count_keys(reader: Reader, *_: Any) -> int:
    return reader.scalar(select(func.count(ApiKey.id))) or 0


def recording(on_loop: Runs, query: Callable[..., Any] = count_keys) -> Callable[..., Any]:
    """`query`, recording where it runs."""

    @wraps(query)
    def recorded(reader: Reader, *args: Any) -> Any:
        on_loop.append(in_event_loop())
        return query(reader, *args)

    return recorded


def slow_count(reader: Reader, *_: Any) -> int:
    """Query that exceeds the time limit of the event loop."""
    return reader.all(counting_statement(400_000))[0]["n"]  # type: ignore[no-any-return]  # a count


def run(*reads: Coroutine[Any, Any, Any]) -> list[Any]:
    """Run `reads` one after the other on one event loop."""

    async def all_of_them() -> list[Any]:
        return [await read for read in reads]

    return asyncio.run(all_of_them())


def test_read_runs_on_event_loop(database: Database) -> None:
    on_loop: Runs = []
    assert run(*(database.read(recording(on_loop)) for _ in range(3))) == [0] * 3
    assert on_loop == [True] * 3


def test_read_has_its_own_snapshot(database: Database) -> None:
    on_loop: Runs = []
    for number in range(3):
        assert run(database.read(recording(on_loop))) == [number]
        with database.session() as session:
            session.add(generate_api_key("Test", [])[0])
    assert on_loop == [True] * 3


def test_read_sees_no_change_while_it_runs(database: Database) -> None:
    def add_key() -> None:
        with database.session() as session:
            session.add(generate_api_key("Test", [])[0])

    def count_twice(reader: Reader) -> list[int]:
        before = count_keys(reader)
        writer.submit(add_key).result()  # the CPU time of the write is not that of the read
        return [before, count_keys(reader)]

    with ThreadPoolExecutor(1) as writer:
        assert run(database.read(count_twice), database.read(count_keys)) == [[0, 0], 1]


def test_slow_read_runs_again_in_thread(database: Database) -> None:
    on_loop: Runs = []
    assert run(database.read(recording(on_loop, slow_count)), database.read(count_keys)) == [
        400_000,
        0,
    ]
    assert on_loop == [True, False]


def test_slow_read_does_not_block_others(database: Database) -> None:
    on_loop: Runs = []
    released = Event()

    async def both() -> int:
        slow = asyncio.ensure_future(database.read(blocking_query(released)))
        await asyncio.sleep(0.05)
        assert not slow.done()
        found: int = await database.read(recording(on_loop))
        released.set()
        await slow
        return found

    assert asyncio.run(both()) == 0
    assert on_loop == [True]


def slow_python(reader: Reader, *_: Any) -> int:
    """Query that exceeds the time limit of the event loop between two statements."""
    count = count_keys(reader)
    end = thread_time() + 2 * MAX_STATEMENT_CPU_SECONDS
    while thread_time() < end:
        pass
    return count + count_keys(reader)


def test_slow_python_runs_again_in_thread(database: Database) -> None:
    on_loop: Runs = []
    assert run(database.read(recording(on_loop, slow_python))) == [0]
    assert on_loop == [True, False]


def read_as(database: Database, client: str, query: Callable[..., Any], *args: Any) -> Any:
    """Coroutine of a read on behalf of `client`."""

    async def read() -> Any:
        with attribute_loop_reads(client):
            return await database.read(query, *args)

    return read()


def test_slow_read_backs_off_for_its_client(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_loop: Runs = []
    slow = recording(on_loop, slow_count)
    monkeypatch.setattr(loop_reads, "_SLOW_READ_BACKOFF_SECONDS", 60)
    run(*(read_as(database, "a", slow, word) for word in ("x", "y", "z")))
    assert on_loop == [True, False, False, False]
    # Not for other clients, until it is slow for several of them.
    on_loop.clear()
    run(*(read_as(database, client, slow) for client in "bcdef"))
    assert on_loop == [True, False] * 3 + [False] * 2
    # Not for other queries.
    on_loop.clear()
    run(read_as(database, "a", recording(on_loop, count_keys)))
    assert on_loop == [True]


def test_slow_read_returns_to_event_loop_after_backoff(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_loop: Runs = []
    monkeypatch.setattr(loop_reads, "_SLOW_READ_BACKOFF_SECONDS", 0)
    run(*(database.read(recording(on_loop, slow_count)) for _ in range(3)))
    assert on_loop == [True, False] * 3


def test_query_that_raises_runs_once(database: Database) -> None:
    on_loop: Runs = []

    def refuse(_reader: Reader) -> None:
        raise NotFound("There is none.")

    for _ in range(2):
        with pytest.raises(NotFound):
            run(database.read(recording(on_loop, refuse)))
    assert on_loop == [True, True]
    assert run(database.read(recording(on_loop))) == [0]
    assert on_loop == [True] * 3


def test_connection_is_not_shared(database: Database) -> None:
    """Not with a snapshot, and not with a concurrent read from another event loop."""
    on_loop: Runs = []

    def outer(reader: Reader) -> int:
        with database.snapshot() as other, ThreadPoolExecutor(1) as pool:
            assert other._connection.connection is not reader._connection.connection
            inner = pool.submit(run, database.read(recording(on_loop)))
            assert inner.result() == [0]
            return count_keys(other)

    assert run(database.read(recording(on_loop, outer))) == [0]
    assert on_loop == [True, False]


def test_locked_database_is_waited_for_in_thread(database: Database, tmp_path: Path) -> None:
    database.close()

    async def both() -> int:
        with closing(sqlite.connect(tmp_path / "archive.db")) as other:
            other.execute("PRAGMA locking_mode=EXCLUSIVE")
            other.execute("SELECT * FROM api_keys").fetchall()
            waiting = asyncio.ensure_future(database.read(count_keys))
            await asyncio.sleep(0.05)  # the event loop is not blocked
            assert not waiting.done()
        return await waiting

    assert asyncio.run(both()) == 0


def test_broken_connection_is_replaced(database: Database) -> None:
    on_loop: Runs = []
    loop_reader = database._loop_reader
    assert loop_reader is not None

    def breaking(reader: Reader) -> int:
        if in_event_loop():
            reader._connection.connection.dbapi_connection.close()  # type: ignore[union-attr]  # it is open
        return count_keys(reader)

    assert run(database.read(recording(on_loop, breaking))) == [0]
    assert run(database.read(recording(on_loop))) == [0]
    assert on_loop == [True, False, True]


def test_error_is_raised_from_thread(empty_sqlite_database: Database) -> None:
    on_loop: Runs = []
    for _ in range(2):
        with pytest.raises(DBAPIError, match="no such table"):
            run(empty_sqlite_database.read(recording(on_loop)))
    assert on_loop == [False, False]


def test_closed_connection_reopens(database: Database) -> None:
    on_loop: Runs = []
    database.close()
    run(*(database.read(recording(on_loop)) for _ in range(2)))
    assert on_loop == [False, True]


def test_reads_that_are_ready_share_the_loop(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between long reads the event loop runs its other tasks, however many reads are ready."""
    read_seconds = 1.2 * loop_reads._MAX_TURN_SECONDS

    def read_for_a_turn(_reader: Reader) -> None:
        end = thread_time() + read_seconds
        while thread_time() < end:
            pass
        steps.append("read")

    async def tick(reads: list[asyncio.Task[None]]) -> None:
        while not all(read.done() for read in reads):
            steps.append("tick")
            await asyncio.sleep(0)

    async def read_and_tick() -> int:
        """The largest number of reads between two ticks."""
        reads = [asyncio.create_task(database.read(read_for_a_turn)) for _ in range(5)]
        await tick(reads)
        return max(len(run) for run in "".join(step[0] for step in steps).split("t"))

    steps: list[str] = []
    assert asyncio.run(read_and_tick()) == 1
    assert steps.count("read") == 5
    steps.clear()
    monkeypatch.setattr(loop_reads, "_MAX_TURN_SECONDS", 1.0)
    assert asyncio.run(read_and_tick()) == 5  # positive control: all in one iteration


def test_read_that_other_threads_delay_runs_in_a_thread(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wait_between_statements(reader: Reader) -> int:
        count_keys(reader)
        sleep(0.01)
        return count_keys(reader)

    on_loop: Runs = []
    run(database.read(recording(on_loop, wait_between_statements)))
    assert on_loop == [True]  # positive control: it takes no CPU time
    monkeypatch.setattr(sqlite_engine, "MAX_STATEMENT_WALL_SECONDS", 0.005)
    run(database.read(recording(on_loop, wait_between_statements)))
    assert on_loop == [True, True, False]
    # The cause is not the query, so all others run in threads for a while, for all clients.
    on_loop.clear()
    run(read_as(database, "b", recording(on_loop)))
    assert on_loop == [False]
    monkeypatch.setattr(loop_reads, "_DELAYED_READ_BACKOFF_SECONDS", 0)
    loop_reader = database._loop_reader
    assert loop_reader is not None
    loop_reader._delayed_until = 0.0
    run(database.read(recording(on_loop, wait_between_statements)))
    run(read_as(database, "b", recording(on_loop)))
    assert on_loop == [False, True, False, True]
