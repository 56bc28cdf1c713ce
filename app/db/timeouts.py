"""How long a transaction may take: as a request may, unless it says otherwise."""

from typing import Any

from sqlalchemy import Connection, text


def disable_timeouts(connection: Connection) -> None:
    """Let the transaction of `connection` take as long as it needs: nobody waits for its answer."""
    if connection.dialect.name != "postgresql":
        return
    for limit in ("statement_timeout", "idle_in_transaction_session_timeout"):
        connection.execute(text(f"SET LOCAL {limit} = 0"))
    driver: Any = connection.connection.driver_connection
    driver.deadline_enabled = False  # until the connection goes back
