"""`make bench`: performance of the service, compared with a theoretical maximum and alternatives.

`--quick` uses smaller archives and fewer rounds; its figures are rough and are not stored.
`--only hot cold` runs some of the parts.
"""

import argparse
import asyncio
import sys
from collections.abc import Callable

from app.main import create_app
from bench import archives, inprocess, media, report, search, start, suite, writes
from bench.check import routes
from bench.measure import FULL, QUICK, Results
from bench.suite import Bench
from contract.servers import Failed

IN_PROCESS_ROUNDS = 12


def in_process(bench: Bench) -> None:
    """Measure the slowest hot route in process, with all routes of the service mounted."""

    async def measure() -> dict[str, float]:
        async with inprocess.service(archives.sqlite(bench.plan.small), None) as app:
            hot = await routes(app, "hot")
            ref = await inprocess.reference(app)
            return await inprocess.ratios(hot, ref, IN_PROCESS_ROUNDS)

    ratios = asyncio.run(measure())
    slowest = max(ratios, key=ratios.__getitem__)
    bench.results.add_in_process(f"slowest hot route ({slowest})", "REF", ratios[slowest], 1.5)


PARTS: dict[str, Callable[[Bench], None]] = {
    "hot": suite.hot,
    "cold": suite.cold,
    "growth": suite.growth,
    "timeline": suite.timeline_growth,
    "workers": suite.workers,
    "in-process": in_process,
    "search": search.measure_search,
    "media": media.measure_renditions,
    "writes": writes.measure_writes,
    "start": start.measure_start,
}


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    options = parser.parse_args()
    plan = QUICK if options.quick else FULL
    results = Results()
    with archives.postgresql() as postgres:
        for name in options.only:
            if name != "search" or "/v1/search" in create_app().openapi()["paths"]:
                PARTS[name](Bench(plan, postgres, results))
    tables = report.goals(results), report.measurements(results)
    report.show(*tables)
    print("\n".join(report.heading(plan)))
    if plan is FULL and set(options.only) == set(PARTS):
        goals, measurements = map(report.markdown, tables)
        report.write("bench", [*report.heading(plan), *goals, "", *measurements])
        print(f"Stored in {report.DOCUMENT}")


if __name__ == "__main__":
    try:
        main()
    except Failed as failure:
        sys.exit(str(failure))
