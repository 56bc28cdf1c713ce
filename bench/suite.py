"""Parts of the benchmark: servers, targets and goals of each comparison."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import archives, reads, servers
from bench.archives import Postgres
from bench.measure import CPU, CPU_MS, Plan, Results
from bench.nginx import run_nginx
from bench.reads import ARCHIVE, FILTERED_LIST, LIST, PAGE, TIMELINE
from bench.servers import CACHE_OFF
from bench.wrk import Server, Target

REF = "/ref?limit=20&language=en&sort=-published_at"
SQLITE, POSTGRESQL = "SQLite", "PostgreSQL"
ARTICLES_BESIDE_EVENTS = 10_000


@dataclass(frozen=True)
class Bench:
    """Plan, PostgreSQL server and results, shared by all parts."""

    plan: Plan
    postgres: Postgres
    results: Results

    def address(self, kind: str, number: int, event_count: int = 0) -> str:
        """Return the URL of an archive with `number` articles and `event_count` more events."""
        url = archives.sqlite if kind == SQLITE else self.postgres.archive_url
        return url(number, event_count)

    @contextmanager
    def copy(self, kind: str, number: int) -> Iterator[str]:
        """Copy an archive for writes, and yield its URL; the copy is removed at the end."""
        copied = archives.copied_sqlite if kind == SQLITE else archives.copied_postgresql
        with copied(self.address(kind, number)) as address:
            yield address

    @contextmanager
    def cold(
        self, kind: str, number: int, workers: int = 1, event_count: int = 0
    ) -> Iterator[Server]:
        """Run the service without its cache."""
        pid = None if kind == SQLITE else self.postgres.pid
        address = self.address(kind, number, event_count)
        with servers.zarya(address, workers, CACHE_OFF, pid) as server:
            yield server


def hot(bench: Bench) -> None:
    """Compare cache hits with the same bytes from a raw ASGI application."""
    results = bench.results
    with ExitStack() as stack:
        service = stack.enter_context(servers.zarya(archives.sqlite(bench.plan.main)))
        tag = {"If-None-Match": reads.etag(service, LIST)}
        targets = [
            Target("hot list", service, [LIST]),
            Target("hot page", service, [PAGE]),
            Target("hot archive", service, [ARCHIVE]),
            Target("hot 304", service, [LIST], tag, status=304),
        ]
        target_by_path = {f"/{target.name.replace(' ', '-')}": target for target in targets}
        raw_server = stack.enter_context(servers.raw(target_by_path))
        ref = stack.enter_context(servers.constant(targets[0].get(LIST)[2]))
        django = stack.enter_context(servers.django(archives.sqlite_for_peers(bench.plan.main)))
        pairs = [
            pair
            for path, target in target_by_path.items()
            for pair in (
                Target(f"raw {target.name[4:]}", raw_server, [path], status=target.status),
                target,
            )
        ]
        cached = Target("DRF list, page cache warm", django, ["/articles/cached"])
        file = Target("file of nginx", stack.enter_context(_list_file(targets[0])), ["/list.json"])
        results.measure(bench.plan, [*pairs, Target("REF, hot", ref, [REF]), cached, file])
    for target in targets:
        results.ratio_at_least(target.name, f"raw {target.name[4:]}", 1.1)
        results.ratio_at_least(target.name, "REF, hot", 4)
    results.ratio_at_least("hot list", cached.name, 10)
    results.ratio_at_least("hot list", file.name, 0.5)


@contextmanager
def _list_file(target: Target) -> Iterator[Server]:
    """Run nginx with the response of `target` as the file `/list.json`."""
    with TemporaryDirectory(prefix="zarya-bench-") as temporary:
        folder = Path(temporary)
        (folder / "list.json").write_bytes(target.get(LIST)[2])
        with run_nginx(folder, f"        root {folder};", "/list.json") as server:
            yield server


def cold(bench: Bench) -> None:
    """Compare uncached reads with alternative frameworks."""
    plan, results = bench.plan, bench.results
    with ExitStack() as stack:
        service = {
            kind: stack.enter_context(bench.cold(kind, plan.main)) for kind in (SQLITE, POSTGRESQL)
        }
        rows = archives.sqlite_for_peers(plan.main)
        django = stack.enter_context(servers.django(rows))
        datasette, path = stack.enter_context(servers.datasette(rows))
        content = Target("content", service[SQLITE], [LIST]).get(LIST)[2]
        ref = stack.enter_context(servers.constant(content))
        idiomatic = stack.enter_context(servers.idiomatic(rows))
        targets = [
            Target("REF", ref, [REF]),
            *(Target(f"cold list, {kind}", server, [LIST]) for kind, server in service.items()),
            Target("idiomatic FastAPI list", idiomatic, ["/articles?limit=20"]),
            Target("DRF list", django, ["/articles?limit=20"]),
            Target("DRF list by cursor", django, ["/articles/by-cursor?limit=20"]),
            Target("datasette list", datasette, [path]),
            *(
                Target(f"cold {read}, {kind}", server, [path])
                for read, path in (("list of a tag in English", FILTERED_LIST), ("page", PAGE))
                for kind, server in service.items()
            ),
        ]
        results.measure(plan, targets)
    results.ratio_at_least("cold list, SQLite", "REF", 0.25)
    results.ratio_at_least("cold list, PostgreSQL", "REF", 0.25)
    results.ratio_at_least("cold list of a tag in English, SQLite", "REF", 0.15)
    results.ratio_at_least("cold list of a tag in English, PostgreSQL", "REF", 0.12)
    results.ratio_at_least("cold list, SQLite", "idiomatic FastAPI list", 7)
    results.ratio_at_least("cold list, SQLite", "DRF list", 15, CPU)
    results.ratio_at_least("cold list, SQLite", "DRF list by cursor", 15, CPU)
    results.ratio_at_least("cold list, SQLite", "datasette list", 2.5)
    for kind, milliseconds in ((SQLITE, 3), (POSTGRESQL, 6)):
        results.median_at_most(f"cold page, {kind}", CPU_MS, milliseconds)


def growth(bench: Bench) -> None:
    """Compare reads of a large archive with the same reads of a small one."""
    plan, results = bench.plan, bench.results
    for kind in (SQLITE, POSTGRESQL) if plan.growth_on_postgresql else (SQLITE,):
        with ExitStack() as stack:
            sizes = {number: bench.address(kind, number) for number in (plan.small, plan.large)}
            service = {n: stack.enter_context(bench.cold(kind, n)) for n in sizes}
            month = reads.full_month(*service.values())
            targets = {
                (read, number): Target(f"cold {read}, {kind}, {number:,}", server, paths)
                for number, server in service.items()
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
            results.ratio_at_most(large, small, goals.get(read, 1.5))


def timeline_growth(bench: Bench) -> None:
    """Compare pages of a timeline of many events with those of few."""
    plan, results = bench.plan, bench.results
    for kind in (SQLITE, POSTGRESQL) if plan.growth_on_postgresql else (SQLITE,):
        with ExitStack() as stack:
            service = {
                n: stack.enter_context(bench.cold(kind, ARTICLES_BESIDE_EVENTS, event_count=n))
                for n in (plan.small, plan.large)
            }
            targets = {
                (read, number): Target(f"cold {read}, {kind}, {number:,} events", server, paths)
                for number, server in service.items()
                for read, paths in {
                    "timeline": [TIMELINE],
                    "any page of the timeline": reads.timeline_pages(server),
                }.items()
            }
            names = list(dict.fromkeys(read for read, _ in targets))
            results.measure(plan, [targets[read, n] for read in names for n in service])
        for read in names:
            results.ratio_at_most(
                targets[read, plan.large].name, targets[read, plan.small].name, 1.5
            )


def workers(bench: Bench) -> None:
    """Compare two workers with one."""
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
        bench.results.ratio_at_least(targets[1].name, targets[0].name, 1.5)
