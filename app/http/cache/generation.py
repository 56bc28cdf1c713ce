"""Which state of the archive is the present one: what was made of it can be kept meanwhile."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic

from anyio import CapacityLimiter, to_thread
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from app.db.database import Database, Reader

_LOCAL_TTL_SECONDS, _REMOTE_TTL_SECONDS = 0.001, 0.05
"""Seconds for which what was heard counts as the present state: of a file, and over a network."""


_REFRESH_TIMEOUT_SECONDS = 0.25
"""Seconds from a question until a database that does not answer is one that does not tell."""


@dataclass(frozen=True, eq=False)
class Generation:
    """A state of the archive: the same object until something is committed, by whomever."""

    token: object
    next_change_at: datetime | None
    """When the archive will change by itself, as the next scheduled article appears."""


class GenerationTracker:
    """What knows the present version.

    It is asked for before anything is read: then nothing that is read is older than the version.
    It is asked for now and then, and at once when this process has committed anything.
    """

    def __init__(self, database: Database, next_due: Callable[[Reader], datetime | None]) -> None:
        self._database = database
        self._load_next_change_at = next_due
        self._change_token = database.change_token
        self._ttl_seconds = (
            _LOCAL_TTL_SECONDS if self._change_token.is_local else _REMOTE_TTL_SECONDS
        )
        self._generation: Generation | None = None
        self._checked_at = float("-inf")
        self._commit_epoch = database.commit_epoch
        self._refresh_task: asyncio.Task[Generation | None] | None = None
        self._refresh_started_at = 0.0
        self._thread_limiter = CapacityLimiter(1)

    def cached(self) -> Generation | None:
        """The present version, None where that has to be found out."""
        recent = self._is_recent() or (self._change_token.is_local and self._confirm_unchanged())
        return self._generation if recent and not self._is_expired() else None

    def _confirm_unchanged(self) -> bool:
        asked, last_commit = monotonic(), self._database.commit_epoch
        if self._generation is None or self._change_token.read() != self._generation.token:
            return False
        self._checked_at, self._commit_epoch = asked, last_commit
        return True

    def _is_expired(self) -> bool:
        due = self._generation.next_change_at if self._generation else None
        return due is not None and due <= datetime.now(UTC)

    def _is_recent(self) -> bool:
        return self._has_seen_own_commits() and monotonic() - self._checked_at < self._ttl_seconds

    def _has_seen_own_commits(self) -> bool:
        return self._commit_epoch is self._database.commit_epoch

    async def refresh(self) -> Generation | None:
        """The present version, None where the database does not tell."""
        if self._refresh_task is None:
            self._refresh_task = asyncio.ensure_future(self._load_generation())
            self._refresh_task.add_done_callback(self._clear_refresh_task)
            self._refresh_started_at = monotonic()
        look = self._refresh_task
        left = self._refresh_started_at + _REFRESH_TIMEOUT_SECONDS - monotonic()
        await asyncio.wait({look}, timeout=max(left, 0))
        if not look.done():
            return None
        # One who has committed something meanwhile is not served by a look that began before.
        return look.result() if self._has_seen_own_commits() else await self._load_generation()

    def _clear_refresh_task(self, _look: object) -> None:
        self._refresh_task = None

    async def _load_generation(self) -> Generation | None:
        asked, last_commit = monotonic(), self._database.commit_epoch
        if self._change_token.is_local:
            mark = self._change_token.read()
        else:
            mark = await to_thread.run_sync(self._change_token.read, limiter=self._thread_limiter)
        if mark is None:
            asked = monotonic()  # what may have taken long is not tried anew by all who waited
            self._generation = None
        elif self._generation is None or self._generation.token != mark or self._is_expired():
            try:
                due = await self._database.read(self._load_next_change_at)
            except (DBAPIError, PoolTimeoutError):
                self._generation = None
            else:
                self._generation = Generation(mark, due)
        self._checked_at, self._commit_epoch = asked, last_commit
        return self._generation
