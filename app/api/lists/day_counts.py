"""JSON archives: counts of the records of each day of a month, and of each month.

For any resource with an instant and its precision. Counts agree with the lists of the days
(`app.api.lists.date_filters`).
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Annotated, NamedTuple, Protocol, Self
from zoneinfo import ZoneInfo

from fastapi import Response
from pydantic import BaseModel, Field, model_validator

from app.api.cache_control import month_cache_control
from app.api.date_params import CalendarMonth, TimeZone, time_zone_or_default
from app.api.links import Url, url_for_request
from app.api.lists.pagination import to_query_params
from app.api.lists.references import References, check_references
from app.api.openapi.examples import Example
from app.api.params import Omittable, QueryModel
from app.db.database import Reader
from app.domain.dates import days_of_month
from app.domain.languages import tr

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
    """Index of years and months with records.

    Of a large archive, an index by some filters has the latest months alone, and the URL of the
    index of the months before them.
    """

    time_zone: str = Field(description="IANA time zone of the months.")
    total: int = Field(
        description="Number of records in these months. Excludes records without a known day.",
        ge=0,
    )
    first_month: YearMonth | None = Field(description="First month of this index.")
    last_month: YearMonth | None = Field(description="Last month of this index.")
    previous: Url | None = Field(
        description="URL of the index of earlier months. Null if there are none."
    )
    years: list[YearCount]


class ArchiveQuery(QueryModel):
    """Query parameters of an archive; combine with the filters of the resource."""

    month: Annotated[Omittable[CalendarMonth], Example("2019-04")] = None
    """Month of the calendar. Default: an index of years and months."""
    month_lt: Annotated[Omittable[CalendarMonth], Example("2015-01")] = None
    """Index of the months before this one. Not with `month`."""
    tz: Omittable[TimeZone] = None
    """IANA time zone of day and month boundaries. Default: the portal's time zone."""

    @model_validator(mode="after")
    def _check_month_lt(self) -> Self:
        if self.month and self.month_lt:
            raise ValueError(
                tr(
                    "`month_lt` is for an index of months. Omit `month` or `month_lt`.",
                    "`month_lt` — для перечня месяцев. Уберите `month` или `month_lt`.",
                )
            )
        return self


ArchiveCalendar = ArchiveMonth | ArchiveIndex
UrlBuilder = Callable[[str], str]


class MonthCounts(NamedTuple):
    """Counts of the records of each month with records, in order."""

    counts: Mapping[date, int]
    start: date | None
    """The months before this one are not counted; None if all are."""


class DayCountSource(Protocol):
    """Source of the counts of an archive."""

    def count_by_day(
        self, reader: Reader, month: date, zone: ZoneInfo
    ) -> tuple[list[int], list[date]]:
        """Count the records of each day of `month`, and list months with records.

        The months are in order, and include the nearest ones on both sides of `month`, the first
        and the last.
        """

    def count_by_month(self, reader: Reader, zone: ZoneInfo, end: date | None) -> MonthCounts:
        """Count the records of the months before `end`, or of all, or of the latest among them."""


def format_month(first: date) -> str:
    """Format a month as `YYYY-MM`."""
    return f"{first:%Y-%m}"


def with_cache_control(response: Response, archive: ArchiveCalendar) -> ArchiveCalendar:
    """Set Cache-Control of `response` for the month of `archive`; returns `archive`."""
    if isinstance(archive, ArchiveMonth):
        response.headers["Cache-Control"] = month_cache_control(archive.month)
    return archive


def build_archive(
    reader: Reader,
    source: DayCountSource,
    query: ArchiveQuery,
    resource: str,
    day_filter: str,
    references: References,
) -> ArchiveCalendar:
    """Archive of the requested month, or else an index of months.

    Links keep the filters of `query`; the link of a day is the list of `resource` by `day_filter`.
    Raises InvalidRequest for names that are not among `references`.
    """
    archive = _build_archive(reader, source, query, resource, day_filter)
    check_references(reader, references, query, found=archive.first_month is not None)
    return archive


def _build_archive(
    reader: Reader, source: DayCountSource, query: ArchiveQuery, resource: str, day_filter: str
) -> ArchiveCalendar:
    zone = time_zone_or_default(query.tz)
    filters = to_query_params(query, month=None, month_lt=None)
    month_url = _url_builder(resource, "archive", param="month", filters=filters)
    if query.month is None:
        counted = source.count_by_month(reader, zone, query.month_lt)
        index_url = _url_builder(resource, "archive", param="month_lt", filters=filters)
        previous = index_url(format_month(counted.start)) if counted.start else None
        return _build_index(counted.counts, zone, month_url, previous)
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


def _build_index(
    counts: Mapping[date, int], zone: ZoneInfo, month_url: UrlBuilder, previous: str | None
) -> ArchiveIndex:
    """Index of the years and months in `counts`."""
    years: dict[int, list[MonthCount]] = {month.year: [] for month in counts}
    for month, count in counts.items():
        name = format_month(month)
        years[month.year].append(MonthCount(month=name, count=count, url=month_url(name)))
    return ArchiveIndex(
        time_zone=zone.key,
        total=sum(counts.values()),
        **_first_and_last_month(list(counts)),
        previous=previous,
        years=[
            YearCount(year=year, count=sum(m.count for m in in_year), months=in_year)
            for year, in_year in years.items()
        ],
    )


def _first_and_last_month(months: Sequence[date]) -> dict[str, str | None]:
    names = [format_month(month) for month in months]
    return {"first_month": min(names, default=None), "last_month": max(names, default=None)}
