"""The picture store that the current settings name."""

import os
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
    """The folder `path`, shared by all requests, so that failures are logged once a minute."""
    return FolderStore(path)


@cache
def _connect(url: str) -> PictureStore:
    """The bucket at `url`, with one pool of connections for all requests of this process."""
    _unset_empty_variables()
    # Imported by name: it needs the extra `s3`.
    store: PictureStore = import_module("app.resources.media.s3_store").S3Store(url)
    return store


def _unset_empty_variables() -> None:
    """Remove empty variables `AWS_…` from the environment, which obstore reads."""
    # obstore panics on an empty endpoint; compose.yaml passes unset variables as empty.
    for name, value in list(os.environ.items()):
        if name.startswith("AWS_") and not value:
            del os.environ[name]
