"""Merge of the first events of each source, as one statement."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Integer,
    Subquery,
    bindparam,
    literal_column,
    select,
    tuple_,
    union_all,
)

from app.db.functions import AnySelect, ColumnExpression
from app.resources.timeline.event_source import EventSource
from app.resources.timeline.sources import SOURCES

_KEYS = ("key_0", "key_1", "key_2")


class Part(NamedTuple):
    """The matching events of a source."""

    rank: int
    """Position of the source in `SOURCES`."""
    where: tuple[ColumnElement[bool], ...]

    @property
    def source(self) -> EventSource:
        """The source."""
        return SOURCES[self.rank]


Parts = tuple[Part, ...]

ALL_PARTS: Parts = tuple(Part(rank, ()) for rank in range(len(SOURCES)))


@lru_cache(maxsize=256)
def select_event_keys(parts: Parts, descending: bool, has_seek: bool = False) -> AnySelect:
    """Select the first `number` events of `parts`, after the bound seek keys if any.

    Each source is read no further than that, in the order of its index.
    """
    return order_events(select(_merge(parts, descending, has_seek)), descending)


def _merge(parts: Parts, descending: bool, has_seek: bool) -> Subquery:
    """The first `number` events of each of `parts`."""
    firsts = []
    for part in parts:
        rank, where = part
        events, keys = part.source.select_events(rank).where(*where), part.source.sort_keys
        if has_seek:
            events = events.where(*_seek(keys, rank, descending))
        order = [key.desc() if descending else key.asc() for key in keys]
        firsts.append(select(events.order_by(*order).limit(_NUMBER).subquery()))
    return union_all(*firsts).subquery()


_NUMBER = bindparam("number", type_=Integer())


def _seek(
    sort_keys: Sequence[ColumnExpression], rank: int, descending: bool
) -> list[ColumnElement[bool]]:
    """Conditions: an event is after the bound seek keys."""
    sort_at, key = sort_keys
    types = sort_at.type, Integer(), Integer()
    seek = [bindparam(f"seek_{n}", type_=type_) for n, type_ in enumerate(types)]
    keys = tuple_(sort_at, literal_column(str(rank), Integer()), key)
    # The first condition bounds the range of the index.
    if descending:
        return [sort_at <= seek[0], keys < tuple_(*seek)]
    return [sort_at >= seek[0], keys > tuple_(*seek)]


def order_events(statement: AnySelect, descending: bool) -> AnySelect:
    """The first `number` rows of a statement of events."""
    keys: list[ColumnElement[Any]] = [literal_column(name) for name in _KEYS]
    order = (key.desc() if descending else key.asc() for key in keys)
    return statement.order_by(*order).limit(_NUMBER)
