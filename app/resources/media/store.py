"""Store of the files of pictures: a folder with a directory for each picture, named by its digest.

A directory is complete as soon as it exists: it is written beside its place, flushed to disk and
renamed. The record of a picture is committed after that, so no record lacks its files; a crash
between the two leaves a directory without a record, which `remove_unused` deletes.
"""

import os
import re
import shutil
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from time import time

from app.config import Settings
from app.domain.batching import batched
from app.domain.pictures import (
    MANIFEST_FILE,
    RENDITION_TYPES,
    SIZES,
    Picture,
    rendition_file,
)

_RENDITION_VERSION = 1
"""Part of the digests: a change of sizes or encoders gives the renditions new URLs."""

DIGEST_PATTERN = "[0-9a-f]{32}"

UNUSED_SECONDS = 30 * 86400.0
"""Time after which files without a record are deleted: a database may be restored meanwhile."""

_PARTIAL_SECONDS = 3600.0
"""Age from which the remains of uploads are deleted: many times the duration of an upload."""

_PARTIAL_PREFIX = ".part-"
_FILE_NAMES = {
    MANIFEST_FILE,
    *(rendition_file(name, extension) for name in SIZES for extension in RENDITION_TYPES),
}
_BATCH_COUNT = 500


def compute_digest(file: bytes) -> str:
    """Digest of an uploaded file, of 128 bits in hexadecimal: the name of its picture."""
    digest = sha256(f"zarya picture {_RENDITION_VERSION}\n".encode())
    digest.update(file)
    return digest.hexdigest()[:32]


class PictureStore:
    """The folder of pictures. Several processes may use it at the same time."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @classmethod
    def from_settings(cls, settings: Settings) -> "PictureStore":
        """The store that `settings` name."""
        return cls(settings.media_path)

    def find(self, digest: str) -> Picture | None:
        """The stored picture, which then counts as used now; None without one."""
        if not self._mark_used(digest):
            return None
        return Picture.from_json((self.folder(digest) / MANIFEST_FILE).read_bytes())

    def _mark_used(self, digest: str) -> bool:
        """Set the time of a picture, which is when it was last used. False if there is none."""
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
        """Move the complete directory `files` of a picture into the store, durably."""
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

    def import_files(self, digest: str, files: Mapping[str, bytes]) -> None:
        """Store the files of a picture, unless they are stored."""
        if self.find(digest) is not None:
            return
        with self.staging() as folder:
            picture = folder / digest
            picture.mkdir()
            for name in files.keys() & _FILE_NAMES:
                (picture / name).write_bytes(files[name])
            self.add(digest, picture)

    def read_files(self, digest: str) -> dict[str, bytes]:
        """All files of a picture by name. Raises FileNotFoundError if it is not stored."""
        return {path.name: path.read_bytes() for path in sorted(self.folder(digest).iterdir())}

    def digests(self) -> Iterator[str]:
        """The digests of all stored pictures."""
        for folder in self.root.glob("??/*"):
            if re.fullmatch(DIGEST_PATTERN, folder.name):
                yield folder.name

    def remove_unused(self, find_used: Callable[[Collection[str]], Collection[str]]) -> int:
        """Delete files that have had no record for long. Returns the number of pictures deleted.

        `find_used` returns those of the digests that have a record.
        """
        count = 0
        for digests in batched(self.digests(), _BATCH_COUNT):
            used = set(find_used(digests))
            for digest in digests:
                if digest in used:
                    self._mark_used(digest)
                elif _age_seconds(self.folder(digest)) > UNUSED_SECONDS:
                    count += self._remove(digest)
        for partial in self.root.glob(f"{_PARTIAL_PREFIX}*"):
            if _age_seconds(partial) > _PARTIAL_SECONDS:
                shutil.rmtree(partial, ignore_errors=True)
        return count

    def _remove(self, digest: str) -> bool:
        """Delete a picture, unless an upload of the same file has found it meanwhile."""
        with self.staging() as folder:
            removed = folder / digest
            try:
                self.folder(digest).rename(removed)
            except FileNotFoundError:
                return False
            if _age_seconds(removed) > UNUSED_SECONDS:
                return True
            self.add(digest, removed)
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
