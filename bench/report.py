"""Tables of results: on the terminal, and between the markers in `docs/performance.md`."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench import machine
from bench.measure import Plan, Results
from contract.servers import ROOT, Failed

DOCUMENT = ROOT / "docs" / "performance.md"
Rows = list[Sequence[str]]


def goals(results: Results) -> Rows:
    """Return the table of goals and results."""
    head = "read", "compared with", "result (lowest–highest)", "goal", ""
    return [
        head,
        *(
            (goal.target, goal.reference, goal.result, goal.goal, "" if goal.reached else "missed")
            for goal in results.goals
        ),
    ]


def measurements(results: Results) -> Rows:
    """Return the table of measurements by target: medians of the rounds."""
    head = (
        "target",
        "requests/s",
        "CPU µs per request",
        "p50 ms",
        "p95 ms",
        "p99 ms",
        "other processes",
    )
    rows: Rows = [head]
    for name in results.runs:
        rate, cpu, p50, p95, p99, others = (
            results.median_of(name, metric)
            for metric in (
                lambda run: run.rate,
                lambda run: run.cpu,
                lambda run: run.p50,
                lambda run: run.p95,
                lambda run: run.p99,
                lambda run: run.others,
            )
        )
        times = (f"{time:,.1f}" for time in (p50, p95, p99))
        rows.append((name, f"{rate:,.0f}", f"{cpu:,.0f}", *times, f"{others:.0%}"))
    return rows


def show(*tables: Rows) -> None:
    """Print tables."""
    console = Console(width=None if Console().is_terminal else 160)
    for head, *rows in tables:
        table = Table(*head)
        for row in rows:
            table.add_row(*row, style="" if row[-1] != "missed" else "bold")
        console.print(table)


def write(marker: str, lines: Iterable[str], document: Path = DOCUMENT) -> None:
    """Replace the text between the two markers of that name in a document.

    Raises Failed if the document lacks them.
    """
    text = document.read_text()
    begin, end = f"<!-- {marker} -->\n", f"<!-- /{marker} -->"
    if begin not in text or end not in text:
        raise Failed(f"{document} has no markers for {marker}")
    before, rest = text.split(begin)
    document.write_text(before + begin + "\n".join(lines) + "\n" + end + rest.split(end)[1])


def markdown(rows: Rows) -> list[str]:
    """Format a table in Markdown."""
    head, *body = rows
    return [_line(head), _line(["---"] * len(head)), *map(_line, body)]


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def heading(plan: Plan) -> list[str]:
    """Return the heading of a report: date, method, machine."""
    return [
        f"{datetime.now(UTC):%-d %B %Y}. Medians of {plan.rounds} rounds of {plan.seconds} s. "
        + " ".join(f"{line}." for line in machine.describe()),
        "",
    ]
