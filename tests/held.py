"""Reads that take as long as a test wants."""

import asyncio
from collections.abc import Callable
from threading import Event
from typing import Any

from sqlalchemy import func, literal, select

from app.database import Reader
from app.sql import Rows


def counting(number: int) -> Rows:
    """A statement that counts to `number`, one by one."""
    numbers = select(literal(1).label("n")).cte("numbers", recursive=True)
    more = select(numbers.c.n + 1).where(numbers.c.n < number)
    return select(func.count().label("n")).select_from(numbers.union_all(more))


ENDLESS = counting(10**9)
"""A statement that no database gets to the end of while somebody waits."""


def in_loop() -> bool:
    """Whether this is asked in an event loop."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def until(released: Event) -> Callable[..., None]:
    """A query that ends when `released` is set; as any that takes long, it gets to a thread."""

    def held(reader: Reader, *_: Any) -> None:
        if in_loop():
            reader.all(ENDLESS)
        released.wait(20)

    return held
