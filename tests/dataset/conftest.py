"""Fixtures of dataset tests: the embedded dataset, read once a session (records are immutable)."""

import pytest

from app.ingest.dataset.chronicle import generate_chronicle
from app.ingest.dataset.derive import MissionLaunchRelation, derive_relations
from app.ingest.dataset.records import Dataset, DatasetArticle, read_dataset


@pytest.fixture(scope="session")
def dataset() -> Dataset:
    """Embedded dataset."""
    return read_dataset()


@pytest.fixture(scope="session")
def launch_relations(dataset: Dataset) -> set[MissionLaunchRelation]:
    """Relations between missions and launches."""
    return derive_relations(dataset)


@pytest.fixture(scope="session")
def chronicle_by_slug(
    dataset: Dataset, launch_relations: set[MissionLaunchRelation]
) -> dict[str, DatasetArticle]:
    """Articles of the chronicle, by slug."""
    return {item.slug: item for item in generate_chronicle(dataset, launch_relations)}
