"""State of the database server, for health checks."""

from dataclasses import dataclass
from datetime import datetime

from pysqlite3 import dbapi2 as sqlite
from sqlalchemy import func, select

from app.db.database import Reader
from app.db.functions import ServerVersion
from app.db.types import UTCDateTime
from app.domain.dates import now

MIN_SQLITE_VERSION = (3, 51, 3)
"""First version that loses no commit in WAL mode when two connections write."""


@dataclass(frozen=True)
class DatabaseState:
    """Kind, version and state of the database."""

    kind: str
    version: str
    outdated: bool


def get_database_time(reader: Reader) -> datetime:
    """Get the time by the clock of the database server."""
    return reader.scalar(select(func.current_timestamp(type_=UTCDateTime()))) or now()


def get_database_state(reader: Reader) -> DatabaseState:
    """Get the state of the database of `reader`."""
    outdated = reader.dialect == "sqlite" and sqlite.sqlite_version_info < MIN_SQLITE_VERSION
    version = reader.scalar(select(ServerVersion())) or ""
    version = version.partition(" ")[0]  # Debian appends the build
    return DatabaseState(reader.dialect, version, outdated)
