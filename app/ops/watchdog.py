"""The watchdog: ends a process whose event loop is stuck, so that the supervisor replaces it.

The supervisor's own health check is answered by a thread, so it does not notice a stuck loop.
"""

import asyncio
import faulthandler
import logging
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import parent_process
from typing import NoReturn

logger = logging.getLogger("zarya")

WATCHDOG_INTERVAL_SECONDS = 1.0
MAX_MISSED_BEAT_COUNT = 8
"""Heartbeats in a row that may be missing. Not a duration: the process may have been suspended."""

STUCK_EXIT_STATUS = 70
"""Exit status of a process that the watchdog ends."""


@contextmanager
def run_watchdog() -> Iterator[None]:
    """Watch the running event loop, if a supervisor can start another process."""
    if parent_process() is None:
        yield
        return
    stop_event = threading.Event()
    watchdog = _Watchdog(asyncio.get_running_loop(), stop_event)
    watchdog.beat()
    threading.Thread(target=watchdog.run, name="watchdog", daemon=True).start()
    try:
        yield
    finally:
        stop_event.set()


class _Watchdog:
    def __init__(self, loop: asyncio.AbstractEventLoop, stop_event: threading.Event) -> None:
        self._loop = loop
        self._stop_event = stop_event
        self._alive = True

    def beat(self) -> None:
        """Record a heartbeat of the event loop, and schedule the next one."""
        self._alive = True
        if not self._stop_event.is_set():
            self._loop.call_later(WATCHDOG_INTERVAL_SECONDS / 2, self.beat)

    def run(self) -> None:
        """Check for heartbeats until stopped; runs in a thread."""
        missed = 0
        while not self._stop_event.wait(WATCHDOG_INTERVAL_SECONDS):
            missed = 0 if self._alive else missed + 1
            self._alive = False
            if missed >= MAX_MISSED_BEAT_COUNT:
                self._kill_process()

    def _kill_process(self) -> NoReturn:
        logger.critical("watchdog: the event loop is stuck, ending the process")
        faulthandler.dump_traceback()
        os._exit(STUCK_EXIT_STATUS)
