"""Interface of the picture stores, and what a folder and a bucket have in common.

A picture is all its renditions and a manifest, named by the digest of the uploaded file. It is
stored completely or not at all. Its record is committed after that, so no record lacks its files; a
crash between the two leaves files without a record, which `remove_unused` deletes.
"""

import logging
import shutil
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, time
from typing import NamedTuple

from app.domain.batching import batched
from app.domain.languages import tr
from app.domain.pictures import (
    MANIFEST_FILE,
    RENDITION_TYPES,
    SIZES,
    Picture,
    rendition_file,
)
from app.http.problems import RETRY_AFTER_SECONDS, Unavailable
from app.resources.media.store_failures import describe_store_error, find_store_failure_reason

logger = logging.getLogger("zarya")

_RENDITION_VERSION = 1
"""Part of the digests: a change of sizes or encoders gives the renditions new URLs."""

DIGEST_PATTERN = "[0-9a-f]{32}"

UNUSED_SECONDS = 30 * 86400.0
"""Time after which files without a record are deleted: a database may be restored meanwhile."""

PARTIAL_SECONDS = 3600.0
"""Age from which the remains of uploads are deleted: many times the duration of an upload."""

_FILE_NAMES = {
    MANIFEST_FILE,
    *(rendition_file(name, extension) for name in SIZES for extension in RENDITION_TYPES),
}
_BATCH_COUNT = 100
_LOG_INTERVAL_SECONDS = 60.0


def compute_digest(file: bytes) -> str:
    """Digest of an uploaded file, of 128 bits in hexadecimal: the name of its picture."""
    digest = sha256(f"zarya picture {_RENDITION_VERSION}\n".encode())
    digest.update(file)
    return digest.hexdigest()[:32]


class FilePart(NamedTuple):
    """Part of a file, with the size and the modification time of the whole file."""

    data: bytes
    size: int
    modified_at: float


@dataclass(frozen=True)
class StoredEntry:
    """Stored picture, or the remains of an interrupted upload."""

    digest: str
    age_seconds: float
    """Time since it was written, or last used."""
    is_complete: bool

    @property
    def is_expired(self) -> bool:
        """True if it is old enough to be deleted without a record."""
        limit = UNUSED_SECONDS if self.is_complete else PARTIAL_SECONDS
        return self.age_seconds > limit


class PictureStore(ABC):
    """Picture store, which several processes may use at the same time.

    Call its methods in a thread. They raise Unavailable if a server does not answer or a folder
    cannot be read or written; `read_files` and the lists of a folder raise OSError.
    """

    def __init__(self, staging_root: Path, staging_prefix: str) -> None:
        self.staging_root = staging_root
        """Directory of the uploads in progress."""
        self.staging_prefix = staging_prefix
        self._logged_at = float("-inf")

    @abstractmethod
    def find(self, digest: str) -> Picture | None:
        """Find a stored picture, and update its time of last use. None if there is none."""

    @contextmanager
    def staging(self) -> Iterator[Path]:
        """Yield a new directory for the files of a picture, deleted at the end.

        Raises Unavailable for any OSError until then, since the writes to it may fail.
        """
        with self.unavailable_on(OSError):
            self.staging_root.mkdir(parents=True, exist_ok=True)
            with TemporaryDirectory(
                dir=self.staging_root, prefix=self.staging_prefix, ignore_cleanup_errors=True
            ) as folder:
                yield Path(folder)

    @contextmanager
    def unavailable_on(self, *errors: type[Exception]) -> Iterator[None]:
        """Raise Unavailable for `errors`. Logs at most one of them a minute."""
        try:
            yield
        except errors as error:
            if monotonic() - self._logged_at > _LOG_INTERVAL_SECONDS:
                self._logged_at = monotonic()
                reason, message = find_store_failure_reason(error), describe_store_error(error)
                logger.error("the picture store cannot be used: %s: %s", reason, message)
            detail = tr(
                "Pictures are unavailable at the moment. Try again later.",
                "Изображения сейчас недоступны. Повторите запрос позже.",
            )
            raise Unavailable(detail, headers={"Retry-After": RETRY_AFTER_SECONDS}) from error

    @abstractmethod
    def add(self, digest: str, files: Path) -> None:
        """Store the picture whose files are in the directory `files` of `staging`, durably."""

    @abstractmethod
    def read_part(self, digest: str, name: str, start: int, max_bytes: int) -> FilePart:
        """Read a file from the byte `start` on. Raises FileNotFoundError if it is not stored.

        With 0 as `max_bytes`, only the size and the time are read.
        """

    @abstractmethod
    def read_files(self, digest: str) -> dict[str, bytes]:
        """All files of a picture by name. Raises FileNotFoundError if it is not stored."""

    @abstractmethod
    def check(self) -> None:
        """Write to the store, as an upload does. Raises Unavailable if it fails."""

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

    def digests(self) -> Iterator[str]:
        """The digests of all stored pictures."""
        return (entry.digest for entry in self._list_entries() if entry.is_complete)

    def remove_unused(self, find_used: Callable[[Collection[str]], Collection[str]]) -> int:
        """Delete files that have had no record for long. Returns the number of pictures deleted.

        `find_used` returns those of the digests that have a record.
        """
        count = 0
        for entries in batched(self._list_entries(), _BATCH_COUNT):
            used = set(find_used([entry.digest for entry in entries]))
            for entry in entries:
                if entry.digest in used:
                    self._mark_used(entry)
                elif entry.is_expired:
                    count += self._remove(entry)
        for folder in self.staging_root.glob(f"{self.staging_prefix}*"):
            if age_seconds(folder) > PARTIAL_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)
        return count

    @abstractmethod
    def _list_entries(self) -> Iterator[StoredEntry]:
        """All pictures, and the remains of uploads among them."""

    @abstractmethod
    def _mark_used(self, entry: StoredEntry) -> None:
        """Update the time of last use of a picture, which has a record."""

    @abstractmethod
    def _remove(self, entry: StoredEntry) -> bool:
        """Delete an expired entry, unless an upload of the same file has found it meanwhile.

        Returns True if it was a picture.
        """


def age_seconds(path: Path) -> float:
    """Time since a directory was written or used; 0 if it is gone."""
    try:
        return time() - path.stat().st_mtime
    except FileNotFoundError:
        return 0.0
