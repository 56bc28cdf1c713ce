"""Reads in the event loop, where the database is a file: those that take some milliseconds at most.

Giving a read to a thread and taking its answer back costs as much as most reads, and more where the
interpreter is handed from core to core. A read that takes long would hold up everybody: it is
broken off, and done over in a thread.
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
"""Seconds for which reads like one that took long are left to the threads.

So what is broken off takes no more of the event loop than a few hundredths, however much of it is
asked for.
"""


class RunInThread(Exception):
    """A read that the event loop is not to do, or not to the end."""


class LoopReader:
    """A connection for what is read in the event loop: kept, and never waiting for anybody."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Connection | None = None
        self._lock = Lock()
        self._backoff_until: dict[object, float] = {}
        """The kinds of reads that are left to the threads, and until when."""

    def read(self, kind: object, work: Callable[[Connection], T]) -> T:
        """What `work` answers, asked of one snapshot. Raises `RunInThread`: it is to be done there.

        `kind` is equal for reads that can be expected to take equally long.
        """
        if self._backoff_until and self._backoff_until.get(kind, 0) > monotonic():
            raise RunInThread
        if not self._lock.acquire(blocking=False):
            raise RunInThread
        try:
            if self._connection is None:
                raise RunInThread
            return self._run(self._connection, kind, work)
        finally:
            self._lock.release()

    def _run(self, connection: Connection, kind: object, work: Callable[[Connection], T]) -> T:
        driver, began = _driver_connection(connection), thread_time()
        try:
            driver.execute("BEGIN")
            try:
                return work(connection)
            finally:
                driver.rollback()
        except (DBAPIError, sqlite.Error) as error:
            # Slow, locked or broken: a thread has the time to find out.
            if not driver.interrupted:
                self._close()
            raise RunInThread from error
        finally:
            if driver.interrupted or thread_time() - began > MAX_STATEMENT_CPU_SECONDS:
                self._back_off(kind)

    def _back_off(self, kind: object) -> None:
        now = monotonic()
        self._backoff_until = {k: until for k, until in self._backoff_until.items() if until > now}
        self._backoff_until[kind] = now + _SLOW_READ_BACKOFF_SECONDS

    def open(self) -> None:
        """Open the connection, where there is none: by a thread, as it may have to wait."""
        if self._connection is None:
            with self._lock:
                self._connection = self._connection or self._open_connection()

    def _open_connection(self) -> Connection:
        connection = self._engine.connect()
        connection.detach()  # from the pool, whose places are the threads'
        # To SQLAlchemy all is one transaction; to SQLite each read is one of its own.
        connection.begin()
        driver = _driver_connection(connection)
        driver.rollback()
        driver.enable_time_limit()
        return connection

    def close(self) -> None:
        """Close the connection; the next read by a thread opens another."""
        with self._lock:
            self._close()

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None


def _driver_connection(connection: Connection) -> TimeLimitedConnection:
    return cast(TimeLimitedConnection, connection.connection.dbapi_connection)
