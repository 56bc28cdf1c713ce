"""`make bench-workers`: which server, and how many workers and threads, serve cold reads best.

What is measured is the list of 20 without the cache: it needs a thread, a connection and most of a
request's work. All servers of one database and number of workers run at once and take turns.
"""

import argparse
import sys
from contextlib import ExitStack
from itertools import product

from bench import archives, report, servers
from bench.measure import Plan, Results
from bench.reads import LIST
from bench.servers import COLD
from bench.suite import POSTGRESQL, SQLITE, Bench
from bench.wrk import Target
from contract.servers import Failed

UVICORN, GRANIAN = "uvicorn", "granian"
WORKERS, THREADS = (1, 2, 4), (4, 8, 16, 40)
CONNECTIONS = 64
FULL = Plan(5, 3, small=0, main=100_000, large=0, everywhere=True)
QUICK = Plan(3, 1, small=0, main=10_000, large=0, everywhere=True)


def _name(kind: str, workers: int, server: str, threads: int) -> str:
    return f"{kind}, {server}, {workers} workers, {threads} threads"


def measure(bench: Bench, kind: str, workers: int) -> None:
    """Every server and number of threads for one database and number of workers."""
    address = bench.address(kind, bench.plan.main)
    pid = None if kind == SQLITE else bench.postgres.pid
    with ExitStack() as stack:
        targets = []
        for server, threads in product((UVICORN, GRANIAN), THREADS):
            env = COLD | {"ZARYA_READ_THREADS": str(threads)}
            ours = servers.zarya(address, workers, env, pid, granian=server == GRANIAN)
            name = _name(kind, workers, server, threads)
            entered = stack.enter_context(ours)
            targets.append(Target(name, entered, [LIST], connections=CONNECTIONS))
        bench.results.measure(bench.plan, targets)


def table(results: Results) -> report.Rows:
    """Requests a second and the 99th percentile, a row a server, a column a number of threads."""
    rows: report.Rows = [
        ("database", "server", "workers", *(f"{threads} threads" for threads in THREADS))
    ]
    for kind, server, workers in product((SQLITE, POSTGRESQL), (UVICORN, GRANIAN), WORKERS):
        names = [_name(kind, workers, server, threads) for threads in THREADS]
        cells = (
            f"{results.middle(name, lambda run: run.rate):,.0f}/s, "
            f"{results.middle(name, lambda run: run.cpu):,.0f} µs, "
            f"p99 {results.middle(name, lambda run: run.p99):,.0f} ms"
            for name in names
        )
        rows.append((kind, server, str(workers), *cells))
    return rows


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    plan = QUICK if parser.parse_args().quick else FULL
    results = Results()
    with archives.postgresql() as postgres:
        for kind, workers in product((SQLITE, POSTGRESQL), WORKERS):
            measure(Bench(plan, postgres, results), kind, workers)
    found = table(results)
    report.show(found)
    if plan is FULL:
        report.write("workers", [*report.heading(plan), *report.markdown(found)])


if __name__ == "__main__":
    try:
        main()
    except Failed as failure:
        sys.exit(str(failure))
