"""Broadcast of changes to the event streams of this process, with one poll for all of them."""

from collections import Counter
from collections.abc import AsyncGenerator, Collection, Iterator
from contextlib import contextmanager
from math import inf
from time import monotonic

from anyio import Event, Lock, move_on_after

from app.api.lists.pagination import MAX_PAGE_ITEMS
from app.db.database import Database
from app.domain.enums import RecordType
from app.domain.languages import tr
from app.http.client_address import LOOPBACK, client_network
from app.http.problems import TooManyRequests
from app.resources.changes.cursor import ChangeCursor
from app.resources.changes.queries import get_latest_cursor, list_changes_after
from app.resources.changes.schemas import Change

_POLL_INTERVAL_SECONDS = 0.5
"""Longest delay of a change in an event stream, besides that of the database."""

_RETRY_AFTER_SECONDS = "60"
"""Time after which a client with too many streams may try again: one of them may have ended."""

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
        self._streams: Counter[str] = Counter()
        """Number of open streams, by network of the client."""

    @property
    def stream_count(self) -> int:
        """Number of open streams."""
        return self._streams.total()

    @contextmanager
    def count_stream(self, client: str, limit: int) -> Iterator[None]:
        """Count a stream of the address `client` while the block runs.

        Raises TooManyRequests if the address has `limit` streams already; 0 is no limit.
        """
        network = client_network(client)
        if 0 < limit <= self._streams[network] and network not in LOOPBACK:
            raise TooManyRequests(
                tr(
                    f"Your address has {limit} event streams open already. Close one of them.",
                    f"С вашего адреса уже открыто потоков: {limit}. Закройте один из них.",
                ),
                headers={"Retry-After": _RETRY_AFTER_SECONDS},
            )
        self._streams[network] += 1
        try:
            yield
        finally:
            self._streams[network] -= 1
            if not self._streams[network]:
                del self._streams[network]

    def close(self) -> None:
        """End all streams before the process stops."""
        self._closing.set()

    async def subscribe(
        self,
        cursor: ChangeCursor | None,
        types: Collection[RecordType],
        max_seconds: float = inf,
    ) -> AsyncGenerator[tuple[Change | None, ChangeCursor], None]:
        """Yield changes after a cursor as they happen, each with its cursor. None: from now on.

        Ends after `max_seconds`, or when the process stops, with the cursor to resume from.
        """
        ends_at = monotonic() + max_seconds
        position = cursor or await self._poll()  # shared: thousands of streams may start together
        while not self._closing.is_set() and monotonic() < ends_at:
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
        yield None, position

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
