"""Engine and connections for PostgreSQL."""

from collections.abc import Mapping
from time import monotonic
from typing import Any

from psycopg import Connection as Psycopg
from psycopg import Error, IsolationLevel, OperationalError
from psycopg.errors import _WaitTimeout
from pydantic_core import from_json
from sqlalchemy import Connection, Dialect, Engine, ExceptionContext, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry

from app.db.engines import QUERY_CACHE_ITEMS, is_test_skipped

STATEMENT_TIMEOUT_SECONDS = 4
"""Server-side limit of one statement."""

LOCK_TIMEOUT_SECONDS = 1.5
"""Server-side limit of waiting for a lock.

Longer than PostgreSQL's `deadlock_timeout` of one second. Otherwise both transactions of a deadlock
would time out, instead of one being ended for the other.
"""

SERVER_RESPONSE_TIMEOUT_SECONDS = STATEMENT_TIMEOUT_SECONDS + 1.0
"""Client-side limit of waiting for a response, for a server that is frozen or unreachable."""

MAX_UNTESTED_IDLE_SECONDS = 1.0
"""Time in the pool after which a connection is always tested before use, by a round trip."""

DISCONNECT_SQLSTATES = {"25006", "57P01", "57P02", "57P03"}
"""SQLSTATEs of a server that is read-only or shutting down: all connections to it are closed."""


_RETURNED_AT = "returned_at"
"""Entry of a connection's `info`: when it was returned to the pool, by the monotonic clock."""


class _DeadlineConnection(Psycopg[Any]):
    """Connection that is closed if its server does not respond in time.

    No server or TCP setting ends the wait for a frozen server that still acknowledges packets. The
    statement is not cancelled: a cancelled commit that waits for a standby would be reported as
    successful without being on the standby.
    """

    deadline_enabled = True
    """Enforce `SERVER_RESPONSE_TIMEOUT_SECONDS` (see `app.db.timeouts`)."""
    is_read_only = False
    """Transactions are read-only snapshots."""

    def set_transactions(self, *, read_only: bool) -> None:
        """Make the next transactions read-only snapshots, or those for writes.

        SQLAlchemy's options of a connection would be set and reset with each use, which costs as
        much as a tenth of a read.
        """
        if read_only != self.is_read_only:
            self.isolation_level = IsolationLevel.REPEATABLE_READ if read_only else None
            self.read_only = read_only or None
            self.is_read_only = read_only

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        deadline = SERVER_RESPONSE_TIMEOUT_SECONDS if self.deadline_enabled else None
        try:
            return super().wait(gen, interval, timeout or deadline)
        except _WaitTimeout:
            if timeout is not None:
                raise
            self.pgconn.finish()
            raise OperationalError(
                f"PostgreSQL did not respond within {SERVER_RESPONSE_TIMEOUT_SECONDS:g} s"
            ) from None


def _choose_transaction(connection: Connection) -> None:
    driver: Any = connection.connection.driver_connection
    options = connection.get_execution_options()
    driver.set_transactions(read_only=options.get("zarya_read_only", False))


def try_write(connection: Connection) -> None:
    """Write to the disk of the database without a change, in the transaction of `connection`.

    The DELETE fails in a read-only transaction and on a standby. The rows of the function exceed
    `work_mem`, so the server writes them to a temporary file beside the tables.
    """
    connection.exec_driver_sql("DELETE FROM alembic_version WHERE false")
    connection.exec_driver_sql("SET LOCAL temp_tablespaces = ''")
    connection.exec_driver_sql("SET LOCAL work_mem = '64kB'")
    connection.exec_driver_sql("SELECT count(*) FROM generate_series(1, 20000)")


def _order_hosts(parameters: Mapping[str, Any], first: tuple[str, int]) -> dict[str, str]:
    """The parameters `host` and `port` with the address `first` moved to the front.

    Empty for a single server.
    """
    hosts, ports = (str(parameters.get(name, "")).split(",") for name in ("host", "port"))
    if len(hosts) == 1:
        return {}
    if len(ports) == 1:  # one port for all
        ports *= len(hosts)
    host, port = first
    addresses = list(zip(hosts, ports, strict=True))
    addresses.sort(key=lambda address: address not in {(host, ""), (host, str(port))})
    hosts, ports = ([each[part] for each in addresses] for part in (0, 1))
    return {"host": ",".join(hosts), "port": ",".join(ports)}


def build_engine(url: URL, pool_size: int, target_session_attrs: str) -> Engine:
    """Build the engine for the server of `url`, or for the matching one of several servers."""
    if not isinstance(url.query.get("host", ""), str):
        url = url.set(query={"target_session_attrs": target_session_attrs, **url.query})
    last_address = "", 0
    engine = create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=2,
        pool_recycle=300,
        pool_use_lifo=True,
        hide_parameters=True,
        query_cache_size=QUERY_CACHE_ITEMS,
        json_deserializer=from_json,
        connect_args={
            "connect_timeout": 2,
            "application_name": "zarya",
            "keepalives_idle": 5,
            "keepalives_interval": 2,
            "keepalives_count": 3,
            "tcp_user_timeout": 5000,
            "options": f"-c timezone=UTC -c statement_timeout={STATEMENT_TIMEOUT_SECONDS}s "
            f"-c lock_timeout={LOCK_TIMEOUT_SECONDS}s -c idle_in_transaction_session_timeout=10s "
            # For SSDs. With the default of 4, the planner scans the whole search index for words
            # that few records have.
            "-c random_page_cost=1.1",
        },
    )

    @event.listens_for(engine, "do_connect")
    def connect_with_deadline(
        _dialect: Dialect, _record: Any, arguments: tuple[Any, ...], named: dict[str, Any]
    ) -> Psycopg[Any]:
        # The last host comes first: one that is cut off would delay each by `connect_timeout`.
        nonlocal last_address
        parameters = named | _order_hosts(named, last_address)
        connection = _DeadlineConnection.connect(*arguments, **parameters)
        last_address = connection.info.host, connection.info.port
        return connection

    event.listen(engine, "begin", _choose_transaction)

    @event.listens_for(engine, "checkout")
    def prepare(connection: _DeadlineConnection, record: ConnectionPoolEntry, _proxy: Any) -> None:
        connection.deadline_enabled = True
        returned_at = record.info.get(_RETURNED_AT)
        if returned_at is None:  # a new connection
            return
        if is_test_skipped() and monotonic() - returned_at < MAX_UNTESTED_IDLE_SECONDS:
            return
        try:
            engine.dialect.do_ping(connection)  # type: ignore[arg-type]  # a DBAPI connection
        except Error as error:
            raise DisconnectionError from error  # the pool opens another one

    @event.listens_for(engine, "checkin")
    def note_return(_connection: Any, record: ConnectionPoolEntry) -> None:
        record.info[_RETURNED_AT] = monotonic()

    @event.listens_for(engine, "handle_error")
    def mark_disconnected(context: ExceptionContext) -> None:
        if getattr(context.original_exception, "sqlstate", None) in DISCONNECT_SQLSTATES:
            context.is_disconnect = True

    return engine
