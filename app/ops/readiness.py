"""Readiness of the database: reachable, and migrated to a revision that this version works with."""

import asyncio
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.resources import files
from time import monotonic

from sqlalchemy import column, select, table

from app.db.database import Database, Reader
from app.db.errors import FailureReason, find_failure_reason
from app.db.server_state import DatabaseState, get_database_state
from app.resources.horizon.queries import get_horizons
from app.resources.horizon.schemas import HorizonRead

_CHECK_TTL_SECONDS = 0.5
"""Age up to which the last result is returned without another check."""

_CHECK_TIMEOUT_SECONDS = 1.0


@dataclass(frozen=True)
class DatabaseReadiness:
    """State of the database, the revision of its tables, and the newest one of this version."""

    database: DatabaseState
    current_revision: str | None
    expected_revision: str
    horizons: tuple[HorizonRead, ...] = ()
    """The horizon of each kind of facts; empty unless the tables are ready."""

    @property
    def tables_reason(self) -> FailureReason | None:
        """Reason why this version cannot use the tables; None if it can."""
        if self.current_revision is None:
            return FailureReason.NO_TABLES
        is_known = self.current_revision in list_known_revisions()
        if is_known and self.current_revision < self.expected_revision:
            return FailureReason.OLD_TABLES
        return None  # unknown revisions are newer; each is compatible with the version before it


@dataclass(frozen=True)
class NotReady:
    """Reason why the archive cannot be served."""

    reason: FailureReason
    detail: str


_NO_ANSWER = "The database does not answer."
_UNREACHABLE = NotReady(FailureReason.UNREACHABLE, _NO_ANSWER)
_NO_TABLES = NotReady(
    FailureReason.NO_TABLES,
    "The database has no tables: run `zarya migrate`, then `zarya load`.",
)


def find_obstacle(state: DatabaseReadiness) -> NotReady | None:
    """Find the reason why the archive cannot be served from a database in this state."""
    if state.database.outdated:
        detail = "This SQLite can lose commits: install version 3.51.3 or newer."
        return NotReady(FailureReason.OTHER, detail)
    if state.tables_reason is FailureReason.NO_TABLES:
        return _NO_TABLES
    if state.tables_reason is FailureReason.OLD_TABLES:
        detail = (
            f"The tables are at revision {state.current_revision}, not {state.expected_revision}: "
            "run `zarya migrate`."
        )
        return NotReady(FailureReason.OLD_TABLES, detail)
    return None


@lru_cache
def list_known_revisions() -> tuple[str, ...]:
    """Migrations of this version, oldest first."""
    names = (file.name for file in files("migrations.versions").iterdir())
    return tuple(sorted(name.partition("_")[0] for name in names if name[:1].isdigit()))


def _load_readiness(reader: Reader) -> DatabaseReadiness:
    versions = table("alembic_version", column("version_num"))
    readiness = DatabaseReadiness(
        get_database_state(reader),
        reader.scalar(select(versions.c.version_num)),
        list_known_revisions()[-1],
    )
    if readiness.tables_reason:
        return readiness
    return replace(readiness, horizons=tuple(get_horizons(reader).items))


class ReadinessCheck:
    """Readiness of one database: concurrent callers share a check, with a timeout for each."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._pending_check: asyncio.Task[None] | None = None
        self._last_result: DatabaseReadiness | NotReady = _UNREACHABLE
        self._checked_at = float("-inf")

    async def get_readiness(self) -> DatabaseReadiness | NotReady:
        """Get a check result at most half a second old.

        It is `unreachable` if the database does not answer within a second.
        """
        if self._pending_check is None and monotonic() - self._checked_at > _CHECK_TTL_SECONDS:
            self._pending_check = asyncio.ensure_future(self._run_check())
        if self._pending_check is not None:
            await asyncio.wait({self._pending_check}, timeout=_CHECK_TIMEOUT_SECONDS)
        return self._last_result if self._pending_check is None else _UNREACHABLE

    async def _run_check(self) -> None:
        try:
            state = await self._database.read(_load_readiness)
            self._last_result = find_obstacle(state) or state
        except Exception as error:
            # Any error means that the archive cannot be read.
            self._database.outages.log_error("not ready", error)
            reason = find_failure_reason(error) or FailureReason.OTHER
            is_empty = reason is FailureReason.NO_TABLES
            self._last_result = _NO_TABLES if is_empty else NotReady(reason, _NO_ANSWER)
        finally:
            self._checked_at = monotonic()
            self._pending_check = None
