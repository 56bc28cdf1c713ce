"""Reads on the event loop: queries of a few milliseconds on SQLite, without a thread.

Running a query in a thread and fetching its result costs as much as most queries, and more if the
interpreter moves from core to core. A query that takes long would block the event loop: it is
interrupted, and run again in a thread.
"""

from collections.abc import Callable
from threading import Lock
from time import monotonic, thread_time
from typing import TypeVar, cast

from pysqlite3 import dbapi2 as sqlite
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from app.db.engines.sqlite import MAX_STATEMENT_CPU_SECONDS, TimeLimitedConnection

T = TypeVar("T")

_SLOW_READ_BACKOFF_SECONDS = 0.25
"""Time for which queries like an interrupted one run in threads immediately.

It limits interrupted work to a few hundredths of the event loop's time, whatever the load.
"""


class RunInThread(Exception):
    """The query must run in a thread: it cannot start on the event loop, or was interrupted."""


class LoopReader:
    """Connection for reads on the event loop: persistent, and never waiting for a lock."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Connection | None = None
        self._lock = Lock()
        self._backoff_until: dict[object, float] = {}
        """By cost key: time until which such queries run in threads."""

    def read(self, cost_key: object, work: Callable[[Connection], T]) -> T:
        """Run `work` in one snapshot. Raises RunInThread if it must run in a thread instead.

        `cost_key` is equal for queries that are expected to take equally long.
        """
        if self._backoff_until and self._backoff_until.get(cost_key, 0) > monotonic():
            raise RunInThread
        if not self._lock.acquire(blocking=False):
            raise RunInThread
        try:
            if self._connection is None:
                raise RunInThread
            return self._run(self._connection, cost_key, work)
        finally:
            self._lock.release()

    def _run(self, connection: Connection, cost_key: object, work: Callable[[Connection], T]) -> T:
        driver, started_at = _driver_connection(connection), thread_time()
        try:
            driver.execute("BEGIN")
            try:
                return work(connection)
            finally:
                driver.rollback()
        except (DBAPIError, sqlite.Error) as error:
            # Slow, locked or broken: in a thread there is time to find out.
            if not driver.interrupted:
                self._close()
            raise RunInThread from error
        finally:
            if driver.interrupted or thread_time() - started_at > MAX_STATEMENT_CPU_SECONDS:
                self._back_off(cost_key)

    def _back_off(self, cost_key: object) -> None:
        now = monotonic()
        self._backoff_until = {k: until for k, until in self._backoff_until.items() if until > now}
        self._backoff_until[cost_key] = now + _SLOW_READ_BACKOFF_SECONDS

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
