"""How statements reach the database: snapshots for reads, transactions for writes.

Queries hand it a `select()` of columns.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from copy import copy
from dataclasses import dataclass
from threading import Lock
from time import monotonic
from typing import Any, Concatenate, ParamSpec, TypeVar

from anyio import CapacityLimiter, to_thread
from pydantic import BaseModel
from pysqlite3 import dbapi2 as sqlite
from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Select,
    func,
    make_url,
    select,
)
from sqlalchemy import column as sa_column
from sqlalchemy import table as sa_table
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.pool import PoolProxiedConnection

from app.db.engines import create_database_engine
from app.db.functions import AnySelect, IsWritable, LastSequenceValue, ServerVersion
from app.db.loop_reads import LoopReader, RunInThread
from app.db.prepared import get_compiled_statement
from app.search.indexer import update_search_index

logger = logging.getLogger("zarya")

P = ParamSpec("P")
T = TypeVar("T")
Row = dict[str, Any]

WRITE_THREAD_COUNT = 4
"""How many writes run at once in one process, where the database can do several."""

REPLICA_RETRY_SECONDS = 1.0
"""Seconds for which a replica that did not answer is left alone."""


class Reader:
    """One snapshot of the archive: all that is read through it belongs together.

    `values` are for the parameters that a statement has by name. One that was made once and is run
    with other values each time costs a fraction of one that is made anew.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @classmethod
    def from_session(cls, session: Session) -> "Reader":
        """What `session` sees: its own writes, once they are flushed, too."""
        return cls(session.connection())

    @property
    def dialect(self) -> str:
        """Which database it is: for telling, not for asking it differently."""
        return self._connection.dialect.name

    def all(self, statement: AnySelect, **values: Any) -> list[Row]:
        """The rows of `statement`, each by its column names."""
        if known := get_compiled_statement(statement, self._connection):
            return known.fetch_rows(self._connection, values)
        result = self._connection.execute(statement, values)
        names = tuple(result.keys())
        return [dict(zip(names, row, strict=True)) for row in result]

    def stream(self, statement: AnySelect, batch: int) -> Iterator[Row]:
        """The rows of `statement` as they come, no more than `batch` of them held at once."""
        result = self._connection.execute(statement.execution_options(yield_per=batch))
        with result:
            for row in result.mappings():
                yield dict(row)

    def first(self, statement: AnySelect, **values: Any) -> Row | None:
        """The first row of `statement`, None where there is none."""
        if known := get_compiled_statement(statement, self._connection):
            return next(iter(known.fetch_rows(self._connection, values, 1)), None)
        row = self._connection.execute(statement, values).mappings().first()
        return None if row is None else dict(row)

    def scalar(self, statement: Select[T]) -> T | None:
        """The first column of the first row of `statement`, None where there is none."""
        row = self.first(statement)
        return None if row is None else next(iter(row.values()))


class Database:
    """The archive's database, and the only place that decides how its statements run."""

    def __init__(self, url: str, read_threads: int, replica_url: str = "") -> None:
        # SQLite has one writer at a time: a second one would only wait with a connection in hand.
        write_threads = 1 if make_url(url).get_backend_name() == "sqlite" else WRITE_THREAD_COUNT
        self.thread_limits = read_threads, write_threads
        """How many reads, and how many writes, run at once."""
        self.engine = create_database_engine(url, pool_size=read_threads + write_threads)
        # Rows are read by the names of their columns, so nobody asks a result for a column of the
        # statement at hand, which differs from the one compiled: fitting them takes as long as all.
        snapshot: dict[str, Any] = {"zarya_reads": True, "_result_disable_adapt_to_context": True}
        if self.engine.dialect.name == "postgresql":
            snapshot |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        self._snapshot_engine = self.engine.execution_options(**snapshot)
        # A journey to a server would hold up the event loop however short its work is.
        self._loop_reader = (
            LoopReader(self._snapshot_engine) if self.engine.dialect.name == "sqlite" else None
        )
        self._replica_engine: Engine | None = None
        self._replica_retry_at = float("-inf")
        # More threads than connections would only queue for one, and cost CPU by changing over.
        self._read_limiter = CapacityLimiter(read_threads)
        self._write_limiter = CapacityLimiter(write_threads)
        self.change_token = ChangeToken(replica_url or url)
        self.commit_epoch = object()
        """Another object after each commit of this process."""
        self.for_public_reads = self
        """The same database as it may be read by those who need not see what they just wrote."""
        if replica_url:
            self.for_public_reads = copy(self)
            replica = create_database_engine(replica_url, read_threads, "prefer-standby")
            self.for_public_reads._replica_engine = replica.execution_options(**snapshot)
            self.for_public_reads._loop_reader = None

    def close(self) -> None:
        """Close every connection; the next use would open new ones."""
        self.change_token.close()
        if self._loop_reader:
            self._loop_reader.close()
        self.engine.dispose()
        if self.for_public_reads._replica_engine:
            self.for_public_reads._replica_engine.dispose()

    @contextmanager
    def snapshot(self) -> Iterator[Reader]:
        """A read-only transaction."""
        with self._connect_snapshot() as connection:
            yield Reader(connection)

    def _connect_snapshot(self) -> Connection:
        """A connection to the replica, or to the primary where that is none or does not answer."""
        if self._replica_engine and monotonic() >= self._replica_retry_at:
            try:
                return self._replica_engine.connect()
            except OperationalError as error:
                self._replica_retry_at = monotonic() + REPLICA_RETRY_SECONDS
                logger.warning("the replica does not answer", exc_info=error)
        return self._snapshot_engine.connect()

    async def read(
        self, query: Callable[Concatenate[Reader, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """What `query` answers, asked of one snapshot, without holding up other requests.

        It may be asked twice, and the first time be broken off: it only reads.
        """

        def ask(connection: Connection) -> T:
            return query(Reader(connection), *args, **kwargs)

        if self._loop_reader is not None:
            await asyncio.sleep(0)  # who reads again and again lets others in between, too
            with suppress(RunInThread):
                return self._loop_reader.read(_read_cost_key(query, args), ask)

        def run() -> T:
            with self._connect_snapshot() as connection:
                answer = ask(connection)
            if self._loop_reader is not None:
                self._loop_reader.open()
            return answer

        return await to_thread.run_sync(run, limiter=self._read_limiter)

    async def write(
        self, work: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """What `work` answers when all that it wrote is committed; nothing is, where it fails."""

        def run() -> T:
            with self.session() as session:
                return work(session, *args, **kwargs)

        return await to_thread.run_sync(run, limiter=self._write_limiter)

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A transaction for writing, committed when the block ends and undone when it fails."""
        with Session(self.engine) as session:
            with session.begin():
                yield session
                update_search_index(session)
            self.commit_epoch = object()


def _read_cost_key(query: Callable[..., Any], args: Iterable[object]) -> object:
    """What reads have in common that take equally long: the function, and the parameters given."""
    given = (frozenset(arg.model_fields_set) for arg in args if isinstance(arg, BaseModel))
    return getattr(query, "__qualname__", query), *given


class ChangeToken:
    """A connection that only asks which state the database is in; it never writes.

    SQLite counts the commits of other connections. PostgreSQL's snapshot names the transactions
    that can be seen: where it is the same, so is all that they wrote, in whatever order they ended.
    """

    def __init__(self, url: str) -> None:
        self._engine = create_database_engine(url, pool_size=1)
        self.is_local = self._engine.dialect.name == "sqlite"
        """Whether asking takes some microseconds, and no journey."""
        self._query = (
            "PRAGMA data_version" if self.is_local else "SELECT pg_current_snapshot()::text"
        )
        self._connection: PoolProxiedConnection | None = None
        self._cursor: Any = None
        self._lock = Lock()

    def read(self) -> object:
        """What differs from the last time where the database has changed since; None: unknown."""
        try:
            with self._lock:
                if self._cursor is None:
                    self._cursor = self._connect()
                self._cursor.execute(self._query)
                # To the end: a statement that could go on would hold its snapshot.
                ((mark,),) = self._cursor.fetchall()
        except Exception as error:
            # Whatever it was: who reads the archive next will be told of it.
            logger.warning("the state of the archive is unknown: %s", type(error).__name__)
            self.close()
            return None
        return mark

    def _connect(self) -> Any:
        self._connection = self._engine.raw_connection()
        connection: Any = self._connection.driver_connection
        if self.is_local:
            connection.execute("PRAGMA busy_timeout=0")  # nobody is to wait for it
        else:
            connection.autocommit = True
        return connection.cursor()

    def close(self) -> None:
        """Close the connection; the next reading opens another."""
        self._cursor = None
        if self._connection is not None:
            self._connection.invalidate()
        self._connection = None


def is_lock_timeout(error: OperationalError) -> bool:
    """Whether `error` says that another transaction held for too long what was to be written."""
    return getattr(error.orig, "sqlstate", None) == "55P03"


def is_retryable(error: DBAPIError) -> bool:
    """Whether `error` came of what others wrote meanwhile: the same write, tried again, sees it.

    Of transactions that wait for one another, PostgreSQL ends one (40P01).
    """
    return isinstance(error, IntegrityError) or getattr(error.orig, "sqlstate", None) == "40P01"


def get_last_sequence_value(reader: Reader, column: Column[int]) -> int | None:
    """The last number that `column` gave to a row, None where it gave none yet."""
    return reader.scalar(select(LastSequenceValue(column.table.name, column.name)))


def set_sequence_value(connection: Connection, column: Column[int], number: int | None) -> None:
    """Let `column` give no number again that is not above `number`."""
    if not number:  # None, and on SQLite 0, where it gave none yet
        return
    table = column.table.name
    if connection.dialect.name == "postgresql":
        sequence = func.pg_get_serial_sequence(table, column.name)
        connection.execute(select(func.setval(sequence, number)))
        return
    names = sa_table("sqlite_sequence", sa_column("name"), sa_column("seq"))
    connection.execute(names.delete().where(names.c.name == table))
    connection.execute(names.insert().values(name=table, seq=number))


MIN_SQLITE_VERSION = (3, 51, 3)
"""The first version that loses no commit in WAL mode where two connections write."""


@dataclass(frozen=True)
class DatabaseState:
    """What database it is, and how it is."""

    kind: str
    version: str
    writable: bool
    outdated: bool


def get_database_state(reader: Reader) -> DatabaseState:
    """How the database is that `reader` reads."""
    row = (
        reader.first(select(ServerVersion().label("version"), IsWritable().label("writable"))) or {}
    )
    outdated = reader.dialect == "sqlite" and sqlite.sqlite_version_info < MIN_SQLITE_VERSION
    version = row["version"].partition(" ")[0]  # Debian's adds where it was built
    return DatabaseState(reader.dialect, version, bool(row["writable"]), outdated)
