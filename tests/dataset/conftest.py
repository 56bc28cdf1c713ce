"""The dataset as it is in the files, read once: every record of it is immutable."""

import pytest

from app.dataset.chronicle import chronicle
from app.dataset.derive import Relation, relations
from app.dataset.records import ArticleRecord, Dataset, read_dataset


@pytest.fixture(scope="session")
def dataset() -> Dataset:
    return read_dataset()


@pytest.fixture(scope="session")
def found(dataset: Dataset) -> set[Relation]:
    """The relations between missions and launches."""
    return relations(dataset)


@pytest.fixture(scope="session")
def items(dataset: Dataset, found: set[Relation]) -> dict[str, ArticleRecord]:
    """The chronicle, by slug."""
    return {item.slug: item for item in chronicle(dataset, found)}
