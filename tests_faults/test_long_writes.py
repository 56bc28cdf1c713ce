"""Writes of an editor while long writes run: an import, a load, a reindexing and a backup."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from time import perf_counter

import pytest

from tests_faults.load import Client, Tally, wait_until
from tests_faults.services import LOAD_DIVISOR, Note, Start

ENTRY_COUNT = 30_000 // LOAD_DIVISOR
WRITE_COUNT = 100
WRITE_INTERVAL_SECONDS = 0.1


def start_command(url: str, *arguments: str) -> subprocess.Popen[bytes]:
    """Start a `zarya` command over the database at `url`."""
    return subprocess.Popen(
        [sys.executable, "-c", "from app.cli import cli; cli()", *arguments],
        env=os.environ | {"ZARYA_DATABASE_URL": url},
        stderr=subprocess.DEVNULL,
    )


OTHER_COMMANDS = ["migrate", "load", "reindex", "recount", "backup"]


@pytest.mark.timeout(590)
@pytest.mark.parametrize("others", [[], OTHER_COMMANDS], ids=["import", "import and others"])
def test_editor_writes_during_import(
    start: Start, note: Note, tmp_path: Path, others: list[str]
) -> None:
    """No write is refused, and no other command fails. Next to an import alone, 99 of 100 writes
    take less than a second."""
    entries = tmp_path / "people.ndjson"
    lines = (
        json.dumps({"type": "person", "data": {"name": f"Imported {number}"}})
        for number in range(ENTRY_COUNT)
    )
    entries.write_text("\n".join(lines))
    writes = Tally()

    async def write(origin: str, key: str) -> None:
        headers = (f"Authorization: Bearer {key}", "Content-Type: application/json")
        with Client(origin) as client:

            async def has_begun() -> bool:
                return await client.request("/v1/people/imported-0") == 200

            await wait_until(has_begun)
            for number in range(WRITE_COUNT):
                body = json.dumps({"name": f"Editor {number}"}).encode()
                started_at = perf_counter()
                status = await client.request("/v1/people", "POST", *headers, body=body)
                writes.add(status, perf_counter() - started_at, client.head)
                await asyncio.sleep(WRITE_INTERVAL_SECONDS)

    commands = [
        [name, str(tmp_path / "during.backup")] if name == "backup" else [name] for name in others
    ]
    with start() as service:

        def run_commands() -> list[int]:
            return [start_command(service.database_url, *each).wait() for each in commands]

        async def write_meanwhile() -> list[int]:
            running = asyncio.create_task(asyncio.to_thread(run_commands))
            await write(service.origin, service.key)
            return await running

        with start_command(service.database_url, "import", "ndjson", str(entries)) as importing:
            try:
                statuses = asyncio.run(write_meanwhile())
                was_importing = importing.poll() is None
            finally:
                importing.kill()
    assert was_importing
    assert statuses == [0] * len(commands)
    note(
        f"An import of many records{'; meanwhile ' if others else ''}{', '.join(others)}",
        f"an editor writes {WRITE_COUNT} times, every {WRITE_INTERVAL_SECONDS:g} s",
        f"{writes}; no command fails",
        f"median {writes.quantile(0.5):.0f} ms, 99 of 100 within {writes.quantile(0.98):.0f} ms",
    )
    assert dict(writes.statuses) == {201: WRITE_COUNT}
    assert others or writes.quantile(0.98) < 1000
