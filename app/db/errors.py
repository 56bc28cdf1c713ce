"""Classification of database errors."""

from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

_LOCK_NOT_AVAILABLE = "55P03"
_DEADLOCK_DETECTED = "40P01"
"""SQLSTATEs of PostgreSQL."""


def is_lock_timeout(error: OperationalError) -> bool:
    """Test if a statement waited too long for a row that another transaction had locked."""
    return getattr(error.orig, "sqlstate", None) == _LOCK_NOT_AVAILABLE


def is_write_lock_held(error: OperationalError) -> bool:
    """Test if a transaction waited too long for another writer of the SQLite file."""
    return getattr(error.orig, "sqlite_errorname", None) == "SQLITE_BUSY"


def is_retryable(error: DBAPIError) -> bool:
    """Test if a concurrent write caused `error`, so that the same write can succeed when retried.

    PostgreSQL ends one of the transactions of a deadlock.
    """
    deadlock = getattr(error.orig, "sqlstate", None) == _DEADLOCK_DETECTED
    return isinstance(error, IntegrityError) or deadlock
