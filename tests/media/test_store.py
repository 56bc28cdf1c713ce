"""Store of the files of pictures: complete directories, and deletion of those without a record."""

import os
from collections.abc import Collection
from pathlib import Path
from time import time
from typing import Any

import pytest

from app.config import Settings
from app.domain.pictures import Picture, Rendition
from app.resources.media.store import UNUSED_SECONDS, PictureStore, compute_digest

PICTURE = Picture("image/png", 9, 9, "L00000fQfQfQfQfQfQfQfQfQfQfQ", (Rendition("thumb", 9, 9),))
FILES = {"picture.json": PICTURE.to_json().encode(), "thumb.jpg": b"jpeg"}


ONE, OTHER = compute_digest(b"one"), compute_digest(b"other")


@pytest.fixture
def store(tmp_path: Path) -> PictureStore:
    return PictureStore(tmp_path / "pictures")


def make_old(store: PictureStore, digest: str) -> None:
    past = time() - UNUSED_SECONDS - 60
    os.utime(store.folder(digest), (past, past))


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


def test_upload_of_a_stored_picture_keeps_it(store: PictureStore, tmp_path: Path) -> None:
    """Two uploads of the same file, of which neither has found it."""
    store.import_files(ONE, FILES)
    with store.staging() as folder:
        (folder / ONE).mkdir()
        (folder / ONE / "picture.json").write_text("{}")
        store.add(ONE, folder / ONE)
    assert store.find(ONE) == PICTURE
    with pytest.raises(FileNotFoundError):
        store.add(OTHER, tmp_path / "missing")


def test_unused_pictures_are_deleted_when_old(store: PictureStore) -> None:
    for digest in (ONE, OTHER):
        store.import_files(digest, FILES)
    assert store.remove_unused(none_used) == 0  # an upload may still be writing the record
    for digest in (ONE, OTHER):
        make_old(store, digest)
    assert store.remove_unused(lambda digests: {ONE} & set(digests)) == 1
    assert list(store.digests()) == [ONE]
    assert store.remove_unused(none_used) == 0  # it was used just now


def test_picture_found_during_the_deletion_is_kept(store: PictureStore) -> None:
    """An upload of the same file finds the picture after the records have been read."""
    store.import_files(ONE, FILES)
    make_old(store, ONE)

    def find_used(_digests: Collection[str]) -> Collection[str]:
        assert store.find(ONE) == PICTURE
        return ()

    assert store.remove_unused(find_used) == 0
    assert store.read_files(ONE) == FILES


def test_remains_of_a_crash_are_deleted_when_old(store: PictureStore) -> None:
    store.import_files(ONE, FILES)
    for name, age in ((".part-old", 3660), (".part-new", 60)):
        folder = store.root / name
        folder.mkdir()
        (folder / "thumb.jpg").write_bytes(b"half")
        os.utime(folder, (time() - age, time() - age))
    store.remove_unused(none_used)
    assert {path.name for path in store.root.glob(".part-*")} == {".part-new"}


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
    assert PictureStore.from_settings(Settings(**settings)).root == Path.cwd() / expected
