"""How statements reach the database: connections, snapshots for reads, transactions for writes.

The only module that knows which database it is. Queries hand it a `select()` of columns.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Annotated, Any, Concatenate, ParamSpec, TypeVar

from anyio import CapacityLimiter, to_thread
from fastapi import Depends, Request
from pysqlite3 import dbapi2 as sqlite
from sqlalchemy import (
    CTE,
    JSON,
    ColumnElement,
    Connection,
    Engine,
    Integer,
    Label,
    ScalarSelect,
    Select,
    cast,
    create_engine,
    event,
    func,
    literal,
    literal_column,
    make_url,
    select,
)
from sqlalchemy.engine import URL
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute, Session
from sqlalchemy.pool import PoolProxiedConnection
from sqlalchemy.sql.functions import FunctionElement, GenericFunction

from app.models.base import UTCDateTime

logger = logging.getLogger("zarya")

P = ParamSpec("P")
T = TypeVar("T")
Row = dict[str, Any]
Rows = Select[*tuple[Any, ...]]
"""A select of any columns."""

WRITE_THREADS = 4
"""How many writes run at once in one process, where the database can do several."""

STATEMENTS = 200
"""How many statements are kept compiled: each is thousands of objects to the garbage collector."""

Expression = ColumnElement[Any] | InstrumentedAttribute[Any]


def connect(url: str, pool_size: int) -> Engine:
    """An engine for `url`, its connections set so that a commit acknowledged is a commit kept."""
    parsed = make_url(url)
    return (_sqlite if parsed.get_backend_name() == "sqlite" else _postgresql)(parsed, pool_size)


def _sqlite(url: URL, pool_size: int) -> Engine:
    if url.database and url.database != ":memory:":
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        url, module=sqlite, pool_size=pool_size, max_overflow=0, query_cache_size=STATEMENTS
    )

    @event.listens_for(engine, "connect")
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

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A deferred transaction that turns into a write fails at once where another one writes:
        # the busy timeout does not apply to it. So writers take the lock when they begin.
        reads = connection.get_execution_options().get("zarya_reads", False)
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")

    return engine


def _postgresql(url: URL, pool_size: int) -> Engine:
    return create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=2,
        pool_pre_ping=True,
        pool_recycle=300,
        hide_parameters=True,
        query_cache_size=STATEMENTS,
        connect_args={
            "connect_timeout": 2,
            "application_name": "zarya",
            "options": "-c timezone=UTC -c statement_timeout=5000 -c lock_timeout=1000 "
            "-c idle_in_transaction_session_timeout=10000",
        },
    )


class Reader:
    """One snapshot of the archive: all that is read through it belongs together."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @classmethod
    def of(cls, session: Session) -> "Reader":
        """What `session` sees: its own writes, once they are flushed, too."""
        return cls(session.connection())

    def all(self, statement: Rows) -> list[Row]:
        """The rows of `statement`, each by its column names."""
        result = self._connection.execute(statement)
        names = tuple(result.keys())
        return [dict(zip(names, row, strict=True)) for row in result]

    def stream(self, statement: Rows, batch: int) -> Iterator[Row]:
        """The rows of `statement` as they come, no more than `batch` of them held at once."""
        result = self._connection.execution_options(yield_per=batch).execute(statement)
        with result:
            for row in result.mappings():
                yield dict(row)

    def first(self, statement: Rows) -> Row | None:
        """The first row of `statement`, None where there is none."""
        row = self._connection.execute(statement).mappings().first()
        return None if row is None else dict(row)

    def scalar(self, statement: Select[T]) -> T | None:
        """The first column of the first row of `statement`, None where there is none."""
        return self._connection.scalar(statement)


class Database:
    """The archive's database, and the only place that decides how its statements run."""

    def __init__(self, url: str, read_threads: int) -> None:
        # SQLite has one writer at a time: a second one would only wait with a connection in hand.
        write_threads = 1 if make_url(url).get_backend_name() == "sqlite" else WRITE_THREADS
        self.engine = connect(url, pool_size=read_threads + write_threads)
        # Rows are read by the names of their columns, so nobody asks a result for a column of the
        # statement at hand, which differs from the one compiled: fitting them takes as long as all.
        snapshot: dict[str, Any] = {"zarya_reads": True, "_result_disable_adapt_to_context": True}
        if self.engine.dialect.name == "postgresql":
            snapshot |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        self._snapshots = self.engine.execution_options(**snapshot)
        # More threads than connections would only queue for one, and cost CPU by changing over.
        self._readers = CapacityLimiter(read_threads)
        self._writers = CapacityLimiter(write_threads)
        self.mark = Mark(url)
        self.last_commit = object()
        """Another object after each commit of this process."""

    def close(self) -> None:
        """Close every connection; the next use would open new ones."""
        self.mark.close()
        self.engine.dispose()

    @contextmanager
    def snapshot(self) -> Iterator[Reader]:
        """A read-only transaction."""
        with self._snapshots.connect() as connection:
            yield Reader(connection)

    async def read(
        self, query: Callable[Concatenate[Reader, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """What `query` answers, asked of one snapshot, without holding up other requests."""

        def run() -> T:
            with self.snapshot() as reader:
                return query(reader, *args, **kwargs)

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
            self.last_commit = object()


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


async def _database(request: Request) -> Database:  # async: a plain function would cost a thread
    database: Database = request.app.state.database
    return database


DatabaseDep = Annotated[Database, Depends(_database)]


def unindexed(column: Expression) -> ColumnElement[Any]:
    """`column` in a condition that holds for nearly every row, so that no index is taken for it.

    SQLite takes one bound of a range for its index, and not always the one that bounds anything.
    """
    return func.coalesce(column, column)


# --- Rows within rows: what belongs to a row, as JSON in one of its columns ----------------------
#
# A list then takes one statement however much each of its rows holds, on either database.


def nested(statement: Rows, *order: Expression) -> ScalarSelect[Any]:
    """The rows of `statement`, correlated to the one around it, as a list of dicts by `order`."""
    rows = _JsonArray(_json_object(statement), *order)
    return statement.with_only_columns(rows, maintain_column_froms=True).scalar_subquery()


def nested_values(column: Expression, *where: ColumnElement[bool]) -> ScalarSelect[Any]:
    """The values of one column where all of `where` holds, as a sorted list."""
    return select(_JsonArray(column, column)).where(*where).scalar_subquery()


def nested_one(statement: Rows) -> ScalarSelect[Any]:
    """The one row of `statement` as a dict, None where there is none."""
    row = _json_object(statement)
    return statement.with_only_columns(row, maintain_column_froms=True).scalar_subquery()


class _JsonArray(GenericFunction[Any]):
    """An aggregate: the first argument of each row, ordered by the other ones."""

    type = JSON()
    inherit_cache = True


class _JsonBuild(GenericFunction[Any]):
    """An object made of alternating keys and values."""

    type = JSON()
    inherit_cache = True


class _JsonValue(GenericFunction[Any]):
    """A column as JSON says it: instants in RFC 3339, JSON as it is."""

    inherit_cache = True


def _json_object(statement: Rows) -> ColumnElement[Any]:
    pairs: list[ColumnElement[Any]] = []
    for column in statement.selected_columns:
        value = column.element if isinstance(column, Label) else column
        if isinstance(value.type, UTCDateTime | JSON):
            value = _JsonValue(value)
        pairs += [literal_column(f"'{column.key}'"), value]
    return _JsonBuild(*pairs)


def _arguments(element: GenericFunction[Any], compiler: Any, kw: Row) -> list[str]:
    return [compiler.process(argument, **kw) for argument in element.clauses]


@compiles(_JsonArray)
def _(element: _JsonArray, compiler: Any, **kw: Any) -> str:
    value, *order = _arguments(element, compiler, kw)
    rows = f"{value} ORDER BY {', '.join(order)}"
    if compiler.dialect.name == "sqlite":
        return f"json_group_array({rows})"
    return f"coalesce(json_agg({rows}), '[]'::json)"


@compiles(_JsonBuild)
def _(element: _JsonBuild, compiler: Any, **kw: Any) -> str:
    name = "json_object" if compiler.dialect.name == "sqlite" else "json_build_object"
    return f"{name}({', '.join(_arguments(element, compiler, kw))})"


@compiles(_JsonValue)
def _(element: _JsonValue, compiler: Any, **kw: Any) -> str:
    (value,) = _arguments(element, compiler, kw)
    if compiler.dialect.name != "sqlite":
        return value
    (argument,) = element.clauses
    if isinstance(argument.type, JSON):
        return f"json({value})"
    return f"(replace({value}, ' ', 'T') || 'Z')"


class Horizon(FunctionElement[int]):
    """The number of the oldest transaction that may still write: those before it have ended.

    Numbers are given before commits are made, so only what lies below is known to be complete.
    SQLite writes one transaction at a time: what can be seen there is complete.
    """

    inherit_cache = True


@compiles(Horizon)
def _(_element: Horizon, compiler: Any, **_kw: Any) -> str:
    if compiler.dialect.name == "sqlite":
        return "9223372036854775807"
    return "pg_snapshot_xmin(pg_current_snapshot())::text::bigint"


# --- Rows from outside: a table made of one parameter --------------------------------------------
#
# However many rows it has, the statement is the same: compiled once, and kept.


def instants(rows: Sequence[Sequence[datetime]], *names: str) -> CTE:
    """`rows` of instants as a table with the columns `names`, and `n`, their number from 0."""
    given = [[n, *(f"{at:%Y-%m-%d %H:%M:%S.%f}" for at in row)] for n, row in enumerate(rows)]
    row = _JsonEach(literal(given, JSON())).table_valued("value", name="given").c.value

    def item(place: int) -> ColumnElement[Any]:
        return row.op("->>")(literal_column(str(place)))

    columns = [_Instant(item(place)).label(name) for place, name in enumerate(names, start=1)]
    return select(cast(item(0), Integer).label("n"), *columns).cte("period")


class _JsonEach(GenericFunction[Any]):
    """The items of a JSON list as rows."""

    inherit_cache = True


class _Instant(GenericFunction[Any]):
    """Text in the form that SQLite keeps instants in, as an instant."""

    type = UTCDateTime()
    inherit_cache = True


@compiles(_JsonEach)
def _(element: _JsonEach, compiler: Any, **kw: Any) -> str:
    name = "json_each" if compiler.dialect.name == "sqlite" else "json_array_elements"
    return f"{name}({', '.join(_arguments(element, compiler, kw))})"


@compiles(_Instant)
def _(element: _Instant, compiler: Any, **kw: Any) -> str:
    (text,) = _arguments(element, compiler, kw)
    return text if compiler.dialect.name == "sqlite" else f"CAST({text} AS TIMESTAMPTZ)"
