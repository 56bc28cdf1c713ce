"""`make bench`: how fast the service is, beside what it could be and what else there is.

`--quick` takes smaller archives and fewer rounds; its figures are rough and are not kept.
`--only hot cold` measures some of the parts.
"""

import argparse
import asyncio
import sys
from collections.abc import Callable

from app.main import create_app
from bench import archives, inprocess, report, searching, suite
from bench.check import routes
from bench.measure import FULL, QUICK, Results
from bench.suite import Bench
from contract.servers import Failed

IN_PROCESS_ROUNDS = 12


def in_process(bench: Bench) -> None:
    """The slowest of the hot routes, every route of the service mounted."""

    async def measure() -> dict[str, float]:
        async with inprocess.service(archives.sqlite(bench.plan.small), None) as app:
            hot = await routes(app, "hot")
            ref = await inprocess.reference(app)
            return await inprocess.ratios(hot, ref, IN_PROCESS_ROUNDS)

    found = asyncio.run(measure())
    slowest = max(found, key=found.__getitem__)
    bench.results.stated(f"slowest hot route ({slowest})", "REF", found[slowest], 1.5)


PARTS: dict[str, Callable[[Bench], None]] = {
    "hot": suite.hot,
    "cold": suite.cold,
    "growth": suite.growth,
    "workers": suite.workers,
    "in-process": in_process,
    "search": searching.search,
}


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    chosen = parser.parse_args()
    plan = QUICK if chosen.quick else FULL
    results = Results()
    with archives.postgresql() as postgres:
        for name in chosen.only:
            if name != "search" or "/v1/search" in create_app().openapi()["paths"]:
                PARTS[name](Bench(plan, postgres, results))
    tables = report.goals(results), report.figures(results)
    report.show(*tables)
    print("\n".join(report.heading(plan)))
    if plan is FULL and set(chosen.only) == set(PARTS):
        goals, figures = map(report.markdown, tables)
        report.write("bench", [*report.heading(plan), *goals, "", *figures])
        print(f"Kept in {report.DOCUMENT}")


if __name__ == "__main__":
    try:
        main()
    except Failed as failure:
        sys.exit(str(failure))
