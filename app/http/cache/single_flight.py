"""Work that is done once for all who ask for it at the same time."""

from asyncio import shield, wrap_future
from collections.abc import Awaitable, Callable, Hashable
from concurrent.futures import Future
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


class SingleFlight(Generic[K, T]):
    """What is being made, by what it is made for."""

    def __init__(self) -> None:
        self._in_progress: dict[K, Future[T | None]] = {}

    async def run(self, key: K, make: Callable[[Callable[[], None]], Awaitable[T]]) -> T | None:
        """What `make` makes, or what another one makes already; None where that one fails.

        `make` is given what lets those who wait go with None, as soon as it knows that what it
        makes is not for them.
        """
        there = self._in_progress.get(key)
        if there is not None:  # whoever waits and gives up must not take it from the others
            return await shield(wrap_future(there))
        flight = self._in_progress[key] = Future()

        def land(made: T | None = None) -> None:
            if self._in_progress.get(key) is flight:
                del self._in_progress[key]
            if not flight.done():
                flight.set_result(made)

        try:
            made = await make(land)
            land(made)
            return made
        finally:
            land()
