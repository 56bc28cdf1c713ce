"""Broadcast of changes to the event streams of this process, with one poll for all of them."""

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
"""Longest delay of a change in an event stream, besides that of the database."""

MAX_CACHED_BATCHES = 16
"""Batches cached for streams at the same cursor. Bounded, as clients choose their cursors."""

ChangeBatch = tuple[list[tuple[Change, ChangeCursor]], ChangeCursor, bool]
_BatchKey = tuple[ChangeCursor, frozenset[RecordType]]


class ChangeBroadcaster:
    """Source of the event streams. Concurrent streams share their polls and batches."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = Lock()
        self._polled_at = float("-inf")
        self._latest_cursor: ChangeCursor | None = None
        self._cached_batches: dict[_BatchKey, ChangeBatch] = {}
        self._closing = Event()

    def close(self) -> None:
        """End all streams before the process stops."""
        self._closing.set()

    async def subscribe(
        self, cursor: ChangeCursor | None, types: Collection[RecordType]
    ) -> AsyncGenerator[tuple[Change, ChangeCursor], None]:
        """Yield changes after a cursor as they happen, each with its cursor. None: from now on."""
        position = cursor or await self._poll()  # shared: thousands of streams may start together
        while not self._closing.is_set():
            newest = await self._poll()
            if (newest.transaction_id, newest.seq) > (position.transaction_id, position.seq):
                changes, position, more = await self._fetch((position, frozenset(types)))
                for change, at in changes:
                    yield change, at
                if more:
                    continue
                position = max(position, newest, key=lambda each: (each.transaction_id, each.seq))
            with move_on_after(_POLL_INTERVAL_SECONDS):
                await self._closing.wait()

    async def _poll(self) -> ChangeCursor:
        """The cursor after all changes, at most one interval old."""
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

    async def _fetch(self, key: _BatchKey) -> ChangeBatch:
        async with self._lock:
            if key not in self._cached_batches:
                if len(self._cached_batches) >= MAX_CACHED_BATCHES:
                    self._cached_batches.clear()
                cursor, types = key
                self._cached_batches[key] = await self._database.read(
                    list_changes_after, cursor, types, MAX_PAGE_ITEMS
                )
            return self._cached_batches[key]
