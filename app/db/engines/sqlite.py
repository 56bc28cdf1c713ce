"""Connections to SQLite."""

from pathlib import Path
from time import monotonic, thread_time
from typing import Any

from pydantic_core import from_json
from pysqlite3 import dbapi2 as sqlite
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL

from app.db.engines.settings import QUERY_CACHE_ITEMS

MAX_STATEMENT_CPU_SECONDS = 0.01
MAX_STATEMENT_WALL_SECONDS = 0.1
"""How much CPU time, and how much time, a statement of a bounded connection may take.

A machine that others keep busy, or a container at its quota, stops anything for a while: that says
nothing of the statement. A slow disk does.
"""

PROGRESS_INTERVAL_INSTRUCTIONS = 1000
"""How many steps SQLite takes from one look at the clock to the next: some tens of microseconds."""

PAGE_CACHE_KIB = 8192
"""How much of the file a bounded connection keeps: most is read by it, through the same indexes."""


class TimeLimitedConnection(sqlite.Connection):  # type: ignore[misc]  # it ships no types
    """A connection that can be told to break off what takes long, and to wait for nobody."""

    interrupted = False
    """Whether the last statement was."""
    _deadlines: tuple[float, float] | None = None

    def enable_time_limit(self) -> None:
        """Do so from now on."""
        self.execute("PRAGMA busy_timeout=0")
        self.execute(f"PRAGMA cache_size=-{PAGE_CACHE_KIB}")
        self.set_progress_handler(self._check_deadlines, PROGRESS_INTERVAL_INSTRUCTIONS)

    def cursor(self, *args: Any, **kwargs: Any) -> Any:
        """A cursor for one statement, which begins now: SQLAlchemy has compiled it."""
        self._deadlines, self.interrupted = None, False
        return super().cursor(*args, **kwargs)

    def _check_deadlines(self) -> bool:
        if self._deadlines is None:
            self._deadlines = (
                thread_time() + MAX_STATEMENT_CPU_SECONDS,
                monotonic() + MAX_STATEMENT_WALL_SECONDS,
            )
        work_end, end = self._deadlines
        self.interrupted = thread_time() > work_end or monotonic() > end
        return self.interrupted


def build_engine(url: URL, pool_size: int, _server: str) -> Engine:
    """An engine for the file that `url` names; its folder is made where there is none."""
    if url.database and url.database != ":memory:":
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    made = create_engine(
        url,
        module=sqlite,
        pool_size=pool_size,
        max_overflow=0,
        query_cache_size=QUERY_CACHE_ITEMS,
        json_deserializer=from_json,
        connect_args={"factory": TimeLimitedConnection},
    )

    @event.listens_for(made, "connect")
    def set_up(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # "begin" below says how each transaction starts
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "busy_timeout=5000",
            "trusted_schema=OFF",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(made, "begin")
    def begin(connection: Connection) -> None:
        # A deferred transaction that turns into a write fails at once where another one writes:
        # the busy timeout does not apply to it. So writers take the lock when they begin.
        reads = connection.get_execution_options().get("zarya_reads", False)
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")

    return made
