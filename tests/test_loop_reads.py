"""Which reads are done in the event loop, and what becomes of those that are not."""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from pydantic import BaseModel
from pysqlite3 import dbapi2 as sqlite
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from app.api.auth import generate_api_key
from app.db import loop_reads
from app.db.database import Database, Reader
from app.db.models import ApiKey, Base
from app.http.problems import NotFound
from tests.support.slow_reads import blocking_query, counting_statement, in_event_loop

Places = list[bool]
"""Of each run of a query, whether it was in the event loop."""


@pytest.fixture
def database(empty_sqlite_database: Database) -> Database:
    """A database with tables, whose connection for the event loop is open."""
    Base.metadata.create_all(empty_sqlite_database.engine)
    asyncio.run(empty_sqlite_database.read(keys))
    return empty_sqlite_database


def keys(reader: Reader, *_: Any) -> int:
    return reader.scalar(select(func.count(ApiKey.id))) or 0


def noting(places: Places, query: Callable[..., Any] = keys) -> Callable[..., Any]:
    """`query`, which notes where it is run."""

    def noted(reader: Reader, *args: Any) -> Any:
        places.append(in_event_loop())
        return query(reader, *args)

    return noted


def counted(reader: Reader, *_: Any) -> int:
    """What takes longer than the event loop has time for, but a thread not long."""
    return reader.all(counting_statement(400_000))[0]["n"]  # type: ignore[no-any-return]  # a count


def run(*reads: Coroutine[Any, Any, Any]) -> list[Any]:
    """What the reads answer, one after the other in one event loop."""

    async def all_of_them() -> list[Any]:
        return [await read for read in reads]

    return asyncio.run(all_of_them())


def test_a_read_is_done_in_the_event_loop(database: Database) -> None:
    places: Places = []
    assert run(*(database.read(noting(places)) for _ in range(3))) == [0] * 3
    assert places == [True] * 3


def test_each_read_has_a_snapshot_of_its_own(database: Database) -> None:
    places: Places = []
    for number in range(3):
        assert run(database.read(noting(places))) == [number]
        with database.session() as session:
            session.add(generate_api_key("Test", [])[0])
    assert places == [True] * 3


def test_within_a_read_nothing_changes(database: Database) -> None:
    def twice(reader: Reader) -> list[int]:
        before = keys(reader)
        with database.session() as session:
            session.add(generate_api_key("Test", [])[0])
        return [before, keys(reader)]

    assert run(database.read(twice), database.read(keys)) == [[0, 0], 1]


def test_what_takes_long_is_done_over_in_a_thread(database: Database) -> None:
    places: Places = []
    assert run(database.read(noting(places, counted)), database.read(keys)) == [400_000, 0]
    assert places == [True, False]


def test_others_are_answered_meanwhile(database: Database) -> None:
    places: Places = []
    released = Event()

    async def both() -> int:
        slow = asyncio.ensure_future(database.read(blocking_query(released)))
        await asyncio.sleep(0.05)
        assert not slow.done()
        found: int = await database.read(noting(places))
        released.set()
        await slow
        return found

    assert asyncio.run(both()) == 0
    assert places == [True]


def test_a_run_of_slow_reads_goes_to_the_threads(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Asked(BaseModel):
        q: str = ""
        limit: int = 20

    places: Places = []
    slow = noting(places, counted)
    monkeypatch.setattr(loop_reads, "_SLOW_READ_BACKOFF_SECONDS", 60)
    run(*(database.read(slow, Asked(q=word)) for word in ("a", "b", "c")))
    assert places == [True, False, False, False]
    # Asked for by other parameters it may be quick, and so may other queries.
    places.clear()
    run(database.read(noting(places, keys), Asked(limit=10)))
    assert places == [True]
    # After a while it is tried again.
    places.clear()
    monkeypatch.setattr(loop_reads, "_SLOW_READ_BACKOFF_SECONDS", 0)
    run(database.read(slow, Asked()), *(database.read(slow, Asked()) for _ in range(2)))
    assert places == [True, False] * 3


def test_what_a_query_refuses_is_not_asked_twice(database: Database) -> None:
    places: Places = []

    def refuse(_reader: Reader) -> None:
        raise NotFound("There is none.")

    for _ in range(2):
        with pytest.raises(NotFound):
            run(database.read(noting(places, refuse)))
    assert places == [True, True]
    assert run(database.read(noting(places))) == [0]
    assert places == [True] * 3


def test_nobody_else_gets_its_connection(database: Database) -> None:
    """Not a snapshot, nor a read that comes while it is at work, as from another event loop."""
    places: Places = []

    def outer(reader: Reader) -> int:
        with database.snapshot() as other, ThreadPoolExecutor(1) as pool:
            assert other._connection.connection is not reader._connection.connection
            inner = pool.submit(run, database.read(noting(places)))
            assert inner.result() == [0]
            return keys(other)

    assert run(database.read(noting(places, outer))) == [0]
    assert places == [True, False]


def test_behind_a_lock_a_thread_waits(database: Database, tmp_path: Path) -> None:
    database.close()

    async def both() -> int:
        with closing(sqlite.connect(tmp_path / "archive.db")) as other:
            other.execute("PRAGMA locking_mode=EXCLUSIVE")
            other.execute("SELECT * FROM api_keys").fetchall()
            waiting = asyncio.ensure_future(database.read(keys))
            await asyncio.sleep(0.05)  # the event loop goes on
            assert not waiting.done()
        return await waiting

    assert asyncio.run(both()) == 0


def test_a_broken_connection_is_replaced(database: Database) -> None:
    places: Places = []
    near_one = database._loop_reader
    assert near_one is not None

    def breaking(reader: Reader) -> int:
        if in_event_loop():
            reader._connection.connection.dbapi_connection.close()  # type: ignore[union-attr]  # it is open
        return keys(reader)

    assert run(database.read(noting(places, breaking))) == [0]
    assert run(database.read(noting(places))) == [0]
    assert places == [True, False, True]


def test_a_thread_is_told_what_is_wrong(empty_sqlite_database: Database) -> None:
    places: Places = []
    for _ in range(2):
        with pytest.raises(DBAPIError, match="no such table"):
            run(empty_sqlite_database.read(noting(places)))
    assert places == [False, False]


def test_closed_it_opens_again(database: Database) -> None:
    places: Places = []
    database.close()
    run(*(database.read(noting(places)) for _ in range(2)))
    assert places == [False, True]
