"""Fixtures of import tests: no pauses, and a copy of the embedded archive to change."""

from collections.abc import Iterator
from math import inf

import pytest
from starlette.testclient import TestClient

from app.db.database import Database
from app.domain.enums import Scope
from tests.support.clients import client_with_key, database_of, open_client
from tests.support.databases import CreateDatabase


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Imports make no pauses for other writers; `tests/test_long_writes.py` proves the pauses."""
    monkeypatch.setattr("app.db.write_turns.MAX_LOCK_SECONDS", inf)


@pytest.fixture
def own_archive(create_database: CreateDatabase, archive_template_url: str) -> Iterator[TestClient]:
    """Client with all scopes over a copy of the embedded archive."""
    with open_client(create_database(archive_template_url)) as client:
        yield client_with_key(client, *Scope)


@pytest.fixture
def own_database(own_archive: TestClient) -> Database:
    """Database of `own_archive`."""
    return database_of(own_archive)
