"""`python -m bench.facets`: CPU time of each list with one facet, relative to the list without it.

Lists have `ROWS` records each, copies of the archive's. Reads run in this process, on both
databases, without cached responses; on PostgreSQL the CPU time of the server counts too. Prints a
row for each list.
"""

import asyncio
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from shutil import copyfile
from tempfile import TemporaryDirectory
from time import process_time

import psycopg
from sqlalchemy import make_url

from app.domain.enums import RecordType
from app.resources.registry import RECORD_RESOURCES
from app.resources.write_steps import build_database
from bench import archives, inprocess, machine
from bench.copies import fill_copies
from bench.prices import Meter, measure_cost
from bench.suite import POSTGRESQL, SQLITE

ROWS = 9_900
MAX_RATIO = 1.5
_REQUESTS = 8
"""Requests of a measurement: the CPU time of a server is counted in hundredths of a second."""
_ATTEMPTS = 5
_DATABASE = "facets"

Ratios = dict[tuple[str, str], float]
"""Ratio of each facet, by the path of the list and the name of the facet."""


async def measure_ratios(url: str, meter: Meter, paths: Sequence[str] | None = None) -> Ratios:
    """Ratios of the facets of all lists, or of the lists at `paths`.

    A list and its facet are measured in turn: other work on the machine costs both.
    """

    async def measure(address: str) -> float:
        start = meter()
        for _ in range(_REQUESTS):
            await measure_cost(app, address, meter)
        return meter() - start

    async def measure_ratio(path: str, name: str) -> float:
        costs = [
            (await measure(path), await measure(f"{path}?facet={name}")) for _ in range(_ATTEMPTS)
        ]
        return min(cost for _, cost in costs) / min(cost for cost, _ in costs)

    ratios = {}
    async with inprocess.service(url, 0) as app:
        schemas = app.openapi()["components"]["schemas"]
        for path, methods in app.openapi()["paths"].items():
            parameters = {p["name"]: p for p in methods.get("get", {}).get("parameters", ())}
            if "facet" in parameters and (paths is None or path in paths):
                reference = parameters["facet"]["schema"]["items"]["$ref"].rpartition("/")[2]
                for name in schemas[reference]["enum"]:
                    ratios[path, name] = await measure_ratio(path, name)
    return ratios


def fill(url: str) -> None:
    """Fill the lists of all records except missions and pictures.

    With thousands of missions at a time, to count stays by mission takes seconds.
    """
    others = set(RECORD_RESOURCES) - {RecordType.MEDIA, RecordType.MISSION}
    with closing(build_database(url)) as database:
        fill_copies(database, ROWS, sorted(others))


def fill_missions(url: str) -> None:
    """Fill the lists of missions and of crew assignments."""
    with closing(build_database(url)) as database:
        fill_copies(database, ROWS, [RecordType.MISSION])


def _measure_database(url: str, meter: Meter) -> Ratios:
    fill(url)
    ratios = asyncio.run(measure_ratios(url, meter))
    fill_missions(url)
    return ratios | asyncio.run(
        measure_ratios(url, meter, ["/v1/missions", "/v1/crew-assignments"])
    )


@contextmanager
def _copy_sqlite() -> Iterator[str]:
    source = make_url(archives.sqlite(0)).database or ""
    with TemporaryDirectory() as folder:
        copyfile(source, Path(folder) / "facets.db")
        yield f"sqlite:///{folder}/facets.db"


@contextmanager
def _copy_postgresql(source: str) -> Iterator[str]:
    url = make_url(source)
    with psycopg.connect(
        url.set(database="postgres").render_as_string(hide_password=False), autocommit=True
    ) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {_DATABASE} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {_DATABASE} TEMPLATE {url.database}".encode())
        yield url.set(database=_DATABASE).render_as_string(hide_password=False)
        connection.execute(f"DROP DATABASE {_DATABASE} WITH (FORCE)")


def format_table(results: Mapping[str, Ratios]) -> Iterator[str]:
    """Lines of a table in Markdown: a row for each list, with its facets."""
    yield f"| list | {' | '.join(results)} |"
    yield f"|---{'|---' * len(results)}|"
    paths = dict.fromkeys(path for ratios in results.values() for path, _ in ratios)
    for path in paths:
        cells = (
            ", ".join(f"{name} {ratio:.1f}" for (at, name), ratio in ratios.items() if at == path)
            for ratios in results.values()
        )
        yield f"| `{path}` | {' | '.join(cells)} |"


def main() -> int:
    """Run the command and return its exit status: 1 if a ratio is above the limit."""
    results = {}
    with _copy_sqlite() as url:
        results[SQLITE] = _measure_database(url, process_time)
    with archives.postgresql() as server, _copy_postgresql(server.archive_url(0)) as url:

        def meter() -> float:
            return process_time() + machine.cpu_seconds(server.pid)

        results[POSTGRESQL] = _measure_database(url, meter)
    print("\n".join(format_table(results)))
    above = [ratio for each in results.values() for ratio in each.values() if ratio > MAX_RATIO]
    print(f"{len(above)} ratios are above {MAX_RATIO}")
    return 1 if above else 0


if __name__ == "__main__":
    sys.exit(main())
