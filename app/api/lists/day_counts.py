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

from app.api.cache_control import of_month
from app.api.links import Url, link
from app.api.lists.pagination import parameters
from app.api.params import Maybe, Month, Parameters, Zone, zone_of
from app.db.database import Reader
from app.db.functions import Rows, instants, rows_of
from app.domain.dates import CLOCKED, Precision, add_months, day_of, month_days, start_of, utc_day

MonthName = Annotated[str, Field(pattern="^[0-9]{4}-(0[1-9]|1[0-2])$", examples=["2019-04"])]


class ArchiveDay(BaseModel):
    """One day of a calendar."""

    date: date
    weekday: int = Field(description="1 for Monday to 7 for Sunday.", ge=1, le=7)
    count: int = Field(description="How many records fall on the day.", ge=0)
    url: Url = Field(description="The list of exactly these records.")


class MonthLink(BaseModel):
    """A month that has records."""

    month: MonthName
    url: Url = Field(description="The calendar of that month.")


class ArchiveMonth(BaseModel):
    """A month's calendar: every day of it, those without records too."""

    month: MonthName
    time_zone: str = Field(description="The zone that the days are days of.")
    total: int = Field(description="The records of the whole month: the sum of its days.", ge=0)
    previous: MonthLink | None = Field(description="The nearest month before that has records.")
    next: MonthLink | None = Field(description="The nearest month after that has records.")
    first_month: MonthName | None = Field(description="The first month that has records.")
    last_month: MonthName | None = Field(description="The last month that has records.")
    days: list[ArchiveDay]


class MonthCount(BaseModel):
    """A month with how many records it has."""

    month: MonthName
    count: int = Field(ge=1)
    url: Url = Field(description="The calendar of that month.")


class YearCount(BaseModel):
    """A year with how many records it has, and in which months."""

    year: int
    count: int = Field(ge=1)
    months: list[MonthCount] = Field(description="The months that have records.")


class ArchiveIndex(BaseModel):
    """Every year and month that has records."""

    time_zone: str = Field(description="The zone that the months are months of.")
    total: int = Field(description="The records of all months: those whose day is known.", ge=0)
    first_month: MonthName | None
    last_month: MonthName | None
    years: list[YearCount]


class ArchiveQuery(Parameters):
    """A calendar of a resource; to be composed with the filters of it."""

    month: Maybe[Month] = None
    """The month; without one the answer is an index of all years and months."""
    tz: Maybe[Zone] = None
    """The IANA time zone that days are days of; otherwise the portal's own."""


Calendar = ArchiveMonth | ArchiveIndex


@dataclass(frozen=True, eq=False)
class Dated:
    """The two columns that tell when something was; null where that is not known at all."""

    at: InstrumentedAttribute[datetime] | InstrumentedAttribute[datetime | None]
    precision: InstrumentedAttribute[Precision] | InstrumentedAttribute[Precision | None]

    def within(self, first: date, end: date, zone: ZoneInfo) -> ColumnElement[bool]:
        """Whether a record falls on a day from `first` to before `end` in `zone`."""
        return self.falls_into(_bounds(first, end, zone))

    def on(self, day: date, zone: ZoneInfo) -> ColumnElement[bool]:
        """Whether a record falls on `day` in `zone`."""
        return self.within(day, day + timedelta(days=1), zone)

    def falls_into(self, period: Any) -> ColumnElement[bool]:
        """Whether a record falls into `period`: `_Bounds`, or columns of the same names."""
        at, precision = self.at, self.precision
        clocked = and_(precision.in_(CLOCKED), at >= period.clock_start, at < period.clock_end)
        dayed = and_(precision == Precision.DAY, at >= period.day_start, at < period.day_end)
        # First what the two alternatives have in common, so that an index on `at` finds it.
        return and_(at >= period.low, at < period.high, or_(clocked, dayed))


@lru_cache(maxsize=32)
def _counting(dated: Dated, records: Rows) -> Rows:
    """How many of `records` fall into each of the `periods`."""
    period = instants("periods", *_Bounds._fields).c
    found = (
        records.with_only_columns(func.count(), maintain_column_froms=True)
        .where(dated.falls_into(period))
        .scalar_subquery()
    )
    return select(period.n, found.label("count")).order_by(period.n)


@lru_cache(maxsize=32)
def _edges(dated: Dated, records: Rows) -> Rows:
    """When of `records` the last before and the first after a period were, the first and the last.

    Each twice: of those with a time of day, and of those with a day alone.
    """
    at, precision = dated.at, dated.precision
    bound = {name: bindparam(name, type_=at.type) for name in _Bounds._fields}
    # Spelt out: an index of dayed records alone serves no parameter that may say anything.
    dayed = literal(Precision.DAY, precision.type, literal_execute=True)
    known = precision.in_(CLOCKED), precision == dayed
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


class Source(Protocol):
    """What a calendar is read from."""

    def days(self, reader: Reader, month: date, zone: ZoneInfo) -> tuple[list[int], list[date]]:
        """How many records fall on each day of `month`; and months that have some.

        In order, among them those nearest to `month` on both sides, the first and the last.
        """

    def months(self, reader: Reader, zone: ZoneInfo) -> dict[date, int]:
        """How many records each month has, in order, of those that have some."""


class Records(NamedTuple):
    """The records themselves, and what dates them."""

    dated: Dated
    rows: Rows

    def days(self, reader: Reader, month: date, zone: ZoneInfo) -> tuple[list[int], list[date]]:
        after = add_months(month, 1)
        counts = self._counts(reader, [*month_days(month), after], zone)
        return counts, self._months_around(reader, month, after, zone)

    def months(self, reader: Reader, zone: ZoneInfo) -> dict[date, int]:
        today = datetime.now(UTC).date()
        around = self._months_around(reader, today, today, zone)
        if not around:
            return {}
        months = [around[0]]
        while months[-1] <= around[-1]:
            months.append(add_months(months[-1], 1))
        counts = zip(months, self._counts(reader, months, zone), strict=False)
        return {month: count for month, count in counts if count}

    def _counts(self, reader: Reader, starts: Sequence[date], zone: ZoneInfo) -> list[int]:
        """How many fall into each of the periods from one of `starts` to before the next."""
        periods = rows_of(_bounds(first, end, zone) for first, end in pairwise(starts))
        found = reader.all(_counting(self.dated, self.rows), periods=periods)
        return [row["count"] for row in found]

    def _months_around(self, reader: Reader, first: date, end: date, zone: ZoneInfo) -> list[date]:
        bounds = _bounds(first, end, zone)._asdict()
        edges = reader.first(_edges(self.dated, self.rows), **bounds) or {}
        days = (
            day_of(at, Precision(name.rpartition("_")[2]), zone) for name, at in edges.items() if at
        )
        return sorted({day.replace(day=1) for day in days if day})


class _Bounds(NamedTuple):
    """A period as instants: of records with a time of day, of those with a day alone, of both."""

    low: datetime
    high: datetime
    clock_start: datetime
    clock_end: datetime
    day_start: datetime
    day_end: datetime


def _bounds(first: date, end: date, zone: ZoneInfo) -> _Bounds:
    clock = start_of(first, zone), start_of(end, zone)
    day = utc_day(first)[0], utc_day(end)[0]
    return _Bounds(min(clock[0], day[0]), max(clock[1], day[1]), *clock, *day)


def month_name(first: date) -> str:
    """A month as `YYYY-MM`."""
    return f"{first:%Y-%m}"


def cached(response: Response, archive: Calendar) -> Calendar:
    """`archive`, with how long it may be kept in the headers of `response`."""
    if isinstance(archive, ArchiveMonth):
        response.headers["Cache-Control"] = of_month(archive.month)
    return archive


def archive_of(
    reader: Reader, source: Source, query: ArchiveQuery, resource: str, day_filter: str
) -> Calendar:
    """The calendar of the month asked for, or the index of all where none is.

    Links keep the filters of `query`: a day's is the list of `resource` by `day_filter`.
    """
    zone = zone_of(query.tz)
    filters = parameters(query, month=None)

    def month_url(month: date) -> str:
        return link(resource, "archive", month=month_name(month), **filters)

    def day_url(day: date) -> str:
        return link(resource, **{day_filter: day.isoformat(), **filters})

    if query.month is None:
        return _index(source.months(reader, zone), zone, month_url)
    counts, months = source.days(reader, query.month, zone)
    return _month(query.month, counts, months, zone, day_url, month_url)


def _month(
    month: date,
    counts: Sequence[int],
    months: Sequence[date],
    zone: ZoneInfo,
    day_url: Callable[[date], str],
    month_url: Callable[[date], str],
) -> ArchiveMonth:
    """The calendar of `month`, whose days have `counts`; `months` have records."""

    def linked(found: date | None) -> MonthLink | None:
        return MonthLink(month=month_name(found), url=month_url(found)) if found else None

    return ArchiveMonth(
        month=month_name(month),
        time_zone=zone.key,
        total=sum(counts),
        previous=linked(max((m for m in months if m < month), default=None)),
        next=linked(min((m for m in months if m > month), default=None)),
        **_ends(months),
        days=[
            ArchiveDay(date=d, weekday=d.isoweekday(), count=count, url=day_url(d))
            for d, count in zip(month_days(month), counts, strict=True)
        ],
    )


def _index(
    counts: Mapping[date, int], zone: ZoneInfo, month_url: Callable[[date], str]
) -> ArchiveIndex:
    """All years and months, of which each month in `counts` has so many records."""
    years: dict[int, list[MonthCount]] = {month.year: [] for month in counts}
    for month, count in counts.items():
        years[month.year].append(
            MonthCount(month=month_name(month), count=count, url=month_url(month))
        )
    return ArchiveIndex(
        time_zone=zone.key,
        total=sum(counts.values()),
        **_ends(list(counts)),
        years=[
            YearCount(year=year, count=sum(m.count for m in in_year), months=in_year)
            for year, in_year in years.items()
        ],
    )


def _ends(months: Sequence[date]) -> dict[str, str | None]:
    names = [month_name(month) for month in months]
    return {"first_month": min(names, default=None), "last_month": max(names, default=None)}
