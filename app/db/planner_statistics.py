"""Statistics of the query planner."""

from sqlalchemy import Connection, text

from app.db.timeouts import disable_timeouts


def analyze_tables(connection: Connection) -> None:
    """Run ANALYZE on PostgreSQL, after many records were added. No effect on SQLite.

    Until autovacuum does it, up to a minute later, the planner assumes that the tables are empty,
    and joins them row by row.
    """
    if connection.dialect.name == "postgresql":
        disable_timeouts(connection)
        connection.execute(text("ANALYZE"))
