"""`docs/security.md`: each row names existing tests."""

import re

import pytest

from tests.support.paths import ROOT

ROW = re.compile(r"^\| (\d+\.\d+\.\d+) \| (.+) \| (.+) \| (.+) \|$", re.MULTILINE)
TEST = re.compile(r"`([\w/]+\.py)::(\w+)`")
TEXT = (ROOT / "docs/security.md").read_text()


def find_gaps(text: str) -> list[str]:
    """Rows without a test, missing tests, and rows out of order."""
    found = []
    last = (0, 0, 0)
    for number, *_, tests in ROW.findall(text):
        named = TEST.findall(tests)
        if not named or TEST.sub("", tests).strip(" ,"):
            found.append(number)
        for file, test in named:
            path = ROOT / file
            if not path.is_file() or f"\ndef {test}(" not in path.read_text():
                found.append(f"{number}: {file}::{test}")
        first, second, third = map(int, number.split("."))
        if (first, second, third) <= last:
            found.append(f"{number} is out of its place")
        last = first, second, third
    return found


def test_rows_have_existing_tests() -> None:
    assert find_gaps(TEXT) == []
    rows = [line for line in TEXT.splitlines() if line.startswith("| ")][1:]
    assert len(ROW.findall(TEXT)) == len(rows) > 60


@pytest.mark.parametrize(
    "row",
    [
        "| 1.1.1 | a | b | none |",
        "| 1.1.1 | a | b | `tests/test_cli.py::test_nothing_of_this_name` |",
        "| 1.1.1 | a | b | `tests/test_nothing.py::test_a` |",
        "| 0.0.0 | a | b | `tests/test_docs_security.py::test_gaps_are_found` |",
    ],
)
def test_gaps_are_found(row: str) -> None:
    assert find_gaps(row)
