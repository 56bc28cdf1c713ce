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

from app.db.engines.sqlite import WORK_SECONDS, Bounded

T = TypeVar("T")

PAUSE = 0.25
"""Seconds for which reads like one that took long are left to the threads.

So what is broken off takes no more of the event loop than a few hundredths, however much of it is
asked for.
"""


class ForThreads(Exception):
    """A read that the event loop is not to do, or not to the end."""


class Near:
    """A connection for what is read in the event loop: kept, and never waiting for anybody."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Connection | None = None
        self._taken = Lock()
        self._slow: dict[object, float] = {}
        """The kinds of reads that are left to the threads, and until when."""

    def read(self, kind: object, work: Callable[[Connection], T]) -> T:
        """What `work` answers, asked of one snapshot. Raises `ForThreads`: it is to be done there.

        `kind` is equal for reads that can be expected to take equally long.
        """
        if self._slow and self._slow.get(kind, 0) > monotonic():
            raise ForThreads
        if not self._taken.acquire(blocking=False):
            raise ForThreads
        try:
            if self._connection is None:
                raise ForThreads
            return self._read(self._connection, kind, work)
        finally:
            self._taken.release()

    def _read(self, connection: Connection, kind: object, work: Callable[[Connection], T]) -> T:
        driver, began = _driver(connection), thread_time()
        try:
            driver.execute("BEGIN")
            try:
                return work(connection)
            finally:
                driver.rollback()
        except (DBAPIError, sqlite.Error) as error:
            # Slow, locked or broken: a thread has the time to find out.
            if not driver.broken_off:
                self._close()
            raise ForThreads from error
        finally:
            if driver.broken_off or thread_time() - began > WORK_SECONDS:
                self._put_off(kind)

    def _put_off(self, kind: object) -> None:
        now = monotonic()
        self._slow = {k: until for k, until in self._slow.items() if until > now}
        self._slow[kind] = now + PAUSE

    def open(self) -> None:
        """Open the connection, where there is none: by a thread, as it may have to wait."""
        if self._connection is None:
            with self._taken:
                self._connection = self._connection or self._opened()

    def _opened(self) -> Connection:
        connection = self._engine.connect()
        connection.detach()  # from the pool, whose places are the threads'
        # To SQLAlchemy all is one transaction; to SQLite each read is one of its own.
        connection.begin()
        driver = _driver(connection)
        driver.rollback()
        driver.bound()
        return connection

    def close(self) -> None:
        """Close the connection; the next read by a thread opens another."""
        with self._taken:
            self._close()

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None


def _driver(connection: Connection) -> Bounded:
    return cast(Bounded, connection.connection.dbapi_connection)
