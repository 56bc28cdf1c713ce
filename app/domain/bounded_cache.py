"""Cache of a function's results, bounded in bytes: for arguments that clients choose.

`functools.lru_cache` counts entries, however large they are: 4,096 headers of 28 KB take 115 MB.
"""

from collections.abc import Callable, Iterable
from sys import getsizeof
from typing import Any, Generic, TypeVar, TypeVarTuple
from weakref import WeakSet

Ts = TypeVarTuple("Ts")
T = TypeVar("T")

MAX_ENTRY_BYTES = 4096
"""Larger entries are not cached: they are rare, and would displace many others."""

_ENTRY_OVERHEAD_BYTES = 150
"""Memory of an entry beside its arguments and its result, estimated."""

_MISSING: Any = object()


class BoundedCache(Generic[*Ts, T]):
    """A function with its cache. It takes positional arguments, and may be called by any thread.

    The cache has two generations. When the new one is full, it replaces the old one; entries that
    are used again move to the new one. So the entries used last stay, without a list of them.
    """

    def __init__(self, function: Callable[[*Ts], T], max_bytes: int) -> None:
        self.function = function
        self.name = f"{function.__module__.rpartition('.')[2]}.{function.__name__.strip('_')}"
        self.max_bytes = max_bytes
        self._new: dict[tuple[*Ts], T] = {}
        self._old: dict[tuple[*Ts], T] = {}
        self._new_bytes = self._old_bytes = 0
        _caches.add(self)

    def __call__(self, *args: *Ts) -> T:
        result: T = self._new.get(args, _MISSING)
        if result is _MISSING:
            result = self._old.get(args, _MISSING)
            if result is _MISSING:
                result = self.function(*args)
            self._put(args, result)
        return result

    @property
    def entry_count(self) -> int:
        """Number of entries."""
        return len(self._new) + len(self._old)

    @property
    def size_bytes(self) -> int:
        """Size of all entries, estimated."""
        return self._new_bytes + self._old_bytes

    def _put(self, args: tuple[*Ts], result: T) -> None:
        size = _ENTRY_OVERHEAD_BYTES + _size_of(args) + _size_of(result)
        if size > MAX_ENTRY_BYTES:
            return
        if self._new_bytes + size > self.max_bytes // 2:
            self._old, self._old_bytes = self._new, self._new_bytes
            self._new, self._new_bytes = {}, 0
        self._new[args] = result
        self._new_bytes += size


_caches: WeakSet[BoundedCache[*tuple[Any, ...], Any]] = WeakSet()


def bounded_cache(max_bytes: int) -> Callable[[Callable[[*Ts], T]], BoundedCache[*Ts, T]]:
    """A decorator that caches the results of a function in at most `max_bytes`."""
    return lambda function: BoundedCache(function, max_bytes)


def bounded_caches() -> Iterable[BoundedCache[*tuple[Any, ...], Any]]:
    """All caches of this process."""
    return list(_caches)


def _size_of(value: object) -> int:
    size = getsizeof(value)
    return size + sum(map(_size_of, value)) if isinstance(value, tuple) else size
