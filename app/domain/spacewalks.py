"""Periods of spacewalks, from dates with a precision."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Self

from app.domain.dates import Precision, period_bounds

TO_THE_MINUTE = frozenset({Precision.SECOND, Precision.MINUTE})


class SpacewalkPeriod(NamedTuple):
    """Latest start and earliest end of a spacewalk. If the end is first, no time is certain."""

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
            end = start if precision in TO_THE_MINUTE else first
        return cls(start, end)

    def certainly_overlaps(self, other: "SpacewalkPeriod") -> bool:
        """Test if both took place at one time, whenever in their periods the dates are."""
        return max(self.start, other.start) <= min(self.end, other.end)
