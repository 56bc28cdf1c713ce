"""Single-flight: concurrent calls with the same key share one execution."""

from asyncio import shield, wrap_future
from collections.abc import Awaitable, Callable, Hashable
from concurrent.futures import Future
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


class SingleFlight(Generic[K, T]):
    """Calls in progress, by key."""

    def __init__(self) -> None:
        self._in_progress: dict[K, Future[T | None]] = {}

    async def run(self, key: K, call: Callable[[Callable[[], None]], Awaitable[T]]) -> T | None:
        """The result of `call`, or of the one in progress; None if that one fails or is released.

        `call` gets a function that releases the waiters with None, for a result that turns out not
        to be shareable.
        """
        in_progress = self._in_progress.get(key)
        if in_progress is not None:  # a waiter that is cancelled must not cancel the others
            return await shield(wrap_future(in_progress))
        future = self._in_progress[key] = Future()

        def release(result: T | None = None) -> None:
            if self._in_progress.get(key) is future:
                del self._in_progress[key]
            if not future.done():
                future.set_result(result)

        try:
            result = await call(release)
            release(result)
            return result
        finally:
            release()
