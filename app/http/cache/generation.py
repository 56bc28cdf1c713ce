"""Generations of the archive: cached responses are valid as long as nothing is committed."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from time import monotonic

from anyio import CapacityLimiter, to_thread
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from app.db.database import Database, Reader
from app.domain.clock import current_instant

_LOCAL_TTL_SECONDS, _REMOTE_TTL_SECONDS = 0.001, 0.05
"""Time for which a change token counts as current: of a file, and of a database server."""

_REFRESH_TIMEOUT_SECONDS = 0.25
"""Time to wait for the change token before the generation counts as unknown."""


@dataclass(frozen=True, eq=False)
class Generation:
    """One state of the archive: the same object until any process commits."""

    token: object
    next_change_at: datetime | None
    """Publication time of the next scheduled article: it changes the archive without a commit."""


class GenerationTracker:
    """Finds the current generation by the change token of the database.

    The token is read before the data, so no response is older than its generation. It is read
    again when its time to live is over, and after each commit of this process.
    """

    def __init__(
        self, database: Database, load_next_change_at: Callable[[Reader], datetime | None]
    ) -> None:
        self._database = database
        self._load_next_change_at = load_next_change_at
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
        """The current generation; None if it has to be read by `refresh`."""
        is_current = self._is_recent() or (
            self._change_token.is_local and self._confirm_unchanged()
        )
        return self._generation if is_current and not self._is_expired() else None

    def _confirm_unchanged(self) -> bool:
        checked_at, commit_epoch = monotonic(), self._database.commit_epoch
        if self._generation is None or self._change_token.read() != self._generation.token:
            return False
        self._checked_at, self._commit_epoch = checked_at, commit_epoch
        return True

    def _is_expired(self) -> bool:
        next_change_at = self._generation.next_change_at if self._generation else None
        return next_change_at is not None and next_change_at <= current_instant()

    def _is_recent(self) -> bool:
        return self._has_seen_own_commits() and monotonic() - self._checked_at < self._ttl_seconds

    def _has_seen_own_commits(self) -> bool:
        return self._commit_epoch is self._database.commit_epoch

    async def refresh(self) -> Generation | None:
        """The current generation, read from the database; None if it does not answer in time."""
        if self._refresh_task is None:
            self._refresh_task = asyncio.ensure_future(self._load_generation())
            self._refresh_task.add_done_callback(self._clear_refresh_task)
            self._refresh_started_at = monotonic()
        task = self._refresh_task
        seconds_left = self._refresh_started_at + _REFRESH_TIMEOUT_SECONDS - monotonic()
        await asyncio.wait({task}, timeout=max(seconds_left, 0))
        if not task.done():
            return None
        # The task may have begun before a commit that this request has to see.
        return task.result() if self._has_seen_own_commits() else await self._load_generation()

    def _clear_refresh_task(self, _task: object) -> None:
        self._refresh_task = None

    async def _load_generation(self) -> Generation | None:
        checked_at, commit_epoch = monotonic(), self._database.commit_epoch
        if self._change_token.is_local:
            token = self._change_token.read()
        else:
            token = await to_thread.run_sync(self._change_token.read, limiter=self._thread_limiter)
        if token is None:
            checked_at = monotonic()  # a slow failure is not repeated by each waiting request
            self._generation = None
        elif self._generation is None or self._generation.token != token or self._is_expired():
            try:
                next_change_at = await self._database.read(self._load_next_change_at)
            except (DBAPIError, PoolTimeoutError):
                self._generation = None
            else:
                self._generation = Generation(token, next_change_at)
        self._checked_at, self._commit_epoch = checked_at, commit_epoch
        return self._generation
