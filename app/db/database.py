"""Access to the database: a read pool of snapshots, and write transactions."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any, Concatenate, ParamSpec, TypeVar

from anyio import CapacityLimiter, to_thread
from sqlalchemy import Connection, Engine, Select, make_url
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session, sessionmaker

from app.db.change_token import ChangeToken
from app.db.engines import create_database_engine, untested_connections
from app.db.engines.sqlite import copy_database
from app.db.functions import AnySelect
from app.db.loop_reads import LoopReader, RunInThread
from app.db.outages import PRIMARY, REPLICA, OutageLog
from app.db.prepared import get_compiled_statement, pad_lists
from app.db.timeouts import disable_timeouts
from app.db.tracking.steps import WriteSteps, run_write_steps

P = ParamSpec("P")
T = TypeVar("T")
Row = dict[str, Any]

WRITE_THREAD_COUNT = 4
"""Concurrent writes of one process, on a database that supports several writers."""

MAX_RERUN_SECONDS = 1.0
"""Time of a read within which the loss of its connection has it run again on another one.

A connection that was lost while it was idle fails at once. One whose server does not respond takes
longer; to wait for it twice would exceed the time of the request.
"""

REPLICA_RETRY_SECONDS = 1.0
"""Time without reads from the replica after a failed connection."""


class Reader:
    """Queries on one connection, in one snapshot.

    `values` are the named parameters of a statement; a list is for `column.in_(bindparam(name))`.
    A statement that is built once and run with different values costs a fraction of one that is
    built for each run.
    """

    def __init__(
        self, connection: Connection, check_budget: Callable[[], None] = lambda: None
    ) -> None:
        self._connection = connection
        self.check_budget = check_budget
        """Call this between steps of long computations, so that the event loop is not blocked.

        It is called before each statement.
        """

    @classmethod
    def from_session(cls, session: Session) -> "Reader":
        """Build a reader of the transaction of `session`, which sees its flushed writes."""
        return cls(session.connection())

    @property
    def dialect(self) -> str:
        """Name of the database, to report it. Queries do not depend on it."""
        return self._connection.dialect.name

    def within_budget(self, items: Iterable[T]) -> Iterator[T]:
        """Iterate over `items`; `check_budget` is called before each."""
        for item in items:
            self.check_budget()
            yield item

    def all(self, statement: AnySelect, **values: Any) -> list[Row]:
        """Fetch all rows, as dicts by column name."""
        self.check_budget()
        values = pad_lists(values)
        if compiled := get_compiled_statement(statement, self._connection, values):
            return compiled.fetch_rows(self._connection, values)
        result = self._connection.execute(statement, values)
        names = tuple(result.keys())
        return [dict(zip(names, row, strict=True)) for row in result]

    def stream(self, statement: AnySelect, batch: int) -> Iterator[Row]:
        """Iterate over the rows, with at most `batch` of them in memory."""
        result = self._connection.execute(statement.execution_options(yield_per=batch))
        with result:
            for row in result.mappings():
                yield dict(row)

    def first(self, statement: AnySelect, **values: Any) -> Row | None:
        """Fetch the first row; None if there is none."""
        self.check_budget()
        values = pad_lists(values)
        if compiled := get_compiled_statement(statement, self._connection, values):
            return next(iter(compiled.fetch_rows(self._connection, values, 1)), None)
        row = self._connection.execute(statement, values).mappings().first()
        return None if row is None else dict(row)

    def scalar(self, statement: Select[T], **values: Any) -> T | None:
        """Fetch the first column of the first row; None if there is none."""
        row = self.first(statement, **values)
        return None if row is None else next(iter(row.values()))


class ReadPool:
    """Snapshots of one database, on a bounded number of threads or on the event loop."""

    def __init__(
        self,
        engine: Engine,
        limiter: CapacityLimiter,
        outages: OutageLog,
        fallback: "ReadPool | None" = None,
    ) -> None:
        self._snapshot_engine = engine.execution_options(zarya_read_only=True)
        self._read_limiter = limiter
        self.outages = outages
        self._fallback = fallback
        """Pool that is read from while the server of this one refuses connections."""
        self._retry_at = float("-inf")
        # On a server, a network round trip would block the event loop however short the query is.
        self._loop_reader = (
            LoopReader(self._snapshot_engine) if engine.dialect.name == "sqlite" else None
        )

    def close(self) -> None:
        """Close all connections; the next use opens new ones."""
        if self._loop_reader:
            self._loop_reader.close()
        self._snapshot_engine.dispose()

    @contextmanager
    def snapshot(self, *, time_limited: bool = True) -> Iterator[Reader]:
        """Open a read-only transaction; unless `time_limited`, without the timeouts of requests."""
        with self._open_snapshot() as connection:
            if not time_limited:
                disable_timeouts(connection)
            yield Reader(connection)

    @contextmanager
    def _open_snapshot(self) -> Iterator[Connection]:
        """Open a read-only transaction; the end is a commit, also if a query raises.

        At a rollback psycopg drops the statements that it has prepared.
        """
        with self._connect_snapshot() as connection:
            try:
                yield connection
            finally:
                if not connection.invalidated:
                    connection.commit()

    def _connect_snapshot(self) -> Connection:
        if self._fallback is None:
            return self._snapshot_engine.connect()
        if monotonic() >= self._retry_at:
            try:
                return self._snapshot_engine.connect()
            except OperationalError as error:
                self._retry_at = monotonic() + REPLICA_RETRY_SECONDS
                self.outages.record(error, database=REPLICA)
        return self._fallback._connect_snapshot()

    async def read(
        self, query: Callable[Concatenate[Reader, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run `query` in one snapshot, without blocking the event loop.

        `query` must only read: it may be interrupted and run a second time.
        """

        def run_query(connection: Connection, *check_budget: Callable[[], None]) -> T:
            return query(Reader(connection, *check_budget), *args, **kwargs)

        if self._loop_reader is not None:
            await self._loop_reader.wait_for_turn()
            with suppress(RunInThread):
                return self._loop_reader.read(getattr(query, "__qualname__", query), run_query)

        def run_in_snapshot() -> T:
            with self._open_snapshot() as connection:
                return run_query(connection)

        def run_in_thread() -> T:
            started_at = monotonic()
            try:
                with untested_connections():
                    result = run_in_snapshot()
            except DBAPIError as error:
                if not error.connection_invalidated or monotonic() - started_at > MAX_RERUN_SECONDS:
                    raise
                result = run_in_snapshot()
            if self._loop_reader is not None:
                self._loop_reader.open()
            return result

        return await to_thread.run_sync(run_in_thread, limiter=self._read_limiter)


class Database(ReadPool):
    """Primary database: a read pool, and the write transactions.

    `write_steps` run with every write of a session; `app.resources.write_steps` has the list.
    """

    def __init__(
        self, url: str, read_threads: int, replica_url: str = "", *, write_steps: WriteSteps
    ) -> None:
        parsed = make_url(url)
        self.has_single_writer = parsed.get_backend_name() == "sqlite"
        """A write transaction locks the whole database, not rows."""
        self.file = parsed.database if self.has_single_writer else None
        """Path of the SQLite file; None on PostgreSQL."""
        # A second writer would only hold a connection and wait.
        write_threads = 1 if self.has_single_writer else WRITE_THREAD_COUNT
        self.thread_limits = read_threads, write_threads
        """Maximum of concurrent reads, and of concurrent writes."""
        # More threads than connections would only queue for one, and cost context switches.
        self.engine = create_database_engine(url, pool_size=read_threads + write_threads)
        super().__init__(self.engine, CapacityLimiter(read_threads), OutageLog())
        self._write_limiter = CapacityLimiter(write_threads)
        self._sessions = sessionmaker(self.engine)
        self._write_steps = write_steps
        run_write_steps(self._sessions, write_steps)
        self.change_token = ChangeToken(
            replica_url or url, self.outages, REPLICA if replica_url else PRIMARY
        )
        self.commit_epoch = object()
        """Replaced by another object after each commit of this process."""
        self.for_public_reads: ReadPool = self
        """Replica, if there is one, for clients that need not read their own writes."""
        if replica_url:
            replica = create_database_engine(replica_url, read_threads, "prefer-standby")
            self.for_public_reads = ReadPool(replica, self._read_limiter, self.outages, self)

    def close(self) -> None:
        """Close all connections; the next use opens new ones."""
        self.change_token.close()
        super().close()
        if self.for_public_reads is not self:
            self.for_public_reads.close()

    async def write(
        self, work: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run `work` in one transaction and return its result after the commit.

        Rolls back if `work` raises.
        """

        def run_in_thread() -> T:
            with self.session() as session:
                return work(session, *args, **kwargs)

        return await to_thread.run_sync(run_in_thread, limiter=self._write_limiter)

    @contextmanager
    def session(self) -> Iterator[Session]:
        """Open a write transaction: committed at the end of the block, rolled back on an error."""
        with self._sessions.begin() as session:
            yield session
        self.commit_epoch = object()

    @contextmanager
    def open_for_rollback(self) -> Iterator["Database"]:
        """Open a database with the present content, for a long transaction that is rolled back.

        On SQLite it is a temporary copy, so that the lock of this one stays free. On PostgreSQL it
        is this database: others wait for the rows that the transaction updates, and for equal keys.
        """
        if self.file is None:
            yield self
            return
        with TemporaryDirectory(prefix="zarya-") as folder:
            copy = f"{folder}/copy.db"
            copy_database(self.file, copy)
            with closing(Database(f"sqlite:///{copy}", 1, write_steps=self._write_steps)) as opened:
                yield opened
