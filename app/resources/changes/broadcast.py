"""Changes as they happen: one look at the database for all who listen in this process."""

from collections.abc import AsyncGenerator, Collection
from time import monotonic

from anyio import Event, Lock, move_on_after

from app.api.lists.pagination import MAX_LIMIT
from app.db.database import Database
from app.db.models import RecordType
from app.resources.changes.cursor import Place
from app.resources.changes.queries import changes_after, present
from app.resources.changes.schemas import Change

PAUSE = 0.5
"""Seconds: how long a change may be there before listeners are told."""

REMEMBERED = 16
"""How many answers are kept for others who ask the same: anybody can ask from any place."""

Told = tuple[list[tuple[Change, Place]], Place, bool]
Asked = tuple[Place, frozenset[RecordType]]


class Live:
    """What listeners wait for. However many they are, each question is asked once."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = Lock()
        self._looked = float("-inf")
        self._newest: Place | None = None
        self._told: dict[Asked, Told] = {}
        self._closing = Event()

    def close(self) -> None:
        """Let every listener go: the process ends."""
        self._closing.set()

    async def follow(
        self, place: Place | None, types: Collection[RecordType]
    ) -> AsyncGenerator[tuple[Change, Place], None]:
        """Every change behind `place` (None: from now on) as it comes, each with its own place."""
        known = place or await self._look()  # not asked anew: thousands may come at once
        while not self._closing.is_set():
            newest = await self._look()
            if (newest.transaction_id, newest.seq) > (known.transaction_id, known.seq):
                told, known, more = await self._ask((known, frozenset(types)))
                for change, at in told:
                    yield change, at
                if more:
                    continue
                known = max(known, newest, key=lambda p: (p.transaction_id, p.seq))
            with move_on_after(PAUSE):
                await self._closing.wait()

    async def _look(self) -> Place:
        """The place behind all changes, as it was a moment ago at the latest."""
        async with self._lock:
            if self._newest is None or monotonic() - self._looked >= PAUSE:
                newest = await self._database.read(present)
                if newest != self._newest:
                    self._told.clear()
                self._newest, self._looked = newest, monotonic()
            return self._newest

    async def _ask(self, asked: Asked) -> Told:
        async with self._lock:
            if asked not in self._told:
                if len(self._told) >= REMEMBERED:
                    self._told.clear()
                place, types = asked
                self._told[asked] = await self._database.read(
                    changes_after, place, types, MAX_LIMIT
                )
            return self._told[asked]
