"""Engine and connections for SQLite."""

from contextlib import closing
from pathlib import Path
from time import monotonic, thread_time
from typing import Any

from pydantic_core import from_json
from pysqlite3 import dbapi2 as sqlite
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL

from app.db.engines import QUERY_CACHE_ITEMS

MAX_STATEMENT_CPU_SECONDS = 0.01
MAX_STATEMENT_WALL_SECONDS = 0.015
"""Time limits of a statement on a time-limited connection, in CPU time and in wall time.

CPU time alone misses a slow disk, and threads that take turns with this one at the interpreter.
"""

PROGRESS_INTERVAL_INSTRUCTIONS = 1000
"""SQLite instructions between two checks of the time: some tens of microseconds."""

PAGE_CACHE_KIB = 8192
"""Page cache of a time-limited connection, which serves most reads."""

_TRIED_WRITE_PAGES = 10
"""Page cache of `try_write`, which writes twice as many pages."""


class TimeLimitedConnection(sqlite.Connection):  # type: ignore[misc]  # it ships no types
    """Connection that can interrupt long statements and does not wait for locks."""

    interrupted = False
    """The last statement exceeded the time limit."""
    _deadlines: tuple[float, float] | None = None

    def enable_time_limit(self) -> None:
        """Enforce the time limits from now on."""
        self.execute("PRAGMA busy_timeout=0")
        self.execute(f"PRAGMA cache_size=-{PAGE_CACHE_KIB}")
        self.set_progress_handler(self._check_deadlines, PROGRESS_INTERVAL_INSTRUCTIONS)

    def cursor(self, *args: Any, **kwargs: Any) -> Any:
        """Create a cursor for one statement, and start its time."""
        self._deadlines, self.interrupted = None, False
        return super().cursor(*args, **kwargs)

    def _check_deadlines(self) -> bool:
        if self._deadlines is None:
            self._deadlines = (
                thread_time() + MAX_STATEMENT_CPU_SECONDS,
                monotonic() + MAX_STATEMENT_WALL_SECONDS,
            )
        cpu_deadline, wall_deadline = self._deadlines
        self.interrupted = thread_time() > cpu_deadline or monotonic() > wall_deadline
        return self.interrupted


def copy_database(source: str, target: str) -> None:
    """Copy a file, as it is at one moment, to the new file `target`. Writers do not wait."""
    with closing(sqlite.connect(source)) as original, closing(sqlite.connect(target)) as copy:
        original.backup(copy)


def try_write(connection: Connection) -> None:
    """Write some pages to the write-ahead log, in the transaction of `connection`.

    SQLite keeps written pages in its cache until the commit, unless the cache is too small for
    them. A rollback leaves no trace, and no reader notices.
    """
    connection.exec_driver_sql(f"PRAGMA cache_size={_TRIED_WRITE_PAGES}")
    try:
        connection.exec_driver_sql("CREATE TABLE tried_write (content)")
        pages = f"zeroblob(4096 * {2 * _TRIED_WRITE_PAGES})"
        connection.exec_driver_sql(f"INSERT INTO tried_write VALUES ({pages})")  # noqa: S608 - ours
    finally:
        connection.exec_driver_sql("PRAGMA cache_size=-2000")  # SQLite's default


def build_engine(url: URL, pool_size: int, _target_session_attrs: str) -> Engine:
    """Build the engine for the file of `url`; creates its folder if there is none."""
    if url.database and url.database != ":memory:":
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        url,
        module=sqlite,
        pool_size=pool_size,
        max_overflow=0,
        query_cache_size=QUERY_CACHE_ITEMS,
        json_deserializer=from_json,
        connect_args={"factory": TimeLimitedConnection},
    )

    @event.listens_for(engine, "connect")
    def set_pragmas(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # `begin` below starts each transaction
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "busy_timeout=5000",
            "trusted_schema=OFF",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A deferred transaction that turns into a write fails immediately if another writes: the
        # busy timeout does not apply to it. So write transactions take the lock at the start.
        read_only = connection.get_execution_options().get("zarya_read_only", False)
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    return engine
