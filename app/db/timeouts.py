"""Timeouts of transactions, which are those of a request by default."""

from typing import Any

from sqlalchemy import Connection, text


def disable_timeouts(connection: Connection) -> None:
    """Disable all timeouts of the present transaction, for commands and background jobs."""
    if connection.dialect.name != "postgresql":
        return
    for setting in ("statement_timeout", "idle_in_transaction_session_timeout"):
        connection.execute(text(f"SET LOCAL {setting} = 0"))
    # Not typed as `_DeadlineConnection`, which would load PostgreSQL's driver on SQLite.
    driver: Any = connection.connection.driver_connection
    driver.deadline_enabled = False  # until the connection returns to the pool
