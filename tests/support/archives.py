"""Databases with the embedded archive, on SQLite loaded once for several test runs."""

from contextlib import closing
from fcntl import LOCK_EX, flock
from hashlib import blake2b
from math import inf
from pathlib import Path
from tempfile import TemporaryDirectory
from time import time

import pytest
from alembic import command
from sqlalchemy import make_url

from app.ingest.dataset.load import load_dataset
from app.resources.write_steps import build_database
from tests.support.databases import CreateDatabase, alembic_config
from tests.support.paths import ROOT

_FOLDER = ROOT / "var" / "test-archives"
_MAX_AGE_SECONDS = 12 * 3600
"""Records have the time at which they were loaded, which tests expect to be recent."""


@pytest.fixture(scope="session")
def archive_template_url(create_database: CreateDatabase) -> str:
    """URL of a database with the embedded archive. A template: copy it, do not open it."""
    url = create_database()
    if make_url(url).get_backend_name() == "sqlite":
        return f"sqlite:///{load_archive_file()}"
    _load_archive(url)
    return url


def load_archive_file() -> Path:
    """SQLite file with the archive, shared by all processes and runs of the same code.

    To load it takes half a minute of CPU time. Copy the file, do not open it.
    """
    _FOLDER.mkdir(parents=True, exist_ok=True)
    file = _FOLDER / f"{_digest_code()}.db"
    with (_FOLDER / "lock").open("w") as lock:
        flock(lock, LOCK_EX)
        ages = {each: time() - each.stat().st_mtime for each in _FOLDER.glob("*.db")}
        for each, age in ages.items():
            if age > 2 * _MAX_AGE_SECONDS:  # no run uses it any more
                each.unlink()
        if ages.get(file, inf) > _MAX_AGE_SECONDS:
            with TemporaryDirectory(dir=_FOLDER) as folder:
                loaded = Path(folder) / "archive.db"
                _load_archive(f"sqlite:///{loaded}")
                loaded.rename(file)
    return file


def _load_archive(url: str) -> None:
    command.upgrade(alembic_config(url), "head")
    with closing(build_database(url)) as database:
        load_dataset(database.session)


def _digest_code() -> str:
    """Digest of all that decides the content of the file."""
    digest = blake2b(digest_size=12)
    for folder in ("app", "migrations"):
        for file in sorted((ROOT / folder).rglob("*")):
            if file.is_file() and file.suffix != ".pyc":
                digest.update(f"{file.relative_to(ROOT)}\0".encode())
                digest.update(file.read_bytes())
    digest.update((ROOT / "uv.lock").read_bytes())
    return digest.hexdigest()
