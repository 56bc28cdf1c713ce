"""Writers whose server processes are killed, whose disk is full, whose database goes away."""

import asyncio
import os
import random
import signal
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from time import perf_counter

import pytest
from pysqlite3 import dbapi2 as sqlite

from tests.servers import running
from tests_faults.conftest import Note, Start
from tests_faults.load import CUT, Client, Tally, lasting, readers, steady, until
from tests_faults.postgres import single, url_of
from tests_faults.test_failover import prepared
from tests_faults.writing import Writers

WRITES = 10_000
KILLS = 20


def children(pid: int) -> list[int]:
    """The processes that one has started and that serve."""
    told = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    served = (Path(f"/proc/{child}/cmdline").read_bytes() for child in told)
    return [int(c) for c, line in zip(told, served, strict=True) if b"spawn_main" in line]


@pytest.mark.timeout(400)
def test_a_killed_worker_loses_nothing(start: Start, note: Note) -> None:
    chance = random.Random(59)
    with start(workers=2) as service:
        writers = Writers(service.origin, service.key)

        async def kill() -> int:
            kills = 0
            while len(writers.acknowledged) < WRITES:
                await asyncio.sleep(chance.uniform(0.6, 1.2))
                if kills < KILLS and (workers := children(service.process.pid)):
                    os.kill(chance.choice(workers), signal.SIGKILL)
                    kills += 1
            return kills

        async def work() -> int:
            over = lambda: len(writers.acknowledged) >= WRITES  # noqa: E731 - it is one
            killed, _ = await asyncio.gather(kill(), writers.run(16, over))
            return killed

        kills = asyncio.run(work())
        missing, doubled = writers.lost(service.database_url)
    assert kills >= 1
    assert writers.tally.statuses[CUT] >= 1
    assert (missing, doubled) == (0, 0)
    if service.database_url.startswith("sqlite"):
        with closing(sqlite.connect(service.database_url.removeprefix("sqlite:///"))) as file:
            assert file.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    note(
        f"`kill -9` of one of 2 workers, {kills} times",
        f"16 clients write {WRITES:,} records, each until it is acknowledged",
        f"{writers.tally}; {missing} lost, {doubled} doubled",
    )


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
        key = prepared(url)
        ballast = disk / "ballast"
        with running(url, log_requests=False, cache_bytes=0) as (origin, _):
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


@pytest.mark.timeout(120)
def test_a_database_that_is_away_for_ten_seconds(note: Note) -> None:
    with single() as server:
        key = prepared(url_of(server))
        with running(url_of(server), log_requests=False) as (origin, process):
            writers, cold = Writers(origin, key), Tally()
            flipped: list[float] = []

            async def ready() -> bool:
                return await Client(origin).ask("/health/ready") == 200

            async def gone_too() -> bool:
                return not await ready()

            async def away() -> tuple[float, float]:
                over = False
                paths = [f"/v1/people?limit={n}" for n in range(1, 60)]
                work = asyncio.gather(
                    writers.run(4, lambda: over),
                    readers(origin, 4, lambda: over, cold, paths, pause=0.02),
                )
                await asyncio.sleep(2)
                await asyncio.to_thread(server.stop)
                gone = perf_counter()
                await until(gone_too)
                flipped.append(perf_counter() - gone)
                await asyncio.sleep(10 - flipped[0])
                await asyncio.to_thread(server.start)
                back = perf_counter()
                await until(ready)
                again = perf_counter() - back
                await asyncio.sleep(2)
                over = True
                await work
                return back, again

            back, again = asyncio.run(away())
            assert process.poll() is None
        missing, doubled = writers.lost(url_of(server))
    assert set(writers.tally.statuses) == {201, 503}
    assert set(cold.statuses) <= {200, 503}
    assert max(writers.acknowledged.values()) > back
    assert (missing, doubled) == (0, 0)
    note(
        "PostgreSQL is stopped for 10 s",
        "4 clients write, 4 read",
        f"writes {writers.tally}; reads {cold}; 0 lost; no restart",
        f"readiness flips after {flipped[0]:.1f} s, and again {again:.1f} s after the return",
    )


@pytest.mark.timeout(120)
def test_a_lock_refuses_and_holds_up_nothing_else(note: Note) -> None:
    """One table is locked for 10 s: what needs it is refused, and the rest is answered."""
    with single() as server:
        prepared(url_of(server))
        with running(url_of(server), log_requests=False, cache_bytes=0) as (origin, _):
            locked, live, after = Tally(), Tally(), Tally()

            async def hold() -> None:
                with server.connect("zarya") as connection:
                    connection.execute("BEGIN; LOCK TABLE people IN ACCESS EXCLUSIVE MODE")
                    await asyncio.gather(
                        steady(origin, 100, 10, locked, ["/v1/people"]),
                        readers(origin, 1, lasting(10), live, ["/health/live"], pause=0.05),
                    )
                    connection.execute("ROLLBACK")
                await asyncio.sleep(1)
                await steady(origin, 20, 2, after, ["/v1/people"])

            asyncio.run(hold())
    assert set(locked.statuses) == {503}
    assert set(live.statuses) == {200}
    assert set(after.statuses) == {200}
    note(
        "A table is locked for 10 s",
        "100 requests a second for it",
        f"{locked}; `/health/live` {live}; afterwards {after}",
        f"refusals p50 {locked.quantile(0.5):.0f} ms, at most {locked.quantile(1):.0f} ms; "
        f"`/health/live` p99 {live.quantile(0.99):.0f} ms",
    )
