"""Column types for migrations, which import nothing of the application."""

import sqlalchemy as sa
from alembic import op


def text(length: int) -> sa.types.TypeEngine[str]:
    """Text of at most `length` characters, sorted by code point on both databases."""
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def instant() -> sa.DateTime:
    """Instant in UTC; on SQLite the application converts it, on PostgreSQL the database."""
    return sa.DateTime(timezone=True)


def transaction_id() -> sa.TextClause:
    """Default for the id of the writing transaction; always 0 on SQLite."""
    sqlite = op.get_context().dialect.name == "sqlite"
    return sa.text("0" if sqlite else "(pg_current_xact_id()::text::bigint)")
