"""The SQLite file of the archive, built once for each state of it, and kept for those who ask."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from threading import Lock
from time import monotonic
from typing import Annotated
from weakref import finalize

from anyio import to_thread
from fastapi import Depends, Request
from sqlalchemy import func, select

from app.db.database import Database, Reader
from app.db.models import Change
from app.domain.clock import holds_until, present
from app.domain.dates import now
from app.resources.exports import sqlite

FRESH = 60.0
"""Seconds for which a file is shown although the archive has changed: as long as caches do."""

PART = 2**20

State = tuple[int, int]


@dataclass(frozen=True)
class Built:
    """A file, and what it is of."""

    path: Path
    sha256: str
    """Hexadecimal."""
    size: int
    """Bytes."""
    built_at: datetime
    state: State
    moment: float


class ArchiveFile:
    """The file of one process. Requests that come while it is built wait for the one build."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._folder: Path | None = None
        self._lock = Lock()
        self._built: list[Built] = []
        self.close: Callable[[], object] = lambda: None
        """Removes the files; the end of the process does, too."""

    async def current(self) -> Built:
        """The file of the archive as it is, or was less than a minute ago."""
        return await to_thread.run_sync(self._current)

    def _current(self) -> Built:
        with self._lock:
            last = self._built[-1] if self._built else None
            if last and (left := last.moment + FRESH - monotonic()) > 0:
                holds_until(present() + timedelta(seconds=left))
                return last
            with self._database.snapshot() as reader:
                state = _state(reader)
                if last and last.state == state:
                    return last
                self._built.append(self._build(reader, state))
            for old in self._built[:-2]:  # the last but one may be on its way to somebody
                old.path.unlink(missing_ok=True)
            self._built = self._built[-2:]
            return self._built[-1]

    def _build(self, reader: Reader, state: State) -> Built:
        if self._folder is None:
            self._folder = Path(mkdtemp(prefix="zarya-export-"))
            self.close = finalize(self, rmtree, self._folder, ignore_errors=True)
        path = self._folder / f"{state[0]}-{state[1]}-{monotonic():.6f}.sqlite"
        sqlite.write(reader, path)
        digest, size = sha256(), 0
        with path.open("rb") as file:
            while part := file.read(PART):
                digest.update(part)
                size += len(part)
        return Built(path, digest.hexdigest(), size, now(), state, monotonic())


def _state(reader: Reader) -> State:
    """What differs whenever the public archive does: a scheduled article is told of as a change."""
    row = reader.first(select(func.max(Change.seq).label("last"), func.count().label("number")))
    return (row["last"] or 0, row["number"]) if row else (0, 0)


async def _archive_file(request: Request) -> ArchiveFile:
    kept: ArchiveFile = request.app.state.archive_file
    return kept


ArchiveFileDep = Annotated[ArchiveFile, Depends(_archive_file)]
