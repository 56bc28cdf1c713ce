"""Size of the clients in `clients/`: a thin layer on types that are generated."""

from pathlib import Path

import pytest

from tests.support.paths import ROOT

LAYERS = [
    ("clients/python/src/zarya_client", "*.py", "models.py"),
    ("clients/typescript/src", "*.ts", "api.ts"),
]
MAX_LINES = 399


def count_lines(files: list[Path]) -> int:
    return sum(len(file.read_text().splitlines()) for file in files)


@pytest.mark.parametrize(("folder", "pattern", "generated"), LAYERS)
def test_handwritten_layer_is_thin(folder: str, pattern: str, generated: str) -> None:
    files = list((ROOT / folder).rglob(pattern))
    handwritten = [file for file in files if file.name != generated]
    assert len(handwritten) == len(files) - 1
    assert 0 < count_lines(handwritten) <= MAX_LINES
    assert count_lines(files) > MAX_LINES
