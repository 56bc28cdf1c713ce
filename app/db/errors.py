"""Classification of database errors."""

import re
from enum import StrEnum

from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

_MAX_DETAIL_CHARS = 300

_DEADLOCK_DETECTED = "40P01"
"""SQLSTATE of PostgreSQL."""


class FailureReason(StrEnum):
    """Reason for a failure of the database; docs/operations.md says what to do about each."""

    WRONG_CREDENTIALS = "wrong-credentials"
    UNREACHABLE = "unreachable"
    NO_TABLES = "no-tables"
    OLD_TABLES = "old-tables"
    FULL = "full"
    READ_ONLY = "read-only"
    TOO_MANY_CONNECTIONS = "too-many-connections"
    LOCKED = "locked"
    OTHER = "other"


_BY_SQLSTATE = {
    "08": FailureReason.UNREACHABLE,
    "25006": FailureReason.READ_ONLY,
    "28": FailureReason.WRONG_CREDENTIALS,
    "3D000": FailureReason.UNREACHABLE,  # no such database
    "42501": FailureReason.WRONG_CREDENTIALS,  # the role lacks a privilege
    "42703": FailureReason.OLD_TABLES,
    "42P01": FailureReason.NO_TABLES,
    "53100": FailureReason.FULL,
    "53300": FailureReason.TOO_MANY_CONNECTIONS,
    "55P03": FailureReason.LOCKED,
    "57P": FailureReason.UNREACHABLE,  # starting, stopping or crashed
}
_BY_SQLITE_CODE = {
    "SQLITE_AUTH": FailureReason.WRONG_CREDENTIALS,
    "SQLITE_BUSY": FailureReason.LOCKED,
    "SQLITE_CANTOPEN": FailureReason.UNREACHABLE,
    "SQLITE_FULL": FailureReason.FULL,
    "SQLITE_IOERR_SHMSIZE": FailureReason.FULL,  # no space for the index of the write-ahead log
    "SQLITE_LOCKED": FailureReason.LOCKED,
    "SQLITE_PERM": FailureReason.WRONG_CREDENTIALS,
    "SQLITE_READONLY": FailureReason.READ_ONLY,
}
"""Reasons by the beginning of the code."""

_BY_MESSAGE = {
    "no such table": FailureReason.NO_TABLES,
    "no such column|has no column named": FailureReason.OLD_TABLES,
    "too many (clients|connections)|connection slots": FailureReason.TOO_MANY_CONNECTIONS,
    (
        "authentication failed|no password supplied|role .* (does not exist|is not permitted)"
        "|permission denied for database|pg_hba.conf"
    ): FailureReason.WRONG_CREDENTIALS,
}
"""Reasons by a pattern in the message, for errors without a specific code.

SQLite has one code for all errors in statements, and libpq passes on no SQLSTATE of a refused
connection. A server whose messages are not in English refuses as `unreachable`.
"""


def find_failure_reason(error: BaseException) -> FailureReason | None:
    """Find the reason why the database failed; None if `error` has another cause.

    `error` may be SQLAlchemy's or the driver's.
    """
    if isinstance(error, PoolTimeoutError):
        return FailureReason.TOO_MANY_CONNECTIONS
    driver_error = _driver_error(error)
    sqlstate = getattr(driver_error, "sqlstate", None) or ""
    code = getattr(driver_error, "sqlite_errorname", None) or ""
    for value, reasons in ((sqlstate, _BY_SQLSTATE), (code, _BY_SQLITE_CODE)):
        for prefix, reason in reasons.items():
            if value.startswith(prefix):
                return reason
    is_operational = _is_operational(driver_error)
    if is_operational and not sqlstate:
        for pattern, reason in _BY_MESSAGE.items():
            if re.search(pattern, str(driver_error)):
                return reason
        if not code:
            return FailureReason.UNREACHABLE  # libpq could not connect, or lost the connection
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return FailureReason.UNREACHABLE
    return FailureReason.OTHER if is_operational else None


def describe_failure(error: BaseException) -> str:
    """The first line of the driver's message. It can contain the password of a mistyped URL."""
    lines = str(_driver_error(error)).splitlines() or [type(error).__name__]
    return lines[0][:_MAX_DETAIL_CHARS]


def _driver_error(error: BaseException) -> BaseException:
    return (isinstance(error, DBAPIError) and error.orig) or error


def _is_operational(error: BaseException) -> bool:
    """Test if `error` is an OperationalError (PEP 249) of SQLAlchemy or of a driver.

    By name, because importing psycopg takes 9 MB.
    """
    return any(kind.__name__ == OperationalError.__name__ for kind in type(error).__mro__)


def is_lock_timeout(error: OperationalError) -> bool:
    """Test if a transaction waited too long for a row, or for another writer of the SQLite file."""
    return find_failure_reason(error) is FailureReason.LOCKED


def is_retryable(error: DBAPIError) -> bool:
    """Test if a concurrent write caused `error`, so that the same write can succeed when retried.

    PostgreSQL ends one of the transactions of a deadlock.
    """
    deadlock = getattr(error.orig, "sqlstate", None) == _DEADLOCK_DETECTED
    return isinstance(error, IntegrityError) or deadlock
