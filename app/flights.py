"""Work that is done once for all who ask for it at the same time."""

from asyncio import shield, wrap_future
from collections.abc import Awaitable, Callable, Hashable
from concurrent.futures import Future
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


class Flights(Generic[K, T]):
    """What is being made, by what it is made for."""

    def __init__(self) -> None:
        self._under_way: dict[K, Future[T | None]] = {}

    async def share(self, key: K, make: Callable[[], Awaitable[T]]) -> T | None:
        """What `make` makes, or what another one makes already; None where that one fails."""
        flight = self._under_way.get(key)
        if flight is not None:  # whoever waits and gives up must not take it from the others
            return await shield(wrap_future(flight))
        flight = self._under_way[key] = Future()
        made: T | None = None
        try:
            made = await make()
            return made
        finally:
            self._under_way.pop(key, None)
            flight.set_result(made)
