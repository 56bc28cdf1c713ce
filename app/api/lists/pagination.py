"""Keyset pagination: pages of a list, and links to the next and the previous one."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from hashlib import blake2b
from types import MappingProxyType
from typing import Annotated, Any, Generic, TypeVar, get_args

from pydantic import BaseModel, Field, PrivateAttr
from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Integer,
    bindparam,
    func,
    literal_column,
    select,
    tuple_,
    union,
    union_all,
)

from app.api.fields import FieldsQuery
from app.api.links import Url, url_for_request
from app.api.lists.cursors import MAX_CURSOR_CHARS
from app.api.lists.references import References, check_references
from app.api.lists.seek import KeyTypes, Seek, decode_seek, encode_seek
from app.api.lists.sorting import Order
from app.api.openapi.examples import Example
from app.api.params import DecimalInt, Omittable, QueryModel, View
from app.db.database import Reader, Row
from app.db.functions import AnySelect, ColumnExpression, row_limit_param

T = TypeVar("T")
P = TypeVar("P", bound="Page[Any]")

MAX_PAGE_ITEMS = 100
MAX_COUNTED_ITEMS = 10_000
"""Largest `total` of a list: the matches of a request are not counted further."""

_MAX_UNCHECKED_ROWS = 20
"""Rows that take a fraction of the budget of a read on the event loop: they are validated at once.

More are validated one by one, which takes a twentieth longer.
"""


class ListFormat(StrEnum):
    """Format of a list."""

    JSON = "json"
    CSV = "csv"
    NDJSON = "ndjson"


CursorParam = Annotated[str, Field(min_length=1, max_length=MAX_CURSOR_CHARS)]


class PageParams(QueryModel):
    """Query parameters of a paginated response."""

    limit: DecimalInt = Field(default=20, ge=1, le=MAX_PAGE_ITEMS)
    """Maximum number of items per page."""
    cursor: Annotated[
        Omittable[CursorParam],
        Example("WyJuYW1lIiwgIjQ0MTZkMTg2MTU4MSIsIDAsICJhbm5lIG1jY2xhaW4iLCAyNV0"),
    ] = None
    """Cursor from `next` or `prev`. Valid only with the same filters and sort order."""
    with_total: Annotated[bool, Example(True)] = False
    """If true, `total` counts the matching items, up to 10,000. Otherwise `total` is null."""


class ListQuery(FieldsQuery, PageParams):
    """Query parameters of a list."""

    format: Annotated[Omittable[ListFormat], Example("json")] = None
    """`json` returns a page, `csv` and `ndjson` the whole list. Default: from `Accept`."""
    bom: Annotated[bool, Example(False)] = True
    """If true, CSV starts with a byte order mark, by which spreadsheets recognise UTF-8."""


class ListViewQuery(ListQuery):
    """Query parameters of a list whose items have two views."""

    view: View = View.SUMMARY
    """`summary` omits long texts and lists. `full` returns all fields of the resource."""


class Page(BaseModel, Generic[T]):
    """A page of a list."""

    items: list[T] = Field(description="Items of this page, in the requested order.")
    next: Url | None = Field(description="URL of the next page, or null on the last page.")
    prev: Url | None = Field(description="URL of the previous page, or null on the first page.")
    total: int | None = Field(
        description="Number of matching items, at most 10,000. Null unless `with_total=true`."
    )
    total_is_minimum: bool = Field(
        description="True if more than `total` items match. False if `total` is exact or null."
    )

    _next_cursor: str | None = PrivateAttr(None)

    @property
    def next_cursor(self) -> str | None:
        """Cursor of the next page, None at the end."""
        return self._next_cursor

    @classmethod
    def item_type(cls) -> type[BaseModel]:
        """Model of the items."""
        item_type: type[BaseModel] = get_args(cls.model_fields["items"].annotation)[0]
        return item_type


def to_query_params(query: QueryModel, **changed: str | None) -> dict[str, str]:
    """Query parameters of `query` except defaults; `changed` overrides them, None removes one."""
    params: dict[str, Any] = query.model_dump(mode="json", exclude_defaults=True) | changed
    return {name: _format_param(value) for name, value in params.items() if value is not None}


def title_with_filters(name: str, params: Mapping[str, str]) -> str:
    """`name` with query parameters: `Zarya news (mission: iss-59, language: ru)`."""
    filters = ", ".join(f"{param}: {value}" for param, value in params.items())
    return f"{name} ({filters})" if filters else name


def _format_param(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(_format_param(part) for part in value)
    return str(value).lower() if isinstance(value, bool) else str(value)


RowFetcher = Callable[[Seek | None, int], list[Row]]
"""Reads up to a number of rows after a position, or from the start, in reading order.

Each row has its sort keys as `key_0`, `key_1` …
"""


@dataclass(frozen=True)
class Branch:
    """Some of the rows of a list, found in another table in the order of the list."""

    statement: AnySelect
    """Selects the ids of the rows."""
    keys: tuple[ColumnExpression, ...]
    """Columns of the other table that equal the sort keys; an index is in their order."""


def fetch_page(
    reader: Reader,
    page: type[P],
    statement: AnySelect,
    where: Sequence[ColumnElement[bool]],
    orders: Mapping[str, Order],
    query: ListQuery,
    *path: str,
    default_sort: str | None = None,
    branches: Sequence[Branch] = (),
    values: Mapping[str, Any] = MappingProxyType({}),
    is_reusable: bool = False,
    complete_rows: Callable[[list[Row]], list[Row]] = lambda rows: rows,
    page_fields: Mapping[str, Any] = MappingProxyType({}),
    references: References = MappingProxyType({}),
    count_facets: Callable[[], Sequence[BaseModel]] = list,
    max_items: int | None = None,
) -> P:
    """Read one page of the rows of `statement` that fulfil all of `where`; links lead to `path`.

    `statement` is the same object for all requests, without ORDER BY and LIMIT. The order is
    `query.sort`, or `default_sort` for a list that has only one. With `branches`, the rows are
    those of any branch, and `where` is left to the branches. `values` are those of their named
    parameters. With `is_reusable`, they are the same objects for all requests with the same
    filters, and the statement is built once. `complete_rows` adds what the statement cannot
    select; `page_fields` are the fields of `page` beside those of all pages; `references` are
    the names that filters accept; `count_facets` returns the facets that `query` asks for. A
    page has at most `max_items` items, even if `query.limit` is larger. Raises InvalidCursor,
    CursorMismatch and InvalidRequest.
    """
    sort = default_sort or str(query.sort)  # type: ignore[attr-defined]  # every sorted list's query has it
    sorts = {name: order.key_types for name, order in orders.items()}
    build = _filtered_page_statement if is_reusable else _select_page

    def read(seek: Seek | None, number: int) -> list[Row]:
        position = orders[sort], seek.backwards if seek else None
        rows = build(statement, *position, tuple(where), tuple(branches))
        keys = {f"seek_{n}": key for n, key in enumerate(seek.keys if seek else ())}
        return complete_rows(reader.all(rows, number=number, **keys, **values))

    def total() -> int:
        counted = [branch.statement for branch in branches] or [statement.where(*where)]
        return count_rows(reader, *counted, **values)

    if "facet" in query.model_fields_set:
        page_fields = {**page_fields, "facets": count_facets()}
    result = build_page(
        reader, page, read, total, sorts, sort, query, *path, max_items=max_items, **page_fields
    )
    if not query.model_fields_set.isdisjoint(references):
        check_references(reader, references, query, found=bool(result.items))
    return result


def build_page(
    reader: Reader,
    page: type[P],
    read: RowFetcher,
    total: Callable[[], int],
    sorts: Mapping[str, KeyTypes],
    sort: str,
    query: PageParams,
    *path: str,
    max_items: int | None = None,
    **page_fields: Any,
) -> P:
    """Build a page of the rows that `read` returns in the order `sort`, with `page_fields`.

    `sorts` has the key types of each sort; `total` counts the rows by `count_rows`. Raises
    InvalidCursor and CursorMismatch.
    """
    params = to_query_params(query, cursor=None, facet=None)  # facets are on the first page alone
    scope = {k: v for k, v in params.items() if k not in ListViewQuery.model_fields}
    # With the names of the keys: a cursor ends with the columns that it holds values of.
    digest = _digest_filters(scope | {"": "/".join([*path, *sorts[sort]])})
    seek = decode_seek(query.cursor, sort, digest, sorts) if query.cursor else None
    backwards = seek is not None and seek.backwards
    limit = min(query.limit, max_items or query.limit)
    rows = read(seek, limit + 1)
    more, rows = len(rows) > limit, rows[:limit]
    rows = rows[::-1] if backwards else rows

    def cursor_at(row: Row, backwards: bool) -> str:
        keys = tuple(row[f"key_{n}"] for n in range(len(sorts[sort])))
        return encode_seek(Seek(keys, backwards), sort, digest)

    def url(cursor: str | None) -> str | None:
        return url_for_request(*path, **params, cursor=cursor) if cursor else None

    has_next, has_prev = (True, more) if backwards else (more, seek is not None)
    next_cursor = cursor_at(rows[-1], False) if rows and has_next else None
    count = total() if query.with_total else None
    items: Sequence[object] = rows
    if len(rows) > _MAX_UNCHECKED_ROWS:
        item_type = page.item_type()
        items = [item_type.model_validate(row) for row in reader.within_budget(rows)]
    result = page.model_validate(
        {"facets": []}
        | dict(page_fields)
        | {
            "items": items,
            "next": url(next_cursor),
            "prev": url(cursor_at(rows[0], True)) if rows and has_prev else None,
            "total": count and min(count, MAX_COUNTED_ITEMS),
            "total_is_minimum": count is not None and count > MAX_COUNTED_ITEMS,
        }
    )
    result._next_cursor = next_cursor
    return result


def select_branch_ids(
    branches: Sequence[Branch], order: Order, backwards: bool | None = None
) -> CompoundSelect[Any]:
    """Select the ids of the first `number` rows of each branch, from the bound seek keys if any.

    An id may be selected by several branches.
    """
    firsts = (
        _build_page_statement(
            branch.statement, Order(branch.keys, order.descending), backwards
        ).subquery()
        for branch in branches
    )
    return union_all(*(select(first.c[0]) for first in firsts))


def _build_page_statement(statement: AnySelect, order: Order, backwards: bool | None) -> AnySelect:
    """Statement of `number` rows, from the start (None) or from the bound seek keys."""
    if backwards is not None:
        # A row value comparison uses the index; the same condition written with OR does not.
        keys = tuple_(*order.keys)
        seek = tuple_(*(bindparam(f"seek_{n}", type_=key.type) for n, key in enumerate(order.keys)))
        descending = order.descending != backwards
        statement = statement.where(keys < seek if descending else keys > seek)
    labels = (key.label(f"key_{n}") for n, key in enumerate(order.keys))
    ordered = statement.add_columns(*labels).order_by(*order.order_by_clauses(bool(backwards)))
    return ordered.limit(row_limit_param("number"))


_page_statement = lru_cache(maxsize=256)(_build_page_statement)


def _select_page(
    statement: AnySelect,
    order: Order,
    backwards: bool | None,
    where: tuple[ColumnElement[bool], ...],
    branches: tuple[Branch, ...],
) -> AnySelect:
    """Statement of `number` rows that fulfil `where`, or are in one of the branches."""
    rows = _page_statement(statement, order, backwards)
    if branches:
        ids = select_branch_ids(branches, order, backwards)
        return rows.where(order.keys[-1].in_(ids))
    return rows.where(*where) if where else rows


_filtered_page_statement = lru_cache(maxsize=256)(_select_page)


def count_rows(reader: Reader, *statements: AnySelect, **values: Any) -> int:
    """Count the rows of a statement, up to one more than `MAX_COUNTED_ITEMS`.

    Of several statements, which select ids, each id is counted once. `values` are the named
    parameters.
    """
    statement, *others = statements
    if others:
        parts = (each.limit(MAX_COUNTED_ITEMS + 1).subquery() for each in statements)
        statement = select(union(*(select(part.c[0]) for part in parts)).subquery())
    rows = statement.with_only_columns(literal_column("1", Integer), maintain_column_froms=True)
    counted = rows.limit(MAX_COUNTED_ITEMS + 1).subquery()
    return reader.scalar(select(func.count()).select_from(counted), **values) or 0


def _digest_filters(filters: Mapping[str, str]) -> str:
    """Digest of filters, by which a cursor is valid with the same filters only."""
    return blake2b(json.dumps(filters, sort_keys=True).encode(), digest_size=6).hexdigest()
