"""Article counts by day and month of a time zone, computed from stored counts by day of UTC."""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, bindparam, func, select, union_all

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
    Precision,
    add_months,
    days_of_month,
    period_bounds,
    start_of_day,
    utc_day_bounds,
)


class ArticleDayCounts(NamedTuple):
    """Counts of the articles in `languages`, or in all languages if empty.

    For time zones whose days begin at one of `hours` of UTC.
    """

    languages: tuple[str, ...]
    hours: frozenset[int]

    def count_by_day(
        self, reader: Reader, month: date, zone: ZoneInfo
    ) -> tuple[list[int], list[date]]:
        end = add_months(month, 1)
        # The day of a zone and the same day of UTC begin less than a day apart.
        low, high = utc_day_bounds(month - ONE_DAY)[0], utc_day_bounds(end)[0]
        counts = _UtcDayCounts(reader.all(_select_days_near(*self), low=low, high=high), zone)
        return counts.count_per_period([*days_of_month(month), end]), list(counts.count_by_month())

    def count_by_month(self, reader: Reader, zone: ZoneInfo) -> dict[date, int]:
        return _UtcDayCounts(reader.all(_select_all_days(*self)), zone).count_by_month()


class _UtcDayCounts:
    """Counts of days of UTC, in order, converted to days of `zone`."""

    def __init__(self, rows: Sequence[Row], zone: ZoneInfo) -> None:
        self._zone = zone
        self._rows_by_day: dict[datetime, Row] = {row["at"]: row for row in rows}
        self._days = list(self._rows_by_day)
        self._timed_totals = [0, *accumulate(int(row[before_hour_column(24)]) for row in rows)]
        self._dated_totals = [0, *accumulate(int(row["dayed"]) for row in rows)]

    def count_per_period(self, starts: Sequence[date]) -> list[int]:
        """Count the articles of each period from one of `starts` to the next."""
        return [end - start for start, end in pairwise(map(self._count_before, starts))]

    def count_by_month(self) -> dict[date, int]:
        """Count the articles of each month with articles, in order."""
        months = {
            (at + step).date().replace(day=1) for at in self._days for step in (-ONE_DAY, ONE_DAY)
        }
        counts = {
            month: self.count_per_period([month, add_months(month, 1)])[0]
            for month in sorted(months)
        }
        return {month: count for month, count in counts.items() if count}

    def _count_before(self, day: date) -> int:
        """Count the articles of the days before `day`."""
        start, utc_start = start_of_day(day, self._zone), utc_day_bounds(day)[0]
        midnight = start.replace(hour=0)
        count = self._timed_totals[bisect_left(self._days, midnight)]
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


def _past_day_conditions(languages: tuple[str, ...]) -> list[ColumnElement[bool]]:
    is_past = hide_from_planner(ArticleDailyCounts.at) < _start_of_today()
    return [is_past, *([ArticleDailyCounts.language.in_(languages)] if languages else [])]


def _start_of_today() -> ColumnElement[Any]:
    return current_time_param(lambda: period_bounds(current_second(), Precision.DAY)[0])
