"""Fixtures: databases migrated by Alembic, on SQLite and on PostgreSQL, and clients over them.

`database` and `client` use an empty archive that each test fills; `archive` uses the embedded one,
loaded once and read-only. Reads run on connections of their own, as in production, so tests commit
and the tables are emptied afterwards: there is no rollback.
"""

import gc
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.db.database import Database
from app.domain.enums import Scope
from tests.support.archives import archive_template_url, postgresql_url
from tests.support.clients import clear_response_cache, client_with_key, database_of, open_client
from tests.support.command_line import (
    cli_database_url,
    cli_migrated_url,
    migrated_template_url,
)
from tests.support.databases import (
    CreateDatabase,
    create_database,
    empty_sqlite_database,
    empty_tables,
)
from tests.support.s3 import create_bucket
from tests.support.scheduling import DatabaseScheduling
from tests.support.settings import default_settings, patient_reads
from tests.support.statements import record_selects

__all__ = [  # fixtures
    "archive_template_url",
    "cli_database_url",
    "cli_migrated_url",
    "create_bucket",
    "create_database",
    "default_settings",
    "empty_sqlite_database",
    "migrated_template_url",
    "patient_reads",
    "postgresql_url",
]


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> DatabaseScheduling:
    """Scheduler of pytest-xdist: a process runs groups of files that share a database."""
    return DatabaseScheduling(config, log)


def pytest_collection() -> None:
    """Collect tests without garbage collection, which takes a quarter of the time."""
    gc.disable()


def pytest_collection_finish() -> None:
    """Exempt modules and tests from garbage collection: they exist as long as the process."""
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session")
def _empty_client(create_database: CreateDatabase) -> Iterator[TestClient]:
    with open_client(create_database()) as client:
        yield client


@pytest.fixture
def client(_empty_client: TestClient) -> Iterator[TestClient]:
    """Client without a key, over an empty archive."""
    yield _empty_client
    empty_tables(database_of(_empty_client))


@pytest.fixture
def editor(client: TestClient) -> TestClient:
    """Client of the same application as `client`, with a key that has all scopes."""
    return client_with_key(client, *Scope)


@pytest.fixture
def database(client: TestClient) -> Database:
    """Database of `client`."""
    return database_of(client)


@pytest.fixture(scope="session")
def archive_client(
    create_database: CreateDatabase, archive_template_url: str
) -> Iterator[TestClient]:
    """Session-scoped client over the embedded archive, for fixtures of wider scope."""
    with open_client(create_database(archive_template_url)) as client:
        yield client


@pytest.fixture
def archive(archive_client: TestClient) -> TestClient:
    """Client over the embedded archive, read-only, with an empty response cache."""
    clear_response_cache(archive_client)
    return archive_client


@pytest.fixture
def statements(archive: TestClient) -> Iterator[list[str]]:
    """SELECT statements that requests to `archive` execute during the test."""
    with record_selects(database_of(archive)) as selects:
        yield selects
