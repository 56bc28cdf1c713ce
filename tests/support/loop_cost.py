"""CPU time that requests take in the event loop, by callback."""

import gc
from asyncio import Handle
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import thread_time
from typing import Any

MAX_CALLBACK_CPU_SECONDS = 0.05
"""Limit of the CPU time of one callback of the event loop."""

_ATTEMPT_COUNT = 3


@contextmanager
def record_callbacks() -> Iterator[list[float]]:
    """Record the CPU time of each callback that an event loop of asyncio runs.

    CPU time of the thread, so other processes do not matter. Without garbage collection: the
    service excludes the objects of its start from it, the tests do not.
    """
    seconds: list[float] = []
    original = Handle._run

    def run(self: Handle) -> None:
        started_at = thread_time()
        original(self)
        seconds.append(thread_time() - started_at)

    Handle._run = run  # type: ignore[method-assign]  # asyncio has no hook for callbacks
    gc.disable()
    try:
        yield seconds
    finally:
        gc.enable()
        Handle._run = original  # type: ignore[method-assign]  # as above


def longest_callback_seconds(request: Callable[[], Any]) -> float:
    """CPU time of the longest callback of `request`, the least of a few attempts.

    The first attempt also compiles statements and fills caches of words.
    """
    longest = []
    for _ in range(_ATTEMPT_COUNT):
        with record_callbacks() as seconds:
            request()
        longest.append(max(seconds))
        if longest[-1] < MAX_CALLBACK_CPU_SECONDS:
            break
    return min(longest)
