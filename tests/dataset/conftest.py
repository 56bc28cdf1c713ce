"""Fixtures of dataset tests: the embedded dataset, read once a session (records are immutable)."""

import pytest

from app.ingest.dataset.chronicle import chronicle
from app.ingest.dataset.derive import Relation, relations
from app.ingest.dataset.records import ArticleRecord, Dataset, read_dataset


@pytest.fixture(scope="session")
def dataset() -> Dataset:
    """Embedded dataset."""
    return read_dataset()


@pytest.fixture(scope="session")
def launch_relations(dataset: Dataset) -> set[Relation]:
    """Relations between missions and launches."""
    return relations(dataset)


@pytest.fixture(scope="session")
def chronicle_by_slug(
    dataset: Dataset, launch_relations: set[Relation]
) -> dict[str, ArticleRecord]:
    """Articles of the chronicle, by slug."""
    return {item.slug: item for item in chronicle(dataset, launch_relations)}
