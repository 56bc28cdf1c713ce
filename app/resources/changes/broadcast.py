"""Broadcast of changes to the event streams of this process, with one poll for all of them."""

from collections import Counter
from collections.abc import AsyncGenerator, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import inf
from time import monotonic
from typing import NamedTuple

from anyio import Event, Lock, move_on_after

from app.api.lists.pagination import MAX_PAGE_ITEMS
from app.db.database import Database, Reader
from app.domain.enums import RecordType
from app.domain.languages import tr
from app.http.client_address import LOOPBACK, client_network
from app.http.problems import TooManyRequests
from app.resources.changes.cursor import ChangeCursor
from app.resources.changes.queries import get_latest_cursor, list_changes_after

_POLL_INTERVAL_SECONDS = 0.5
"""Longest delay of a change in an event stream, besides that of the database."""

_RETRY_AFTER_SECONDS = "60"
"""Time after which a client with too many streams may try again: one of them may have ended."""

MAX_CACHED_BATCHES_BYTES = 2**24
"""Size of the batches cached for streams at the same cursor: clients choose their cursors."""

_BATCH_OVERHEAD_BYTES = 100_000
"""Memory of a batch beside the data of its events, estimated."""


@dataclass(frozen=True, slots=True)
class StreamEvent:
    """A change, encoded once for all streams; without one, the end of the stream."""

    cursor: ChangeCursor
    op: str | None = None
    data: str | None = None
    """The change as JSON."""


class _Batch(NamedTuple):
    events: list[StreamEvent]
    end: ChangeCursor
    has_more: bool

    @property
    def size_bytes(self) -> int:
        return _BATCH_OVERHEAD_BYTES + sum(len(event.data or "") for event in self.events)


_BatchKey = tuple[ChangeCursor, frozenset[RecordType]]


class ChangeBroadcaster:
    """Source of the event streams. Concurrent streams share their polls and batches."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = Lock()
        self._polled_at = float("-inf")
        self._latest_cursor: ChangeCursor | None = None
        self._cached_batches: dict[_BatchKey, _Batch] = {}
        self._closing = Event()
        self._streams: Counter[str] = Counter()
        """Number of open streams, by network of the client."""

    @property
    def stream_count(self) -> int:
        """Number of open streams."""
        return self._streams.total()

    @property
    def is_closing(self) -> bool:
        """True once the process is about to stop."""
        return self._closing.is_set()

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
    ) -> AsyncGenerator[StreamEvent, None]:
        """Yield changes after a cursor as they happen; from now on if it is None.

        Ends after `max_seconds`, or when the process stops, with the cursor to resume from.
        """
        ends_at = monotonic() + max_seconds
        position = cursor or await self._poll()  # shared: thousands of streams may start together
        while not self._closing.is_set() and monotonic() < ends_at:
            newest = await self._poll()
            if (newest.transaction_id, newest.seq) > (position.transaction_id, position.seq):
                batch = await self._fetch((position, frozenset(types)))
                for event in batch.events:
                    yield event
                position = batch.end
                if batch.has_more:
                    continue
                position = max(position, newest, key=lambda each: (each.transaction_id, each.seq))
            with move_on_after(_POLL_INTERVAL_SECONDS):
                await self._closing.wait()
        yield StreamEvent(position)

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

    async def _fetch(self, key: _BatchKey) -> _Batch:
        async with self._lock:
            batch = self._cached_batches.get(key)
            if batch is None:
                batch = await self._database.read(_load_batch, *key)
                cached_bytes = sum(each.size_bytes for each in self._cached_batches.values())
                if cached_bytes + batch.size_bytes > MAX_CACHED_BATCHES_BYTES:
                    self._cached_batches.clear()
                if batch.size_bytes <= MAX_CACHED_BATCHES_BYTES:
                    self._cached_batches[key] = batch
            return batch


def _load_batch(reader: Reader, cursor: ChangeCursor, types: Collection[RecordType]) -> _Batch:
    changes, end, has_more = list_changes_after(reader, cursor, types, MAX_PAGE_ITEMS)
    events = [
        StreamEvent(at, change.op, change.model_dump_json(by_alias=True)) for change, at in changes
    ]
    return _Batch(events, end, has_more)
