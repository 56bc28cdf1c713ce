"""Latency of search and suggestions, and size and build time of the search index."""

import os
import subprocess
from contextlib import closing
from time import perf_counter
from urllib.parse import quote_plus

from sqlalchemy import Connection, text

from app.resources.write_steps import build_database
from bench import reads
from bench.measure import P95
from bench.suite import POSTGRESQL, SQLITE, Bench
from bench.wrk import Target
from contract.servers import SCRIPTS

SEARCH_LIMIT_MS, SUGGEST_LIMIT_MS = 8, 4


def measure_search(bench: Bench) -> None:
    """Measure typical queries, and for suggestions their beginnings, one after the other."""
    plan, results = bench.plan, bench.results
    for kind in (SQLITE, POSTGRESQL):
        address = bench.address(kind, plan.main)
        results.add_result(f"search index of {plan.main:,} articles, {kind}", _index(address))
        queries = reads.searches(address)
        queries_by_route = {
            "search": queries,
            "suggest": [query[: 2 + len(query) // 2] for query in queries],
        }
        with bench.cold(kind, plan.main) as server:
            targets = [
                Target(
                    f"{name}, {kind}",
                    server,
                    [f"/v1/{name}?q={quote_plus(query)}" for query in texts],
                    connections=1,
                )
                for name, texts in queries_by_route.items()
            ]
            results.measure(plan, targets)
        for target, limit in zip(targets, (SEARCH_LIMIT_MS, SUGGEST_LIMIT_MS), strict=True):
            results.median_at_most(target.name, P95, limit)


def _index(address: str) -> str:
    """Rebuild the search index; return its size and the time taken."""
    start = perf_counter()
    command = [str(SCRIPTS / "zarya"), "reindex"]
    subprocess.run(command, env=os.environ | {"ZARYA_DATABASE_URL": address}, check=True)
    seconds = perf_counter() - start
    with (
        closing(build_database(address)) as database,
        database.engine.connect() as connection,
    ):
        sqlite = connection.dialect.name == "sqlite"
        size = _sqlite_bytes(connection) if sqlite else connection.scalar(_POSTGRESQL_BYTES)
        connection.rollback()
    return f"{int(size or 0) / 1e6:,.0f} MB, built in {seconds:.0f} s"


_POSTGRESQL_BYTES = text(
    "SELECT sum(pg_total_relation_size(oid)) FROM pg_class "
    "WHERE relkind = 'r' AND relname LIKE 'search_%'"
)


def _sqlite_bytes(connection: Connection) -> int:
    """Return the bytes freed by dropping the index tables; the caller rolls back."""

    def free() -> int:
        return int(connection.scalar(text("PRAGMA freelist_count")) or 0)

    tables = text(
        "SELECT name FROM pragma_table_list "
        "WHERE name LIKE 'search_%' AND type IN ('table', 'virtual')"
    )
    before = free()
    for name in connection.scalars(tables).all():
        connection.execute(text(f"DROP TABLE {name}"))
    return (free() - before) * int(connection.scalar(text("PRAGMA page_size")) or 0)
