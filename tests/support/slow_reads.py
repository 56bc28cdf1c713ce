"""Slow database reads: statements that do not finish, and queries that block on an event."""

import asyncio
from collections.abc import Callable
from threading import Event
from typing import Any

from sqlalchemy import func, literal, select

from app.db.database import Reader
from app.db.functions import AnySelect


def counting_statement(number: int) -> AnySelect:
    """SELECT statement that counts to `number` in a recursive CTE."""
    numbers = select(literal(1).label("n")).cte("numbers", recursive=True)
    more = select(numbers.c.n + 1).where(numbers.c.n < number)
    return select(func.count().label("n")).select_from(numbers.union_all(more))


ENDLESS_STATEMENT = counting_statement(10**9)
"""Statement that exceeds every time limit."""


def in_event_loop() -> bool:
    """True if the caller runs in an event loop."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def blocking_query(released: Event) -> Callable[..., None]:
    """Query that blocks until `released` is set.

    In the event loop it exceeds the time limit first, so that it continues in a thread.
    """

    def query(reader: Reader, *_: Any) -> None:
        if in_event_loop():
            reader.all(ENDLESS_STATEMENT)
        released.wait(20)

    return query
