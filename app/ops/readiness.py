"""Readiness of the database: reachable, and migrated to a revision that this version works with."""

import asyncio
import logging
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.resources import files
from time import monotonic

from sqlalchemy import column, select, table

from app.db.database import Database, Reader
from app.db.server_state import DatabaseState, get_database_state
from app.resources.horizon.queries import get_horizons
from app.resources.horizon.schemas import HorizonRead

logger = logging.getLogger("zarya")

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
    def not_ready_reason(self) -> str | None:
        """Reason why the archive cannot be served from this database; None if it can."""
        if self.database.outdated:
            return "This SQLite can lose commits: install version 3.51.3 or newer."
        if self.current_revision is None or (
            self.current_revision in list_known_revisions()
            and self.current_revision < self.expected_revision
        ):
            return (
                f"The tables are at revision {self.current_revision}, not "
                f"{self.expected_revision}: run `zarya migrate`."
            )
        return None  # unknown revisions are newer; each is compatible with the version before it


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
    if readiness.not_ready_reason:
        return readiness
    return replace(readiness, horizons=tuple(get_horizons(reader).items))


class ReadinessCheck:
    """Readiness of one database: concurrent callers share a check, with a timeout for each."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._pending_check: asyncio.Task[None] | None = None
        self._last_result: DatabaseReadiness | None = None
        self._checked_at = float("-inf")

    async def get_readiness(self) -> DatabaseReadiness | None:
        """Get a check result at most half a second old; None if the database does not answer."""
        if self._pending_check is None and monotonic() - self._checked_at > _CHECK_TTL_SECONDS:
            self._pending_check = asyncio.ensure_future(self._run_check())
        if self._pending_check is not None:
            await asyncio.wait({self._pending_check}, timeout=_CHECK_TIMEOUT_SECONDS)
        return self._last_result if self._pending_check is None else None

    async def _run_check(self) -> None:
        try:
            self._last_result = await self._database.read(_load_readiness)
        except Exception as error:
            # Any error means that the archive cannot be read.
            logger.error("not ready: %s", type(error).__name__, exc_info=error)
            self._last_result = None
        finally:
            self._checked_at = monotonic()
            self._pending_check = None
