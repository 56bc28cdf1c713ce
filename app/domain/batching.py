"""Many things, some at a time."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")


def batched(values: Iterable[T], size: int) -> Iterator[list[T]]:
    """`values` as lists of `size` of them; the last may be shorter."""
    rest = iter(values)
    while batch := list(islice(rest, size)):
        yield batch
