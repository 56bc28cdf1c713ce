"""Connections to PostgreSQL."""

from typing import Any

from psycopg import Connection as Psycopg
from psycopg import OperationalError
from psycopg.errors import _WaitTimeout
from pydantic_core import from_json
from sqlalchemy import Dialect, Engine, ExceptionContext, create_engine, event
from sqlalchemy.engine import URL

from app.db.engines.settings import QUERY_CACHE_ITEMS

STATEMENT_TIMEOUT_SECONDS = 4
"""How long PostgreSQL works on one statement."""

LOCK_TIMEOUT_SECONDS = 1.5
"""How long PostgreSQL waits for a row that another transaction holds.

Longer than until it looks whether these two wait for one another (`deadlock_timeout`, a second):
otherwise both would be told that they waited in vain, and neither be carried out.
"""

SERVER_RESPONSE_TIMEOUT_SECONDS = STATEMENT_TIMEOUT_SECONDS + 1.0
"""How long we wait for PostgreSQL to answer one: it may be frozen, or behind a dead network."""

DISCONNECT_SQLSTATES = {"25006", "57P01", "57P02", "57P03"}
"""The SQLSTATEs of a server that takes no writes, or goes: all connections to it are of no use."""


class _DeadlineConnection(Psycopg[Any]):
    """A connection that is given up where its server says nothing for a while.

    No setting of the server or of TCP ends the wait for one that is frozen but acknowledges what it
    is sent. The statement is not cancelled but left: one that waits to be on a standby would be
    acknowledged without being there.
    """

    deadline_enabled = True
    """Whether somebody waits for what is asked (see `app.db.timeouts`)."""

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        deadline = SERVER_RESPONSE_TIMEOUT_SECONDS if self.deadline_enabled else None
        try:
            return super().wait(gen, interval, timeout or deadline)
        except _WaitTimeout:
            if timeout is not None:
                raise
            self.pgconn.finish()
            raise OperationalError("the server did not answer in time") from None


def build_engine(url: URL, pool_size: int, server: str) -> Engine:
    """An engine for the server that `url` names, or the one of several that is a `server`."""
    if not isinstance(url.query.get("host", ""), str):
        url = url.set(query={"target_session_attrs": server, **url.query})
    made = create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=2,
        pool_pre_ping=True,
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
            # Disks are no longer those that read on four times as fast as elsewhere: believing it,
            # the planner looks through the whole search index for what few records have.
            "-c random_page_cost=1.1",
        },
    )

    @event.listens_for(made, "do_connect")
    def patiently(
        _dialect: Dialect, _record: Any, arguments: tuple[Any, ...], named: dict[str, Any]
    ) -> Psycopg[Any]:
        return _DeadlineConnection.connect(*arguments, **named)

    @event.listens_for(made, "checkout")
    def hurry(connection: _DeadlineConnection, _record: Any, _proxy: Any) -> None:
        connection.deadline_enabled = True

    @event.listens_for(made, "handle_error")
    def let_go(context: ExceptionContext) -> None:
        if getattr(context.original_exception, "sqlstate", None) in DISCONNECT_SQLSTATES:
            context.is_disconnect = True

    return made
