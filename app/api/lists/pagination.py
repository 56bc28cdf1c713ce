"""Lists by the page: keyset cursors, the links to the pages around, and the filters they keep."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from hashlib import blake2b
from typing import Annotated, Any, Generic, TypeVar, get_args
from urllib.parse import parse_qs, urlsplit

from pydantic import BaseModel, Field
from sqlalchemy import ColumnElement, Integer, bindparam, func, tuple_

from app.api.links import Url, url_for_request
from app.api.lists.sorting import Order
from app.api.openapi.examples import Example
from app.api.params import DecimalInt, Omittable, QueryModel, View
from app.db.database import Reader, Row
from app.db.functions import AnySelect
from app.domain.dates import MAX_INSTANT, MIN_INSTANT
from app.domain.languages import tr
from app.domain.text import is_storable
from app.http.problems import CursorMismatch, InvalidCursor

T = TypeVar("T")
P = TypeVar("P", bound="Page[Any]")

MAX_PAGE_ITEMS = 100
_MAX_CURSOR_INT = 2**31 - 1


class ListFormat(StrEnum):
    """Format of a list."""

    JSON = "json"
    CSV = "csv"
    NDJSON = "ndjson"


CursorParam = Annotated[str, Field(min_length=1, max_length=2000)]


class PageParams(QueryModel):
    """Which page of what is found, and how much of it."""

    limit: DecimalInt = Field(default=20, ge=1, le=MAX_PAGE_ITEMS)
    """Maximum number of items per page."""
    cursor: Annotated[
        Omittable[CursorParam],
        Example("WyJuYW1lIiwgIjhkYjI1Y2JlZTk0NyIsIDAsICJhbm5lIG1jY2xhaW4iLCAyNV0"),
    ] = None
    """Cursor from `next` or `prev`. Valid only with the same filters and sort order."""
    with_total: Annotated[bool, Example(True)] = False
    """Whether to count all matching items in `total`. Otherwise `total` is null."""


class ListQuery(PageParams):
    """Which page of a list, and how much of it."""

    format: Annotated[Omittable[ListFormat], Example("json")] = None
    """`json` returns a page, `csv` and `ndjson` the whole list. Default: from `Accept`."""


class ListViewQuery(ListQuery):
    """A page of a list whose items come in two sizes."""

    view: View = View.SUMMARY
    """`summary` omits long texts and lists. `full` returns all fields of the resource."""


class Page(BaseModel, Generic[T]):
    """One page of a list."""

    items: list[T] = Field(description="Items of this page, in the requested order.")
    next: Url | None = Field(description="URL of the next page, or null on the last page.")
    prev: Url | None = Field(description="URL of the previous page, or null on the first page.")
    total: int | None = Field(
        description="Number of matching items. Null unless `with_total=true`."
    )

    @classmethod
    def item_type(cls) -> type[BaseModel]:
        """What the items are."""
        (kind,) = get_args(cls.model_fields["items"].annotation)
        found: type[BaseModel] = kind
        return found


def next_cursor(page: Page[Any]) -> str | None:
    """The cursor of the page after `page`, None at the end."""
    return parse_qs(urlsplit(page.next).query)["cursor"][0] if page.next else None


def to_query_params(query: QueryModel, **changed: str | None) -> dict[str, str]:
    """The parameters that make `query`, defaults left out, with some changed (None: left out)."""
    given: dict[str, Any] = query.model_dump(mode="json", exclude_defaults=True) | changed
    return {name: _format_param(value) for name, value in given.items() if value is not None}


def title_with_filters(name: str, asked: Mapping[str, str]) -> str:
    """`name` with the parameters asked for: `Zarya news (mission: iss-59, language: ru)`."""
    told = ", ".join(f"{parameter}: {value}" for parameter, value in asked.items())
    return f"{name} ({told})" if told else name


def _format_param(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(_format_param(part) for part in value)
    return str(value).lower() if isinstance(value, bool) else str(value)


@dataclass(frozen=True)
class _PageCursor:
    """A place between two items: the keys of one of them, and which way to read from there."""

    sort: str
    filters_digest: str
    backwards: bool
    keys: tuple[Any, ...]

    def encode(self) -> str:
        keys = [key.isoformat() if isinstance(key, datetime) else key for key in self.keys]
        text = json.dumps(
            [self.sort, self.filters_digest, int(self.backwards), *keys], ensure_ascii=False
        )
        return urlsafe_b64encode(text.encode()).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str, sorts: Mapping[str, Sequence[type]]) -> "_PageCursor":
        """Parse what `encode` wrote; anything else, whatever it is, is a `InvalidCursor`.

        `sorts` has the types of the keys of each sort.
        """
        try:
            padded = text + "=" * (-len(text) % 4)
            sort, filters, backwards, *keys = json.loads(urlsafe_b64decode(padded.encode("ascii")))
            if sort not in sorts:
                raise CursorMismatch(
                    tr(
                        "It was made for another list; start without it.",
                        "Он сделан для другого списка; начните без него.",
                    )
                )
            values = tuple(
                _decode_key(key, kind) for key, kind in zip(keys, sorts[sort], strict=True)
            )
            return cls(sort, filters, {0: False, 1: True}[backwards], values)
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise InvalidCursor(
                tr(
                    "Take the cursor from `next` or `prev` as it is, or leave it out to start "
                    "anew.",
                    "Возьмите курсор из `next` или `prev` как есть или начните заново без него.",
                )
            ) from error


def _decode_key(value: Any, kind: type) -> Any:
    """A key of a cursor as `kind`, within what a database can compare with."""
    if kind is datetime:
        at = datetime.fromisoformat(value)
        if at.tzinfo is None or not MIN_INSTANT <= at < MAX_INSTANT:
            raise ValueError(value)
        return at
    if type(value) is not kind:
        raise TypeError(value)
    if isinstance(value, str) and (not is_storable(value) or len(value) > 400):
        raise ValueError(value)
    if isinstance(value, int) and abs(value) > _MAX_CURSOR_INT:
        raise ValueError(value)
    return value


def _digest_filters(filters: Mapping[str, str]) -> str:
    return blake2b(json.dumps(filters, sort_keys=True).encode(), digest_size=6).hexdigest()


@dataclass(frozen=True)
class Seek:
    """The place that a page starts from: the keys of an item, and which way to read from there."""

    keys: tuple[Any, ...]
    backwards: bool


RowFetcher = Callable[[Seek | None, int], list[Row]]
"""Reads up to as many rows behind a place as asked for, in the order of reading.

Each has the keys of its place as `key_0`, `key_1` …
"""


def fetch_page(
    reader: Reader,
    page: type[P],
    statement: AnySelect,
    where: Sequence[ColumnElement[bool]],
    orders: Mapping[str, Order],
    query: ListQuery,
    *path: str,
    default_sort: str | None = None,
) -> P:
    """One page of `statement`, where all of `where` holds, filled into `page`; links under `path`.

    `statement` is the same for all requests, and has neither order nor limit. The order is
    `query.sort`, or `default` where the list has one only.
    """
    sort = default_sort or str(query.sort)  # type: ignore[attr-defined]  # every sorted list's query has it
    sorts = {name: order.key_types for name, order in orders.items()}

    def read(behind: Seek | None, number: int) -> list[Row]:
        backwards = None if behind is None else behind.backwards
        rows = _page_statement(statement, orders[sort], backwards)
        keys = {f"behind_{n}": key for n, key in enumerate(behind.keys if behind else ())}
        return reader.all(rows.where(*where) if where else rows, number=number, **keys)

    def total() -> int:
        return count_rows(reader, statement.where(*where))

    return build_page(page, read, total, sorts, sort, query, *path)


def build_page(
    page: type[P],
    read: RowFetcher,
    total: Callable[[], int],
    sorts: Mapping[str, Sequence[type]],
    sort: str,
    query: PageParams,
    *path: str,
) -> P:
    """One page of what `decode` reads in the order `sort`, filled into `page`.

    `sorts` has the types of the keys of each sort; `total` counts all rows.
    """
    kept = to_query_params(query, cursor=None)
    scope = {k: v for k, v in kept.items() if k not in ListQuery.model_fields and k != "view"}
    digest = _digest_filters(scope | {"": "/".join(path)})
    cursor = _PageCursor.decode(query.cursor, sorts) if query.cursor else None
    if cursor and (cursor.sort, cursor.filters_digest) != (sort, digest):
        raise CursorMismatch(
            tr(
                "It was made for other filters or another sort; start without it.",
                "Он сделан для других фильтров или другой сортировки; начните без него.",
            )
        )
    backwards = cursor is not None and cursor.backwards
    rows = read(Seek(cursor.keys, backwards) if cursor else None, query.limit + 1)
    more, rows = len(rows) > query.limit, rows[: query.limit]
    rows = rows[::-1] if backwards else rows

    def neighbour(row: Row, backwards: bool) -> str:
        keys = tuple(row[f"key_{n}"] for n in range(len(sorts[sort])))
        at = _PageCursor(sort, digest, backwards, keys).encode()
        return url_for_request(*path, **kept, cursor=at)

    has_next, has_prev = (bool(cursor), more) if backwards else (more, bool(cursor))
    return page.model_validate(
        {
            "items": rows,
            "next": neighbour(rows[-1], False) if rows and has_next else None,
            "prev": neighbour(rows[0], True) if rows and has_prev else None,
            "total": total() if query.with_total else None,
        }
    )


@lru_cache(maxsize=256)
def _page_statement(statement: AnySelect, order: Order, backwards: bool | None) -> AnySelect:
    """The first `number` rows of `statement`; None: from the start, else behind a place."""
    if backwards is not None:
        # A row value, not the same spelt with OR: the index then finds the place at once.
        here = tuple_(*order.keys)
        there = tuple_(
            *(bindparam(f"behind_{n}", type_=key.type) for n, key in enumerate(order.keys))
        )
        down = order.descending != backwards
        statement = statement.where(here < there if down else here > there)
    keys = (key.label(f"key_{n}") for n, key in enumerate(order.keys))
    ordered = statement.add_columns(*keys).order_by(*order.order_by_clauses(bool(backwards)))
    return ordered.limit(bindparam("number", type_=Integer()))


def count_rows(reader: Reader, statement: AnySelect) -> int:
    """How many rows `statement` has."""
    return reader.scalar(statement.with_only_columns(func.count(), maintain_column_froms=True)) or 0
