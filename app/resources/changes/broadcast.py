"""Changes as they happen: one look at the database for all who listen in this process."""

from collections.abc import AsyncGenerator, Collection
from time import monotonic

from anyio import Event, Lock, move_on_after

from app.api.lists.pagination import MAX_PAGE_ITEMS
from app.db.database import Database
from app.domain.enums import RecordType
from app.resources.changes.cursor import ChangeCursor
from app.resources.changes.queries import get_latest_cursor, list_changes_after
from app.resources.changes.schemas import Change

_POLL_INTERVAL_SECONDS = 0.5
"""Seconds: how long a change may be there before listeners are told."""

MAX_CACHED_BATCHES = 16
"""How many answers are kept for others who ask the same: anybody can ask from any place."""

ChangeBatch = tuple[list[tuple[Change, ChangeCursor]], ChangeCursor, bool]
_BatchKey = tuple[ChangeCursor, frozenset[RecordType]]


class ChangeBroadcaster:
    """What listeners wait for. However many they are, each question is asked once."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = Lock()
        self._polled_at = float("-inf")
        self._latest_cursor: ChangeCursor | None = None
        self._cached_batches: dict[_BatchKey, ChangeBatch] = {}
        self._closing = Event()

    def close(self) -> None:
        """Let every listener go: the process ends."""
        self._closing.set()

    async def subscribe(
        self, place: ChangeCursor | None, types: Collection[RecordType]
    ) -> AsyncGenerator[tuple[Change, ChangeCursor], None]:
        """Every change behind `place` (None: from now on) as it comes, each with its own place."""
        known = place or await self._poll()  # not asked anew: thousands may come at once
        while not self._closing.is_set():
            newest = await self._poll()
            if (newest.transaction_id, newest.seq) > (known.transaction_id, known.seq):
                told, known, more = await self._fetch((known, frozenset(types)))
                for change, at in told:
                    yield change, at
                if more:
                    continue
                known = max(known, newest, key=lambda p: (p.transaction_id, p.seq))
            with move_on_after(_POLL_INTERVAL_SECONDS):
                await self._closing.wait()

    async def _poll(self) -> ChangeCursor:
        """The place behind all changes, as it was a moment ago at the latest."""
        async with self._lock:
            if (
                self._latest_cursor is None
                or monotonic() - self._polled_at >= _POLL_INTERVAL_SECONDS
            ):
                newest = await self._database.read(get_latest_cursor)
                if newest != self._latest_cursor:
                    self._cached_batches.clear()
                self._latest_cursor, self._polled_at = newest, monotonic()
            return self._latest_cursor

    async def _fetch(self, asked: _BatchKey) -> ChangeBatch:
        async with self._lock:
            if asked not in self._cached_batches:
                if len(self._cached_batches) >= MAX_CACHED_BATCHES:
                    self._cached_batches.clear()
                place, types = asked
                self._cached_batches[asked] = await self._database.read(
                    list_changes_after, place, types, MAX_PAGE_ITEMS
                )
            return self._cached_batches[asked]
