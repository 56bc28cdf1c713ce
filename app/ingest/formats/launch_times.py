"""Launch times of Launch Library 2, never more precise than the source states."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any, NamedTuple

from app.domain.dates import PRECISIONS_WITH_TIME, Precision, format_rfc3339_utc, period_bounds
from app.ingest.entries import InvalidEntry
from app.ingest.formats.feed_dates import parse_feed_date
from app.ingest.formats.launch_library_vocabulary import (
    LONG_PRECISIONS,
    PRECISIONS,
    WEEK_PRECISIONS,
    is_any_of,
    look_up,
    words_of,
)
from app.ingest.json_values import text_at


class LaunchTime(NamedTuple):
    """Launch time with its precision."""

    at: datetime
    precision: Precision
    uncertain: bool = False
    written_at: datetime | None = None
    """Time as written, if the source does not say how precise it is."""

    def to_fields(self) -> dict[str, Any]:
        """Convert to the fields of a launch document."""
        return {
            "launch_at": format_rfc3339_utc(self.at),
            "launch_at_precision": self.precision,
            "launch_at_uncertain": self.uncertain,
        }


def parse_launch_time(
    launch: Mapping[str, Any], *, tentative: bool, flown: bool, notes: list[str]
) -> LaunchTime:
    """Parse `net` with its `net_precision`; the day if no precision is stated.

    `tentative` dates are placeholders, often the last day of a period: without a precision, only
    the year is likely. An unknown precision is noted. Raises `InvalidEntry`.
    """
    try:
        at, written_precision = parse_feed_date(text_at(launch, "net"))
    except ValueError as error:
        reason = f"{error} Write the time of the launch in ISO 8601."
        raise InvalidEntry("net", reason) from None
    stated = launch.get("net_precision")
    placeholder = LaunchTime(at, Precision.YEAR, True)
    if not words_of(stated):
        if tentative or launch.get("tbddate") is True:
            notes.append("The date is a placeholder without a precision: the year was kept.")
            return placeholder
        has_time = written_precision in PRECISIONS_WITH_TIME and at.time() != time()
        is_known = has_time and launch.get("tbdtime") is not True
        precision = max(Precision.DAY, written_precision, key=list(Precision).index)
        return LaunchTime(at, precision, written_at=at if is_known else None)
    if is_any_of(LONG_PRECISIONS, stated):
        notes.append(f"The period {words_of(stated)[0]!r} is no year: its year was kept.")
        return placeholder
    if is_any_of(WEEK_PRECISIONS, stated):
        return LaunchTime(at, _precision_of_week(at), tentative)
    known = look_up(PRECISIONS, stated)
    if known is None:
        notes.append(
            f"Unknown precision {words_of(stated)[0]!r}: the {'day' if flown else 'year'} was kept."
        )
        if not flown:
            return placeholder
    precision = max(known or Precision.DAY, written_precision, key=list(Precision).index)
    return LaunchTime(at, precision, tentative)


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
