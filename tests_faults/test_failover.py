"""Failover: the primary is killed or frozen, and the standby is promoted."""

import asyncio
import signal
from time import perf_counter

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from app.db.engines import create_database_engine
from app.db.engines.postgresql import SERVER_RESPONSE_TIMEOUT_SECONDS
from tests.support.servers import run_server_process
from tests_faults.load import NO_RESPONSE
from tests_faults.postgres import Server, database_url, run_replicated_pair, run_server
from tests_faults.services import Note, migrate_with_key
from tests_faults.writers import Writers

CLIENT_COUNT = 8
PROMOTION_DELAY_SECONDS = 1.0
"""Time from the fault to the promotion."""

REPLICATION_LAG_SECONDS = 1.0
"""Time before the fault during which an asynchronous standby receives nothing."""

RECOVERY_TIMEOUT_SECONDS = 45.0
"""Upper bound of the recovery time, so that the test cannot hang."""

FAULTS = {"killed": signal.SIGKILL, "frozen": signal.SIGSTOP}


async def _fail_over(
    writers: Writers, primary: Server, standby: Server, fault: str, lag: float
) -> tuple[float, int]:
    """Let the primary fail during writes; for the last `lag` seconds the standby receives none.

    Returns the seconds from the promotion to the next acknowledged write, and the number of writes
    acknowledged during the lag.
    """
    finished = False
    work = asyncio.ensure_future(writers.run(CLIENT_COUNT, lambda: finished))
    await asyncio.sleep(3)
    before = len(writers.acknowledged)
    if lag:
        primary.send(signal.SIGSTOP, b"walsender")
        await asyncio.sleep(lag)
    unsent_count = len(writers.acknowledged) - before
    primary.send(FAULTS[fault])
    await asyncio.sleep(PROMOTION_DELAY_SECONDS)
    await asyncio.to_thread(standby.promote)
    promoted = perf_counter()
    while perf_counter() < promoted + RECOVERY_TIMEOUT_SECONDS:
        await asyncio.sleep(0.05)
        if recovery_times := [at for at in writers.acknowledged.values() if at > promoted]:
            break
    await asyncio.sleep(2)
    finished = True
    await work
    assert recovery_times, "no write was acknowledged after the promotion"
    return min(recovery_times) - promoted, unsent_count


@pytest.mark.timeout(180)
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("synchronous", [True, False], ids=["synchronous", "asynchronous"])
def test_standby_takes_over(note: Note, fault: str, synchronous: bool) -> None:
    """Positive control: writes that an asynchronous standby did not receive are detected."""
    lag = 0.0 if synchronous else REPLICATION_LAG_SECONDS
    with run_replicated_pair(synchronous) as (primary, standby):
        # Migrations find the primary, which is not the first host of the URL.
        key = migrate_with_key(database_url(standby, primary))
        with run_server_process(database_url(primary, standby), log_requests=False) as (
            origin,
            process,
        ):
            writers = Writers(origin, key)
            recovery_seconds, unsent_count = asyncio.run(
                _fail_over(writers, primary, standby, fault, lag)
            )
            assert process.poll() is None
        missing, duplicated = writers.count_losses(database_url(standby))
    assert set(writers.tally.statuses) <= {201, 503, 409}, str(writers.tally)
    assert NO_RESPONSE not in writers.tally.statuses
    assert duplicated == 0
    if synchronous:
        assert missing == 0
    else:
        assert 0 < missing < len(writers.acknowledged)
    kind = "synchronous" if synchronous else "asynchronous"
    note(
        f"Primary {fault}, {kind} standby promoted after {PROMOTION_DELAY_SECONDS:.0f} s",
        f"{CLIENT_COUNT} clients write, retrying each record until it is acknowledged"
        + f"; the standby receives nothing for the last {lag:.0f} s ({unsent_count} records)"
        * bool(lag),
        f"{writers.tally}; {missing} of {len(writers.acknowledged):,} acknowledged lost, "
        f"{duplicated} duplicated; no restart",
        f"longest time without a write {writers.longest_gap():.1f} s, "
        f"{recovery_seconds:.1f} s after the promotion",
    )


@pytest.mark.timeout(60)
def test_unresponsive_server_times_out() -> None:
    """Control: a plain psycopg connection keeps waiting."""
    with run_server() as server:
        engine = create_database_engine(database_url(server), pool_size=1)
        start = perf_counter()
        with engine.connect() as connection:
            connection.execute(text("SET statement_timeout = 0"))
            with pytest.raises(OperationalError, match="did not respond within"):
                connection.execute(text(f"SELECT pg_sleep({SERVER_RESPONSE_TIMEOUT_SECONDS + 3})"))
        assert perf_counter() - start < SERVER_RESPONSE_TIMEOUT_SECONDS + 2.5
        engine.dispose()
        with psycopg.connect(database_url(server)) as plain:
            slept = plain.execute("SELECT pg_sleep(%s)", [SERVER_RESPONSE_TIMEOUT_SECONDS + 1])
            assert slept.fetchone()


@pytest.mark.timeout(120)
def test_service_without_standby_host_does_not_recover() -> None:
    """Control: a service configured with the primary only does not recover."""
    with run_replicated_pair(synchronous=True) as (primary, standby):
        key = migrate_with_key(database_url(primary))
        with run_server_process(database_url(primary), log_requests=False) as (origin, _):
            writers = Writers(origin, key)

            async def fail() -> int:
                finished = False
                work = asyncio.ensure_future(writers.run(CLIENT_COUNT, lambda: finished))
                await asyncio.sleep(2)
                primary.send(signal.SIGKILL)
                await asyncio.to_thread(standby.promote)
                acknowledged = len(writers.acknowledged)
                await asyncio.sleep(10)
                finished = True
                await work
                return len(writers.acknowledged) - acknowledged

            assert asyncio.run(fail()) <= CLIENT_COUNT
            assert set(writers.tally.statuses) == {201, 503}
