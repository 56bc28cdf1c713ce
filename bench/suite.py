"""What is measured against what. Each part starts its servers, and ends them."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from bench import archives, reads, servers
from bench.archives import Postgres
from bench.measure import CPU, Plan, Results
from bench.reads import ARCHIVE, LIST, PAGE
from bench.servers import COLD
from bench.wrk import Server, Target

REF = "/ref?limit=20&language=en&sort=-published_at"
SQLITE, POSTGRESQL = "SQLite", "PostgreSQL"


@dataclass(frozen=True)
class Bench:
    """What the parts of the suite share."""

    plan: Plan
    postgres: Postgres
    results: Results

    def address(self, kind: str, number: int) -> str:
        """The address of an archive."""
        return archives.sqlite(number) if kind == SQLITE else self.postgres.archive(number)

    @contextmanager
    def cold(self, kind: str, number: int, workers: int = 1) -> Iterator[Server]:
        """The service without its cache."""
        pid = None if kind == SQLITE else self.postgres.pid
        with servers.zarya(self.address(kind, number), workers, COLD, pid) as server:
            yield server


def hot(bench: Bench) -> None:
    """Reads out of the cache, against the same bytes from a raw ASGI application."""
    results = bench.results
    with ExitStack() as stack:
        ours = stack.enter_context(servers.zarya(archives.sqlite(bench.plan.main)))
        tag = {"If-None-Match": reads.etag(ours, LIST)}
        targets = [
            Target("hot list", ours, [LIST]),
            Target("hot page", ours, [PAGE]),
            Target("hot archive", ours, [ARCHIVE]),
            Target("hot 304", ours, [LIST], tag, status=304),
        ]
        recorded = {f"/{target.name.replace(' ', '-')}": target for target in targets}
        bare = stack.enter_context(servers.raw(recorded))
        ref = stack.enter_context(servers.constant(targets[0].get(LIST)[2]))
        django = stack.enter_context(servers.django(archives.for_peers(bench.plan.main)))
        pairs = [
            pair
            for path, target in recorded.items()
            for pair in (
                Target(f"raw {target.name[4:]}", bare, [path], status=target.status),
                target,
            )
        ]
        cached = Target("DRF list, page cache warm", django, ["/articles/cached"])
        results.measure(bench.plan, [*pairs, Target("REF, hot", ref, [REF]), cached])
    for target in targets:
        results.at_least(target.name, f"raw {target.name[4:]}", 0.85)
        results.at_least(target.name, "REF, hot", 4)
    results.at_least("hot list", cached.name, 10)


def cold(bench: Bench) -> None:
    """Reads from the database each time, against what a user might take instead."""
    plan, results = bench.plan, bench.results
    with ExitStack() as stack:
        ours = {
            kind: stack.enter_context(bench.cold(kind, plan.main)) for kind in (SQLITE, POSTGRESQL)
        }
        rows = archives.for_peers(plan.main)
        django = stack.enter_context(servers.django(rows))
        datasette, path = stack.enter_context(servers.datasette(rows))
        content = Target("content", ours[SQLITE], [LIST]).get(LIST)[2]
        ref = stack.enter_context(servers.constant(content))
        idiomatic = stack.enter_context(servers.idiomatic(rows))
        targets = [
            Target("REF", ref, [REF]),
            *(Target(f"cold list, {kind}", server, [LIST]) for kind, server in ours.items()),
            Target("idiomatic FastAPI list", idiomatic, ["/articles?limit=20"]),
            Target("DRF list", django, ["/articles?limit=20"]),
            Target("DRF list by cursor", django, ["/articles/by-cursor?limit=20"]),
            Target("datasette list", datasette, [path]),
            *(Target(f"cold page, {kind}", server, [PAGE]) for kind, server in ours.items()),
        ]
        results.measure(plan, targets)
    results.at_least("cold list, SQLite", "REF", 0.6)
    results.at_least("cold list, PostgreSQL", "REF", 0.4)
    results.at_least("cold list, SQLite", "idiomatic FastAPI list", 4)
    results.at_least("cold list, SQLite", "DRF list", 10, CPU)
    results.at_least("cold list, SQLite", "DRF list by cursor", 10, CPU)
    results.at_least("cold list, SQLite", "datasette list", 2)


def growth(bench: Bench) -> None:
    """The same reads over a small archive and a large one."""
    plan, results = bench.plan, bench.results
    for kind in (SQLITE, POSTGRESQL) if plan.everywhere else (SQLITE,):
        with ExitStack() as stack:
            sizes = {number: bench.address(kind, number) for number in (plan.small, plan.large)}
            ours = {n: stack.enter_context(bench.cold(kind, n)) for n in sizes}
            month = reads.full_month(*ours.values())
            targets = {
                (read, number): Target(f"cold {read}, {kind}, {number:,}", server, paths)
                for number, server in ours.items()
                for read, paths in {
                    "detail": reads.details(sizes[number]),
                    "first page": [LIST],
                    "any page": reads.pages(sizes[number], server),
                    "last page": [reads.last_page(sizes[number], server)],
                    "archive month": [month],
                }.items()
            }
            names = list(dict.fromkeys(read for read, _ in targets))
            order = [targets[read, number] for read in names for number in sizes]
            results.measure(plan, order)
        goals = {"detail": 1.15, "archive month": 1.3}
        for read in names:
            large, small = targets[read, plan.large].name, targets[read, plan.small].name
            results.within(large, small, goals.get(read, 1.6))


def workers(bench: Bench) -> None:
    """Two workers against one."""
    for kind in (SQLITE, POSTGRESQL):
        with (
            bench.cold(kind, bench.plan.main) as one,
            bench.cold(kind, bench.plan.main, workers=2) as two,
        ):
            targets = [
                Target(f"cold list, {kind}, {number} worker{'s' * (number > 1)}", server, [LIST])
                for number, server in ((1, one), (2, two))
            ]
            bench.results.measure(bench.plan, targets)
        bench.results.at_least(targets[1].name, targets[0].name, 1.5)
