"""The store of pictures that the current settings name."""

from functools import cache
from importlib import import_module
from pathlib import Path

from app.config import current_settings
from app.resources.media.folder_store import FolderStore
from app.resources.media.picture_store import PictureStore


def current_store() -> PictureStore:
    """Picture store of the current settings."""
    settings = current_settings()
    if settings.media_url:
        return _connect(settings.media_url)
    return _open_folder(settings.media_path)


@cache
def _open_folder(path: Path) -> PictureStore:
    """The store in the folder `path`, one for all requests, which logs its failures once."""
    return FolderStore(path)


@cache
def _connect(url: str) -> PictureStore:
    """The bucket at `url`, with one pool of connections for all requests of this process."""
    # Imported by name: it needs the extra `s3`.
    store: PictureStore = import_module("app.resources.media.s3_store").S3Store(url)
    return store
