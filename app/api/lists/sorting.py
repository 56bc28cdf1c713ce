"""Orders that a list can be read in, each made total by the primary key."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

from pydantic import GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema
from sqlalchemy import ColumnElement

from app.db.functions import ColumnExpression


class SortChoice(StrEnum):
    """The names of a list's orders; each member has a name that clients can be made with."""

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        shown = handler(schema)
        handler.resolve_ref_schema(shown)["x-enum-varnames"] = [member.name for member in cls]
        return shown


@dataclass(frozen=True, eq=False)
class Order:
    """Columns to sort by, all in one direction; the last one, a primary key, breaks ties."""

    keys: tuple[ColumnExpression, ...]
    descending: bool

    @cached_property
    def key_types(self) -> tuple[type, ...]:
        """The types of the keys."""
        return tuple(key.type.python_type for key in self.keys)

    def order_by_clauses(self, backwards: bool = False) -> list[ColumnElement[Any]]:
        """The ORDER BY of a page read forwards or backwards."""
        down = self.descending != backwards
        return [key.desc() if down else key.asc() for key in self.keys]


def build_orders(
    tie: ColumnExpression, **columns: tuple[ColumnExpression, ...]
) -> Mapping[str, Order]:
    """Each name of `columns` as an ascending order, and with a minus before it as a descending one.

    `orders(Article.id, published_at=(Article.published_at,))`
    """
    return {
        sign + name: Order((*keys, tie), descending=sign == "-")
        for name, keys in columns.items()
        for sign in ("", "-")
    }
