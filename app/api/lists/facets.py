"""Facets: the values of a filter among the records of a list, with the number of records of each.

A facet is counted under all filters of the list except its own: the link of a value is the list
with the filter set to that value, whose total is the count (ADR 47).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, NamedTuple, Protocol, TypeVar

from pydantic import BaseModel, Field
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute

from app.api.links import Url, url_for_request
from app.api.lists.pagination import (
    MAX_COUNTED_ITEMS,
    ListQuery,
    ListViewQuery,
    count_rows,
    to_query_params,
)
from app.api.read_models import ReadModel
from app.db.database import Reader
from app.db.functions import AnySelect

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
    """Ids of the records that match a query."""

    ids: AnySelect
    values: Mapping[str, Any]
    """Values of the named parameters of `ids`."""


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


@dataclass(frozen=True)
class ColumnFacet:
    """Facet of the filter of its name, by a column of the record, whose rows are read once."""

    column: InstrumentedAttribute[Any]
    """The value, or a foreign key to the record that has it."""
    value: InstrumentedAttribute[Any] | None = None
    """Column of the record that the foreign key refers to."""

    def count(
        self, reader: Reader, name: str, query: Q, select_matches: "SelectMatches[Q]"
    ) -> Counted:
        matches = select_matches(query.model_copy(update={name: []}))
        is_minimum = _exceeds_count_limit(reader, matches)
        rows = matches.ids.add_columns(self.column.label("key"))
        if is_minimum or matches.ids.whereclause is not None:
            rows = rows.limit(MAX_COUNTED_ITEMS)
        # Without LIMIT, SQLite reads an unfiltered list in the order of an index on the column.
        some = rows.subquery()
        number = func.count().label("count")
        counts = select(some.c.key.label("value"), number).where(some.c.key.is_not(None))
        if self.value is not None:
            keys = select(some.c.key, number).group_by(some.c.key).subquery()
            number = func.sum(keys.c.count).label("count")
            counts = select(self.value.label("value"), number)
            counts = counts.join(keys, keys.c.key == self.value.class_.id)
        found = _fetch_counts(reader, name, counts.group_by("value"), number, matches)
        return Counted(found, is_minimum)


@dataclass(frozen=True)
class ValueFacet:
    """Facet of the filter of its name, whose values are in rows of other tables."""

    pairs: AnySelect
    """Selects the `id` of each record with each `value` that it has."""

    def count(
        self, reader: Reader, name: str, query: Q, select_matches: "SelectMatches[Q]"
    ) -> Counted:
        matches = select_matches(query.model_copy(update={name: []}))
        pairs = self.pairs.subquery()
        some = matches.ids.limit(MAX_COUNTED_ITEMS).subquery()
        number = func.count(pairs.c.id.distinct())
        counts = (
            select(pairs.c.value, number.label("count"))
            .where(pairs.c.id.in_(select(some.c[0])))
            .group_by(pairs.c.value)
        )
        found = _fetch_counts(reader, name, counts, number, matches)
        return Counted(found, _exceeds_count_limit(reader, matches))


def _exceeds_count_limit(reader: Reader, matches: Matches) -> bool:
    """Test if more records match than are counted."""
    return count_rows(reader, matches.ids, **matches.values) > MAX_COUNTED_ITEMS


def _fetch_counts(
    reader: Reader, name: str, counts: AnySelect, number: ColumnElement[int], matches: Matches
) -> list[tuple[str, Mapping[str, str], int]]:
    """Fetch the values of the statement `counts` with the largest `number`."""
    largest = counts.order_by(number.desc(), "value").limit(MAX_FACET_VALUES)
    rows = reader.all(largest, **matches.values)
    return [(row["value"], {name: row["value"]}, row["count"]) for row in rows]


@dataclass(frozen=True)
class YearFacet:
    """Facet of the years in which records are, by filters of a range of days."""

    at: InstrumentedAttribute[Any]
    """Instant of a record."""
    first: str
    """Filter by the first day."""
    end: str
    """Filter by the day after the last."""

    def count(
        self, reader: Reader, _name: str, query: Q, select_matches: "SelectMatches[Q]"
    ) -> Counted:
        ids, values = select_matches(query.model_copy(update={self.first: None, self.end: None}))
        some = ids.subquery()
        bounds = select(func.min(self.at), func.max(self.at)).where(
            self.at.class_.id.in_(select(some.c[0]))
        )
        low, high = (reader.first(bounds, **values) or {}).values()
        if low is None:
            return Counted([], is_minimum=False)
        counts = []
        is_minimum = False
        # A time zone or a vague date may put a record into the year before or after.
        for year in range(max(high.year + 1 - MAX_FACET_VALUES, low.year - 1), high.year + 2):
            days = {self.first: date(year, 1, 1), self.end: date(year + 1, 1, 1)}
            in_year, its_values = select_matches(query.model_copy(update=days))
            if count := count_rows(reader, in_year, **its_values):
                is_minimum |= count > MAX_COUNTED_ITEMS
                link = {name: day.isoformat() for name, day in days.items()}
                counts.append((str(year), link, min(count, MAX_COUNTED_ITEMS)))
        return Counted(sorted(counts, key=lambda each: (-each[2], each[0])), is_minimum)


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
