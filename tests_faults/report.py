"""The table of `docs/reliability.md`, made from what the suite found."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

BEGIN, END = "<!-- figures: made by `make faults` -->", "<!-- end of the figures -->"


@dataclass
class Figure:
    """What came of one fault."""

    test: str
    fault: str
    database: str
    done: str
    counts: str
    times: str


def merged(known: Sequence[Figure], found: Sequence[Figure]) -> list[Figure]:
    """The figures of this run, and those of tests that it did not run."""
    fresh = {figure.test for figure in found}
    rest = [figure for figure in known if figure.test not in fresh]
    return sorted([*rest, *found], key=lambda figure: (figure.fault, figure.database))


def rewrite(document: Path, figures: Sequence[Figure]) -> None:
    """Put `figures` between the marks of `document`."""
    before, rest = document.read_text().split(BEGIN)
    _, after = rest.split(END)
    rows = ["| " + " | ".join(_cells(figure)) + " |" for figure in figures]
    head = [
        "| fault | database | what is done | counts | times (not judged) | test |",
        "|---|---|---|---|---|---|",
    ]
    table = "\n".join(head + rows)
    document.write_text(f"{before}{BEGIN}\n\n{table}\n\n{END}{after}")


def _cells(figure: Figure) -> list[str]:
    test = figure.test.partition("[")[0]
    return [
        figure.fault,
        figure.database,
        figure.done,
        figure.counts,
        figure.times,
        f"`{test}`",
    ]
