"""Sort orders of lists, made total by the primary key."""

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
    """Enum of sort names; its schema has variable names for generated clients."""

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        json_schema = handler(schema)
        handler.resolve_ref_schema(json_schema)["x-enum-varnames"] = [member.name for member in cls]
        return json_schema


@dataclass(frozen=True, eq=False)
class Order:
    """Columns to sort by, all in one direction; the last one is the primary key."""

    keys: tuple[ColumnExpression, ...]
    descending: bool

    @cached_property
    def key_types(self) -> dict[str, type]:
        """Python types of the keys, by SQL expression."""
        return {str(key): key.type.python_type for key in self.keys}

    def order_by_clauses(self, backwards: bool = False) -> list[ColumnElement[Any]]:
        """ORDER BY clauses of a page read forwards or backwards."""
        descending = self.descending != backwards
        return [key.desc() if descending else key.asc() for key in self.keys]


def build_orders(
    tie: ColumnExpression, **columns: tuple[ColumnExpression, ...]
) -> Mapping[str, Order]:
    """Ascending and descending orders (`name`, `-name`) of the columns; `tie` breaks ties.

    `build_orders(Article.id, published_at=(Article.published_sort_at,))`
    """
    return {
        sign + name: Order((*keys, tie), descending=sign == "-")
        for name, keys in columns.items()
        for sign in ("", "-")
    }
