"""Concurrent calls, to provoke races."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any


def run_concurrently(work: Callable[[int], Any], times: int) -> list[Any]:
    """Results of `work` for each number, all started at once."""
    barrier = Barrier(times)

    def one(number: int) -> Any:
        barrier.wait()
        return work(number)

    with ThreadPoolExecutor(times) as threads:
        return list(threads.map(one, range(times)))
