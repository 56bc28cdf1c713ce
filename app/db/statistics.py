"""Statistics of the query planner."""

from sqlalchemy import Connection, text

from app.db.timeouts import disable_timeouts


def update_statistics(connection: Connection) -> None:
    """Update the statistics of all tables on PostgreSQL, after a long write to an empty database.

    Until autovacuum does it, up to a minute later, the planner takes the tables for empty and joins
    them row by row. SQLite's planner uses no statistics here.
    """
    if connection.dialect.name == "postgresql":
        disable_timeouts(connection)
        connection.execute(text("ANALYZE"))
