"""A primary that dies or freezes, and a standby that takes over."""

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
from tests_faults.load import CUT
from tests_faults.postgres import Server, pair, single, url_of
from tests_faults.services import Note, migrate_with_key
from tests_faults.writing import Writers

CLIENTS = 8
AFTER = 1.0
"""Seconds from the fault to the promotion."""

LAG = 1.0
"""Seconds before the fault from which an asynchronous standby is sent nothing."""

PATIENCE = 45.0
"""Seconds after which a service that has not recovered will not: a bound, not a goal."""

FAULTS = {"killed": signal.SIGKILL, "frozen": signal.SIGSTOP}


async def _fail(
    writers: Writers, primary: Server, standby: Server, fault: str, lag: float
) -> tuple[float, int]:
    """Let the primary fail among writes, of which the standby is sent no more for the last `lag`.

    How many seconds it took from the promotion to the next acknowledgement, and how many there were
    in the lag.
    """
    over = False
    work = asyncio.ensure_future(writers.run(CLIENTS, lambda: over))
    await asyncio.sleep(3)
    known = len(writers.acknowledged)
    if lag:
        primary.send(signal.SIGSTOP, b"walsender")
        await asyncio.sleep(lag)
    known = len(writers.acknowledged) - known
    primary.send(FAULTS[fault])
    await asyncio.sleep(AFTER)
    await asyncio.to_thread(standby.promote)
    promoted = perf_counter()
    while perf_counter() < promoted + PATIENCE:
        await asyncio.sleep(0.05)
        if recovered := [at for at in writers.acknowledged.values() if at > promoted]:
            break
    await asyncio.sleep(2)
    over = True
    await work
    assert recovered, "no write was acknowledged after the promotion"
    return min(recovered) - promoted, known


@pytest.mark.timeout(180)
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("synchronous", [True, False], ids=["synchronous", "asynchronous"])
def test_a_standby_takes_over(note: Note, fault: str, synchronous: bool) -> None:
    """An asynchronous standby is the control: what it was not sent is lost, and is noticed."""
    lag = 0.0 if synchronous else LAG
    with pair(synchronous) as (primary, standby):
        key = migrate_with_key(url_of(primary))
        with run_server_process(url_of(primary, standby), log_requests=False) as (origin, process):
            writers = Writers(origin, key)
            healed, unsent = asyncio.run(_fail(writers, primary, standby, fault, lag))
            assert process.poll() is None
        missing, doubled = writers.lost(url_of(standby))
    assert set(writers.tally.statuses) <= {201, 503, 409}, str(writers.tally)
    assert CUT not in writers.tally.statuses
    assert doubled == 0
    if synchronous:
        assert missing == 0
    else:
        assert 0 < missing < len(writers.acknowledged)
    kind = "synchronous" if synchronous else "asynchronous"
    note(
        f"Primary {fault}, {kind} standby promoted after {AFTER:.0f} s",
        f"{CLIENTS} clients write, each record until it is acknowledged"
        + f"; for the last {lag:.0f} s, {unsent} of them, the standby is sent nothing" * bool(lag),
        f"{writers.tally}; {missing} of {len(writers.acknowledged):,} acknowledged lost, "
        f"{doubled} doubled; no restart",
        f"longest time without a write {writers.gap():.1f} s, {healed:.1f} s after the promotion",
    )


@pytest.mark.timeout(60)
def test_a_silent_server_is_given_up() -> None:
    """By our connections; plain ones wait, which is why ours do not."""
    with single() as server:
        engine = create_database_engine(url_of(server), pool_size=1)
        begun = perf_counter()
        with engine.connect() as connection:
            connection.execute(text("SET statement_timeout = 0"))
            with pytest.raises(OperationalError, match="did not respond within"):
                connection.execute(text(f"SELECT pg_sleep({SERVER_RESPONSE_TIMEOUT_SECONDS + 3})"))
        assert perf_counter() - begun < SERVER_RESPONSE_TIMEOUT_SECONDS + 2.5
        engine.dispose()
        with psycopg.connect(url_of(server)) as plain:
            slept = plain.execute("SELECT pg_sleep(%s)", [SERVER_RESPONSE_TIMEOUT_SECONDS + 1])
            assert slept.fetchone()


@pytest.mark.timeout(120)
def test_one_host_is_not_enough() -> None:
    """The control: a service that knows the primary only does not recover."""
    with pair(synchronous=True) as (primary, standby):
        key = migrate_with_key(url_of(primary))
        with run_server_process(url_of(primary), log_requests=False) as (origin, _):
            writers = Writers(origin, key)

            async def fail() -> int:
                over = False
                work = asyncio.ensure_future(writers.run(CLIENTS, lambda: over))
                await asyncio.sleep(2)
                primary.send(signal.SIGKILL)
                await asyncio.to_thread(standby.promote)
                known = len(writers.acknowledged)
                await asyncio.sleep(10)
                over = True
                await work
                return len(writers.acknowledged) - known

            assert asyncio.run(fail()) <= CLIENTS
            assert set(writers.tally.statuses) == {201, 503}
