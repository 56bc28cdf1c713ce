"""Graceful shutdown: readiness fails first, then requests drain, then the process stops."""

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from signal import SIGINT, SIGTERM
from types import FrameType
from typing import Any


class GracefulShutdown:
    """The shutdown state of this process."""

    def __init__(self, drain_seconds: float) -> None:
        self.drain_seconds = drain_seconds
        self.is_draining = False
        self._previous_handlers: dict[int, Any] = {}

    @contextmanager
    def handle_signals(self, on_shutdown: Callable[[], None]) -> Iterator[None]:
        """Handle SIGTERM and SIGINT; `on_shutdown` ends streams that have no end.

        SIGTERM stops the server after `drain_seconds`, so that load balancers notice the failing
        readiness check first. SIGINT, and a second SIGTERM, stop it immediately.
        """
        loop = asyncio.get_running_loop()

        def handle(number: int, frame: FrameType | None) -> None:
            is_repeated, self.is_draining = self.is_draining, True
            on_shutdown()
            if number == SIGINT or is_repeated or not self.drain_seconds:
                stop(number, frame)
            else:
                loop.call_soon_threadsafe(loop.call_later, self.drain_seconds, stop, number, None)

        def stop(number: int, frame: FrameType | None) -> None:
            if callable(self._previous_handlers.get(number)):
                self._previous_handlers[number](number, frame)

        if threading.current_thread() is threading.main_thread():
            self._previous_handlers = {
                number: signal.signal(number, handle) for number in (SIGINT, SIGTERM)
            }
        try:
            yield
        finally:
            for number, handler in self._previous_handlers.items():
                signal.signal(number, handler)
            self._previous_handlers = {}
