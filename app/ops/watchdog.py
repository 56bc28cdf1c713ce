"""The watchdog: reports what blocks the event loop, and ends a process whose loop is stuck.

A thread checks for heartbeats of the event loop. It sees the stack of the loop's thread while that
is blocked. The supervisor's own health check is answered by a thread, so it does not notice a stuck
loop.
"""

import asyncio
import faulthandler
import logging
import os
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import parent_process
from time import monotonic
from types import FrameType
from typing import NoReturn

from app.http.metrics import LOOP_BLOCKED_SECONDS
from app.http.request_context import find_running_route

logger = logging.getLogger("zarya")

BEAT_INTERVAL_SECONDS = 0.02
MAX_BLOCKED_SECONDS = 0.05
"""Delay of a heartbeat after which the event loop counts as blocked."""

MAX_MISSED_BEAT_COUNT = 400
"""Heartbeats in a row that may be missing. Not a duration: the process may have been suspended."""

STUCK_EXIT_STATUS = 70
"""Exit status of a process that the watchdog ends."""

_LOG_INTERVAL_SECONDS = 10.0
"""Time between two log lines about a blocked loop."""

_MAX_STACK_FRAME_COUNT = 25


@contextmanager
def run_watchdog() -> Iterator[None]:
    """Watch the running event loop; end the process only if a supervisor can start another."""
    stop_event = threading.Event()
    watchdog = _Watchdog(asyncio.get_running_loop(), stop_event, parent_process() is not None)
    watchdog.beat()
    threading.Thread(target=watchdog.run, name="watchdog", daemon=True).start()
    try:
        yield
    finally:
        stop_event.set()


class _Watchdog:
    def __init__(
        self, loop: asyncio.AbstractEventLoop, stop_event: threading.Event, is_supervised: bool
    ) -> None:
        self._loop = loop
        self._loop_thread_id = threading.get_ident()
        self._stop_event = stop_event
        self._is_supervised = is_supervised
        self._beat_at = monotonic()
        self._log_at = float("-inf")
        """Earliest time of the next log line."""

    def beat(self) -> None:
        """Record a heartbeat of the event loop, and schedule the next one."""
        self._beat_at = monotonic()
        if not self._stop_event.is_set():
            self._loop.call_later(BEAT_INTERVAL_SECONDS, self.beat)

    def run(self) -> None:
        """Check for heartbeats until stopped; runs in a thread."""
        last_beat_at, missed_count, blocked_route = self._beat_at, 0, None
        while not self._stop_event.wait(BEAT_INTERVAL_SECONDS):
            beat_at = self._beat_at
            if beat_at != last_beat_at:
                if blocked_route is not None:
                    seconds = beat_at - last_beat_at - BEAT_INTERVAL_SECONDS
                    LOOP_BLOCKED_SECONDS.labels(blocked_route).observe(seconds)
                last_beat_at, missed_count, blocked_route = beat_at, 0, None
                continue
            missed_count += 1
            late_seconds = monotonic() - beat_at - BEAT_INTERVAL_SECONDS
            if blocked_route is None and late_seconds > MAX_BLOCKED_SECONDS:
                blocked_route = self._report_blocked()
            if self._is_supervised and missed_count >= MAX_MISSED_BEAT_COUNT:
                self._kill_process()

    def _report_blocked(self) -> str:
        """Log the stack of the event loop's thread, and return the route that it is processing."""
        frame = sys._current_frames().get(self._loop_thread_id)
        route = find_running_route(frame) or "none"
        if frame is not None and monotonic() >= self._log_at:
            self._log_at = monotonic() + _LOG_INTERVAL_SECONDS
            logger.warning("event loop blocked: route %s, at %s", route, _format_stack(frame))
        return route

    def _kill_process(self) -> NoReturn:
        logger.critical("watchdog: the event loop is stuck, ending the process")
        faulthandler.dump_traceback()
        os._exit(STUCK_EXIT_STATUS)


def _format_stack(frame: FrameType) -> str:
    """The innermost frames, without values of variables, the innermost first."""
    frames = traceback.StackSummary.extract(
        traceback.walk_stack(frame), limit=_MAX_STACK_FRAME_COUNT, lookup_lines=False
    )
    return " < ".join(f"{each.name} ({each.filename}:{each.lineno})" for each in frames)
