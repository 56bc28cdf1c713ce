"""Periods of spacewalks, from dates with a precision."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Self

from app.domain.dates import Precision, period_bounds

MINUTE_PRECISIONS = frozenset({Precision.SECOND, Precision.MINUTE})
"""Precisions of a minute or better."""


class SpacewalkPeriod(NamedTuple):
    """Time in which a spacewalk certainly takes place: latest start and earliest end.

    The end is before the start if no time is certain.
    """

    start: datetime
    end: datetime

    @classmethod
    def of(cls, walk: Mapping[str, Any]) -> Self:
        """Period of a spacewalk, from its columns or the fields of its document."""
        precision = Precision(walk["starts_at_precision"])
        first, start = period_bounds(walk["starts_at"], precision)
        if walk["ends_at"] is not None:
            end, _ = period_bounds(walk["ends_at"], Precision(walk["ends_at_precision"]))
        elif walk["duration_seconds"] is not None:
            end = first + timedelta(seconds=walk["duration_seconds"])
        else:
            end = start if precision in MINUTE_PRECISIONS else first  # a minute at least
        return cls(start, end)

    def certainly_overlaps(self, other: "SpacewalkPeriod") -> bool:
        """True if the spacewalks overlap for every start and end that the precisions allow."""
        return self.start <= other.end and other.start <= self.end
