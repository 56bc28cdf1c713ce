"""Instants with a precision, and days and months in any time zone."""

from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo, reset_tzpath

from app.domain.clock import current_second, expire_response_at

# Time zones come from the tzdata package, never from the system: the same on every machine.
reset_tzpath(to=())

UTC_ZONE = ZoneInfo("UTC")

ONE_SECOND, ONE_HOUR, ONE_DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)

MIN_INSTANT = datetime(1950, 1, 1, tzinfo=UTC)
MAX_INSTANT = datetime(2101, 1, 1, tzinfo=UTC)
"""Stored instants are in [MIN_INSTANT, MAX_INSTANT), so that no time zone overflows them."""

NEVER_SORT_AT = MAX_INSTANT - timedelta(microseconds=1)
"""Sort key of an end that has not come, after all others."""


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
"""Precisions with a time of day; their day depends on the time zone."""

_FIXED_DURATIONS = {
    Precision.SECOND: ONE_SECOND,
    Precision.MINUTE: timedelta(minutes=1),
    Precision.HOUR: ONE_HOUR,
    Precision.DAY: ONE_DAY,
}
_MONTH_COUNTS = {Precision.MONTH: 1, Precision.QUARTER: 3, Precision.YEAR: 12}

VAGUE_PRECISIONS = tuple(precision for precision in Precision if precision != Precision.SECOND)
"""Precisions whose periods contain other instants, from the shortest to the longest."""

SORT_POSITIONS_PER_MINUTE = 60 + len(VAGUE_PRECISIONS)
"""A position for each second, and one for each period that may end with the minute."""


@cache
def time_zone_names() -> frozenset[str]:
    """Names of all IANA time zones."""
    return frozenset(resources.files("tzdata").joinpath("zones").read_text().split())


def now() -> datetime:
    """The present instant, to the second; the response being built expires with that second.

    `app.domain.clock` has functions for a longer validity.
    """
    second = current_second()
    expire_response_at(second + ONE_SECOND)
    return second


def format_rfc3339_utc(at: datetime) -> str:
    """Format an instant in UTC by RFC 3339, to the second."""
    return at.isoformat()[:19] + "Z"  # faster than strftime; lists have two instants in each item


def period_start(at: datetime, precision: Precision) -> datetime:
    """Start of the period of `precision` that contains `at`, in UTC.

    Raises ValueError if `at` has no time zone.
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


def first_day(day: date | None, precision: Precision | None) -> date | None:
    """First day of the period of `precision` with `day`; None without a day."""
    if day is None or precision is None:
        return day
    return period_start(datetime(day.year, day.month, day.day, tzinfo=UTC), precision).date()


def period_end(at: datetime, precision: Precision) -> datetime:
    """End of the period of `precision` that starts at `at`, exclusive."""
    if precision in _FIXED_DURATIONS:
        return at + _FIXED_DURATIONS[precision]
    later = add_months(at.date(), _MONTH_COUNTS[precision])
    return at.replace(year=later.year, month=later.month)


def period_bounds(at: datetime, precision: Precision) -> tuple[datetime, datetime]:
    """Start and exclusive end of the period of `precision` that contains `at`."""
    start = period_start(at, precision)
    return start, period_end(start, precision)


def sort_instant(at: datetime, precision: Precision) -> datetime:
    """Sort key of a date: an exact date itself, a vague one the end of its period.

    Two periods are disjoint, or one contains the other. A period sorts after everything in it: of
    the periods that end at the same moment, the longer sorts later, each a microsecond apart. So
    the key is at or after a full second exactly if the period ends after that second.
    """
    start, end = period_bounds(at, precision)
    if precision not in VAGUE_PRECISIONS:
        return start
    longer = len(VAGUE_PRECISIONS) - VAGUE_PRECISIONS.index(precision)
    return end - timedelta(microseconds=longer)


def sort_position(sort_at: datetime) -> int:
    """Number of the sort keys from `MIN_INSTANT` up to `sort_at`: an integer in the same order."""
    minutes, rest = divmod(sort_at - MIN_INSTANT, _FIXED_DURATIONS[Precision.MINUTE])
    position = rest.seconds
    if rest.microseconds:  # the end of a period
        position = SORT_POSITIONS_PER_MINUTE - (1_000_000 - rest.microseconds)
    return minutes * SORT_POSITIONS_PER_MINUTE + position


def add_months(day: date, months: int) -> date:
    """First day of the month that is `months` after the month of `day`."""
    years, month = divmod(day.month - 1 + months, 12)
    return date(day.year + years, month + 1, 1)


def days_of_month(first: date) -> list[date]:
    """Days of the month that starts on `first`."""
    return [first + timedelta(n) for n in range((add_months(first, 1) - first).days)]


def start_of_day(day: date, zone: ZoneInfo) -> datetime:
    """Start of `day` in `zone`, in UTC.

    If midnight is skipped (the clock goes forward), the first instant of the day; if midnight
    occurs twice, the first of them. A day that the zone omits (30 December 2011 in Pacific/Apia)
    starts and ends at the same instant.
    """
    return datetime.combine(day, time(), zone).astimezone(UTC)


@cache
def utc_month_start_times(zone: ZoneInfo) -> frozenset[time]:
    """Times of UTC at which the months of `zone` begin, in the range of stored instants."""
    days = (date(y, m, d) for y in range(1950, 2102) for m in range(1, 13) for d in (1, 15))
    return frozenset(start_of_day(day, zone).time() for day in days)


def is_whole_hour(at: datetime | time) -> bool:
    """True if `at` is the start of an hour."""
    return at.minute == at.second == at.microsecond == 0


def utc_day_bounds(day: date) -> tuple[datetime, datetime]:
    """Start and exclusive end of `day` in UTC."""
    start = datetime.combine(day, time(), UTC)
    return start, start + timedelta(days=1)


def local_day(at: datetime, precision: Precision, zone: ZoneInfo) -> date | None:
    """Day of `at` in `zone`; at the precision of a day, the same day in every zone.

    None for a lower precision.
    """
    if precision in PRECISIONS_WITH_TIME:
        return at.astimezone(zone).date()
    return at.astimezone(UTC).date() if precision is Precision.DAY else None


def whole_days(start: datetime, end: datetime) -> int:
    """Full periods of 24 hours from `start` to `end`; 0 if `end` is earlier."""
    return max(0, (end - start) // ONE_DAY)


def days_since(start: datetime, *ends: datetime | None) -> int:
    """Full days from `start` to the first known one of `ends`, or to now if all are ahead."""
    present = current_second()
    end = min([present, *filter(None, ends)])
    days = whole_days(start, end)
    if end == present:
        expire_response_at(start + (days + 1) * ONE_DAY)
    return days
