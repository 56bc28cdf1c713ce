"""Date filters of lists, for records with an instant and its precision.

A record with a time of day falls on its day in the requested time zone; a record with a day alone
falls on that day in every zone; a record without a day falls on none.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from operator import ge, lt
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, bindparam, or_

from app.api.date_params import to_instant
from app.db.functions import ColumnExpression, SqliteShortcut, hide_from_planner
from app.domain.dates import (
    MAX_INSTANT,
    MIN_INSTANT,
    ONE_DAY,
    ONE_HOUR,
    PRECISIONS_WITH_TIME,
    Precision,
    add_months,
    period_bounds,
    start_of_day,
    utc_day_bounds,
)

RANGE_PARAMETERS = ("sort_from", "sort_before", "date_before")
"""Parameters of the conditions of `DateFilters.from_` and `before`."""


class PeriodBounds(NamedTuple):
    """Bounds of a period: of sort keys, of records with a time of day, of those with only a day."""

    low: datetime
    high: datetime
    clock_start: datetime
    clock_end: datetime
    day_start: datetime
    day_end: datetime

    @classmethod
    def of_days(cls, first: date, end: date, zone: ZoneInfo) -> "PeriodBounds":
        """Bounds of the days from `first` to before `end` in `zone`."""
        clock = start_of_day(first, zone), start_of_day(end, zone)
        day = utc_day_bounds(first)[0], utc_day_bounds(end)[0]
        # The last hour of a day may end in the next day, if the offset is not whole hours.
        low, high = min(clock[0], day[0]), max(clock[1] + ONE_HOUR, day[1])
        return cls(low, high, *clock, *day)


class DateFilters(NamedTuple):
    """Date filters of one request; None for each that is not given."""

    zone: ZoneInfo
    day: date | None = None
    month: date | None = None
    from_: datetime | date | None = None
    before: datetime | date | None = None

    def periods(self) -> dict[str, PeriodBounds]:
        """Periods by name. A record must be in each of them."""
        periods = {}
        if self.day:
            periods["day"] = PeriodBounds.of_days(self.day, self.day + ONE_DAY, self.zone)
        if self.month:
            end = add_months(self.month, 1)
            periods["month"] = PeriodBounds.of_days(self.month, end, self.zone)
        return periods

    def sort_range(self) -> tuple[datetime, datetime]:
        """Range of the sort keys of the matches: the first, and the exclusive end."""
        periods = self.periods().values()
        lows = [MIN_INSTANT, *(period.low for period in periods)]
        highs = [MAX_INSTANT, *(period.high for period in periods)]
        if self.from_:
            # The period ends later: see `sort_instant`.
            lows.append(to_instant(self.from_, self.zone).replace(microsecond=0))
        if self.before:
            last = to_instant(self.before, self.zone) - datetime.resolution
            highs.append(period_bounds(last, Precision.YEAR)[1])
        return max(lows), min(highs)

    def values(self) -> dict[str, Any]:
        """Values of the parameters in the conditions of `DateColumns`."""
        low, high = self.sort_range()
        values: dict[str, Any] = {"sort_from": low, "sort_before": high}
        for name, period in self.periods().items():
            values |= {f"{name}_{bound}": at for bound, at in period._asdict().items()}
        if self.before:
            values["date_before"] = to_instant(self.before, self.zone)
        return values


@dataclass(frozen=True, eq=False)
class DateColumns:
    """Columns of an instant, its precision and its sort key; null if unknown."""

    at: ColumnExpression
    precision: ColumnExpression
    sort_at: ColumnExpression

    def conditions(self, filters: DateFilters) -> list[ColumnElement[bool]]:
        """Build the conditions of a list; a period matches if it overlaps the range.

        An index serves the range of sort keys together with the order of a list. The values of
        their parameters are `filters.values()`.
        """
        return self.range_conditions(filters) + self.exact_conditions(filters)

    def range_conditions(self, filters: DateFilters) -> list[ColumnElement[bool]]:
        """Build the conditions of the range of sort keys."""
        low, high = filters.sort_range()
        where = [_compare(ge, self.sort_at, "sort_from")] if low > MIN_INSTANT else []
        return where + ([_compare(lt, self.sort_at, "sort_before")] if high < MAX_INSTANT else [])

    def exact_conditions(self, filters: DateFilters) -> list[ColumnElement[bool]]:
        """Build the conditions that a record in the range of sort keys must also fulfil."""
        where = [_is_in(self.at, self.precision, name) for name in filters.periods()]
        return where + ([_is_before(self.at, self.sort_at)] if filters.before else [])

    def has_day(self) -> ColumnElement[bool]:
        """Condition: the day of the record is known."""
        return self.precision.in_([*PRECISIONS_WITH_TIME, Precision.DAY])


@cache
def _compare(
    compare: Callable[[Any, Any], ColumnElement[bool]], column: ColumnExpression, name: str
) -> ColumnElement[bool]:
    """Condition: the order of `column` to the parameter `name`."""
    return compare(column, bindparam(name, type_=column.type))


@cache
def _is_before(at: ColumnExpression, sort_at: ColumnExpression) -> ColumnElement[bool]:
    """Condition: a date is before the parameter `date_before`.

    The sort key is never before the date. So a record whose key is before the parameter matches,
    and SQLite finds that in the index without reading the row.
    """
    by_key = _compare(lt, hide_from_planner(sort_at), "date_before")
    return or_(SqliteShortcut(by_key), _compare(lt, at, "date_before"))


@cache
def _is_in(at: ColumnExpression, precision: ColumnExpression, name: str) -> ColumnElement[bool]:
    """Condition: a date is in the period `name`."""
    with_time = and_(
        precision.in_(PRECISIONS_WITH_TIME),
        _compare(ge, at, f"{name}_clock_start"),
        _compare(lt, at, f"{name}_clock_end"),
    )
    with_day = and_(
        precision == Precision.DAY,
        _compare(ge, at, f"{name}_day_start"),
        _compare(lt, at, f"{name}_day_end"),
    )
    return or_(with_time, with_day)
