"""Calendars: how many records fall on each day of a month, agreeing with the lists of those days.

For any resource with an instant and its precision. A record whose time of day is known falls on
the day that the time zone makes of it; one whose day alone is known falls on that day in every
zone; one whose day is not known falls on none, and no calendar counts it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Annotated, Any, NamedTuple, Protocol
from zoneinfo import ZoneInfo

from fastapi import Response
from pydantic import BaseModel, Field
from sqlalchemy import ColumnElement, and_, bindparam, func, literal, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute

from app.api.cache_control import month_cache_control
from app.api.links import Url, url_for_request
from app.api.lists.pagination import to_query_params
from app.api.openapi.examples import Example
from app.api.params import CalendarMonth, Omittable, QueryModel, TimeZone, time_zone_or_default
from app.db.database import Reader
from app.db.functions import AnySelect, encode_timestamp_rows, timestamp_rows_cte
from app.domain.dates import (
    PRECISIONS_WITH_TIME,
    Precision,
    add_months,
    days_of_month,
    local_day,
    start_of_day,
    utc_day_bounds,
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
    """A calendar of a resource; to be composed with the filters of it."""

    month: Annotated[Omittable[CalendarMonth], Example("2019-04")] = None
    """Month of the calendar. Default: an index of all years and months."""
    tz: Omittable[TimeZone] = None
    """IANA time zone of day and month boundaries. Default: the portal's time zone."""


ArchiveCalendar = ArchiveMonth | ArchiveIndex


@dataclass(frozen=True, eq=False)
class DateColumns:
    """The two columns that tell when something was; null where that is not known at all."""

    at: InstrumentedAttribute[datetime] | InstrumentedAttribute[datetime | None]
    precision: InstrumentedAttribute[Precision] | InstrumentedAttribute[Precision | None]

    def in_date_range(self, first: date, end: date, zone: ZoneInfo) -> ColumnElement[bool]:
        """Whether a record falls on a day from `first` to before `end` in `zone`."""
        return self.in_period(_period_bounds(first, end, zone))

    def on_day(self, day: date, zone: ZoneInfo) -> ColumnElement[bool]:
        """Whether a record falls on `day` in `zone`."""
        return self.in_date_range(day, day + timedelta(days=1), zone)

    def in_period(self, period: Any) -> ColumnElement[bool]:
        """Whether a record falls into `period`: `_PeriodBounds`, or columns of the same names."""
        at, precision = self.at, self.precision
        clocked = and_(
            precision.in_(PRECISIONS_WITH_TIME), at >= period.clock_start, at < period.clock_end
        )
        dayed = and_(precision == Precision.DAY, at >= period.day_start, at < period.day_end)
        # First what the two alternatives have in common, so that an index on `at` finds it.
        return and_(at >= period.low, at < period.high, or_(clocked, dayed))


@lru_cache(maxsize=32)
def _period_counts_statement(dated: DateColumns, records: AnySelect) -> AnySelect:
    """How many of `records` fall into each of the `periods`."""
    period = timestamp_rows_cte("periods", *_PeriodBounds._fields).c
    found = (
        records.with_only_columns(func.count(), maintain_column_froms=True)
        .where(dated.in_period(period))
        .scalar_subquery()
    )
    return select(period.n, found.label("count")).order_by(period.n)


@lru_cache(maxsize=32)
def _boundary_instants_statement(dated: DateColumns, records: AnySelect) -> AnySelect:
    """When of `records` the last before and the first after a period were, the first and the last.

    Each twice: of those with a time of day, and of those with a day alone.
    """
    at, precision = dated.at, dated.precision
    bound = {name: bindparam(name, type_=at.type) for name in _PeriodBounds._fields}
    # Spelt out: an index of dayed records alone serves no parameter that may say anything.
    dayed = literal(Precision.DAY, precision.type, literal_execute=True)
    known = precision.in_(PRECISIONS_WITH_TIME), precision == dayed
    edges = {
        "before": (at.desc(), (at < bound["clock_start"], at < bound["day_start"])),
        "after": (at.asc(), (at >= bound["clock_end"], at >= bound["day_end"])),
        "first": (at.asc(), (true(), true())),
        "last": (at.desc(), (true(), true())),
    }
    columns = [
        records.with_only_columns(at, maintain_column_froms=True)
        .where(kind, limit)
        .order_by(order)
        .limit(1)
        .scalar_subquery()
        .label(f"{name}_{exact}")
        for name, (order, limits) in edges.items()
        for exact, kind, limit in zip(("second", "day"), known, limits, strict=True)
    ]
    return select(*columns)


class DayCountSource(Protocol):
    """What a calendar is read from."""

    def count_by_day(
        self, reader: Reader, month: date, zone: ZoneInfo
    ) -> tuple[list[int], list[date]]:
        """How many records fall on each day of `month`; and months that have some.

        In order, among them those nearest to `month` on both sides, the first and the last.
        """

    def count_by_month(self, reader: Reader, zone: ZoneInfo) -> dict[date, int]:
        """How many records each month has, in order, of those that have some."""


class RecordCounts(NamedTuple):
    """The records themselves, and what dates them."""

    date_columns: DateColumns
    statement: AnySelect

    def count_by_day(
        self, reader: Reader, month: date, zone: ZoneInfo
    ) -> tuple[list[int], list[date]]:
        after = add_months(month, 1)
        counts = self._count_per_period(reader, [*days_of_month(month), after], zone)
        return counts, self._find_boundary_months(reader, month, after, zone)

    def count_by_month(self, reader: Reader, zone: ZoneInfo) -> dict[date, int]:
        today = datetime.now(UTC).date()
        around = self._find_boundary_months(reader, today, today, zone)
        if not around:
            return {}
        months = [around[0]]
        while months[-1] <= around[-1]:
            months.append(add_months(months[-1], 1))
        counts = zip(months, self._count_per_period(reader, months, zone), strict=False)
        return {month: count for month, count in counts if count}

    def _count_per_period(
        self, reader: Reader, starts: Sequence[date], zone: ZoneInfo
    ) -> list[int]:
        """How many fall into each of the periods from one of `starts` to before the next."""
        periods = encode_timestamp_rows(
            _period_bounds(first, end, zone) for first, end in pairwise(starts)
        )
        found = reader.all(
            _period_counts_statement(self.date_columns, self.statement), periods=periods
        )
        return [row["count"] for row in found]

    def _find_boundary_months(
        self, reader: Reader, first: date, end: date, zone: ZoneInfo
    ) -> list[date]:
        bounds = _period_bounds(first, end, zone)._asdict()
        edges = (
            reader.first(_boundary_instants_statement(self.date_columns, self.statement), **bounds)
            or {}
        )
        days = (
            local_day(at, Precision(name.rpartition("_")[2]), zone)
            for name, at in edges.items()
            if at
        )
        return sorted({day.replace(day=1) for day in days if day})


class _PeriodBounds(NamedTuple):
    """A period as instants: of records with a time of day, of those with a day alone, of both."""

    low: datetime
    high: datetime
    clock_start: datetime
    clock_end: datetime
    day_start: datetime
    day_end: datetime


def _period_bounds(first: date, end: date, zone: ZoneInfo) -> _PeriodBounds:
    clock = start_of_day(first, zone), start_of_day(end, zone)
    day = utc_day_bounds(first)[0], utc_day_bounds(end)[0]
    return _PeriodBounds(min(clock[0], day[0]), max(clock[1], day[1]), *clock, *day)


def format_month(first: date) -> str:
    """A month as `YYYY-MM`."""
    return f"{first:%Y-%m}"


def with_cache_control(response: Response, archive: ArchiveCalendar) -> ArchiveCalendar:
    """`archive`, with how long it may be kept in the headers of `response`."""
    if isinstance(archive, ArchiveMonth):
        response.headers["Cache-Control"] = month_cache_control(archive.month)
    return archive


def build_archive(
    reader: Reader, source: DayCountSource, query: ArchiveQuery, resource: str, day_filter: str
) -> ArchiveCalendar:
    """The calendar of the month asked for, or the index of all where none is.

    Links keep the filters of `query`: a day's is the list of `resource` by `day_filter`.
    """
    zone = time_zone_or_default(query.tz)
    filters = to_query_params(query, month=None)

    def month_url(month: date) -> str:
        return url_for_request(resource, "archive", month=format_month(month), **filters)

    def day_url(day: date) -> str:
        return url_for_request(resource, **{day_filter: day.isoformat(), **filters})

    if query.month is None:
        return _build_index(source.count_by_month(reader, zone), zone, month_url)
    counts, months = source.count_by_day(reader, query.month, zone)
    return _build_month(query.month, counts, months, zone, day_url, month_url)


def _build_month(
    month: date,
    counts: Sequence[int],
    months: Sequence[date],
    zone: ZoneInfo,
    day_url: Callable[[date], str],
    month_url: Callable[[date], str],
) -> ArchiveMonth:
    """The calendar of `month`, whose days have `counts`; `count_by_month` have records."""

    def linked(found: date | None) -> MonthLink | None:
        return MonthLink(month=format_month(found), url=month_url(found)) if found else None

    return ArchiveMonth(
        month=format_month(month),
        time_zone=zone.key,
        total=sum(counts),
        previous=linked(max((m for m in months if m < month), default=None)),
        next=linked(min((m for m in months if m > month), default=None)),
        **_first_and_last_month(months),
        days=[
            ArchiveDay(date=d, weekday=d.isoweekday(), count=count, url=day_url(d))
            for d, count in zip(days_of_month(month), counts, strict=True)
        ],
    )


def _build_index(
    counts: Mapping[date, int], zone: ZoneInfo, month_url: Callable[[date], str]
) -> ArchiveIndex:
    """All years and months, of which each month in `counts` has so many records."""
    years: dict[int, list[MonthCount]] = {month.year: [] for month in counts}
    for month, count in counts.items():
        years[month.year].append(
            MonthCount(month=format_month(month), count=count, url=month_url(month))
        )
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
