"""A process whose event loop is stuck ends itself; one that was only stopped does not."""

import asyncio
import os
import signal
import time
from multiprocessing import get_context

import pytest

from app.ops.watchdog import (
    MAX_MISSED_BEAT_COUNT,
    STUCK_EXIT_STATUS,
    WATCHDOG_INTERVAL_SECONDS,
    run_watchdog,
)

LONGEST = WATCHDOG_INTERVAL_SECONDS * (MAX_MISSED_BEAT_COUNT + 2)


def _serve(stuck_after: float) -> None:
    async def run() -> None:
        with run_watchdog():
            await asyncio.sleep(stuck_after)
            time.sleep(60)  # noqa: ASYNC251 - what must not be done

    asyncio.run(run())


@pytest.mark.timeout(60)
def test_a_stuck_process_ends_itself() -> None:
    process = get_context("spawn").Process(target=_serve, args=(0.5,))
    process.start()
    process.join(40)
    assert process.exitcode == STUCK_EXIT_STATUS


@pytest.mark.timeout(60)
def test_a_process_that_was_stopped_goes_on() -> None:
    process = get_context("spawn").Process(target=_serve, args=(60,))
    process.start()
    assert process.pid is not None
    time.sleep(4)
    os.kill(process.pid, signal.SIGSTOP)
    time.sleep(LONGEST + 2)
    os.kill(process.pid, signal.SIGCONT)
    time.sleep(4)
    assert process.is_alive()
    process.kill()
    process.join(10)
