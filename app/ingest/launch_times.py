"""When launches of Launch Library 2 leave: as exact as it says, and never finer."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from app.domain.dates import PRECISIONS_WITH_TIME, Precision, period_bounds
from app.ingest.formats.feed_dates import parse_feed_date
from app.ingest.json_stream import InvalidEntry, text_at

_PRECISION_BY_ABBREVIATION = {
    "sec": Precision.SECOND,
    "min": Precision.MINUTE,
    "hr": Precision.HOUR,
    "morn": Precision.DAY,
    "aft": Precision.DAY,
    "day": Precision.DAY,
    "m": Precision.MONTH,
    "q1": Precision.QUARTER,
    "q2": Precision.QUARTER,
    "q3": Precision.QUARTER,
    "q4": Precision.QUARTER,
    "h1": Precision.YEAR,
    "h2": Precision.YEAR,
    "y": Precision.YEAR,
    "ny": Precision.YEAR,
}
"""By its abbreviation, the finest period of ours that holds the one it means."""

_ABBREVIATION_BY_NAME = {
    "second": "sec", "minute": "min", "hour": "hr", "morning": "morn", "afternoon": "aft",
    "month": "m", "quarter 1": "q1", "quarter 2": "q2", "quarter 3": "q3", "quarter 4": "q4",
    "half 1": "h1", "half 2": "h2", "year": "y", "fiscal year": "fy",
}  # fmt: skip
"""By its name, where it is not abbreviated."""


class LaunchTime(NamedTuple):
    """The time of a launch."""

    at: datetime
    precision: Precision
    uncertain: bool = False

    def to_fields(self) -> dict[str, Any]:
        """As a document says it."""
        return {
            "launch_at": format_rfc3339_utc(self.at),
            "launch_at_precision": self.precision,
            "launch_at_uncertain": self.uncertain,
        }


def parse_launch_time(value: Mapping[str, Any], status: str) -> LaunchTime:
    """The time of a launch, as exact as the source says; without a word of it, the day."""
    try:
        at, exact = parse_feed_date(text_at(value, "net"))
    except ValueError as error:
        raise InvalidEntry("net", str(error)) from None
    told = (
        text_at(value, "net_precision", "abbrev") or text_at(value, "net_precision", "name")
    ).lower()
    if told == "week":
        return LaunchTime(at, _precision_of_week(at), status == "tbd")
    if told == "fy":  # one that begins in the autumn before
        return LaunchTime(at, Precision.YEAR, True)
    if not told and (status == "tbd" or value.get("tbddate") is True):
        raise InvalidEntry(
            "net_precision", "Its date only holds a place: how exact it is, nothing tells."
        )
    precision = (
        _PRECISION_BY_ABBREVIATION.get(_ABBREVIATION_BY_NAME.get(told, told))
        if told
        else Precision.DAY
    )
    if precision is None:
        raise InvalidEntry("net_precision", f"How exact {told!r} is, is not known here.")
    return LaunchTime(at, max(precision, exact, key=list(Precision).index), status == "tbd")


def _precision_of_week(at: datetime) -> Precision:
    """The finest period that holds every week with `at` in it."""
    week = timedelta(days=6)
    for precision in (Precision.MONTH, Precision.QUARTER):
        start, end = period_bounds(at, precision)
        if start <= at - week and at + week < end:
            return precision
    return Precision.YEAR


def parse_exact_instant(value: Mapping[str, Any], name: str) -> str | None:
    """The instant `name` of a launch, None where there is none that is known to the minute."""
    try:
        at, precision = parse_feed_date(text_at(value, name))
    except ValueError:
        return None
    return format_rfc3339_utc(at) if precision in PRECISIONS_WITH_TIME else None


def format_rfc3339_utc(at: datetime) -> str:
    """An instant as documents write it."""
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"
