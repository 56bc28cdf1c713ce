"""The results as tables: on the terminal, and between the markers in `docs/performance.md`."""

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
    """What was to be reached, and what was found."""
    head = "read", "against", "found (lowest–highest)", "goal", ""
    return [
        head,
        *(
            (line.read, line.against, line.found, line.goal, "" if line.reached else "missed")
            for line in results.lines
        ),
    ]


def figures(results: Results) -> Rows:
    """What each target came to: medians of the rounds."""
    head = "what", "requests/s", "CPU µs a request", "p50 ms", "p95 ms", "p99 ms", "other processes"
    rows: Rows = [head]
    for name in results.runs:
        rate, cpu, p50, p95, p99, others = (
            results.middle(name, figure)
            for figure in (
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
    """Print tables; numbers to the right."""
    console = Console(width=None if Console().is_terminal else 160)
    for head, *rows in tables:
        table = Table(*head)
        for row in rows:
            table.add_row(*row, style="" if row[-1] != "missed" else "bold")
        console.print(table)


def write(marker: str, lines: Iterable[str], document: Path = DOCUMENT) -> None:
    """Put `lines` between the two markers of that name in a document."""
    text = document.read_text()
    begin, end = f"<!-- {marker} -->\n", f"<!-- /{marker} -->"
    if begin not in text or end not in text:
        raise Failed(f"{document} has no place marked {marker}")
    before, rest = text.split(begin)
    document.write_text(before + begin + "\n".join(lines) + "\n" + end + rest.split(end)[1])


def markdown(rows: Rows) -> list[str]:
    """A table."""
    head, *body = rows
    return [_line(head), _line(["---"] * len(head)), *map(_line, body)]


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def heading(plan: Plan) -> list[str]:
    """When, on what, and how it was measured."""
    return [
        f"{datetime.now(UTC):%-d %B %Y}. Medians of {plan.rounds} rounds of {plan.seconds} s. "
        + " ".join(f"{line}." for line in machine.describe()),
        "",
    ]
