"""`tests_attack/README.md`: each attack names existing tests and a positive control."""

import re

import pytest

from tests.support.paths import ROOT

ROW = re.compile(r"^\| (\d+) \| (.+?) \| (.+?) \|(.*)\|$", re.MULTILINE)
TEST = re.compile(r"`([\w/]+\.py)::(\w+)`")
TEXT = (ROOT / "tests_attack/README.md").read_text()
UNTESTED = "none yet: "
UNTESTED_ROWS = ["4", "18"]
"""Attacks on what is documented for operators."""


def find_gaps(text: str) -> list[str]:
    """Rows without a test or without a control, and missing tests."""
    gaps = []
    for number, _, tests, controls in ROW.findall(text):
        if tests.startswith(UNTESTED):
            continue
        if not TEST.search(tests) or not controls.strip():
            gaps.append(number)
        for file, test in TEST.findall(tests + controls):
            path = ROOT / file
            if not path.is_file() or f"\ndef {test}(" not in path.read_text():
                gaps.append(f"{number}: {file}::{test}")
    return gaps


def test_attacks_have_existing_tests_and_controls() -> None:
    assert find_gaps(TEXT) == []
    rows = ROW.findall(TEXT)
    assert [row[0] for row in rows] == [str(number + 1) for number in range(len(rows))]
    assert len(rows) == len([line for line in TEXT.splitlines() if line.startswith("| ")]) - 1 > 18
    assert [row[0] for row in rows if row[2].startswith(UNTESTED)] == UNTESTED_ROWS


@pytest.mark.parametrize(
    "row",
    [
        "| 1 | a | none | |",
        "| 1 | a | `tests/test_docs_attacks.py::test_gaps_are_found` | |",
        "| 1 | a | `tests/test_docs_attacks.py::test_nothing_of_this_name` | b |",
        "| 1 | a | `tests/test_nothing.py::test_a` | b |",
        "| 1 | a | `tests/test_docs_attacks.py::test_gaps_are_found` | `tests/x.py::test_a` |",
    ],
)
def test_gaps_are_found(row: str) -> None:
    assert find_gaps(row)
