"""Databases that are stopped for a while, or locked by another client."""

import asyncio
from contextlib import closing
from pathlib import Path
from time import perf_counter

import pytest
from pysqlite3 import dbapi2 as sqlite

from tests.support.servers import run_server_process
from tests_faults.load import (
    Client,
    Tally,
    deadline,
    is_stale,
    run_readers,
    send_at_rate,
    wait_until,
)
from tests_faults.postgres import database_url, run_server
from tests_faults.services import Note, migrate_with_key
from tests_faults.writers import Writers

OUTAGE_SECONDS = 10.0
HOT_PATHS = ["/v1/missions", "/v1/launches?limit=5"]
"""Paths requested before the outage, whose responses are cached."""


@pytest.mark.timeout(120)
def test_postgresql_outage_serves_cached_responses_and_loses_no_write(note: Note) -> None:
    """Positive control: uncached reads are refused during the outage."""
    with run_server() as server:
        key = migrate_with_key(database_url(server))
        with run_server_process(database_url(server), log_requests=False) as (origin, process):
            writers, cold, hot, during_outage = Writers(origin, key), Tally(), Tally(), Tally()

            async def is_ready() -> bool:
                with Client(origin) as client:
                    return await client.request("/health/ready") == 200

            async def is_unready() -> bool:
                return not await is_ready()

            async def has_fresh_responses() -> bool:
                with Client(origin) as client:
                    statuses = {await client.request(path) for path in HOT_PATHS}
                    return statuses == {200} and not is_stale(client.head)

            async def run_outage() -> tuple[float, float, float]:
                finished = False
                paths = [f"/v1/people?q=nobody{n}" for n in range(5000)]
                work = asyncio.gather(
                    writers.run(4, lambda: finished),
                    run_readers(origin, 1, lambda: finished, cold, paths, pause=0.02),
                    run_readers(origin, 2, lambda: finished, hot, HOT_PATHS, pause=0.02),
                )
                await asyncio.sleep(2)
                await asyncio.to_thread(server.stop)
                stopped_at = perf_counter()
                await wait_until(is_unready)
                seconds_to_unready = perf_counter() - stopped_at
                await asyncio.sleep(1)  # for responses in progress
                await run_readers(
                    origin,
                    2,
                    deadline(OUTAGE_SECONDS - 1 - seconds_to_unready),
                    during_outage,
                    HOT_PATHS,
                    pause=0.02,
                )
                await asyncio.to_thread(server.start)
                restarted_at = perf_counter()
                await wait_until(is_ready)
                seconds_to_ready = perf_counter() - restarted_at
                await wait_until(has_fresh_responses)
                await asyncio.sleep(2)
                finished = True
                await work
                return seconds_to_unready, restarted_at, seconds_to_ready

            seconds_to_unready, restarted_at, seconds_to_ready = asyncio.run(run_outage())
            assert process.poll() is None
        missing, doubled = writers.count_losses(database_url(server))
    assert set(writers.tally.statuses) == {201, 503}
    assert set(cold.statuses) == {200, 503}
    assert set(hot.statuses) <= {200, 503}  # 503 only at the moment of the stop
    assert set(during_outage.statuses) == {200}
    assert during_outage.stale == during_outage.statuses.total()
    assert not writers.tally.malformed + cold.malformed + hot.malformed
    assert not cold.stale
    assert max(writers.acknowledged.values()) > restarted_at
    assert (missing, doubled) == (0, 0)
    note(
        f"PostgreSQL is stopped for {OUTAGE_SECONDS:.0f} s",
        "4 clients write, 1 reads uncached paths, 2 read cached paths",
        f"writes {writers.tally}; cold reads {cold}; hot reads {hot}; from 1 s after the stop on "
        f"{during_outage}, all marked as unverified; every 503 a problem with `Retry-After`; "
        "0 lost; no restart",
        f"not ready after {seconds_to_unready:.1f} s, "
        f"ready {seconds_to_ready:.1f} s after the restart",
    )


@pytest.mark.timeout(120)
def test_locked_table_delays_no_other_request(note: Note) -> None:
    """One table is locked for 10 s: requests that need it are refused, others succeed."""
    with run_server() as server:
        migrate_with_key(database_url(server))
        with run_server_process(database_url(server), log_requests=False, cache_bytes=0) as (
            origin,
            _,
        ):
            locked, live, after = Tally(), Tally(), Tally()

            async def hold() -> None:
                with server.connect("zarya") as connection:
                    connection.execute("BEGIN; LOCK TABLE people IN ACCESS EXCLUSIVE MODE")
                    await asyncio.gather(
                        send_at_rate(origin, 100, OUTAGE_SECONDS, locked, ["/v1/people"]),
                        run_readers(
                            origin, 1, deadline(OUTAGE_SECONDS), live, ["/health/live"], pause=0.05
                        ),
                    )
                    connection.execute("ROLLBACK")
                await asyncio.sleep(1)
                await send_at_rate(origin, 20, 2, after, ["/v1/people"])

            asyncio.run(hold())
    assert set(locked.statuses) == {503}
    assert not locked.malformed
    assert set(live.statuses) == {200}
    assert set(after.statuses) == {200}
    note(
        "A table is locked for 10 s (PostgreSQL)",
        "100 requests per second that need it",
        f"{locked}; `/health/live` {live}; afterwards {after}",
        f"refusals: p50 {locked.quantile(0.5):.0f} ms, maximum {locked.quantile(1):.0f} ms; "
        f"`/health/live` p99 {live.quantile(0.99):.0f} ms",
    )


@pytest.mark.timeout(120)
def test_external_writer_blocks_only_writes(tmp_path: Path, note: Note) -> None:
    """Another program holds SQLite's write lock for 10 s. Control: no write succeeds meanwhile."""
    file = tmp_path / "archive.db"
    key = migrate_with_key(f"sqlite:///{file}")
    with run_server_process(f"sqlite:///{file}", log_requests=False, cache_bytes=0) as (origin, _):
        writers, reads, live = Writers(origin, key), Tally(), Tally()

        async def hold() -> int:
            with closing(sqlite.connect(str(file), isolation_level=None)) as other:
                other.execute("BEGIN IMMEDIATE")
                await asyncio.gather(
                    send_at_rate(origin, 100, OUTAGE_SECONDS, reads, ["/v1/people"]),
                    run_readers(
                        origin, 1, deadline(OUTAGE_SECONDS), live, ["/health/live"], pause=0.05
                    ),
                    writers.run(4, deadline(OUTAGE_SECONDS)),
                )
                other.execute("ROLLBACK")
            acknowledged = len(writers.acknowledged)
            await writers.run(4, deadline(2))
            return acknowledged

        acknowledged = asyncio.run(hold())
    missing, doubled = writers.count_losses(f"sqlite:///{file}")
    assert acknowledged == 0
    assert set(reads.statuses) == set(live.statuses) == {200}
    assert set(writers.tally.statuses) == {201, 503}
    assert not writers.tally.malformed
    assert (missing, doubled) == (0, 0)
    note(
        "Another program holds the write lock for 10 s (SQLite)",
        "4 clients write, 100 reads per second",
        f"writes {writers.tally}; reads {reads}; `/health/live` {live}; 0 lost",
        f"reads p99 {reads.quantile(0.99):.0f} ms, `/health/live` p99 {live.quantile(0.99):.0f} ms",
    )
