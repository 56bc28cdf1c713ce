"""PostgreSQL locks."""

from sqlalchemy import column, select, table

from app.db.database import Database

_LOCKS = table("pg_locks", column("pid"), column("granted"))


def has_waiting_transaction(database: Database) -> bool:
    """True if a transaction waits for a lock."""
    with database.snapshot() as reader:
        return reader.scalar(select(_LOCKS.c.pid).where(~_LOCKS.c.granted).limit(1)) is not None
