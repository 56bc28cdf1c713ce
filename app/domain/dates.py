"""Dates that say how exact they are, and days and months in any time zone."""

from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo, reset_tzpath

from app.domain.clock import current_second, expire_response_at

# The zones of the tzdata package, never the machine's own: the same everywhere, and no `localtime`.
reset_tzpath(to=())

ONE_SECOND, ONE_DAY = timedelta(seconds=1), timedelta(days=1)

MIN_INSTANT = datetime(1950, 1, 1, tzinfo=UTC)
MAX_INSTANT = datetime(2101, 1, 1, tzinfo=UTC)
"""No stored instant lies outside [EARLIEST, LATEST), so that no zone shift can overflow one."""


class Precision(StrEnum):
    """Precision of a time. The time is the start of the period that the precision gives, in UTC."""

    SECOND = "second"
    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


PRECISIONS_WITH_TIME = (Precision.SECOND, Precision.MINUTE, Precision.HOUR)
"""The precisions that know a time of day, and so fall on different days in different zones."""

_FIXED_DURATIONS = {
    Precision.SECOND: ONE_SECOND,
    Precision.MINUTE: timedelta(minutes=1),
    Precision.HOUR: timedelta(hours=1),
    Precision.DAY: ONE_DAY,
}
_MONTH_COUNTS = {Precision.MONTH: 1, Precision.QUARTER: 3, Precision.YEAR: 12}


@cache
def time_zone_names() -> frozenset[str]:
    """The names of all IANA time zones."""
    return frozenset(resources.files("tzdata").joinpath("zones").read_text().split())


def now() -> datetime:
    """The present instant, to the second: finer would change every answer that shows a clock.

    An answer made with it holds for that second; `app.domain.clock` makes it hold for longer.
    """
    moment = current_second()
    expire_response_at(moment + ONE_SECOND)
    return moment


def period_start(at: datetime, precision: Precision) -> datetime:
    """The start of the period of `precision` that holds `at`, in UTC.

    Raises ValueError where `at` has no time zone.
    """
    if at.tzinfo is None:
        raise ValueError(f"{at} has no time zone")
    at = at.astimezone(UTC).replace(microsecond=0)
    match precision:
        case Precision.SECOND:
            return at
        case Precision.MINUTE:
            return at.replace(second=0)
        case Precision.HOUR:
            return at.replace(minute=0, second=0)
        case Precision.DAY:
            return at.replace(hour=0, minute=0, second=0)
    months = _MONTH_COUNTS[precision]
    first = (at.month - 1) // months * months + 1
    return at.replace(month=first, day=1, hour=0, minute=0, second=0)


def period_end(at: datetime, precision: Precision) -> datetime:
    """The first instant after the period of `precision` that starts at `at`."""
    if precision in _FIXED_DURATIONS:
        return at + _FIXED_DURATIONS[precision]
    later = add_months(at.date(), _MONTH_COUNTS[precision])
    return at.replace(year=later.year, month=later.month)


def period_bounds(at: datetime, precision: Precision) -> tuple[datetime, datetime]:
    """The period of `precision` that holds `at`: its start, and the first instant after it."""
    start = period_start(at, precision)
    return start, period_end(start, precision)


def add_months(day: date, months: int) -> date:
    """The first day of the month that lies `months` after the month of `day`."""
    years, month = divmod(day.month - 1 + months, 12)
    return date(day.year + years, month + 1, 1)


def days_of_month(first: date) -> list[date]:
    """Every day of the month that starts on `first`."""
    return [first + timedelta(n) for n in range((add_months(first, 1) - first).days)]


def start_of_day(day: date, zone: ZoneInfo) -> datetime:
    """The instant at which `day` begins in `zone`, in UTC.

    Where midnight is skipped (a zone springs forward then) this is the first instant of the day;
    where it comes twice, the first of the two. A day that a zone left out altogether (30 December
    2011 in Pacific/Apia) begins and ends at the same instant.
    """
    return datetime.combine(day, time(), zone).astimezone(UTC)


@cache
def utc_month_start_hours(zone: ZoneInfo) -> frozenset[int] | None:
    """At which hours of UTC the months of `zone` begin, whenever an instant is stored.

    None where its clock does not differ by whole hours at all times.
    """
    days = (date(y, m, d) for y in range(1950, 2102) for m in range(1, 13) for d in (1, 15))
    starts = [start_of_day(day, zone) for day in days]
    whole = all(start.minute == start.second == 0 for start in starts)
    return frozenset(start.hour for start in starts) if whole else None


def utc_day_bounds(day: date) -> tuple[datetime, datetime]:
    """The start and the end of `day` in UTC."""
    start = datetime.combine(day, time(), UTC)
    return start, start + timedelta(days=1)


def local_day(at: datetime, precision: Precision, zone: ZoneInfo) -> date | None:
    """The day on which `at` falls in `zone`; a known day is that day everywhere.

    None where not even the day is known.
    """
    if precision in PRECISIONS_WITH_TIME:
        return at.astimezone(zone).date()
    return at.astimezone(UTC).date() if precision is Precision.DAY else None


def whole_days(start: datetime, end: datetime) -> int:
    """Full periods of 24 hours from `start` to `end`, never negative."""
    return max(0, (end - start) // ONE_DAY)


def days_since(start: datetime, *ends: datetime) -> int:
    """Full days from `start` to the first of `ends`, or to now where none of them has come."""
    moment = current_second()
    end = min([moment, *ends])
    days = whole_days(start, end)
    if end == moment:
        expire_response_at(start + (days + 1) * ONE_DAY)
    return days
