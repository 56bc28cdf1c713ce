"""CPU time of writes: drafts by POST from one client, and imports of an NDJSON export."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import httpx2 as httpx

from bench import servers
from bench.machine import cpu_seconds
from bench.suite import POSTGRESQL, SQLITE, Bench
from contract.servers import SCRIPTS

POST_LIMIT_MS = {SQLITE: 8, POSTGRESQL: 14}
MIN_IMPORTED_PER_SECOND = 600
DRAFT_COUNT = 200
IMPORT_COUNT = 1_500
SENT_FIELDS = (
    "title",
    "lead",
    "body",
    "language",
    "source",
    "tags",
    "missions",
    "people",
    "launches",
)


def measure_writes(bench: Bench) -> None:
    """Measure drafts and imports in a copy of the small archive, on both databases."""
    with TemporaryDirectory(prefix="zarya-bench-writes-") as folder:
        articles = _export_articles(bench.address(SQLITE, bench.plan.small), Path(folder))
        for kind in (SQLITE, POSTGRESQL):
            with bench.copy(kind, bench.plan.small) as address:
                pids = () if kind == SQLITE else (bench.postgres.pid,)
                milliseconds = _time_drafts(address, pids, articles[:DRAFT_COUNT])
                bench.results.value_at_most(
                    f"POST of an article, {kind}", milliseconds, "ms of CPU", POST_LIMIT_MS[kind]
                )
                rates = [
                    _time_import(address, pids, Path(folder), articles, f"round-{number}")
                    for number in range(bench.plan.rounds)
                ]
                name, unit = f"import NDJSON, {kind}", "records per CPU second"
                bench.results.value_at_least(name, median(rates), unit, MIN_IMPORTED_PER_SECOND)


def _export_articles(address: str, folder: Path) -> list[dict[str, Any]]:
    """Lines of the last articles of an export."""
    path = folder / "export.ndjson"
    _run_zarya(address, "export", "ndjson", str(path))
    lines = map(json.loads, path.read_text().splitlines())
    return [line for line in lines if line.get("type") == "article"][-IMPORT_COUNT:]


def _time_drafts(address: str, pids: tuple[int, ...], articles: list[dict[str, Any]]) -> float:
    """CPU milliseconds of the service, and of the database server, for each draft."""
    key = _run_zarya(address, "keys", "create", "--name", "Bench", "--scope", "articles:write")
    headers = {"Authorization": f"Bearer {key.split()[-1]}"}
    with (
        servers.zarya(address, env={"ZARYA_KEY_RATE_LIMIT": "0"}) as server,
        httpx.Client(base_url=server.origin, headers=headers, timeout=30) as client,
    ):
        before = 0.0
        for number, article in enumerate([articles[0], *articles]):
            if number == 1:  # the first one is not counted: it imports modules
                before = cpu_seconds(*server.pids, *pids)
            document = {name: article["data"][name] for name in SENT_FIELDS}
            client.post("/v1/articles", json=document).raise_for_status()
        seconds = cpu_seconds(*server.pids, *pids) - before
    return seconds / len(articles) * 1000


def _time_import(
    address: str,
    pids: tuple[int, ...],
    folder: Path,
    articles: list[dict[str, Any]],
    prefix: str,
) -> float:
    """Records per CPU second of an import of `articles` under new slugs, without the start."""
    known, new = folder / "known.ndjson", folder / "new.ndjson"
    known.write_text(json.dumps(articles[0]))
    new.write_text("\n".join(_with_prefix(articles, prefix)))
    start = _import_seconds(address, pids, known)
    return len(articles) / (_import_seconds(address, pids, new) - start)


def _import_seconds(address: str, pids: tuple[int, ...], path: Path) -> float:
    """CPU seconds of an import, with those of the database server."""
    before = cpu_seconds(os.getpid(), *pids)
    _run_zarya(address, "import", "ndjson", str(path))
    return cpu_seconds(os.getpid(), *pids) - before


def _with_prefix(articles: list[dict[str, Any]], prefix: str) -> Iterator[str]:
    """Lines of the same articles as new records."""
    for line in articles:
        names = {name: f"{prefix}-{line['data'][name]}" for name in ("slug", "translation_key")}
        yield json.dumps({**line, "data": line["data"] | names})


def _run_zarya(address: str, *arguments: str) -> str:
    env = os.environ | {"ZARYA_DATABASE_URL": address}
    return subprocess.run(
        [str(SCRIPTS / "zarya"), *arguments], env=env, check=True, capture_output=True, text=True
    ).stdout
