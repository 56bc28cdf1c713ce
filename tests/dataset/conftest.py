"""Fixtures of dataset tests: the embedded dataset, read once a session (records are immutable)."""

import pytest

from app.ingest.dataset.records import Dataset, DatasetArticle, DatasetMissionLaunch, read_dataset


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
