"""Test databases on SQLite and PostgreSQL, and the fixtures that create them.

A conftest makes the fixtures available by importing them.
"""

import os
from collections.abc import Iterator
from functools import partial
from itertools import count
from pathlib import Path
from shutil import copyfile
from typing import Protocol

import pytest
from alembic.config import Config
from sqlalchemy import Engine, create_engine, make_url, text

from app.db.database import Database
from app.db.models import Base
from app.db.models.search import SEARCH_INDEX_TABLE
from app.resources.write_steps import build_database
from tests.support.paths import ROOT

_NUMBERS = count(1)


class CreateDatabase(Protocol):
    """Create a database and return its URL.

    The database has no tables, or is a copy of the one at the URL `template`, which must have no
    open connections.
    """

    def __call__(self, template: str | None = None) -> str: ...


def alembic_config(url: str) -> Config:
    """Alembic configuration for the database at `url`."""
    config = Config(ROOT / "alembic.ini")
    config.attributes["url"] = url
    return config


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def create_database(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[CreateDatabase]:
    """Function that creates databases; see `CreateDatabase`. Dropped at the end of the session."""
    if request.param == "sqlite":
        yield partial(_create_file, tmp_path_factory.mktemp("sqlite"))
        return
    server = make_url(request.getfixturevalue("postgresql_url"))
    engine = create_engine(server.set(drivername="postgresql+psycopg"))
    created: list[str] = []

    def create(template: str | None = None) -> str:
        created.append(f"zarya_test_{os.getpid()}_{next(_NUMBERS)}")
        source = make_url(template).database if template else "template1"
        _execute_in_autocommit(engine, f"CREATE DATABASE {created[-1]} TEMPLATE {source}")
        return server.set(database=created[-1]).render_as_string(hide_password=False)

    yield create
    for name in created:
        _execute_in_autocommit(engine, f"DROP DATABASE {name} WITH (FORCE)")
    engine.dispose()


def _create_file(folder: Path, template: str | None = None) -> str:
    file = folder / str(next(_NUMBERS)) / "zarya.db"  # `database_outage` moves its folder away
    file.parent.mkdir()
    if template:
        copyfile(make_url(template).database or "", file)
    return f"sqlite:///{file}"


def _execute_in_autocommit(engine: Engine, statement: str) -> None:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("SET statement_timeout = 0")  # slow on a busy disk
        connection.exec_driver_sql(statement)


@pytest.fixture
def empty_sqlite_database(tmp_path: Path) -> Iterator[Database]:
    """SQLite database without tables."""
    database = build_database(f"sqlite:///{tmp_path}/archive.db", read_threads=2)
    yield database
    database.close()


def read_contents(database: Database) -> dict[str, list[tuple[object, ...]]]:
    """All rows of all tables, by primary key."""
    with database.engine.connect() as connection:
        return {
            table.name: [
                tuple(row)
                for row in connection.execute(table.select().order_by(*table.primary_key))
            ]
            for table in Base.metadata.sorted_tables
        }


def find_tables_without_statistics(database: Database) -> set[str]:
    """Names of the tables that PostgreSQL's planner knows nothing of; empty on SQLite."""
    if database.engine.dialect.name != "postgresql":
        return set()
    with database.engine.connect() as connection:
        names = connection.scalars(text("SELECT relname FROM pg_class WHERE reltuples < 0"))
        return set(names) & {*Base.metadata.tables, SEARCH_INDEX_TABLE}


def empty_tables(database: Database) -> None:
    """Delete all rows of all tables, except the audit trail, which is append-only."""
    with database.session() as session:
        for statement in _deletions(session.connection().dialect.name):
            session.connection().exec_driver_sql(statement)
        session.connection().exec_driver_sql(f"DELETE FROM {SEARCH_INDEX_TABLE}")  # noqa: S608 - ours


def _deletions(dialect: str) -> list[str]:
    """DELETE statements in the order of foreign keys; one round trip on PostgreSQL."""
    tables = [table.name for table in reversed(Base.metadata.sorted_tables)]
    deletions = [f"DELETE FROM {name}" for name in tables if name != "audit_entries"]  # noqa: S608 - our own names
    return deletions if dialect == "sqlite" else [f"DO $$BEGIN {'; '.join(deletions)}; END$$"]
