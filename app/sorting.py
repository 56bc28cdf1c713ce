"""Orders that a list can be read in, each made total by the primary key."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement

from app.database import Expression


@dataclass(frozen=True)
class Order:
    """Columns to sort by, all in one direction; the last one, a primary key, breaks ties."""

    keys: tuple[Expression, ...]
    descending: bool

    def clauses(self, backwards: bool = False) -> list[ColumnElement[Any]]:
        """The ORDER BY of a page read forwards or backwards."""
        down = self.descending != backwards
        return [key.desc() if down else key.asc() for key in self.keys]


def orders(tie: Expression, **columns: tuple[Expression, ...]) -> Mapping[str, Order]:
    """Each name of `columns` as an ascending order, and with a minus before it as a descending one.

    `orders(Article.id, published_at=(Article.published_at,))`
    """
    return {
        sign + name: Order((*keys, tie), descending=sign == "-")
        for name, keys in columns.items()
        for sign in ("", "-")
    }
