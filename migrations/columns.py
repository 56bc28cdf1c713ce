"""The archive's own column types as migrations see them; they import nothing of the app."""

import sqlalchemy as sa


def text(length: int) -> sa.types.TypeEngine[str]:
    """Text of at most `length` characters, sorted by code point on both databases."""
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def instant() -> sa.DateTime:
    """An instant: in UTC by the app's doing on SQLite, by the database's on PostgreSQL."""
    return sa.DateTime(timezone=True)
