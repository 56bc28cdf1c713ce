"""The plain calendar of the news: what each day of UTC has, put together to days of any zone."""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, bindparam, func, select, union_all
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction

from app.api.embeds import article_is_public
from app.db.database import Reader, Row
from app.db.functions import (
    AnySelect,
    compile_arguments,
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
    """The articles in one of `languages`, in any where there are none.

    Only for zones whose days begin at one of `hours` of UTC.
    """

    languages: tuple[str, ...]
    hours: frozenset[int]

    def count_by_day(
        self, reader: Reader, month: date, zone: ZoneInfo
    ) -> tuple[list[int], list[date]]:
        end = add_months(month, 1)
        # No day of a zone begins or ends a day away from that of UTC.
        low, high = utc_day_bounds(month - ONE_DAY)[0], utc_day_bounds(end)[0]
        found = _UtcDayCounts(reader.all(_select_days_near(*self), low=low, high=high), zone)
        return found.count_per_period([*days_of_month(month), end]), list(found.count_by_month())

    def count_by_month(self, reader: Reader, zone: ZoneInfo) -> dict[date, int]:
        return _UtcDayCounts(reader.all(_select_all_days(*self)), zone).count_by_month()


class _UtcDayCounts:
    """Some days of UTC, in order, and what they make of days of `zone`."""

    def __init__(self, rows: Sequence[Row], zone: ZoneInfo) -> None:
        self._zone = zone
        self._rows_by_day: dict[datetime, Row] = {row["at"]: row for row in rows}
        self._days = list(self._rows_by_day)
        self._timed_totals = [0, *accumulate(int(row[before_hour_column(24)]) for row in rows)]
        self._dated_totals = [0, *accumulate(int(row["dayed"]) for row in rows)]

    def count_per_period(self, starts: Sequence[date]) -> list[int]:
        """How many fall into each of the periods from one of `starts` to before the next."""
        return [end - start for start, end in pairwise(map(self._count_before, starts))]

    def count_by_month(self) -> dict[date, int]:
        """How many fall into each month, in order, of those that have some."""
        beside = {
            (at + step).date().replace(day=1) for at in self._days for step in (-ONE_DAY, ONE_DAY)
        }
        counts = {
            month: self.count_per_period([month, add_months(month, 1)])[0]
            for month in sorted(beside)
        }
        return {month: count for month, count in counts.items() if count}

    def _count_before(self, day: date) -> int:
        """How many fall on days before `day`."""
        start, dayed = start_of_day(day, self._zone), utc_day_bounds(day)[0]
        midnight = start.replace(hour=0)
        count = self._timed_totals[bisect_left(self._days, midnight)]
        if start.hour and midnight in self._rows_by_day:
            count += self._rows_by_day[midnight][before_hour_column(start.hour)]
        return count + self._dated_totals[bisect_left(self._days, dayed)]


@lru_cache(maxsize=64)
def _select_days_near(languages: tuple[str, ...], hours: frozenset[int]) -> AnySelect:
    """The days from `low` to `high`, the nearest beside them, the first and the last."""
    at = ArticleDailyCounts.at
    low, high = (bindparam(name, type_=UTCDateTime()) for name in ("low", "high"))
    beside = [(func.min(at), at < low), (func.max(at), at < low)]
    beside += [(func.min(at), at > high), (func.max(at), at > high)]
    days = [(at, at.between(low, high)), *beside]
    near = union_all(
        *(select(d).where(w, *_past_day_conditions(languages)).correlate(None) for d, w in days)
    )
    return _select_counts(languages, hours, lambda day: day, at.in_(near))


@lru_cache(maxsize=64)
def _select_all_days(languages: tuple[str, ...], hours: frozenset[int]) -> AnySelect:
    """All days, those in the middle of a month as one."""
    return _select_counts(languages, hours, _CollapseMidMonth)


def _select_counts(
    languages: tuple[str, ...],
    hours: frozenset[int],
    one: Callable[[ColumnElement[Any]], ColumnElement[Any]],
    *where: ColumnElement[bool],
) -> AnySelect:
    """The counts of days that are over, and of what has appeared of the present one.

    Those are added up that are `one`.
    """
    names = ["dayed", *(before_hour_column(hour) for hour in sorted(hours | {24}) if hour)]
    spoken = [Article.language.in_(languages)] if languages else []
    appeared = select_day_counts(
        article_is_public(), Article.published_at >= _start_of_today(), *spoken
    ).subquery()
    over = select(ArticleDailyCounts).where(*_past_day_conditions(languages), *where).subquery()
    days = union_all(
        *(select(table.c.at, *(table.c[name] for name in names)) for table in (over, appeared))
    ).subquery()
    at = one(days.c.at).label("at")
    counts = (func.sum(days.c[name]).label(name) for name in names)
    return select(at, *counts).group_by(at).order_by(at)


def _past_day_conditions(languages: tuple[str, ...]) -> list[ColumnElement[bool]]:
    over = hide_from_planner(ArticleDailyCounts.at) < _start_of_today()
    return [over, *([ArticleDailyCounts.language.in_(languages)] if languages else [])]


def _start_of_today() -> ColumnElement[Any]:
    return current_time_param(lambda: period_bounds(current_second(), Precision.DAY)[0])


class _CollapseMidMonth(GenericFunction[Any]):
    """A day of UTC; the second for all that are of the same month in every zone."""

    type = UTCDateTime()
    inherit_cache = True


@compiles(_CollapseMidMonth)
def _(element: _CollapseMidMonth, compiler: Any, **kw: Any) -> str:
    (at,) = compile_arguments(element, compiler, kw)
    if compiler.dialect.name == "sqlite":
        middle = f"substr({at}, 9, 2) BETWEEN '02' AND '27'"
        second = f"substr({at}, 1, 8) || '02 00:00:00.000000'"
    else:
        middle = f"extract(day FROM {at}) BETWEEN 2 AND 27"
        second = f"date_trunc('month', {at}) + interval '1 day'"
    return f"(CASE WHEN {middle} THEN {second} ELSE {at} END)"
