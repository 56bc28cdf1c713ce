"""The watchdog ends a process with a blocked event loop, but not one that was only stopped."""

import asyncio
import os
import signal
import time
from multiprocessing import get_context

import pytest

from app.ops.watchdog import (
    BEAT_INTERVAL_SECONDS,
    MAX_MISSED_BEAT_COUNT,
    STUCK_EXIT_STATUS,
    run_watchdog,
)

MAX_DETECTION_SECONDS = BEAT_INTERVAL_SECONDS * (MAX_MISSED_BEAT_COUNT + 2)


def _serve(stuck_after: float) -> None:
    async def run() -> None:
        with run_watchdog():
            await asyncio.sleep(stuck_after)
            time.sleep(60)  # noqa: ASYNC251 - blocks the event loop on purpose

    asyncio.run(run())


@pytest.mark.timeout(60)
def test_process_with_blocked_event_loop_ends() -> None:
    process = get_context("spawn").Process(target=_serve, args=(0.5,))
    process.start()
    process.join(40)
    assert process.exitcode == STUCK_EXIT_STATUS


@pytest.mark.timeout(60)
def test_stopped_process_continues() -> None:
    process = get_context("spawn").Process(target=_serve, args=(60,))
    process.start()
    assert process.pid is not None
    time.sleep(4)
    os.kill(process.pid, signal.SIGSTOP)
    time.sleep(MAX_DETECTION_SECONDS + 2)
    os.kill(process.pid, signal.SIGCONT)
    time.sleep(4)
    assert process.is_alive()
    process.kill()
    process.join(10)
