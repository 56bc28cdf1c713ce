"""Alembic environment: runs all migrations in one transaction, on an engine of their own."""

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
    """Render the application's column types as calls of `migrations.columns`."""
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


def is_mapped(name: str | None, kind: str, _parents: object) -> bool:
    """Test if models describe the table `name`; the search index differs by database."""
    return kind != "table" or not str(name).startswith("search_index")


def migrate(connection: Connection) -> None:
    """Run the migrations. Raises RuntimeError if one leaves dangling foreign keys."""
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        render_item=render,
        include_name=is_mapped,
    )
    with context.begin_transaction():
        if connection.dialect.name == "postgresql":
            # One deployment at a time; the lock ends with the transaction.
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(20001031)")
        context.run_migrations()
        if connection.dialect.name == "sqlite":
            dangling = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
            if dangling:
                raise RuntimeError(f"a migration left dangling foreign keys: {dangling[:5]}")


if context.is_offline_mode():
    context.configure(url=url, target_metadata=Base.metadata, literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()
else:
    with engine_for(url).connect() as connection:
        migrate(connection)
