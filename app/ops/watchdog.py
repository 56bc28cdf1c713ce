"""The end of a process whose event loop is stuck, so that another one takes its place.

The supervisor of several processes cannot see it: its question is answered by a thread.
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
"""How many beats in a row may be missing: counted, since a process may itself have been stopped."""

STUCK_EXIT_STATUS = 70
"""The exit status of a process that ended itself."""


@contextmanager
def run_watchdog() -> Iterator[None]:
    """End the process when its loop is stuck, where a supervisor is there to start another."""
    if parent_process() is None:
        yield
        return
    over = threading.Event()
    watch = _Watchdog(asyncio.get_running_loop(), over)
    watch.beat()
    threading.Thread(target=watch.run, name="watchdog", daemon=True).start()
    try:
        yield
    finally:
        over.set()


class _Watchdog:
    def __init__(self, loop: asyncio.AbstractEventLoop, over: threading.Event) -> None:
        self._loop = loop
        self._stop_event = over
        self._alive = True

    def beat(self) -> None:
        """Say that the loop runs, now and after a while."""
        self._alive = True
        if not self._stop_event.is_set():
            self._loop.call_later(WATCHDOG_INTERVAL_SECONDS / 2, self.beat)

    def run(self) -> None:
        """Look for beats until it is over."""
        missed = 0
        while not self._stop_event.wait(WATCHDOG_INTERVAL_SECONDS):
            missed = 0 if self._alive else missed + 1
            self._alive = False
            if missed >= MAX_MISSED_BEAT_COUNT:
                self._kill_process()

    def _kill_process(self) -> NoReturn:
        logger.critical("the event loop is stuck: the process ends")
        faulthandler.dump_traceback()
        os._exit(STUCK_EXIT_STATUS)
