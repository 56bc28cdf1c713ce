"""Facets: the values of a filter among the records of a list, with the number of records of each.

A facet is counted under all filters of the list except its own: the link of a value is the list
with the filter set to that value, whose total is the count (ADR 47).
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol, TypeVar

from pydantic import BaseModel, Field
from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Integer,
    bindparam,
    column,
    func,
    literal_column,
    select,
)
from sqlalchemy import values as sql_values
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.visitors import replacement_traverse

from app.api.links import Url, url_for_request
from app.api.lists.date_filters import RANGE_PARAMETERS, DateFilters
from app.api.lists.pagination import (
    MAX_COUNTED_ITEMS,
    ListQuery,
    ListViewQuery,
    to_query_params,
)
from app.api.read_models import ReadModel
from app.db.conditions import select_ids
from app.db.database import Reader
from app.db.functions import AnySelect, row_limit_param
from app.db.types import UTCDateTime

MAX_FACET_VALUES = 50
"""Values of a facet, those with the most records."""

Q = TypeVar("Q", bound=ListQuery)


class FacetValue(ReadModel):
    """Value of a facet."""

    value: str
    count: int = Field(ge=1)
    """Number of matching records with the value."""
    url: Url
    """URL of the list of these records."""


class FacetRead(ReadModel):
    """Facet of a list: the values of a filter, most records first."""

    name: str
    values: list[FacetValue]
    """At most 50 values."""
    counts_are_minimum: bool
    """True if more than 10,000 records match: the counts are those of 10,000 of them."""


class FacetFields(BaseModel):
    """Field of a page with facets."""

    facets: list[FacetRead] = Field(
        description="Facets that `facet` names, in its order. Empty without it."
    )


class Matches(NamedTuple):
    """Records that match a query."""

    ids: AnySelect
    values: Mapping[str, Any]
    """Values of the named parameters of `ids`."""
    is_filtered: bool
    """False if they are all records of the list."""


def match_records(
    id_: InstrumentedAttribute[int],
    where: Sequence[ColumnElement[bool]],
    values: Mapping[str, Any] = MappingProxyType({}),
    *scope: ColumnElement[bool],
) -> Matches:
    """Match the records that fulfil `where`, in a list of the records that fulfil `scope`."""
    return Matches(select_ids(id_, (*scope, *where)), values, bool(where))


SelectMatches = Callable[[Q], Matches]


class Counted(NamedTuple):
    """Counts of a facet: the parameters of the link of each value, and its number of records."""

    counts: list[tuple[str, Mapping[str, str], int]]
    is_minimum: bool


class Facet(Protocol):
    """Kind of facet."""

    def count(
        self, reader: Reader, name: str, query: Q, select_matches: "SelectMatches[Q]"
    ) -> Counted:
        """Count the records of each value under the filters of `query` except the facet's own."""


class _KeyFacet(ABC):
    """Facet that counts records by a key, for the filter of the same name."""

    value: InstrumentedAttribute[Any] | AnySelect | None
    """Column of the record whose id the key is, or selects the `value` of each `key`.

    None if the key is the value.
    """

    @abstractmethod
    def select_keys(self, ids: AnySelect, *, is_limited: bool) -> AnySelect:
        """Select each `key` among the records `ids`, with its `count` of records.

        With `is_limited`, `counted` of the records count.
        """

    def count(
        self, reader: Reader, name: str, query: Q, select_matches: "SelectMatches[Q]"
    ) -> Counted:
        """Count the records of each value by two statements."""
        ids, values, is_filtered = select_matches(query.model_copy(update={name: []}))
        counted = MAX_COUNTED_ITEMS
        beyond_limit = reader.first(_select_first_beyond_limit(ids), **values, counted=counted)
        is_minimum = beyond_limit is not None
        # Without a limit, all records are counted in the order of an index on the key.
        counts = _select_counts(self, ids, is_limited=is_minimum or is_filtered)
        rows = reader.all(counts, **values, counted=counted)
        found = ((row["value"], row["count"]) for row in rows)
        return Counted([(value, {name: value}, count) for value, count in found], is_minimum)


@dataclass(frozen=True, eq=False)
class ColumnFacet(_KeyFacet):
    """Facet of the filter of its name, by a column of the record, whose rows are read once."""

    column: InstrumentedAttribute[Any]
    """The value, or a foreign key to the record that has it."""
    value: InstrumentedAttribute[Any] | AnySelect | None = None

    def select_keys(self, ids: AnySelect, *, is_limited: bool) -> AnySelect:
        """Select each value of the column with its `count` of records."""
        rows = ids.add_columns(self.column.label("key"))
        some = (_limit_counted(rows) if is_limited else rows).subquery()
        return select(some.c.key, func.count().label("count")).group_by(some.c.key)


@dataclass(frozen=True, eq=False)
class ValueFacet(_KeyFacet):
    """Facet of the filter of its name, whose values are in rows of other tables."""

    pairs: AnySelect
    """Selects the `id` of each record of the list with each `key` that it has."""
    value: InstrumentedAttribute[Any] | AnySelect | None = None
    is_unique: bool = False
    """True if a constraint keeps a record from having a key twice."""

    def select_keys(self, ids: AnySelect, *, is_limited: bool) -> AnySelect:
        """Select each key of the pairs with its `count` of records."""
        pairs = self.pairs.subquery()
        number = func.count() if self.is_unique else func.count(pairs.c.id.distinct())
        keys = select(pairs.c.key, number.label("count"))
        if is_limited:
            keys = keys.where(pairs.c.id.in_(select(_limit_counted(ids).subquery().c[0])))
        return keys.group_by(pairs.c.key)


@lru_cache(maxsize=256)
def _select_first_beyond_limit(ids: AnySelect) -> AnySelect:
    """Select the record after the first `counted` of `ids`; no row if there are no more."""
    return ids.offset(row_limit_param("counted")).limit(1)


def _limit_counted(rows: AnySelect) -> AnySelect:
    return rows.limit(row_limit_param("counted"))


@lru_cache(maxsize=256)
def _select_counts(facet: _KeyFacet, ids: AnySelect, *, is_limited: bool) -> AnySelect:
    """Select the values of a facet with the most of the records `ids`."""
    keys = facet.select_keys(ids, is_limited=is_limited).subquery()
    number = keys.c.count.label("count")
    counts = select(keys.c.key.label("value"), number).where(keys.c.key.is_not(None))
    if facet.value is not None:
        named = _select_named(facet.value).subquery()
        number = func.sum(keys.c.count).label("count")
        counts = select(named.c.value, number).join(keys, keys.c.key == named.c.key)
        counts = counts.group_by(named.c.value)
    return counts.order_by(number.desc(), "value").limit(MAX_FACET_VALUES)


def _select_named(value: InstrumentedAttribute[Any] | AnySelect) -> AnySelect:
    """Select the `value` of each `key`."""
    if isinstance(value, InstrumentedAttribute):
        return select(value.class_.id.label("key"), value.label("value"))
    return value


@dataclass(frozen=True, eq=False)
class YearFacet:
    """Facet of the years in which records are, by filters of a range of days."""

    sort_at: InstrumentedAttribute[Any]
    """Sort key of the date of a record."""
    get_filters: Callable[[Any], DateFilters]
    """Date filters of a query of the list."""
    first: str
    """Filter by the first day."""
    end: str
    """Filter by the day after the last."""

    def count(
        self, reader: Reader, _name: str, query: Q, select_matches: "SelectMatches[Q]"
    ) -> Counted:
        """Count the records of each year by two statements."""
        ids, values, _ = select_matches(query.model_copy(update={self.first: None, self.end: None}))
        (ends,) = reader.all(_select_ends(ids, self.sort_at), **values)  # null without a date
        low, high = (at.year if at else None for at in ends.values())
        if low is None or high is None:
            return Counted([], is_minimum=False)
        # A time zone may put a record into the year before or after.
        years = range(max(high + 1 - MAX_FACET_VALUES, low - 1), high + 2)
        any_year = query.model_copy(update=self._days_of_year(2000))
        in_year, values, _ = select_matches(any_year)
        filters = self.get_filters(query)
        of_years: dict[str, Any] = {}
        for n, year in enumerate(years):
            from_, before = self._days_of_year(year).values()
            bounds = filters._replace(from_=from_, before=before).values()
            of_years |= {f"{name}_{n}": bounds[name] for name in RANGE_PARAMETERS}
        counts = _select_range_counts(in_year, len(years))
        rows = reader.all(counts, **values, **of_years, most=MAX_COUNTED_ITEMS + 1)
        counted = []
        for row in rows:
            if count := min(row["count"], MAX_COUNTED_ITEMS):
                days = self._days_of_year(years[row["position"]])
                link = {name: day.isoformat() for name, day in days.items()}
                counted.append((str(days[self.first].year), link, count))
        is_minimum = any(row["count"] > MAX_COUNTED_ITEMS for row in rows)
        return Counted(sorted(counted, key=lambda each: (-each[2], each[0])), is_minimum)

    def _days_of_year(self, year: int) -> dict[str, date]:
        """Values of the filters for the days of a year."""
        return {self.first: date(year, 1, 1), self.end: date(year + 1, 1, 1)}


@lru_cache(maxsize=256)
def _select_ends(ids: AnySelect, sort_at: InstrumentedAttribute[Any]) -> AnySelect:
    """Select the first and the last sort key of the records `ids`."""
    keys = ids.with_only_columns(sort_at).where(sort_at.is_not(None)).limit(1)
    first, last = keys.order_by(sort_at.asc()), keys.order_by(sort_at.desc())
    return select(first.scalar_subquery().label("first"), last.scalar_subquery().label("last"))


@lru_cache(maxsize=256)
def _select_range_counts(ids: AnySelect, number: int) -> AnySelect:
    """Select the number of the records `ids` in each of a `number` of ranges of dates.

    The ranges are rows with the parameters of date conditions, which `ids` has for one of them:
    `sort_from_0`, `sort_before_0` … Each `count` is at most `most`.
    """
    rows = [
        (n, *(bindparam(f"{name}_{n}", type_=UTCDateTime()) for name in RANGE_PARAMETERS))
        for n in range(number)
    ]
    columns = (column(name, UTCDateTime()) for name in RANGE_PARAMETERS)
    ranges = sql_values(column("position", Integer), *columns, name="ranges").data(rows).cte()

    def take_column(element: Any, **_: Any) -> Any:
        is_bound = isinstance(element, BindParameter) and element.key in RANGE_PARAMETERS
        return ranges.c[element.key] if is_bound else None

    in_range: AnySelect = replacement_traverse(ids, {}, take_column)  # type: ignore[assignment]  # it returns any element
    counted = in_range.with_only_columns(literal_column("1", Integer)).correlate(ranges)
    count = select(func.count()).select_from(counted.limit(row_limit_param("most")).subquery())
    return select(ranges.c.position, count.correlate(ranges).scalar_subquery().label("count"))


def count_facets(
    reader: Reader,
    facets: Mapping[StrEnum, Facet],
    query: Q,
    select_matches: "SelectMatches[Q]",
    *path: str,
) -> list[FacetRead]:
    """The facets of the list at `path` that `query` asks for.

    `select_matches` selects the records that match a query of this list.
    """
    paging = dict.fromkeys(ListViewQuery.model_fields)
    params = to_query_params(query, facet=None, sort=None, **paging)
    found = []
    for name in dict.fromkeys(query.facet):  # type: ignore[attr-defined]  # a list with facets has it
        counts, is_minimum = facets[name].count(reader, str(name), query, select_matches)
        values = [
            {"value": value, "count": count, "url": url_for_request(*path, **{**params, **link})}
            for value, link, count in counts
        ]
        found.append(
            FacetRead.model_validate(
                {"name": str(name), "values": values, "counts_are_minimum": is_minimum}
            )
        )
    return found
