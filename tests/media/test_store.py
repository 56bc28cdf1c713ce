"""Stores of the files of pictures: complete pictures, and deletion of those without a record."""

import os
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import time
from typing import Any

import pytest

from app.config import Settings, use_settings
from app.domain.pictures import Picture, Rendition
from app.resources.media.current_store import current_store
from app.resources.media.folder_store import FolderStore
from app.resources.media.picture_store import UNUSED_SECONDS, PictureStore, compute_digest
from app.resources.media.s3_store import S3Store
from tests.support.s3 import CreateBucket, set_age_of_objects

PICTURE = Picture("image/png", 9, 9, "L00000fQfQfQfQfQfQfQfQfQfQfQ", (Rendition("thumb", 9, 9),))
FILES = {"picture.json": PICTURE.to_json().encode(), "thumb.jpg": b"jpeg"}

ONE, OTHER = compute_digest(b"one"), compute_digest(b"other")


@dataclass(frozen=True)
class Backend:
    """Files of a store, as several processes open them."""

    open: Callable[[], PictureStore]
    set_age: Callable[[str, float], None]
    """Set the age of a picture."""


@pytest.fixture(params=["folder", "s3"])
def backend(request: pytest.FixtureRequest, tmp_path: Path) -> Backend:
    if request.param == "folder":
        store = FolderStore(tmp_path / "pictures")

        def set_age(digest: str, seconds: float) -> None:
            os.utime(store.folder(digest), (time() - seconds, time() - seconds))

        return Backend(lambda: store, set_age)
    create_bucket: CreateBucket = request.getfixturevalue("create_bucket")
    url = create_bucket()
    return Backend(lambda: S3Store(url), partial(set_age_of_objects, url))


@pytest.fixture
def store(backend: Backend) -> PictureStore:
    return backend.open()


def none_used(_digests: Collection[str]) -> Collection[str]:
    return ()


def test_picture_is_stored_once(store: PictureStore) -> None:
    assert store.find(ONE) is None
    for files in (FILES, FILES | {"thumb.jpg": b"another"}):
        store.import_files(ONE, files)
    assert store.find(ONE) == PICTURE
    assert store.read_files(ONE) == FILES
    assert list(store.digests()) == [ONE]


def test_other_file_names_are_ignored(store: PictureStore) -> None:
    store.import_files(ONE, FILES | {"../../escaped": b"", "page.html": b"<script>"})
    assert store.read_files(ONE) == FILES


def test_upload_of_a_stored_picture_keeps_it(backend: Backend, tmp_path: Path) -> None:
    """Two uploads of the same file, of which neither has found it."""
    backend.open().import_files(ONE, FILES)
    store = backend.open()
    with store.staging() as folder:
        (folder / ONE).mkdir()
        for name, content in FILES.items():
            (folder / ONE / name).write_bytes(content)
        store.add(ONE, folder / ONE)
    assert backend.open().find(ONE) == PICTURE
    with pytest.raises(FileNotFoundError):
        store.add(OTHER, tmp_path / "missing")


def test_parts_of_a_file_are_read(store: PictureStore) -> None:
    before = time() - 2  # S3 has seconds
    store.import_files(ONE, FILES)
    whole = store.read_part(ONE, "thumb.jpg", 0, 100)
    assert (whole.data, whole.size) == (b"jpeg", 4)
    assert before < whole.modified_at < time() + 2
    assert store.read_part(ONE, "thumb.jpg", 1, 2) == (b"pe", *whole[1:])
    for digest, name in ((ONE, "card.jpg"), (OTHER, "thumb.jpg")):
        with pytest.raises(FileNotFoundError):
            store.read_part(digest, name, 0, 100)
    with pytest.raises(FileNotFoundError):
        store.read_files(OTHER)


def test_unused_pictures_are_deleted_when_old(backend: Backend, store: PictureStore) -> None:
    for digest in (ONE, OTHER):
        store.import_files(digest, FILES)
    assert store.remove_unused(none_used) == 0  # an upload may still be writing the record
    for digest in (ONE, OTHER):
        backend.set_age(digest, UNUSED_SECONDS + 60)
    assert store.remove_unused(lambda digests: {ONE} & set(digests)) == 1
    assert list(store.digests()) == [ONE]
    assert store.remove_unused(none_used) == 0  # it was used just now
    assert backend.open().find(OTHER) is None
    assert backend.open().read_files(ONE) == FILES


def test_picture_found_during_the_deletion_is_kept(backend: Backend, store: PictureStore) -> None:
    """An upload of the same file finds the picture after the records have been read."""
    store.import_files(ONE, FILES)
    backend.set_age(ONE, UNUSED_SECONDS + 60)

    def find_used(_digests: Collection[str]) -> Collection[str]:
        assert backend.open().find(ONE) == PICTURE
        return ()

    assert store.remove_unused(find_used) == 0
    assert store.read_files(ONE) == FILES
    assert list(store.digests()) == [ONE]


def test_remains_of_a_crash_are_deleted_when_old(store: PictureStore, tmp_path: Path) -> None:
    """Directories of uploads, which a store in S3 has in the temporary directory."""
    store.import_files(ONE, FILES)
    store.staging_root = tmp_path / "staging"
    names = {age: f"{store.staging_prefix}{age}" for age in (3660, 60)}
    for age, name in names.items():
        folder = store.staging_root / name
        folder.mkdir(parents=True)
        (folder / "thumb.jpg").write_bytes(b"half")
        os.utime(folder, (time() - age, time() - age))
    store.remove_unused(none_used)
    assert [path.name for path in store.staging_root.iterdir()] == [names[60]]


def test_remains_of_a_crash_in_s3_are_deleted_when_old(create_bucket: CreateBucket) -> None:
    """The manifest is written last: an upload that ended before that has stored no picture."""
    url = create_bucket()
    store = S3Store(url)
    for digest, age in ((ONE, 3660), (OTHER, 60)):
        store._put(digest, "thumb.jpg", FILES["thumb.jpg"])
        set_age_of_objects(url, digest, age)
    assert [store.find(digest) for digest in (ONE, OTHER)] == [None, None]
    assert store.remove_unused(none_used) == 0
    left = {digest: list(store._list_files(digest)) for digest in (ONE, OTHER)}
    assert left == {ONE: [], OTHER: ["thumb.jpg"]}


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"database_url": "sqlite:///var/zarya.db"}, "var/zarya.media"),
        ({"database_url": "sqlite:////srv/a/archive.db"}, "/srv/a/archive.media"),
        ({"database_url": "postgresql://host/zarya"}, "var/media"),
        ({"media_dir": "/srv/pictures"}, "/srv/pictures"),
        ({"media_dir": "pictures"}, "pictures"),
    ],
)
def test_folder_is_beside_the_database(settings: dict[str, Any], expected: str) -> None:
    """It is absolute: the process that decodes a picture has another working directory."""
    with use_settings(Settings(**settings)):
        store = current_store()
    assert isinstance(store, FolderStore)
    assert store.root == Path.cwd() / expected
