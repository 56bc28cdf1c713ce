"""How migrations run: in one transaction, on an engine of their own."""

from typing import Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection, Enum

import app.resources.registry  # noqa: F401 - the tables of all resources
from app.config import Settings
from app.db.models import Base
from app.db.types import BoundedString, UTCDateTime
from migrations.engine import engine_for

url = context.config.attributes.get("url") or Settings().database_url


def render(kind: str, item: object, _context: AutogenContext) -> str | Literal[False]:
    """Name the app's column types by what `migrations.columns` offers in their place."""
    if kind != "type":
        return False
    match item:
        case BoundedString(length=length):
            return f"text({length})"
        case UTCDateTime():
            return "instant()"
        case Enum(length=length):
            return f"sa.String({length})"
    return False


def ours(name: str | None, kind: str, _parents: object) -> bool:
    """Whether models describe `name`: the search index is of each database's own kind."""
    return kind != "table" or not str(name).startswith("search_index")


def migrate(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        render_item=render,
        include_name=ours,
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
    with engine_for(url).connect() as connection:
        migrate(connection)
