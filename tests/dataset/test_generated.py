"""Generated files of the dataset are current."""

import pytest

from app.ingest.dataset.records import DATASET_PATH, Dataset
from tools.chronicle.files import generate_files

MAX_FILE_BYTES = 3_000_000


@pytest.fixture(scope="module")
def files(dataset: Dataset) -> dict[str, str]:
    return generate_files(dataset)


@pytest.mark.parametrize("name", ["chronicle", "mission_launches", "mission_texts"])
def test_generated_file_is_current(files: dict[str, str], name: str) -> None:
    """`make chronicle` writes the files."""
    content = files[f"{name}.jsonl"]
    assert (DATASET_PATH / f"{name}.jsonl").read_text("utf-8") == content
    assert len(content.encode()) < MAX_FILE_BYTES


def test_generated_files_are_all_compared(files: dict[str, str]) -> None:
    assert set(files) == {
        "chronicle.jsonl",
        "mission_launches.jsonl",
        "mission_texts.jsonl",
    }


def test_missions_have_texts(dataset: Dataset) -> None:
    assert dataset.mission_texts.keys() == dataset.missions.keys()
