"""The archive's own column types as migrations see them; they import nothing of the app."""

import sqlalchemy as sa
from alembic import op


def text(length: int) -> sa.types.TypeEngine[str]:
    """Text of at most `length` characters, sorted by code point on both databases."""
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def instant() -> sa.DateTime:
    """An instant: in UTC by the app's doing on SQLite, by the database's on PostgreSQL."""
    return sa.DateTime(timezone=True)


def transaction_id() -> sa.TextClause:
    """The number of the writing transaction as a default; 0 on SQLite, which has one at a time."""
    sqlite = op.get_context().dialect.name == "sqlite"
    return sa.text("0" if sqlite else "(pg_current_xact_id()::text::bigint)")
