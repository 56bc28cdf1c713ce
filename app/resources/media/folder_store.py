"""Pictures in a folder, which has a directory for each, named by its digest.

A directory is complete as soon as it exists: it is written beside its place, flushed to disk and
renamed.
"""

import errno
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from app.domain.atomic_file import flush_to_disk
from app.domain.pictures import MANIFEST_FILE, Picture
from app.resources.media.picture_store import (
    DIGEST_PATTERN,
    FilePart,
    PictureStore,
    StoredEntry,
    age_seconds,
)


class FolderStore(PictureStore):
    """Picture store in a local directory."""

    def __init__(self, root: Path) -> None:
        super().__init__(staging_root=root, staging_prefix=".part-")  # renamed, so in the same one
        self.root = root

    def find(self, digest: str) -> Picture | None:
        with self.unavailable_on(OSError):
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

    def add(self, digest: str, files: Path) -> None:
        target, written = self.folder(digest), [*files.iterdir(), files]
        target.parent.mkdir(exist_ok=True)
        for path in written:
            flush_to_disk(path)
        try:
            files.rename(target)
        except OSError:
            if self.find(digest) is None:  # otherwise another upload of the file was first
                raise
        for path in (target.parent, self.root):
            flush_to_disk(path)

    def read_part(self, digest: str, name: str, start: int, max_bytes: int) -> FilePart:
        path = self.folder(digest) / name
        with self.unavailable_on(OSError), suppress(FileNotFoundError), path.open("rb") as file:
            stat = os.fstat(file.fileno())
            return FilePart(os.pread(file.fileno(), max_bytes, start), stat.st_size, stat.st_mtime)
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))

    def read_files(self, digest: str) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in sorted(self.folder(digest).iterdir())}

    def check(self) -> None:
        with self.unavailable_on(OSError):
            if self.root.exists():
                with self.staging() as folder:
                    (folder / MANIFEST_FILE).write_bytes(b"\n")
            else:  # the first upload creates it, as the user of the service
                parent = next(each for each in self.root.parents if each.exists())
                if not os.access(parent, os.W_OK | os.X_OK):
                    raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(parent))

    def _list_entries(self) -> Iterator[StoredEntry]:
        for path in self.root.glob("??/*"):
            if re.fullmatch(DIGEST_PATTERN, path.name):
                yield StoredEntry(path.name, age_seconds(path), is_complete=True)

    def _mark_used(self, entry: StoredEntry) -> None:
        self._touch(entry.digest)

    def _remove(self, entry: StoredEntry) -> bool:
        with self.staging() as folder:
            removed = folder / entry.digest
            try:
                self.folder(entry.digest).rename(removed)
            except FileNotFoundError:
                return False
            if replace(entry, age_seconds=age_seconds(removed)).is_expired:
                return True
            self.add(entry.digest, removed)
            return False
