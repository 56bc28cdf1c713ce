"""Readiness of the database and the picture store."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from importlib.resources import files
from time import monotonic
from typing import Generic, TypeVar

from anyio import CapacityLimiter, to_thread
from sqlalchemy import Select, column, or_, select, table

from app.db.database import Database, Reader
from app.db.engines import check_writable
from app.db.errors import FailureReason, find_failure_reason
from app.db.server_state import DatabaseState, get_database_state
from app.http.problems import Unavailable
from app.resources.horizon.queries import get_horizons
from app.resources.horizon.schemas import HorizonRead
from app.resources.media.current_store import current_store
from app.resources.media.store_failures import StoreFailureReason, find_store_failure_reason
from app.resources.registry import RECORD_RESOURCES

logger = logging.getLogger("zarya")

T = TypeVar("T")

OK = "ok"
"""Result of a check that has not failed."""

_READ_TTL_SECONDS, _WRITE_TTL_SECONDS, _PICTURES_TTL_SECONDS = 0.5, 5.0, 10.0
"""Age up to which the last result is returned without another check."""

_READ_TIMEOUT_SECONDS, _WRITE_TIMEOUT_SECONDS, _PICTURES_TIMEOUT_SECONDS = 1.0, 0.5, 0.5
"""Time that a request waits for a result."""

_PICTURES_MAX_AGE_SECONDS = 3 * _PICTURES_TTL_SECONDS
"""Age up to which the last result is returned if the next one is not there in time."""


@dataclass(frozen=True)
class DatabaseReadiness:
    """State of the database, the revision of its tables, and the newest one of this version."""

    database: DatabaseState
    current_revision: str | None
    expected_revision: str
    horizons: tuple[HorizonRead, ...] = ()
    """The horizon of each kind of facts; empty unless the tables are ready."""
    is_empty: bool = False
    """The archive has no records: it has never been loaded."""

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


def load_readiness(reader: Reader) -> DatabaseReadiness:
    """Load the state of a database that has tables."""
    versions = table("alembic_version", column("version_num"))
    readiness = DatabaseReadiness(
        get_database_state(reader),
        reader.scalar(select(versions.c.version_num)),
        list_known_revisions()[-1],
    )
    if readiness.tables_reason:
        return readiness
    return replace(
        readiness,
        horizons=tuple(get_horizons(reader).items),
        is_empty=not reader.scalar(_select_has_records()),
    )


@cache
def _select_has_records() -> Select[bool]:
    models = (resource.model for resource in RECORD_RESOURCES.values())
    return select(or_(*(select(model.id).exists() for model in models)))


class SharedCheck(Generic[T]):
    """Check whose result is shared by concurrent callers and for some time afterwards."""

    def __init__(
        self, run: Callable[[], Awaitable[T]], ttl_seconds: float, max_age_seconds: float = 0.0
    ) -> None:
        self._run = run
        self._ttl_seconds = ttl_seconds
        self._max_age_seconds = max_age_seconds
        self._pending: asyncio.Task[None] | None = None
        self._result: T | None = None
        self._checked_at = float("-inf")

    async def get(self, timeout_seconds: float) -> T | None:
        """Get a result, at most as old as the time to live.

        If there is none in time, get the last one up to its maximum age, otherwise None.
        """
        if self._pending is None and self._age_seconds > self._ttl_seconds:
            self._pending = asyncio.ensure_future(self._check())
        if self._pending is not None:
            await asyncio.wait({self._pending}, timeout=timeout_seconds)
        is_usable = self._pending is None or self._age_seconds < self._max_age_seconds
        return self._result if is_usable else None

    @property
    def _age_seconds(self) -> float:
        return monotonic() - self._checked_at

    async def _check(self) -> None:
        try:
            self._result = await self._run()
        finally:
            self._checked_at = monotonic()
            self._pending = None


class ReadinessCheck:
    """Readiness of one database and of the picture store."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._reads = SharedCheck(self._check_reads, _READ_TTL_SECONDS)
        self._writes = SharedCheck(self._check_writes, _WRITE_TTL_SECONDS)
        self._pictures = SharedCheck(
            self._check_pictures, _PICTURES_TTL_SECONDS, _PICTURES_MAX_AGE_SECONDS
        )
        self._write_limiter, self._pictures_limiter = CapacityLimiter(1), CapacityLimiter(1)

    async def get_readiness(self) -> DatabaseReadiness | NotReady:
        """Get a result at most half a second old.

        It is `unreachable` if the database does not answer within a second.
        """
        return await self._reads.get(_READ_TIMEOUT_SECONDS) or _UNREACHABLE

    async def get_write_check(self) -> str:
        """Get "ok" or the reason why writes fail, tried in the last 5 seconds.

        It is `locked` if a write would wait for long.
        """
        return await self._writes.get(_WRITE_TIMEOUT_SECONDS) or FailureReason.LOCKED

    async def get_pictures_check(self) -> str:
        """Get "ok" or the reason why uploads fail, tried in the last 10 seconds.

        If the store does not answer within half a second, it is the result of the last 30 seconds,
        or `unreachable` without one.
        """
        result = await self._pictures.get(_PICTURES_TIMEOUT_SECONDS)
        return result or StoreFailureReason.UNREACHABLE

    async def _check_reads(self) -> DatabaseReadiness | NotReady:
        try:
            state = await self._database.read(load_readiness)
            return find_obstacle(state) or state
        except Exception as error:
            # Any error means that the archive cannot be read.
            reason = self._report(error)
            return _NO_TABLES if reason is FailureReason.NO_TABLES else NotReady(reason, _NO_ANSWER)

    async def _check_writes(self) -> str:
        try:
            engine, limiter = self._database.engine, self._write_limiter
            await to_thread.run_sync(check_writable, engine, limiter=limiter)
        except Exception as error:
            # Any error means that writes fail.
            return self._report(error)
        return OK

    async def _check_pictures(self) -> str:
        try:
            check, limiter = current_store().check, self._pictures_limiter
            await to_thread.run_sync(check, limiter=limiter, abandon_on_cancel=True)
        except Unavailable as error:
            return find_store_failure_reason(error)  # the store has logged it
        except Exception:
            # Any error means that uploads fail.
            logger.exception("the picture store cannot be checked")
            return StoreFailureReason.OTHER
        return OK

    def _report(self, error: Exception) -> FailureReason:
        self._database.outages.log_error("not ready", error)
        return find_failure_reason(error) or FailureReason.OTHER
