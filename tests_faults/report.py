"""Table of results in `docs/reliability.md`."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

BEGIN, END = "<!-- results: written by `make faults` -->", "<!-- end of results -->"


@dataclass
class Result:
    """Result of one fault: a row of the table."""

    test: str
    fault: str
    database: str
    load: str
    counts: str
    times: str


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
