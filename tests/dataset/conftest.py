"""Fixtures of dataset tests: the embedded dataset, read once a session (records are immutable)."""

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from app.domain.enums import Scope
from app.ingest.dataset.records import Dataset, DatasetArticle, DatasetMissionLaunch, read_dataset
from tests.support.clients import client_with_key, open_client
from tests.support.databases import CreateDatabase


@pytest.fixture(scope="session")
def dataset() -> Dataset:
    """Embedded dataset."""
    return read_dataset()


@pytest.fixture(scope="session")
def launch_relations(dataset: Dataset) -> list[DatasetMissionLaunch]:
    """Relations between missions and launches."""
    return dataset.mission_launches


@pytest.fixture(scope="session")
def chronicle_by_slug(dataset: Dataset) -> dict[str, DatasetArticle]:
    """Articles of the chronicle, by slug."""
    return dataset.chronicle


@pytest.fixture
def own(create_database: CreateDatabase, archive_template_url: str) -> Iterator[TestClient]:
    """Client with an API key, over a separate copy of the archive."""
    with open_client(create_database(archive_template_url)) as client:
        yield client_with_key(client, *Scope)
