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

NEAR, FAR = 0.001, 0.05
"""Seconds for which what was heard counts as the present state: of a file, and over a network."""


PATIENCE = 0.25
"""Seconds from a question until a database that does not answer is one that does not tell."""


@dataclass(frozen=True, eq=False)
class Version:
    """A state of the archive: the same object until something is committed, by whomever."""

    mark: object
    next_due: datetime | None
    """When the archive will change by itself, as the next scheduled article appears."""


class Versions:
    """What knows the present version.

    It is asked for before anything is read: then nothing that is read is older than the version.
    It is asked for now and then, and at once when this process has committed anything.
    """

    def __init__(self, database: Database, next_due: Callable[[Reader], datetime | None]) -> None:
        self._database = database
        self._next_due = next_due
        self._mark = database.mark
        self._pause = NEAR if self._mark.is_near else FAR
        self._version: Version | None = None
        self._asked = float("-inf")
        self._last_commit = database.last_commit
        self._look: asyncio.Task[Version | None] | None = None
        self._began = 0.0
        self._thread = CapacityLimiter(1)

    def known(self) -> Version | None:
        """The present version, None where that has to be found out."""
        recent = self._is_recent() or (self._mark.is_near and self._is_unchanged())
        return self._version if recent and not self._is_over() else None

    def _is_unchanged(self) -> bool:
        asked, last_commit = monotonic(), self._database.last_commit
        if self._version is None or self._mark.read() != self._version.mark:
            return False
        self._asked, self._last_commit = asked, last_commit
        return True

    def _is_over(self) -> bool:
        due = self._version.next_due if self._version else None
        return due is not None and due <= datetime.now(UTC)

    def _is_recent(self) -> bool:
        return self._own_commits_are_seen() and monotonic() - self._asked < self._pause

    def _own_commits_are_seen(self) -> bool:
        return self._last_commit is self._database.last_commit

    async def current(self) -> Version | None:
        """The present version, None where the database does not tell."""
        if self._look is None:
            self._look = asyncio.ensure_future(self._find_out())
            self._look.add_done_callback(self._looked)
            self._began = monotonic()
        look = self._look
        left = self._began + PATIENCE - monotonic()
        await asyncio.wait({look}, timeout=max(left, 0))
        if not look.done():
            return None
        # One who has committed something meanwhile is not served by a look that began before.
        return look.result() if self._own_commits_are_seen() else await self._find_out()

    def _looked(self, _look: object) -> None:
        self._look = None

    async def _find_out(self) -> Version | None:
        asked, last_commit = monotonic(), self._database.last_commit
        if self._mark.is_near:
            mark = self._mark.read()
        else:
            mark = await to_thread.run_sync(self._mark.read, limiter=self._thread)
        if mark is None:
            asked = monotonic()  # what may have taken long is not tried anew by all who waited
            self._version = None
        elif self._version is None or self._version.mark != mark or self._is_over():
            try:
                due = await self._database.read(self._next_due)
            except (DBAPIError, PoolTimeoutError):
                self._version = None
            else:
                self._version = Version(mark, due)
        self._asked, self._last_commit = asked, last_commit
        return self._version
