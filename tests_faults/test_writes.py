"""Durability of writes when workers are killed or the disk is full."""

import asyncio
import os
import random
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from functools import partial
from pathlib import Path

import httpx2 as httpx
import pytest
from pysqlite3 import dbapi2 as sqlite
from sqlalchemy import delete, update

from app.db.models import Person
from app.resources.write_steps import build_database
from tests.support.servers import run_server_process, wait_for
from tests_faults.load import NO_RESPONSE, Tally, deadline, run_readers, wait_until
from tests_faults.services import LOAD_DIVISOR, Note, Start, migrate_with_key, worker_pids
from tests_faults.writers import Writers

WRITE_COUNT = 10_000 // LOAD_DIVISOR
KILL_COUNT = 20 // LOAD_DIVISOR
CLIENT_COUNT = 16


@pytest.mark.timeout(590)
def test_killed_worker_loses_no_acknowledged_write(start: Start, note: Note) -> None:
    random_source = random.Random(59)
    with start(workers=2) as service:
        writers = Writers(service.origin, service.key)

        async def has_acknowledged(number: int) -> bool:
            return len(writers.acknowledged) >= number

        async def kill() -> None:
            for number in range(1, KILL_COUNT + 1):
                await wait_until(
                    partial(has_acknowledged, number * WRITE_COUNT // (KILL_COUNT + 1))
                )
                os.kill(random_source.choice(worker_pids(service.process.pid)), signal.SIGKILL)

        async def work() -> None:
            killing = asyncio.ensure_future(kill())
            await writers.run(CLIENT_COUNT, lambda: len(writers.acknowledged) >= WRITE_COUNT)
            await killing

        asyncio.run(work())
        missing, duplicated = writers.count_losses(service.database_url)
    assert writers.tally.statuses[NO_RESPONSE] >= 1
    assert (missing, duplicated) == (0, 0)
    if service.database_url.startswith("sqlite"):
        with closing(sqlite.connect(service.database_url.removeprefix("sqlite:///"))) as file:
            assert file.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    note(
        f"`kill -9` of one of 2 workers, {KILL_COUNT} times",
        f"{CLIENT_COUNT} clients write {WRITE_COUNT:,} records, "
        "retrying each until it is acknowledged",
        f"{writers.tally}; {missing} lost, {duplicated} duplicated",
    )


@pytest.mark.timeout(120)
def test_lost_and_duplicated_records_are_detected(start: Start) -> None:
    """Positive control: one acknowledged record is deleted, and one is duplicated."""
    with start() as service:
        writers = Writers(service.origin, service.key)
        asyncio.run(writers.run(4, lambda: len(writers.acknowledged) >= 20))
        assert writers.count_losses(service.database_url) == (0, 0)
    deleted, copied, overwritten, *_ = writers.acknowledged
    database = build_database(service.database_url)
    with closing(database), database.session() as session:
        session.execute(delete(Person).where(Person.name == deleted))
        session.execute(update(Person).where(Person.name == overwritten).values(name=copied))
    assert writers.count_losses(service.database_url) == (2, 1)


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """Mount a small file system; needs root."""
    folder.mkdir()
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)], check=True
    )
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def get_checks(origin: str) -> dict[str, str]:
    """Results of the checks of a service that is ready."""
    checks: dict[str, str] = httpx.get(f"{origin}/health/ready").json()["checks"]
    return checks


@pytest.mark.timeout(120)
def test_full_disk_blocks_only_writes(tmp_path: Path, note: Note) -> None:
    with small_disk(tmp_path / "disk", 24) as disk:
        url = f"sqlite:///{disk}/archive.db"
        key = migrate_with_key(url)
        ballast = disk / "ballast"
        log = tmp_path / "log"
        with run_server_process(url, log=log, log_requests=False, cache_bytes=0) as (origin, _):
            writers, reads = Writers(origin, key), Tally()

            async def fill() -> None:
                with ballast.open("wb", buffering=0) as file, suppress(OSError):
                    while True:
                        file.write(bytes(4096))
                await asyncio.gather(
                    writers.run(4, deadline(4)),
                    run_readers(origin, 2, deadline(4), reads, ["/v1/people?limit=5"], pause=0.02),
                )

            asyncio.run(fill())
            wait_for(lambda: get_checks(origin)["writes"] == "full", 10)
            metrics = httpx.get(f"{origin}/metrics").text
            assert 'zarya_database_outage{reason="full"} 1.0' in metrics
            assert re.search(r'database outage started.*"reason":"full"', log.read_text())
            refused, acknowledged = writers.tally.statuses[503], len(writers.acknowledged)
            ballast.unlink()
            asyncio.run(writers.run(4, deadline(4)))
        missing, duplicated = writers.count_losses(url)
        with closing(sqlite.connect(f"{disk}/archive.db")) as file:
            assert file.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert set(writers.tally.statuses) == {201, 503}
    assert refused > 0
    assert set(reads.statuses) == {200}
    assert len(writers.acknowledged) > acknowledged
    assert (missing, duplicated) == (0, 0)
    note(
        "The disk is full, then has space again",
        "4 clients write, 2 read (SQLite)",
        f"writes {writers.tally}; reads {reads}; 0 lost; `integrity_check` ok; "
        "writes succeed again",
    )
