"""Reads on the event loop: queries of a few milliseconds on SQLite, without a thread.

Running a query in a thread and fetching its result costs as much as most queries, and more if the
interpreter moves from core to core. A query that takes long, in SQL or in Python, would block the
event loop: it is interrupted, and run again in a thread.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Lock
from time import monotonic, thread_time
from typing import TypeVar, cast

from pysqlite3 import dbapi2 as sqlite
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from app.db.engines import sqlite as sqlite_engine
from app.db.engines.sqlite import MAX_STATEMENT_CPU_SECONDS, TimeLimitedConnection

T = TypeVar("T")

_SLOW_READ_BACKOFF_SECONDS = 0.25
"""Time for which a query that was slow runs in threads, for the client whose request it was.

It limits the interrupted work of a client to a few hundredths of the event loop's time.
"""

_DELAYED_READ_BACKOFF_SECONDS = 0.5
"""Time for which all reads run in threads after busy threads have delayed one.

SQLite gives up the interpreter at each row, and waits for it until a busy thread gives it up, so
that a read of a few milliseconds takes many times as long.
"""

_MAX_SLOW_CLIENT_COUNT = 4
"""Clients for whom a query is slow at the same time, until it runs in threads for all of them."""

_MAX_TURN_SECONDS = 0.005
"""CPU time of reads after which the event loop turns to all its other tasks."""

_CLIENT: ContextVar[str] = ContextVar("client of loop reads", default="")


@contextmanager
def attribute_loop_reads(client: str) -> Iterator[None]:
    """Attribute the slow reads of this context to `client`, an address."""
    token = _CLIENT.set(client)
    try:
        yield
    finally:
        _CLIENT.reset(token)


class RunInThread(Exception):
    """The query must run in a thread: it cannot start on the event loop, or was interrupted."""


class LoopReader:
    """Connection for reads on the event loop: persistent, and never waiting for a lock."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Connection | None = None
        self._lock = Lock()
        self._backoffs: defaultdict[object, dict[str, float]] = defaultdict(dict)
        """By query and client: time until which the query runs in threads."""
        self._delayed_until = float("-inf")
        """Time until which all reads run in threads."""
        self._turn_seconds = 0.0
        """CPU time of reads in the present turn: one or more iterations of the event loop."""
        self._next_turn_in: asyncio.AbstractEventLoop | None = None
        """Event loop whose next iteration begins the next turn, if that is due."""

    async def wait_for_turn(self) -> None:
        """Let other tasks run: once, and until reads have not used up the time of the turn.

        Otherwise the iterations of the event loop would be as long as all reads that are ready.
        """
        await asyncio.sleep(0)
        while self._turn_seconds > _MAX_TURN_SECONDS:
            loop = asyncio.get_running_loop()
            if self._next_turn_in is not loop:
                self._next_turn_in = loop
                loop.call_soon(self._begin_turn)
            await asyncio.sleep(0)

    def _begin_turn(self) -> None:
        self._turn_seconds, self._next_turn_in = 0.0, None

    def read(self, query: object, work: Callable[[Connection, Callable[[], None]], T]) -> T:
        """Run `work` in one snapshot. Raises RunInThread if it must run in a thread instead.

        `work` gets a function that raises RunInThread once its time is used up, to be called
        between its steps. `query` identifies the function behind `work`, whatever its parameters.
        """
        if monotonic() < self._delayed_until or (self._backoffs and self._is_backed_off(query)):
            raise RunInThread
        if not self._lock.acquire(blocking=False):
            raise RunInThread
        try:
            if self._connection is None:
                raise RunInThread
            return self._run(self._connection, query, work)
        finally:
            self._lock.release()

    def _run(
        self,
        connection: Connection,
        query: object,
        work: Callable[[Connection, Callable[[], None]], T],
    ) -> T:
        driver, started_at = _driver_connection(connection), thread_time()
        ends_at = monotonic() + sqlite_engine.MAX_STATEMENT_WALL_SECONDS

        def check_budget() -> None:
            if thread_time() - started_at > MAX_STATEMENT_CPU_SECONDS or monotonic() > ends_at:
                raise RunInThread

        try:
            driver.execute("BEGIN")
            try:
                return work(connection, check_budget)
            finally:
                driver.rollback()
        except (DBAPIError, sqlite.Error) as error:
            # Slow, locked or broken: in a thread there is time to find out.
            if not driver.interrupted:
                self._close()
            raise RunInThread from error
        finally:
            seconds = thread_time() - started_at
            self._turn_seconds += seconds
            if seconds > MAX_STATEMENT_CPU_SECONDS:
                self._back_off(query)
            elif driver.interrupted or monotonic() > ends_at:
                self._delayed_until = monotonic() + _DELAYED_READ_BACKOFF_SECONDS

    def _is_backed_off(self, query: object) -> bool:
        now, backoffs = monotonic(), self._backoffs.get(query, {})
        active = [client for client, until in backoffs.items() if until > now]
        return _CLIENT.get() in active or len(active) >= _MAX_SLOW_CLIENT_COUNT

    def _back_off(self, query: object) -> None:
        now = monotonic()
        active = {client: until for client, until in self._backoffs[query].items() if until > now}
        self._backoffs[query] = active | {_CLIENT.get(): now + _SLOW_READ_BACKOFF_SECONDS}

    def open(self) -> None:
        """Open the connection if it is closed. Call it in a thread: it may wait for a lock."""
        if self._connection is None:
            with self._lock:
                self._connection = self._connection or self._open_connection()

    def _open_connection(self) -> Connection:
        connection = self._engine.connect()
        connection.detach()  # the connections of the pool are for the threads
        # For SQLAlchemy there is one transaction; for SQLite each read is a transaction.
        connection.begin()
        driver = _driver_connection(connection)
        driver.rollback()
        driver.enable_time_limit()
        return connection

    def close(self) -> None:
        """Close the connection; the next read in a thread opens another."""
        with self._lock:
            self._close()

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None


def _driver_connection(connection: Connection) -> TimeLimitedConnection:
    return cast(TimeLimitedConnection, connection.connection.dbapi_connection)
