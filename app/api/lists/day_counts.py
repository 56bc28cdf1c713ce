"""JSON archives: counts of the records of each day of a month, and of each month.

For any resource with an instant and its precision. A record with a time of day falls on its day
in the requested time zone; a record with a day alone falls on that day in every zone; a record
without a day is not counted. Counts agree with the lists of those days.
"""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Annotated, Any, NamedTuple, Protocol
from zoneinfo import ZoneInfo

from fastapi import Response
from pydantic import BaseModel, Field
from sqlalchemy import BindParameter, ColumnElement, and_, bindparam, func, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute

from app.api.cache_control import month_cache_control
from app.api.date_params import CalendarMonth, TimeZone, time_zone_or_default, to_instant
from app.api.links import Url, url_for_request
from app.api.lists.pagination import to_query_params
from app.api.openapi.examples import Example
from app.api.params import Omittable, QueryModel
from app.db.database import Reader
from app.db.functions import AnySelect, CollapseMidMonth, ColumnExpression, StartOfHour
from app.domain.dates import (
    MAX_INSTANT,
    MIN_INSTANT,
    ONE_DAY,
    ONE_HOUR,
    PRECISIONS_WITH_TIME,
    Precision,
    add_months,
    days_of_month,
    period_bounds,
    start_of_day,
    utc_day_bounds,
    utc_month_start_hours,
)

YearMonth = Annotated[str, Field(pattern="^[0-9]{4}-(0[1-9]|1[0-2])$", examples=["2019-04"])]


class ArchiveDay(BaseModel):
    """Day of a calendar."""

    date: date
    weekday: int = Field(description="ISO weekday: 1 is Monday, 7 is Sunday.", ge=1, le=7)
    count: int = Field(description="Number of records on the day.", ge=0)
    url: Url = Field(description="URL of the list of these records.")


class MonthLink(BaseModel):
    """Month with records."""

    month: YearMonth
    url: Url = Field(description="URL of the calendar of the month.")


class ArchiveMonth(BaseModel):
    """Calendar of a month, with all its days."""

    month: YearMonth
    time_zone: str = Field(description="IANA time zone of the days.")
    total: int = Field(description="Number of records in the month: the sum of its days.", ge=0)
    previous: MonthLink | None = Field(description="Nearest earlier month with records.")
    next: MonthLink | None = Field(description="Nearest later month with records.")
    first_month: YearMonth | None = Field(description="First month with records.")
    last_month: YearMonth | None = Field(description="Last month with records.")
    days: list[ArchiveDay]


class MonthCount(BaseModel):
    """Month with its number of records."""

    month: YearMonth
    count: int = Field(ge=1)
    url: Url = Field(description="URL of the calendar of the month.")


class YearCount(BaseModel):
    """Year with its number of records and its months."""

    year: int
    count: int = Field(ge=1)
    months: list[MonthCount] = Field(description="Months with records.")


class ArchiveIndex(BaseModel):
    """Index of all years and months with records."""

    time_zone: str = Field(description="IANA time zone of the months.")
    total: int = Field(
        description="Number of records in all months. Excludes records without a known day.", ge=0
    )
    first_month: YearMonth | None
    last_month: YearMonth | None
    years: list[YearCount]


class ArchiveQuery(QueryModel):
    """Query parameters of an archive; combine with the filters of the resource."""

    month: Annotated[Omittable[CalendarMonth], Example("2019-04")] = None
    """Month of the calendar. Default: an index of all years and months."""
    tz: Omittable[TimeZone] = None
    """IANA time zone of day and month boundaries. Default: the portal's time zone."""


ArchiveCalendar = ArchiveMonth | ArchiveIndex
UrlBuilder = Callable[[str], str]


@dataclass(frozen=True, eq=False)
class DateColumns:
    """Columns of an instant, its precision and its sort key; null if unknown.

    Conditions on `sort_at` are implied by the others, or equal them; an index serves them together
    with the order of a list.
    """

    at: InstrumentedAttribute[datetime] | InstrumentedAttribute[datetime | None]
    precision: InstrumentedAttribute[Precision] | InstrumentedAttribute[Precision | None]
    sort_at: InstrumentedAttribute[datetime] | InstrumentedAttribute[datetime | None]

    def conditions(
        self,
        zone: ZoneInfo,
        *,
        day: date | None,
        month: date | None,
        from_: datetime | date | None,
        before: datetime | date | None,
    ) -> list[ColumnElement[bool]]:
        """Build the date filter conditions of a list; a period matches if it overlaps the range."""
        where = []
        if day:
            where.append(self._in_date_range(day, day + ONE_DAY, zone))
        if month:
            where.append(self._in_date_range(month, add_months(month, 1), zone))
        if from_:
            # The period ends later: see `sort_instant`.
            where.append(self.sort_at >= to_instant(from_, zone).replace(microsecond=0))
        if before:
            instant = to_instant(before, zone)
            where += [self.at < instant, self.sort_at < period_bounds(instant, Precision.YEAR)[1]]
        return where

    def has_day(self) -> ColumnElement[bool]:
        """Condition: the day of the record is known."""
        return self.precision.in_([*PRECISIONS_WITH_TIME, Precision.DAY])

    def _in_date_range(self, first: date, end: date, zone: ZoneInfo) -> ColumnElement[bool]:
        """Condition: the record falls on a day in [`first`, `end`) in `zone`."""
        period = _period_bounds(first, end, zone)
        at, precision, sort_at = self.at, self.precision, self.sort_at
        with_time = and_(
            precision.in_(PRECISIONS_WITH_TIME), at >= period.clock_start, at < period.clock_end
        )
        with_day = and_(precision == Precision.DAY, at >= period.day_start, at < period.day_end)
        # The common bounds come first, so that an index on `sort_at` is used.
        return and_(sort_at >= period.low, sort_at < period.high, or_(with_time, with_day))


@lru_cache(maxsize=32)
def _counts_statement(
    dated: DateColumns,
    records: AnySelect,
    number: ColumnElement[int],
    is_hourly: bool,
    is_collapsed: bool,
) -> AnySelect:
    """Build a statement for the numbers of `records` by time, with sort keys from `low` to `high`.

    By hour or by instant, and separately for records with a day alone. The middle of a month,
    which no time zone moves into another month, can be collapsed into one instant.
    """
    bucket: ColumnExpression = StartOfHour(dated.at) if is_hourly else dated.at
    if is_collapsed:
        bucket = CollapseMidMonth(bucket)
    low, high = _range_bounds(dated)
    columns = (
        bucket.label("bucket"),
        (dated.precision == Precision.DAY).label("is_day"),
        number.label("count"),
    )
    return (
        records.with_only_columns(*columns, maintain_column_froms=True)
        .where(dated.has_day(), dated.sort_at >= low, dated.sort_at < high)
        .group_by("bucket", "is_day")
    )


@lru_cache(maxsize=32)
def _edges_statement(dated: DateColumns, records: AnySelect) -> AnySelect:
    """Build a statement for the sort keys next to `low` and `high`, and the first and the last."""
    key = dated.sort_at
    low, high = _range_bounds(dated)
    edges = {
        "before": (key.desc(), key < low),
        "after": (key.asc(), key >= high),
        "first": (key.asc(), true()),
        "last": (key.desc(), true()),
    }
    with_day = records.with_only_columns(key, maintain_column_froms=True).where(dated.has_day())
    return select(
        *(
            with_day.where(where).order_by(order).limit(1).scalar_subquery().label(name)
            for name, (order, where) in edges.items()
        )
    )


def _range_bounds(dated: DateColumns) -> tuple[BindParameter[datetime], BindParameter[datetime]]:
    type_: Any = dated.sort_at.type
    return bindparam("low", type_=type_), bindparam("high", type_=type_)


class DayCountSource(Protocol):
    """Source of the counts of an archive."""

    def count_by_day(
        self, reader: Reader, month: date, zone: ZoneInfo
    ) -> tuple[list[int], list[date]]:
        """Count the records of each day of `month`, and list months with records.

        The months are in order, and include the nearest ones on both sides of `month`, the first
        and the last.
        """

    def count_by_month(self, reader: Reader, zone: ZoneInfo) -> dict[date, int]:
        """Count the records of each month with records, in order."""


COUNT: ColumnElement[int] = func.count()

_EDGE_WINDOW = 3 * ONE_DAY
"""Distance of sort keys from which their order is that of the days, in any time zone."""


class RecordCounts(NamedTuple):
    """Counts of the records of a statement, dated by columns."""

    date_columns: DateColumns
    statement: AnySelect
    parts: Sequence[AnySelect] = ()
    """Statements that select parts of the records in the order of an index; default: all."""
    number: ColumnElement[int] = COUNT
    """Number of the records in rows of `statement`, which may repeat them."""

    def count_by_day(
        self, reader: Reader, month: date, zone: ZoneInfo
    ) -> tuple[list[int], list[date]]:
        days = [*days_of_month(month), add_months(month, 1)]
        starts = [start_of_day(day, zone) for day in days]
        bounds = _period_bounds(month, days[-1], zone)
        counts, months = [0] * (len(days) - 1), set[date]()
        for at, is_day, count in self._count(reader, bounds.low, bounds.high, zone):
            n = (at.date() - month).days if is_day else bisect_right(starts, at) - 1
            if 0 <= n < len(counts):
                counts[n] += count
                months.add(month)
            else:
                months.add(_local_month(at, is_day, zone))
        for key, is_first in self._find_edges(reader, bounds.low, bounds.high):
            months.add(self._find_edge_month(reader, key, is_first, zone))
        return counts, sorted(months)

    def count_by_month(self, reader: Reader, zone: ZoneInfo) -> dict[date, int]:
        counts = Counter[date]()
        for at, is_day, count in self._count(reader, MIN_INSTANT, MAX_INSTANT, zone, True):
            counts[_local_month(at, is_day, zone)] += count
        return {month: counts[month] for month in sorted(counts)}

    def _count(
        self, reader: Reader, low: datetime, high: datetime, zone: ZoneInfo, collapsed: bool = False
    ) -> Iterator[tuple[datetime, bool, int]]:
        """Count by time: instant, whether only the day is known, and the number of records."""
        statement = _counts_statement(
            self.date_columns,
            self.statement,
            self.number,
            utc_month_start_hours(zone) is not None,
            collapsed,
        )
        for row in reader.all(statement, low=low, high=high):
            yield row["bucket"], row["is_day"], row["count"]

    def _find_edges(
        self, reader: Reader, low: datetime, high: datetime
    ) -> Iterator[tuple[datetime, bool]]:
        """Find the sort keys next to a range, and the first and the last of all.

        With each, whether the others of its kind are later.
        """
        found: dict[str, set[datetime]] = defaultdict(set)
        for part in self.parts or [self.statement]:
            row = reader.first(_edges_statement(self.date_columns, part), low=low, high=high)
            for name, key in (row or {}).items():
                found[name] |= {key} - {None}
        for name, keys in found.items():
            if keys:
                is_first = name in {"after", "first"}
                yield (min(keys) if is_first else max(keys)), is_first

    def _find_edge_month(
        self, reader: Reader, key: datetime, is_first: bool, zone: ZoneInfo
    ) -> date:
        """Find the first or last month of the records with sort keys from or up to `key`."""
        low, high = (key, key + _EDGE_WINDOW) if is_first else (key - _EDGE_WINDOW, key)
        # A record is at most two days from its sort key.
        outer = low - 2 * ONE_DAY, high + 2 * ONE_DAY
        earliest, latest = (at.date().replace(day=1) for at in outer)
        if earliest == latest:
            return earliest
        rows = self._count(reader, low, high + timedelta(microseconds=1), zone)
        months = [_local_month(at, is_day, zone) for at, is_day, _ in rows]
        return min(months) if is_first else max(months)


def _local_month(at: datetime, is_day: bool, zone: ZoneInfo) -> date:
    """First day of the month of an instant in `zone`, or of a day that is the same in all zones."""
    return (at if is_day else at.astimezone(zone)).date().replace(day=1)


class _PeriodBounds(NamedTuple):
    """Bounds of a period: of sort keys, of records with a time of day, of those with only a day."""

    low: datetime
    high: datetime
    clock_start: datetime
    clock_end: datetime
    day_start: datetime
    day_end: datetime


def _period_bounds(first: date, end: date, zone: ZoneInfo) -> _PeriodBounds:
    clock = start_of_day(first, zone), start_of_day(end, zone)
    day = utc_day_bounds(first)[0], utc_day_bounds(end)[0]
    # The last hour of a day in `zone` may end in the next day, if its offset is not whole hours.
    low, high = min(clock[0], day[0]), max(clock[1] + ONE_HOUR, day[1])
    return _PeriodBounds(low, high, *clock, *day)


def format_month(first: date) -> str:
    """Format a month as `YYYY-MM`."""
    return f"{first:%Y-%m}"


def with_cache_control(response: Response, archive: ArchiveCalendar) -> ArchiveCalendar:
    """Set Cache-Control of `response` for the month of `archive`; returns `archive`."""
    if isinstance(archive, ArchiveMonth):
        response.headers["Cache-Control"] = month_cache_control(archive.month)
    return archive


def build_archive(
    reader: Reader, source: DayCountSource, query: ArchiveQuery, resource: str, day_filter: str
) -> ArchiveCalendar:
    """Archive of the requested month, or else the index of all months.

    Links keep the filters of `query`; the link of a day is the list of `resource` by `day_filter`.
    """
    zone = time_zone_or_default(query.tz)
    filters = to_query_params(query, month=None)
    month_url = _url_builder(resource, "archive", param="month", filters=filters)
    if query.month is None:
        return _build_index(source.count_by_month(reader, zone), zone, month_url)
    day_url = _url_builder(resource, param=day_filter, filters=filters)
    counts, months = source.count_by_day(reader, query.month, zone)
    return _build_month(query.month, counts, months, zone, day_url, month_url)


def _url_builder(*path: str, param: str, filters: Mapping[str, str]) -> UrlBuilder:
    """Builder of URLs that differ in the value of `param` alone, a date or a month."""
    address, _, query = url_for_request(*path, **{param: "", **filters}).partition("?")
    prefix, suffix = f"{address}?{param}=", query.removeprefix(f"{param}=")
    return lambda value: f"{prefix}{value}{suffix}"


def _build_month(
    month: date,
    counts: Sequence[int],
    months: Sequence[date],
    zone: ZoneInfo,
    day_url: UrlBuilder,
    month_url: UrlBuilder,
) -> ArchiveMonth:
    """Archive of `month` with the counts of its days; `months` have records."""

    def link(other: date | None) -> MonthLink | None:
        if other is None:
            return None
        name = format_month(other)
        return MonthLink(month=name, url=month_url(name))

    return ArchiveMonth(
        month=format_month(month),
        time_zone=zone.key,
        total=sum(counts),
        previous=link(max((m for m in months if m < month), default=None)),
        next=link(min((m for m in months if m > month), default=None)),
        **_first_and_last_month(months),
        days=[
            ArchiveDay(date=d, weekday=d.isoweekday(), count=count, url=day_url(d.isoformat()))
            for d, count in zip(days_of_month(month), counts, strict=True)
        ],
    )


def _build_index(counts: Mapping[date, int], zone: ZoneInfo, month_url: UrlBuilder) -> ArchiveIndex:
    """Index of the years and months in `counts`."""
    years: dict[int, list[MonthCount]] = {month.year: [] for month in counts}
    for month, count in counts.items():
        name = format_month(month)
        years[month.year].append(MonthCount(month=name, count=count, url=month_url(name)))
    return ArchiveIndex(
        time_zone=zone.key,
        total=sum(counts.values()),
        **_first_and_last_month(list(counts)),
        years=[
            YearCount(year=year, count=sum(m.count for m in in_year), months=in_year)
            for year, in_year in years.items()
        ],
    )


def _first_and_last_month(months: Sequence[date]) -> dict[str, str | None]:
    names = [format_month(month) for month in months]
    return {"first_month": min(names, default=None), "last_month": max(names, default=None)}
