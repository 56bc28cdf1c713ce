"""Writes of an editor while long writes run: imports, loads, recounts, reindexings and backups."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from threading import Event
from time import perf_counter

import pytest

from tests_faults.load import Client, Tally
from tests_faults.services import LOAD_DIVISOR, Note, Service, Start, execute_directly

ENTRY_COUNT = 5_000
WRITE_COUNT = 200 // LOAD_DIVISOR
WRITE_INTERVAL_SECONDS = 0.05

MAX_P99_MS = 1000
"""Limit for a write of the editor beside an import, and beside an import and a load."""

UNDO = {
    "load": "UPDATE articles SET title = title || '.' WHERE edited = false",
    "recount": "UPDATE article_days SET dayed = dayed + 1",
}
"""Statements after which the command has its whole work to do again."""


class LongWrites:
    """Commands that run again and again beside a service, each in its own thread."""

    def __init__(self, service: Service, folder: Path) -> None:
        self._url = service.database_url
        self._folder = folder
        self._numbers = count()
        self.is_over = Event()
        self.statuses: dict[str, list[int]] = {}
        """Exit statuses of the ended commands, by name."""

    def run(self, name: str) -> None:
        """Run the command `name` until the writes of the editor are over."""
        statuses = self.statuses.setdefault(name, [])
        while not self.is_over.is_set():
            if name in UNDO:
                execute_directly(self._url, UNDO[name])
            with self._start(name) as process:
                while process.poll() is None:
                    with suppress(subprocess.TimeoutExpired):
                        process.wait(0.1)
                    if self.is_over.is_set():
                        process.kill()
                        return
            statuses.append(process.returncode)

    @contextmanager
    def _start(self, name: str) -> Iterator[subprocess.Popen[bytes]]:
        number = next(self._numbers)
        arguments = []
        if name == "import":
            arguments = ["ndjson", self._write_entries(number)]
        elif name == "backup":
            arguments = [str(self._folder / f"{number}.backup")]
        with subprocess.Popen(
            [sys.executable, "-c", "from app.cli.main import cli; cli()", name, *arguments],
            env=os.environ | {"ZARYA_DATABASE_URL": self._url},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as process:
            yield process

    def _write_entries(self, number: int) -> str:
        """Write a file of new people and return its path."""
        lines = (
            json.dumps({"type": "person", "data": {"name": f"Imported {number} {entry}"}})
            for entry in range(ENTRY_COUNT)
        )
        path = self._folder / f"{number}.ndjson"
        path.write_text("\n".join(lines))
        return str(path)


async def edit(service: Service) -> Tally:
    """Change a person again and again."""
    headers = (
        f"Authorization: Bearer {service.key}",
        "Content-Type: application/merge-patch+json",
        "If-Match: *",
    )
    path, writes = "/v1/people/oleg-kononenko", Tally()
    with Client(service.origin) as client:
        for number in range(WRITE_COUNT):
            body = json.dumps({"aliases": [f"Editor {number}"]}).encode()
            started_at = perf_counter()
            status = await client.request(path, "PATCH", *headers, body=body)
            writes.add(status, perf_counter() - started_at, client.head)
            await asyncio.sleep(WRITE_INTERVAL_SECONDS)
    return writes


@pytest.mark.timeout(590)
@pytest.mark.parametrize(
    "names",
    [
        [],
        ["import"],
        ["load"],
        ["recount"],
        ["reindex"],
        ["backup"],
        ["import", "load"],
        ["import", "load", "recount", "reindex", "backup", "migrate"],
    ],
    ids=" ".join,
)
def test_editor_writes_beside_long_writes(
    start: Start, note: Note, tmp_path: Path, names: list[str]
) -> None:
    """No write is refused, and no command fails; `tests/test_long_writes.py` proves the pauses."""
    with start() as service, ThreadPoolExecutor() as threads:
        commands = LongWrites(service, tmp_path)
        running = [threads.submit(commands.run, name) for name in names]
        try:
            writes = asyncio.run(edit(service))
        finally:
            commands.is_over.set()
        for each in running:
            each.result()
    assert dict(writes.statuses) == {200: WRITE_COUNT}
    assert {status for ended in commands.statuses.values() for status in ended} <= {0}
    if names in (["import"], ["import", "load"]):
        assert writes.quantile(0.99) < MAX_P99_MS
    note(
        f"Long writes at once: {', '.join(names) or 'none, for comparison'}",
        f"an editor writes {WRITE_COUNT} times, every {WRITE_INTERVAL_SECONDS * 1000:g} ms",
        f"{writes}; no command fails",
        ", ".join(
            f"{title} {writes.quantile(share):.0f} ms"
            for title, share in (("p50", 0.5), ("p98", 0.98), ("p99", 0.99), ("maximum", 1))
        ),
    )
