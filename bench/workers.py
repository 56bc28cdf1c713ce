"""`make bench-workers`: throughput of cold reads by server, number of workers and of threads.

It measures the list of 20 articles without the cache, which needs a thread, a database connection
and most of a request's work. All servers of one database and number of workers run at the same time
and are measured in turn.
"""

import argparse
import sys
from contextlib import ExitStack
from itertools import product

from bench import archives, report, servers
from bench.measure import Plan, Results
from bench.reads import LIST
from bench.servers import CACHE_OFF
from bench.suite import POSTGRESQL, SQLITE, Bench
from bench.wrk import Target
from contract.servers import Failed

UVICORN, GRANIAN = "uvicorn", "granian"
WORKER_COUNTS, THREAD_COUNTS = (1, 2, 4), (4, 8, 16, 40)
CONNECTION_COUNT = 64
FULL = Plan(5, 3, small=0, main=100_000, large=0, growth_on_postgresql=True)
QUICK = Plan(3, 1, small=0, main=10_000, large=0, growth_on_postgresql=True)


def _name(kind: str, workers: int, server: str, threads: int) -> str:
    return f"{kind}, {server}, {workers} workers, {threads} threads"


def measure(bench: Bench, kind: str, workers: int) -> None:
    """Measure every server and number of threads for one database and number of workers."""
    address = bench.address(kind, bench.plan.main)
    pid = None if kind == SQLITE else bench.postgres.pid
    with ExitStack() as stack:
        targets = []
        for server, threads in product((UVICORN, GRANIAN), THREAD_COUNTS):
            env = CACHE_OFF | {"ZARYA_READ_THREADS": str(threads)}
            service = stack.enter_context(
                servers.zarya(address, workers, env, pid, granian=server == GRANIAN)
            )
            name = _name(kind, workers, server, threads)
            targets.append(Target(name, service, [LIST], connections=CONNECTION_COUNT))
        bench.results.measure(bench.plan, targets)


def table(results: Results) -> report.Rows:
    """Return rates, CPU times and 99th percentiles: a row per server, a column per thread count."""
    rows: report.Rows = [
        ("database", "server", "workers", *(f"{threads} threads" for threads in THREAD_COUNTS))
    ]
    for kind, server, workers in product((SQLITE, POSTGRESQL), (UVICORN, GRANIAN), WORKER_COUNTS):
        names = [_name(kind, workers, server, threads) for threads in THREAD_COUNTS]
        cells = (
            f"{results.median_of(name, lambda run: run.rate):,.0f}/s, "
            f"{results.median_of(name, lambda run: run.cpu):,.0f} µs, "
            f"p99 {results.median_of(name, lambda run: run.p99):,.0f} ms"
            for name in names
        )
        rows.append((kind, server, str(workers), *cells))
    return rows


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    plan = QUICK if parser.parse_args().quick else FULL
    results = Results()
    with archives.postgresql() as postgres:
        for kind, workers in product((SQLITE, POSTGRESQL), WORKER_COUNTS):
            measure(Bench(plan, postgres, results), kind, workers)
    rows = table(results)
    report.show(rows)
    if plan is FULL:
        report.write("workers", [*report.heading(plan), *report.markdown(rows)])


if __name__ == "__main__":
    try:
        main()
    except Failed as failure:
        sys.exit(str(failure))
