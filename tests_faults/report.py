"""Table of results in a document such as `docs/reliability.md`: a fixture, and pytest's hooks.

A conftest makes them available by importing them.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests_faults.services import Note

BEGIN, END = "<!-- results -->", "<!-- end of results -->"


@dataclass
class Result:
    """Result of one fault: a row of the table."""

    test: str
    fault: str
    database: str
    load: str
    counts: str
    times: str


RESULTS = pytest.StashKey[list[Result]]()


@pytest.fixture
def note(request: pytest.FixtureRequest) -> Iterator[Note]:
    """Record the outcome of a fault, for the database of this test. Dropped if the test fails."""
    results: list[Result] = []
    failed_before = request.session.testsfailed

    def add(fault: str, load: str, counts: str, times: str = "") -> None:
        callspec = getattr(request.node, "callspec", None)
        database = callspec.params.get("create_database", "") if callspec else ""
        result = Result(request.node.name, fault, database, load, counts, times)
        results.append(result)
        print(f"\n{fault} ({load}): {counts}; {times}")

    yield add
    if request.session.testsfailed == failed_before:
        request.config.stash[RESULTS] += results


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--report", help="Markdown document whose table is rewritten")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[RESULTS] = []


def pytest_sessionfinish(session: pytest.Session) -> None:
    results = session.config.stash[RESULTS]
    if results and (option := session.config.getoption("--report")):
        document = Path(option)
        file = Path(f"var/{document.stem}_results.json")
        file.parent.mkdir(exist_ok=True)
        known = json.loads(file.read_text()) if file.exists() else []
        merged = merge_results([Result(**row) for row in known], results)
        file.write_text(json.dumps([vars(result) for result in merged], indent=1))
        rewrite_table(document, merged)


def merge_results(known: Sequence[Result], new: Sequence[Result]) -> list[Result]:
    """Return the results of this run, and the known ones of tests that did not run."""
    tests = {result.test for result in new}
    rest = [result for result in known if result.test not in tests]
    return sorted([*rest, *new], key=lambda result: (result.fault, result.database))


def rewrite_table(document: Path, results: Sequence[Result]) -> None:
    """Replace the table between the markers of `document`."""
    before, rest = document.read_text().split(BEGIN)
    _, after = rest.split(END)
    rows = ["| " + " | ".join(_cells(result)) + " |" for result in results]
    head = [
        "| fault | database | load | counts | times (not asserted) | test |",
        "|---|---|---|---|---|---|",
    ]
    table = "\n".join(head + rows)
    document.write_text(f"{before}{BEGIN}\n\n{table}\n\n{END}{after}")


def _cells(result: Result) -> list[str]:
    test = result.test.partition("[")[0]
    return [
        result.fault,
        result.database,
        result.load,
        result.counts,
        result.times,
        f"`{test}`",
    ]
