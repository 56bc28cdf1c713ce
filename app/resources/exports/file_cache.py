"""Cache of the SQLite export: one build for each generation of the archive."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from threading import Lock
from time import monotonic
from typing import Annotated, NamedTuple
from weakref import finalize

from anyio import to_thread
from fastapi import Depends
from sqlalchemy import func, select

from app.api.deps import ServicesDep
from app.db.database import Database, Reader
from app.db.models import Horizon, RecordChange
from app.domain.clock import current_second, expire_response_at
from app.domain.dates import now
from app.resources.exports import sqlite
from app.resources.exports.meta import get_export_cursor
from app.resources.horizon.queries import get_known_until_by_kind
from app.resources.horizon.schemas import KnownUntil

_MAX_STALE_SECONDS = 60.0
"""Maximum age of a file that is served after a change; that of HTTP caches."""

_READ_CHUNK_BYTES = 2**20


class ArchiveGeneration(NamedTuple):
    """Values that differ after every change, publication and move of the horizon."""

    last_seq: int
    change_count: int
    known_until: tuple[datetime, ...]
    cursor: str
    """Cursor at which the archive stands."""


@dataclass(frozen=True)
class BuiltArchive:
    """A built file, its digest, and the generation of the archive in it."""

    path: Path
    sha256: str
    """Hexadecimal."""
    size: int
    """Size in bytes."""
    built_at: datetime
    generation: ArchiveGeneration
    built_at_monotonic: float
    known_until: KnownUntil


class ArchiveFileCache:
    """File of one process. Concurrent requests share one build."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._directory: Path | None = None
        self._lock = Lock()
        self._builds: list[BuiltArchive] = []
        self.close: Callable[[], object] = lambda: None
        """Deletes the files, which also happens when the process ends."""

    async def get_current(self) -> BuiltArchive:
        """Return the current file, or one that was current less than a minute ago."""
        return await to_thread.run_sync(self._get_or_build)

    def _get_or_build(self) -> BuiltArchive:
        with self._lock:
            last = self._builds[-1] if self._builds else None
            if last and (left := last.built_at_monotonic + _MAX_STALE_SECONDS - monotonic()) > 0:
                expire_response_at(current_second() + timedelta(seconds=left))
                return last
            with self._database.snapshot() as reader:
                generation = _read_generation(reader)
                if last and last.generation == generation:
                    return last
                self._builds.append(self._build(reader, generation))
            for old in self._builds[:-2]:  # the last but one may still be sent
                old.path.unlink(missing_ok=True)
            self._builds = self._builds[-2:]
            return self._builds[-1]

    def _build(self, reader: Reader, generation: ArchiveGeneration) -> BuiltArchive:
        if self._directory is None:
            self._directory = Path(mkdtemp(prefix="zarya-export-"))
            self.close = finalize(self, rmtree, self._directory, ignore_errors=True)
        path = self._directory / f"{generation.last_seq}-{monotonic():.6f}.sqlite"
        sqlite.write_sqlite(reader, path)
        digest, size = sha256(), 0
        with path.open("rb") as file:
            while chunk := file.read(_READ_CHUNK_BYTES):
                digest.update(chunk)
                size += len(chunk)
        known_until = get_known_until_by_kind(reader)
        return BuiltArchive(
            path, digest.hexdigest(), size, now(), generation, monotonic(), known_until
        )


def _read_generation(reader: Reader) -> ArchiveGeneration:
    row = reader.first(
        select(func.max(RecordChange.seq).label("last"), func.count().label("number"))
    )
    horizons = reader.all(select(Horizon.known_until).order_by(Horizon.kind))
    known_until = tuple(horizon["known_until"] for horizon in horizons)
    last_seq, change_count = (row["last"] or 0, row["number"]) if row else (0, 0)
    return ArchiveGeneration(last_seq, change_count, known_until, get_export_cursor(reader))


async def _get_archive_file_cache(services: ServicesDep) -> ArchiveFileCache:
    return services.singleton(ArchiveFileCache)


ArchiveFileCacheDep = Annotated[ArchiveFileCache, Depends(_get_archive_file_cache)]
