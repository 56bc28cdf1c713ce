"""Launch times of Launch Library 2, never more precise than the source states."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from app.domain.dates import PRECISIONS_WITH_TIME, Precision, format_rfc3339_utc, period_bounds
from app.ingest.entries import InvalidEntry
from app.ingest.formats.feed_dates import parse_feed_date
from app.ingest.json_values import text_at

_PRECISION_BY_ABBREVIATION = {
    "sec": Precision.SECOND, "min": Precision.MINUTE, "hr": Precision.HOUR,
    "morn": Precision.DAY, "aft": Precision.DAY, "day": Precision.DAY, "m": Precision.MONTH,
    "q1": Precision.QUARTER, "q2": Precision.QUARTER, "q3": Precision.QUARTER,
    "q4": Precision.QUARTER, "h1": Precision.YEAR, "h2": Precision.YEAR, "y": Precision.YEAR,
    "ny": Precision.YEAR,
}  # fmt: skip
"""Finest `Precision` that contains the period, by the abbreviation of Launch Library 2."""

_ABBREVIATION_BY_NAME = {
    "second": "sec", "minute": "min", "hour": "hr", "morning": "morn", "afternoon": "aft",
    "month": "m", "quarter 1": "q1", "quarter 2": "q2", "quarter 3": "q3", "quarter 4": "q4",
    "half 1": "h1", "half 2": "h2", "year": "y", "fiscal year": "fy",
}  # fmt: skip


class LaunchTime(NamedTuple):
    """Launch time with its precision."""

    at: datetime
    precision: Precision
    uncertain: bool = False

    def to_fields(self) -> dict[str, Any]:
        """Convert to the fields of a launch document."""
        return {
            "launch_at": format_rfc3339_utc(self.at),
            "launch_at_precision": self.precision,
            "launch_at_uncertain": self.uncertain,
        }


def parse_launch_time(launch: Mapping[str, Any], status: str) -> LaunchTime:
    """Parse `net` with its `net_precision`; the day if no precision is stated.

    Raises `InvalidEntry`.
    """
    try:
        at, written_precision = parse_feed_date(text_at(launch, "net"))
    except ValueError as error:
        raise InvalidEntry("net", str(error)) from None
    name = text_at(launch, "net_precision", "abbrev") or text_at(launch, "net_precision", "name")
    name = name.lower()
    if name == "week":
        return LaunchTime(at, _precision_of_week(at), status == "tbd")
    if name == "fy":  # a fiscal year, which starts in the previous autumn
        return LaunchTime(at, Precision.YEAR, True)
    if not name and (status == "tbd" or launch.get("tbddate") is True):
        raise InvalidEntry("net_precision", "The date is a placeholder without a precision.")
    stated = _PRECISION_BY_ABBREVIATION.get(_ABBREVIATION_BY_NAME.get(name, name or "day"))
    if stated is None:
        raise InvalidEntry("net_precision", f"Unknown precision {name!r}.")
    precision = max(stated, written_precision, key=list(Precision).index)
    return LaunchTime(at, precision, status == "tbd")


def _precision_of_week(at: datetime) -> Precision:
    """Finest precision whose period contains every week that includes `at`."""
    week = timedelta(days=6)
    for precision in (Precision.MONTH, Precision.QUARTER):
        start, end = period_bounds(at, precision)
        if start <= at - week and at + week < end:
            return precision
    return Precision.YEAR


def parse_exact_instant(launch: Mapping[str, Any], name: str) -> str | None:
    """Instant `name` in RFC 3339; None if it is missing or has no time of day."""
    try:
        at, precision = parse_feed_date(text_at(launch, name))
    except ValueError:
        return None
    return format_rfc3339_utc(at) if precision in PRECISIONS_WITH_TIME else None
