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
from typing import Annotated, Any, Concatenate, ParamSpec, TypeVar

from anyio import CapacityLimiter, to_thread
from fastapi import Depends, Request
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

from app.db.engines import connect
from app.db.functions import LastNumber, Rows, Version, Writable
from app.db.loop_reads import ForThreads, Near
from app.db.prepared import prepared
from app.search.indexer import keep

logger = logging.getLogger("zarya")

P = ParamSpec("P")
T = TypeVar("T")
Row = dict[str, Any]

WRITE_THREADS = 4
"""How many writes run at once in one process, where the database can do several."""

REPLICA_PAUSE = 1.0
"""Seconds for which a replica that did not answer is left alone."""


class Reader:
    """One snapshot of the archive: all that is read through it belongs together.

    `values` are for the parameters that a statement has by name. One that was made once and is run
    with other values each time costs a fraction of one that is made anew.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @classmethod
    def of(cls, session: Session) -> "Reader":
        """What `session` sees: its own writes, once they are flushed, too."""
        return cls(session.connection())

    @property
    def dialect(self) -> str:
        """Which database it is: for telling, not for asking it differently."""
        return self._connection.dialect.name

    def all(self, statement: Rows, **values: Any) -> list[Row]:
        """The rows of `statement`, each by its column names."""
        if known := prepared(statement, self._connection):
            return known.rows(self._connection, values)
        result = self._connection.execute(statement, values)
        names = tuple(result.keys())
        return [dict(zip(names, row, strict=True)) for row in result]

    def stream(self, statement: Rows, batch: int) -> Iterator[Row]:
        """The rows of `statement` as they come, no more than `batch` of them held at once."""
        result = self._connection.execute(statement.execution_options(yield_per=batch))
        with result:
            for row in result.mappings():
                yield dict(row)

    def first(self, statement: Rows, **values: Any) -> Row | None:
        """The first row of `statement`, None where there is none."""
        if known := prepared(statement, self._connection):
            return next(iter(known.rows(self._connection, values, 1)), None)
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
        write_threads = 1 if make_url(url).get_backend_name() == "sqlite" else WRITE_THREADS
        self.threads = read_threads, write_threads
        """How many reads, and how many writes, run at once."""
        self.engine = connect(url, pool_size=read_threads + write_threads)
        # Rows are read by the names of their columns, so nobody asks a result for a column of the
        # statement at hand, which differs from the one compiled: fitting them takes as long as all.
        snapshot: dict[str, Any] = {"zarya_reads": True, "_result_disable_adapt_to_context": True}
        if self.engine.dialect.name == "postgresql":
            snapshot |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        self._snapshots = self.engine.execution_options(**snapshot)
        # A journey to a server would hold up the event loop however short its work is.
        self._near = Near(self._snapshots) if self.engine.dialect.name == "sqlite" else None
        self._replica: Engine | None = None
        self._replica_again = float("-inf")
        # More threads than connections would only queue for one, and cost CPU by changing over.
        self._readers = CapacityLimiter(read_threads)
        self._writers = CapacityLimiter(write_threads)
        self.mark = Mark(replica_url or url)
        self.last_commit = object()
        """Another object after each commit of this process."""
        self.public = self
        """The same database as it may be read by those who need not see what they just wrote."""
        if replica_url:
            self.public = copy(self)
            replica = connect(replica_url, read_threads, "prefer-standby")
            self.public._replica = replica.execution_options(**snapshot)
            self.public._near = None

    def close(self) -> None:
        """Close every connection; the next use would open new ones."""
        self.mark.close()
        if self._near:
            self._near.close()
        self.engine.dispose()
        if self.public._replica:
            self.public._replica.dispose()

    @contextmanager
    def snapshot(self) -> Iterator[Reader]:
        """A read-only transaction."""
        with self._connect() as connection:
            yield Reader(connection)

    def _connect(self) -> Connection:
        """A connection to the replica, or to the primary where that is none or does not answer."""
        if self._replica and monotonic() >= self._replica_again:
            try:
                return self._replica.connect()
            except OperationalError as error:
                self._replica_again = monotonic() + REPLICA_PAUSE
                logger.warning("the replica does not answer", exc_info=error)
        return self._snapshots.connect()

    async def read(
        self, query: Callable[Concatenate[Reader, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """What `query` answers, asked of one snapshot, without holding up other requests.

        It may be asked twice, and the first time be broken off: it only reads.
        """

        def ask(connection: Connection) -> T:
            return query(Reader(connection), *args, **kwargs)

        if self._near is not None:
            await asyncio.sleep(0)  # who reads again and again lets others in between, too
            with suppress(ForThreads):
                return self._near.read(_kind(query, args), ask)

        def run() -> T:
            with self._connect() as connection:
                answer = ask(connection)
            if self._near is not None:
                self._near.open()
            return answer

        return await to_thread.run_sync(run, limiter=self._readers)

    async def write(
        self, work: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """What `work` answers when all that it wrote is committed; nothing is, where it fails."""

        def run() -> T:
            with self.session() as session:
                return work(session, *args, **kwargs)

        return await to_thread.run_sync(run, limiter=self._writers)

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A transaction for writing, committed when the block ends and undone when it fails."""
        with Session(self.engine) as session:
            with session.begin():
                yield session
                keep(session)
            self.last_commit = object()


def _kind(query: Callable[..., Any], args: Iterable[object]) -> object:
    """What reads have in common that take equally long: the function, and the parameters given."""
    given = (frozenset(arg.model_fields_set) for arg in args if isinstance(arg, BaseModel))
    return getattr(query, "__qualname__", query), *given


class Mark:
    """A connection that only asks which state the database is in; it never writes.

    SQLite counts the commits of other connections. PostgreSQL's snapshot names the transactions
    that can be seen: where it is the same, so is all that they wrote, in whatever order they ended.
    """

    def __init__(self, url: str) -> None:
        self._engine = connect(url, pool_size=1)
        self.is_near = self._engine.dialect.name == "sqlite"
        """Whether asking takes some microseconds, and no journey."""
        self._question = (
            "PRAGMA data_version" if self.is_near else "SELECT pg_current_snapshot()::text"
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
                self._cursor.execute(self._question)
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
        if self.is_near:
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


def waited_in_vain(error: OperationalError) -> bool:
    """Whether `error` says that another transaction held for too long what was to be written."""
    return getattr(error.orig, "sqlstate", None) == "55P03"


def is_passing(error: DBAPIError) -> bool:
    """Whether `error` came of what others wrote meanwhile: the same write, tried again, sees it.

    Of transactions that wait for one another, PostgreSQL ends one (40P01).
    """
    return isinstance(error, IntegrityError) or getattr(error.orig, "sqlstate", None) == "40P01"


async def database_for(request: Request) -> Database:
    """The database that `request` is answered from. Async: a plain function would cost a thread."""
    database: Database = request.app.state.database
    # Who writes, and so has a key, is to read what was written: a replica may not have it yet.
    return database if "authorization" in request.headers else database.public


DatabaseDep = Annotated[Database, Depends(database_for)]


def last_number(reader: Reader, column: Column[int]) -> int | None:
    """The last number that `column` gave to a row, None where it gave none yet."""
    return reader.scalar(select(LastNumber(column.table.name, column.name)))


def continue_after(connection: Connection, column: Column[int], number: int | None) -> None:
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


OLDEST_SQLITE = (3, 51, 3)
"""The first version that loses no commit in WAL mode where two connections write."""


@dataclass(frozen=True)
class DatabaseState:
    """What database it is, and how it is."""

    kind: str
    version: str
    writable: bool
    outdated: bool


def state_of(reader: Reader) -> DatabaseState:
    """How the database is that `reader` reads."""
    row = reader.first(select(Version().label("version"), Writable().label("writable"))) or {}
    outdated = reader.dialect == "sqlite" and sqlite.sqlite_version_info < OLDEST_SQLITE
    version = row["version"].partition(" ")[0]  # Debian's adds where it was built
    return DatabaseState(reader.dialect, version, bool(row["writable"]), outdated)
