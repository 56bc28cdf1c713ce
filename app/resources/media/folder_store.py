"""Pictures in a folder, which has a directory for each, named by its digest.

A directory is complete as soon as it exists: it is written beside its place, flushed to disk and
renamed.
"""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import time

from app.domain.pictures import MANIFEST_FILE, Picture
from app.resources.media.picture_store import (
    DIGEST_PATTERN,
    FilePart,
    PictureStore,
    StoredEntry,
)

_PARTIAL_PREFIX = ".part-"


class FolderStore(PictureStore):
    """A folder of pictures."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def find(self, digest: str) -> Picture | None:
        if not self._touch(digest):
            return None
        return Picture.from_json((self.folder(digest) / MANIFEST_FILE).read_bytes())

    def _touch(self, digest: str) -> bool:
        """Set the time of a picture, which is that of its last use. False if there is none."""
        try:
            os.utime(self.folder(digest))
        except FileNotFoundError:
            return False
        return True

    def folder(self, digest: str) -> Path:
        """The directory of a picture, which may not exist."""
        return self.root / digest[:2] / digest

    @contextmanager
    def staging(self) -> Iterator[Path]:
        """Yield a new directory on the file system of the store, deleted at the end."""
        self.root.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(
            dir=self.root, prefix=_PARTIAL_PREFIX, ignore_cleanup_errors=True
        ) as folder:
            yield Path(folder)

    def add(self, digest: str, files: Path) -> None:
        target = self.folder(digest)
        target.parent.mkdir(exist_ok=True)
        for path in (*files.iterdir(), files):
            _fsync(path)
        try:
            files.rename(target)
        except OSError:
            if self.find(digest) is None:  # otherwise another upload of the same file was first
                raise
        for path in (target.parent, self.root):
            _fsync(path)

    def read_part(self, digest: str, name: str, start: int, max_bytes: int) -> FilePart:
        with (self.folder(digest) / name).open("rb") as file:
            stat = os.fstat(file.fileno())
            return FilePart(os.pread(file.fileno(), max_bytes, start), stat.st_size, stat.st_mtime)

    def read_files(self, digest: str) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in sorted(self.folder(digest).iterdir())}

    def check(self) -> None:
        if self.root.exists():  # otherwise the first upload creates it, as the user of the service
            with self.staging() as folder:
                (folder / MANIFEST_FILE).write_bytes(b"")

    def _list_entries(self) -> Iterator[StoredEntry]:
        for path in self.root.glob("??/*"):
            if re.fullmatch(DIGEST_PATTERN, path.name):
                yield StoredEntry(path.name, _age_seconds(path), is_complete=True)
        for path in self.root.glob(f"{_PARTIAL_PREFIX}*"):
            yield StoredEntry(path.name, _age_seconds(path), is_complete=False)

    def _mark_used(self, entry: StoredEntry) -> None:
        self._touch(entry.name)

    def _remove(self, entry: StoredEntry) -> bool:
        if not entry.is_complete:
            shutil.rmtree(self.root / entry.name, ignore_errors=True)
            return False
        with self.staging() as folder:
            removed = folder / entry.name
            try:
                self.folder(entry.name).rename(removed)
            except FileNotFoundError:
                return False
            if StoredEntry(entry.name, _age_seconds(removed), is_complete=True).is_expired:
                return True
            self.add(entry.name, removed)
            return False


def _age_seconds(path: Path) -> float:
    """Time since a directory was written or used; 0 if it is gone."""
    try:
        return time() - path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _fsync(path: Path) -> None:
    """Flush a file, or the entries of a directory, to disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
