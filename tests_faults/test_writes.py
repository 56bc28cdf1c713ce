"""Writers whose server processes are killed, and whose disk is full."""

import asyncio
import os
import random
import signal
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from functools import partial
from pathlib import Path

import pytest
from pysqlite3 import dbapi2 as sqlite
from sqlalchemy import delete, update

from app.db.models import Person
from app.resources.write_steps import build_database
from tests.support.servers import run_server_process
from tests_faults.load import CUT, Tally, lasting, readers, until
from tests_faults.services import LOAD_DIVISOR, Note, Start, migrate_with_key, worker_pids
from tests_faults.writing import Writers

WRITES = 10_000 // LOAD_DIVISOR
KILLS = 20 // LOAD_DIVISOR
CLIENTS = 16


@pytest.mark.timeout(590)
def test_a_killed_worker_loses_nothing(start: Start, note: Note) -> None:
    chance = random.Random(59)
    with start(workers=2) as service:
        writers = Writers(service.origin, service.key)

        async def there_are(number: int) -> bool:
            return len(writers.acknowledged) >= number

        async def kill() -> None:
            for number in range(1, KILLS + 1):
                await until(partial(there_are, number * WRITES // (KILLS + 1)))
                os.kill(chance.choice(worker_pids(service.process.pid)), signal.SIGKILL)

        async def work() -> None:
            killing = asyncio.ensure_future(kill())
            await writers.run(CLIENTS, lambda: len(writers.acknowledged) >= WRITES)
            await killing

        asyncio.run(work())
        missing, doubled = writers.lost(service.database_url)
    assert writers.tally.statuses[CUT] >= 1
    assert (missing, doubled) == (0, 0)
    if service.database_url.startswith("sqlite"):
        with closing(sqlite.connect(service.database_url.removeprefix("sqlite:///"))) as file:
            assert file.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    note(
        f"`kill -9` of one of 2 workers, {KILLS} times",
        f"{CLIENTS} clients write {WRITES:,} records, each until it is acknowledged",
        f"{writers.tally}; {missing} lost, {doubled} doubled",
    )


@pytest.mark.timeout(120)
def test_a_loss_is_noticed(start: Start) -> None:
    """The control: of what was acknowledged, one record is taken away and one is made twice."""
    with start() as service:
        writers = Writers(service.origin, service.key)
        asyncio.run(writers.run(4, lambda: len(writers.acknowledged) >= 20))
        assert writers.lost(service.database_url) == (0, 0)
    taken, doubled, over, *_ = writers.acknowledged
    database = build_database(service.database_url)
    with closing(database), database.session() as session:
        session.execute(delete(Person).where(Person.name == taken))
        session.execute(update(Person).where(Person.name == over).values(name=doubled))
    assert writers.lost(service.database_url) == (2, 1)


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """A file system of its own; needs root."""
    folder.mkdir()
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)], check=True
    )
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.timeout(120)
def test_a_full_disk_refuses_writes_alone(tmp_path: Path, note: Note) -> None:
    with small_disk(tmp_path / "disk", 24) as disk:
        url = f"sqlite:///{disk}/archive.db"
        key = migrate_with_key(url)
        ballast = disk / "ballast"
        with run_server_process(url, log_requests=False, cache_bytes=0) as (origin, _):
            writers, reads = Writers(origin, key), Tally()

            async def fill() -> None:
                with ballast.open("wb", buffering=0) as file, suppress(OSError):
                    while True:
                        file.write(bytes(4096))
                await asyncio.gather(
                    writers.run(4, lasting(4)),
                    readers(origin, 2, lasting(4), reads, ["/v1/people?limit=5"], pause=0.02),
                )

            asyncio.run(fill())
            refused, known = writers.tally.statuses[503], len(writers.acknowledged)
            ballast.unlink()
            asyncio.run(writers.run(4, lasting(4)))
        missing, doubled = writers.lost(url)
        with closing(sqlite.connect(f"{disk}/archive.db")) as file:
            assert file.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert set(writers.tally.statuses) == {201, 503}
    assert refused > 0
    assert set(reads.statuses) == {200}
    assert len(writers.acknowledged) > known
    assert (missing, doubled) == (0, 0)
    note(
        "The disk is full, and then is not",
        "4 clients write, 2 read (SQLite)",
        f"writes {writers.tally}; reads {reads}; 0 lost; `integrity_check` ok; writing goes on",
    )
