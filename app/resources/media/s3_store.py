"""Pictures in an S3-compatible bucket, with a key prefix for each, named by its digest.

A picture is complete as soon as its manifest exists, which is written last. Objects have no other
time than that of their last write, so an empty object `used` has the time of the last use.

Endpoint, region and credentials are those of the environment variables of AWS (`AWS_…`).
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from tempfile import gettempdir
from threading import Lock
from time import monotonic, time

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store as Bucket

from app.domain.pictures import MANIFEST_FILE, Picture
from app.resources.media.picture_store import (
    DIGEST_PATTERN,
    FilePart,
    PictureStore,
    StoredEntry,
)

_CONNECT_SECONDS = 1.0
_REQUEST_SECONDS = 2.5
"""Time limit of one attempt of a request, with its body: a rendition has a few megabytes."""
_MAX_RETRY_COUNT = 1

_MARK_SECONDS = 86_400.0
"""Age from which a use is recorded: the job of each hour must not write to each picture."""

_RECENT_SECONDS = 600.0
_MAX_RECENT_COUNT = 1000
"""Pictures found or added in this time are found again without a request: the record of an upload
is saved in a transaction, which must not wait for another server."""

_MAX_MANIFEST_BYTES = 2**16
_USED_FILE = "used"
_CHECK_KEY = "check"
_KEY_PATTERN = re.compile(rf"../({DIGEST_PATTERN})/([^/]+)")


class S3Store(PictureStore):
    """Picture store in an S3 bucket, whose URL is `s3://bucket/prefix`."""

    def __init__(self, url: str) -> None:
        super().__init__(staging_root=Path(gettempdir()), staging_prefix="zarya-picture-")
        self._bucket = Bucket.from_url(
            url,
            client_options={
                "allow_http": True,  # if the endpoint is http://, as on a private network
                "connect_timeout": timedelta(seconds=_CONNECT_SECONDS),
                "timeout": timedelta(seconds=_REQUEST_SECONDS),
            },
            retry_config={"max_retries": _MAX_RETRY_COUNT},
        )
        self._recent: dict[str, tuple[Picture, float]] = {}
        self._lock = Lock()

    def find(self, digest: str) -> Picture | None:
        with self._lock:
            picture, found_at = self._recent.get(digest, (None, 0.0))
        if picture is not None and monotonic() - found_at < _RECENT_SECONDS:
            return picture
        part = self._read_manifest(digest)
        if part is not None and time() - part.modified_at > _MARK_SECONDS:
            self._put(digest, _USED_FILE, b"")
            part = self._read_manifest(digest)  # `_remove` deletes it before it looks for the mark
        return None if part is None else self._remember(digest, part.data)

    def _remember(self, digest: str, manifest: bytes) -> Picture:
        picture = Picture.from_json(manifest)
        with self._lock:
            if len(self._recent) >= _MAX_RECENT_COUNT:
                del self._recent[next(iter(self._recent))]  # the oldest
            self._recent[digest] = picture, monotonic()
        return picture

    def add(self, digest: str, files: Path) -> None:
        manifest = (files / MANIFEST_FILE).read_bytes()
        for path in files.iterdir():
            if path.name != MANIFEST_FILE:
                self._put(digest, path.name, path.read_bytes())
        self._put(digest, MANIFEST_FILE, manifest)
        # The job may have deleted some of them: it removes an unused picture of the same file.
        stored = self._list_files(digest)
        for path in files.iterdir():
            if path.name not in stored:
                self._put(digest, path.name, path.read_bytes())
        self._remember(digest, manifest)

    def read_part(self, digest: str, name: str, start: int, max_bytes: int) -> FilePart:
        key, data = _key(digest, name), b""
        with self._requests():
            try:
                if max_bytes:
                    byte_range = start, start + max_bytes
                    result = obstore.get(self._bucket, key, options={"range": byte_range})
                    meta, data = result.meta, bytes(result.bytes())
                else:
                    meta = obstore.head(self._bucket, key)
            except FileNotFoundError:
                self._list_files(digest)  # raises Unavailable if it is the bucket that is missing
                raise
        return FilePart(data, meta["size"], meta["last_modified"].timestamp())

    def read_files(self, digest: str) -> dict[str, bytes]:
        if self._read_manifest(digest) is None:
            raise FileNotFoundError(digest)
        names = sorted(self._list_files(digest).keys() - {_USED_FILE})
        with self._requests():
            return {
                name: bytes(obstore.get(self._bucket, _key(digest, name)).bytes()) for name in names
            }

    def check(self) -> None:
        with self._requests(FileNotFoundError):
            obstore.put(self._bucket, _CHECK_KEY, b"")
            obstore.delete(self._bucket, _CHECK_KEY)

    def _list_entries(self) -> Iterator[StoredEntry]:
        # S3 lists keys in their order, so those of a picture follow each other.
        for digest, group in groupby(self._list_objects(""), key=itemgetter(0)):
            files = {name: modified_at for _, name, modified_at in group}
            yield StoredEntry(digest, _age_seconds(files), MANIFEST_FILE in files)

    def _mark_used(self, entry: StoredEntry) -> None:
        if entry.age_seconds > _MARK_SECONDS:
            self._put(entry.digest, _USED_FILE, b"")

    def _remove(self, entry: StoredEntry) -> bool:
        # Either an upload sees that the manifest is gone, or this sees the mark of the upload.
        manifest = self._read_manifest(entry.digest)
        self._delete(entry.digest, [MANIFEST_FILE])
        files = self._list_files(entry.digest)
        if not replace(entry, age_seconds=_age_seconds(files)).is_expired:
            if manifest is not None:
                self._put(entry.digest, MANIFEST_FILE, manifest.data)
            return False
        self._delete(entry.digest, files)
        return manifest is not None

    def _read_manifest(self, digest: str) -> FilePart | None:
        try:
            return self.read_part(digest, MANIFEST_FILE, 0, _MAX_MANIFEST_BYTES)
        except FileNotFoundError:
            return None

    def _put(self, digest: str, name: str, content: bytes) -> None:
        with self._requests(FileNotFoundError):
            obstore.put(self._bucket, _key(digest, name), content)

    def _delete(self, digest: str, names: Iterable[str]) -> None:
        with self._requests(FileNotFoundError):
            obstore.delete(self._bucket, [_key(digest, name) for name in names])

    def _list_files(self, digest: str) -> dict[str, float]:
        """The files of a picture, with the times when they were written."""
        return {name: modified_at for _, name, modified_at in self._list_objects(_key(digest))}

    def _list_objects(self, prefix: str) -> Iterator[tuple[str, str, float]]:
        """Digest, name and time of the objects of pictures below `prefix`."""
        with self._requests(FileNotFoundError):
            for objects in obstore.list(self._bucket, prefix):
                for each in objects:
                    if match := _KEY_PATTERN.fullmatch(each["path"]):
                        yield match[1], match[2], each["last_modified"].timestamp()

    def _requests(self, *errors: type[Exception]) -> AbstractContextManager[None]:
        """Raise Unavailable for errors of S3 and `errors`.

        Pass FileNotFoundError where only a missing bucket can cause it.
        """
        return self.unavailable_on(BaseError, *errors)


def _key(digest: str, *names: str) -> str:
    return "/".join([digest[:2], digest, *names])


def _age_seconds(files: Mapping[str, float]) -> float:
    """Time since the latest of `files` was written."""
    return time() - max(files.values(), default=0.0)
