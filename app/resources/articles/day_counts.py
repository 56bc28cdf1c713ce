"""Article counts by day and month of a time zone, computed from stored counts by day of UTC."""

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, bindparam, column, func, select, union_all, values

from app.api.lists.day_counts import MonthCounts
from app.db.conditions import article_is_public
from app.db.database import Reader, Row
from app.db.functions import (
    AnySelect,
    CollapseMidMonth,
    ColumnExpression,
    current_time_param,
    hide_from_planner,
)
from app.db.models import Article, ArticleDailyCounts
from app.db.models.day_counts import before_hour_column
from app.db.tracking.day_counts import select_day_counts
from app.db.types import UTCDateTime
from app.domain.clock import current_second
from app.domain.dates import (
    ONE_DAY,
    PRECISIONS_WITH_TIME,
    Precision,
    add_months,
    days_of_month,
    is_whole_hour,
    period_bounds,
    start_of_day,
    utc_day_bounds,
)


class ArticleDayCounts(NamedTuple):
    """Counts of the articles in `languages`, or in all languages if empty.

    For time zones whose days begin in one of the `hours` of UTC.
    """

    languages: tuple[str, ...]
    hours: frozenset[int]

    def count_by_day(
        self, reader: Reader, month: date, zone: ZoneInfo
    ) -> tuple[list[int], list[date]]:
        end = add_months(month, 1)
        # The day of a zone and the same day of UTC begin less than a day apart.
        low, high = utc_day_bounds(month - ONE_DAY)[0], utc_day_bounds(end)[0]
        rows = reader.all(_select_days_near(*self), low=low, high=high)
        days = [*days_of_month(month), end]
        counts = self._count_parts(reader, rows, zone, days)
        return counts.count_per_period(days), list(counts.count_by_month())

    def count_by_month(self, reader: Reader, zone: ZoneInfo, end: date | None) -> MonthCounts:
        rows = reader.all(_select_all_days(*self))
        counts = self._count_parts(reader, rows, zone).count_by_month()
        in_range = {month: n for month, n in counts.items() if end is None or month < end}
        return MonthCounts(in_range, None)

    def _count_parts(
        self, reader: Reader, rows: Sequence[Row], zone: ZoneInfo, days: Sequence[date] = ()
    ) -> "_UtcDayCounts":
        """Count the articles of the parts of hours at which `days` and the months of `rows` begin.

        Stored counts are by whole hours.
        """
        counts = _UtcDayCounts(rows, zone)
        months = counts.months()
        firsts = {*days, *months, *(add_months(month, 1) for month in months)}
        starts = (start_of_day(day, zone) for day in firsts)
        parts = [
            (at.replace(minute=0, second=0), at) for at in sorted(starts) if not is_whole_hour(at)
        ]
        if parts:
            found = reader.all(_select_parts_of_hours(self.languages, parts))
            counts.parts = {row["end"]: row["count"] for row in found}
        return counts


class _UtcDayCounts:
    """Counts of days of UTC, in order, converted to days of `zone`."""

    def __init__(self, rows: Sequence[Row], zone: ZoneInfo) -> None:
        self._zone = zone
        self._rows_by_day: dict[datetime, Row] = {row["at"]: row for row in rows}
        self._days = list(self._rows_by_day)
        self._timed_totals = [0, *accumulate(int(row[before_hour_column(24)]) for row in rows)]
        self._dated_totals = [0, *accumulate(int(row["dayed"]) for row in rows)]
        self.parts: Mapping[datetime, int] = {}
        """By end of a part of an hour: the articles since the start of the hour."""

    def count_per_period(self, starts: Sequence[date]) -> list[int]:
        """Count the articles of each period from one of `starts` to the next."""
        return [end - start for start, end in pairwise(map(self._count_before, starts))]

    def count_by_month(self) -> dict[date, int]:
        """Count the articles of each month with articles, in order."""
        counts = {
            month: self.count_per_period([month, add_months(month, 1)])[0]
            for month in sorted(self.months())
        }
        return {month: count for month, count in counts.items() if count}

    def months(self) -> set[date]:
        """Months that may have articles."""
        steps = -ONE_DAY, ONE_DAY
        return {(at + step).date().replace(day=1) for at in self._days for step in steps}

    def _count_before(self, day: date) -> int:
        """Count the articles of the days before `day`."""
        start, utc_start = start_of_day(day, self._zone), utc_day_bounds(day)[0]
        midnight = utc_day_bounds(start.date())[0]
        count = self._timed_totals[bisect_left(self._days, midnight)] + self.parts.get(start, 0)
        if start.hour and midnight in self._rows_by_day:
            count += self._rows_by_day[midnight][before_hour_column(start.hour)]
        return count + self._dated_totals[bisect_left(self._days, utc_start)]


@lru_cache(maxsize=64)
def _select_days_near(languages: tuple[str, ...], hours: frozenset[int]) -> AnySelect:
    """Select counts of days `low` to `high`, both neighbours, and the first and last of all."""
    at = ArticleDailyCounts.at
    low, high = (bindparam(name, type_=UTCDateTime()) for name in ("low", "high"))
    ranges: list[tuple[ColumnExpression, ColumnElement[bool]]] = [
        (at, at.between(low, high)),
        (func.min(at), at < low),
        (func.max(at), at < low),
        (func.min(at), at > high),
        (func.max(at), at > high),
    ]
    days = union_all(
        *(
            select(day).where(where, *_past_day_conditions(languages)).correlate(None)
            for day, where in ranges
        )
    )
    return _select_counts(languages, hours, lambda day: day, at.in_(days))


@lru_cache(maxsize=64)
def _select_all_days(languages: tuple[str, ...], hours: frozenset[int]) -> AnySelect:
    """Select the counts of all days, with days 2 to 27 of each month merged into one row."""
    return _select_counts(languages, hours, CollapseMidMonth)


def _select_counts(
    languages: tuple[str, ...],
    hours: frozenset[int],
    group: Callable[[ColumnElement[Any]], ColumnElement[Any]],
    *where: ColumnElement[bool],
) -> AnySelect:
    """Counts of past days, and of the articles published so far today, summed by `group`."""
    names = ["dayed", *(before_hour_column(hour) for hour in sorted(hours | {24}) if hour)]
    in_languages = [Article.language.in_(languages)] if languages else []
    # The sort key is not before the date, and indexes with the language have it.
    since_today = (
        key >= _start_of_today() for key in (Article.published_at, Article.published_sort_at)
    )
    today = select_day_counts(article_is_public(), *since_today, *in_languages).subquery()
    past = select(ArticleDailyCounts).where(*_past_day_conditions(languages), *where).subquery()
    days = union_all(
        *(select(table.c.at, *(table.c[name] for name in names)) for table in (past, today))
    ).subquery()
    at = group(days.c.at).label("at")
    counts = (func.sum(days.c[name]).label(name) for name in names)
    return select(at, *counts).group_by(at).order_by(at)


def _select_parts_of_hours(
    languages: tuple[str, ...], parts: Sequence[tuple[datetime, datetime]]
) -> AnySelect:
    """Count the articles with a time of day in `parts`: by end of the part."""
    columns = (column(name, UTCDateTime()) for name in ("start", "end"))
    part = values(*columns, name="parts").data(parts).cte()
    at = Article.published_at
    where = [Article.published_at_precision.in_(PRECISIONS_WITH_TIME), article_is_public()]
    if languages:
        where.append(hide_from_planner(Article.language).in_(languages))
    # A subquery for each part, so that the planner seeks the parts and not the articles.
    count = select(func.count()).where(at >= part.c.start, at < part.c.end, *where)
    return select(part.c.end, count.correlate(part).scalar_subquery().label("count"))


def _past_day_conditions(languages: tuple[str, ...]) -> list[ColumnElement[bool]]:
    is_past = hide_from_planner(ArticleDailyCounts.at) < _start_of_today()
    return [is_past, *([ArticleDailyCounts.language.in_(languages)] if languages else [])]


def _start_of_today() -> ColumnElement[Any]:
    return current_time_param(lambda: period_bounds(current_second(), Precision.DAY)[0])
