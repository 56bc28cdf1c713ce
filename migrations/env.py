"""How migrations run: on an engine of their own, never the app's.

SQLite changes a table by making it anew and dropping the old one; with foreign keys on, that drop
deletes every child row. So they are off while migrations run, and checked before the commit.
"""

from typing import Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from pysqlite3 import dbapi2 as sqlite
from sqlalchemy import Connection, Engine, Enum, create_engine, event, make_url, pool

from app.config import get_settings
from app.models import Base
from app.models.base import Text, UTCDateTime

url = make_url(context.config.attributes.get("url") or get_settings().database_url)


def engine_of() -> Engine:
    if url.get_backend_name() != "sqlite":
        options = "-c timezone=UTC -c lock_timeout=2000"
        return create_engine(
            url.set(drivername="postgresql+psycopg"),
            poolclass=pool.NullPool,
            connect_args={"options": options},
        )
    engine = create_engine(url, module=sqlite, poolclass=pool.NullPool)

    @event.listens_for(engine, "connect")
    def set_up(connection: sqlite.Connection, _record: object) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA foreign_keys=OFF")
        connection.execute("PRAGMA busy_timeout=5000")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def render(kind: str, item: object, _context: AutogenContext) -> str | Literal[False]:
    """Name the app's column types by what `migrations.columns` offers in their place."""
    if kind != "type":
        return False
    match item:
        case Text(length=length):
            return f"text({length})"
        case UTCDateTime():
            return "instant()"
        case Enum(length=length):
            return f"sa.String({length})"
    return False


def migrate(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        render_item=render,
    )
    with context.begin_transaction():
        if connection.dialect.name == "postgresql":
            # One deployer at a time; the lock goes with the transaction.
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(20001031)")
        context.run_migrations()
        if connection.dialect.name == "sqlite":
            dangling = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
            if dangling:
                raise RuntimeError(f"a migration left rows that point nowhere: {dangling[:5]}")


if context.is_offline_mode():
    context.configure(url=url, target_metadata=Base.metadata, literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()
else:
    with engine_of().connect() as connection:
        migrate(connection)
