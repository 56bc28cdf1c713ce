"""A database that is away for a while, or held by another one."""

import asyncio
from contextlib import closing
from pathlib import Path
from time import perf_counter

import pytest
from pysqlite3 import dbapi2 as sqlite

from tests.support.servers import run_server_process
from tests_faults.load import Client, Tally, is_stale, lasting, readers, steady, until
from tests_faults.postgres import single, url_of
from tests_faults.services import Note, migrate_with_key
from tests_faults.writing import Writers

AWAY = 10.0
HOT = ["/v1/missions", "/v1/launches?limit=5"]
"""What has been asked for before; nobody has asked for what is cold."""


@pytest.mark.timeout(120)
def test_a_database_that_is_away_for_ten_seconds(note: Note) -> None:
    """The control is in it: what is cold is refused meanwhile, so the database is missed."""
    with single() as server:
        key = migrate_with_key(url_of(server))
        with run_server_process(url_of(server), log_requests=False) as (origin, process):
            writers, cold, hot, meanwhile = Writers(origin, key), Tally(), Tally(), Tally()

            async def ready() -> bool:
                with Client(origin) as client:
                    return await client.ask("/health/ready") == 200

            async def gone_too() -> bool:
                return not await ready()

            async def fresh() -> bool:
                with Client(origin) as client:
                    statuses = {await client.ask(path) for path in HOT}
                    return statuses == {200} and not is_stale(client.head)

            async def away() -> tuple[float, float, float]:
                over = False
                paths = [f"/v1/people?q=nobody{n}" for n in range(5000)]
                work = asyncio.gather(
                    writers.run(4, lambda: over),
                    readers(origin, 1, lambda: over, cold, paths, pause=0.02),
                    readers(origin, 2, lambda: over, hot, HOT, pause=0.02),
                )
                await asyncio.sleep(2)
                await asyncio.to_thread(server.stop)
                gone = perf_counter()
                await until(gone_too)
                flipped = perf_counter() - gone
                await asyncio.sleep(1)  # for what was being answered
                await readers(origin, 2, lasting(AWAY - 1 - flipped), meanwhile, HOT, pause=0.02)
                await asyncio.to_thread(server.start)
                back = perf_counter()
                await until(ready)
                again = perf_counter() - back
                await until(fresh)
                await asyncio.sleep(2)
                over = True
                await work
                return flipped, back, again

            flipped, back, again = asyncio.run(away())
            assert process.poll() is None
        missing, doubled = writers.lost(url_of(server))
    assert set(writers.tally.statuses) == {201, 503}
    assert set(cold.statuses) == {200, 503}
    assert set(hot.statuses) <= {200, 503}  # the latter at the moment when it goes
    assert set(meanwhile.statuses) == {200}
    assert meanwhile.stale == meanwhile.statuses.total()
    assert not writers.tally.unlike + cold.unlike + hot.unlike
    assert not cold.stale
    assert max(writers.acknowledged.values()) > back
    assert (missing, doubled) == (0, 0)
    note(
        f"PostgreSQL is stopped for {AWAY:.0f} s",
        "4 clients write, 1 reads what nobody has asked for, 2 what has been",
        f"writes {writers.tally}; cold reads {cold}; hot reads {hot}; from 1 s after the stop on "
        f"{meanwhile}, all marked as unverified; every 503 a problem with `Retry-After`; 0 lost; "
        "no restart",
        f"readiness flips after {flipped:.1f} s, and again {again:.1f} s after the return",
    )


@pytest.mark.timeout(120)
def test_a_lock_refuses_and_holds_up_nothing_else(note: Note) -> None:
    """One table is locked for 10 s: what needs it is refused, and the rest is answered."""
    with single() as server:
        migrate_with_key(url_of(server))
        with run_server_process(url_of(server), log_requests=False, cache_bytes=0) as (origin, _):
            locked, live, after = Tally(), Tally(), Tally()

            async def hold() -> None:
                with server.connect("zarya") as connection:
                    connection.execute("BEGIN; LOCK TABLE people IN ACCESS EXCLUSIVE MODE")
                    await asyncio.gather(
                        steady(origin, 100, AWAY, locked, ["/v1/people"]),
                        readers(origin, 1, lasting(AWAY), live, ["/health/live"], pause=0.05),
                    )
                    connection.execute("ROLLBACK")
                await asyncio.sleep(1)
                await steady(origin, 20, 2, after, ["/v1/people"])

            asyncio.run(hold())
    assert set(locked.statuses) == {503}
    assert not locked.unlike
    assert set(live.statuses) == {200}
    assert set(after.statuses) == {200}
    note(
        "A table is locked for 10 s (PostgreSQL)",
        "100 requests a second for it",
        f"{locked}; `/health/live` {live}; afterwards {after}",
        f"refusals p50 {locked.quantile(0.5):.0f} ms, at most {locked.quantile(1):.0f} ms; "
        f"`/health/live` p99 {live.quantile(0.99):.0f} ms",
    )


@pytest.mark.timeout(120)
def test_a_writer_from_outside_holds_up_writers_alone(tmp_path: Path, note: Note) -> None:
    """SQLite has one writer: another program is it for 10 s, and the control is that it shows."""
    file = tmp_path / "archive.db"
    key = migrate_with_key(f"sqlite:///{file}")
    with run_server_process(f"sqlite:///{file}", log_requests=False, cache_bytes=0) as (origin, _):
        writers, reads, live = Writers(origin, key), Tally(), Tally()

        async def hold() -> int:
            with closing(sqlite.connect(str(file), isolation_level=None)) as other:
                other.execute("BEGIN IMMEDIATE")
                await asyncio.gather(
                    steady(origin, 100, AWAY, reads, ["/v1/people"]),
                    readers(origin, 1, lasting(AWAY), live, ["/health/live"], pause=0.05),
                    writers.run(4, lasting(AWAY)),
                )
                other.execute("ROLLBACK")
            held = len(writers.acknowledged)
            await writers.run(4, lasting(2))
            return held

        held = asyncio.run(hold())
    missing, doubled = writers.lost(f"sqlite:///{file}")
    assert held == 0
    assert set(reads.statuses) == set(live.statuses) == {200}
    assert set(writers.tally.statuses) == {201, 503}
    assert not writers.tally.unlike
    assert (missing, doubled) == (0, 0)
    note(
        "Another program writes for 10 s (SQLite)",
        "4 clients write, 100 reads a second",
        f"writes {writers.tally}; reads {reads}; `/health/live` {live}; 0 lost",
        f"reads p99 {reads.quantile(0.99):.0f} ms, `/health/live` p99 {live.quantile(0.99):.0f} ms",
    )
