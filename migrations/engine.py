"""Engine for migrations, separate from that of the application.

Alembic changes a table on SQLite by copying it and dropping the old one. With foreign keys on, the
drop would delete all child rows. So they are off during migrations, and checked before the commit.
"""

from pathlib import Path

from pysqlite3 import dbapi2 as sqlite
from sqlalchemy import Connection, Engine, create_engine, event, make_url, pool


def engine_for(address: str) -> Engine:
    """Create an engine for the database at `address`, without a connection pool."""
    url = make_url(address)
    if url.get_backend_name() != "sqlite":
        options = "-c timezone=UTC -c lock_timeout=2000"
        if not isinstance(url.query.get("host", ""), str):  # of several servers, the primary
            url = url.set(query={"target_session_attrs": "read-write", **url.query})
        return create_engine(
            url.set(drivername="postgresql+psycopg"),
            poolclass=pool.NullPool,
            connect_args={"options": options},
        )
    if url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, module=sqlite, poolclass=pool.NullPool)

    @event.listens_for(engine, "connect")
    def set_pragmas(connection: sqlite.Connection, _record: object) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA foreign_keys=OFF")
        connection.execute("PRAGMA busy_timeout=5000")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine
