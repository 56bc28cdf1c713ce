"""The end of a process: it is told to balancers first, then requests run out, then it stops."""

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from signal import SIGINT, SIGTERM
from types import FrameType
from typing import Any


class GracefulShutdown:
    """Whether this process is about to end."""

    def __init__(self, seconds: float) -> None:
        self.drain_seconds = seconds
        self.is_draining = False
        self._previous_handlers: dict[int, Any] = {}

    @contextmanager
    def handle_signals(self, let_go: Callable[[], None]) -> Iterator[None]:
        """Listen to the signals; `let_go` ends what would never end by itself.

        SIGTERM stops the server after a while only, so that those who choose where requests go
        have seen that this is the wrong place. SIGINT, and a second SIGTERM, do so at once.
        """
        loop = asyncio.get_running_loop()

        def told(number: int, frame: FrameType | None) -> None:
            again, self.is_draining = self.is_draining, True
            let_go()
            if number == SIGINT or again or not self.drain_seconds:
                stop(number, frame)
            else:
                loop.call_soon_threadsafe(loop.call_later, self.drain_seconds, stop, number, None)

        def stop(number: int, frame: FrameType | None) -> None:
            if callable(self._previous_handlers.get(number)):
                self._previous_handlers[number](number, frame)

        if threading.current_thread() is threading.main_thread():
            self._previous_handlers = {
                number: signal.signal(number, told) for number in (SIGINT, SIGTERM)
            }
        try:
            yield
        finally:
            for number, handler in self._previous_handlers.items():
                signal.signal(number, handler)
            self._previous_handlers = {}
