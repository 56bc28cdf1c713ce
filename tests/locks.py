"""What PostgreSQL's transactions wait for."""

from sqlalchemy import column, select, table

from app.database import Database

_LOCKS = table("pg_locks", column("pid"), column("granted"))


def waiting(database: Database) -> bool:
    """Whether some transaction waits for another one."""
    with database.snapshot() as reader:
        return reader.scalar(select(_LOCKS.c.pid).where(~_LOCKS.c.granted).limit(1)) is not None
