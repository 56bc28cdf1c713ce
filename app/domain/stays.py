"""Periods of stays at the station, from dates with a precision."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, NamedTuple, Self

from app.domain.dates import MAX_INSTANT, Precision, period_bounds, utc_day_bounds


class StayPeriod(NamedTuple):
    """Arrival and departure: the first instant at which each can have been, and the end of these.

    Without a departure, the ship leaves at `MAX_INSTANT`.
    """

    arrival: tuple[datetime, datetime]
    departure: tuple[datetime, datetime]

    @classmethod
    def of(cls, stay: Mapping[str, Any]) -> Self:
        """Period of a stay, from its columns or the fields of its document."""
        departed_at, precision = stay["departed_at"], stay["departed_at_precision"]
        return cls(
            period_bounds(stay["arrived_at"], Precision(stay["arrived_at_precision"])),
            period_bounds(departed_at, Precision(precision))
            if departed_at
            else (MAX_INSTANT, MAX_INSTANT),
        )

    def certainly_overlaps(self, other: "StayPeriod") -> bool:
        """Test if both ships were there at one time, whenever in their periods the dates are.

        A ship may leave on the day on which another arrives.
        """
        return self.arrival[1] <= other.departure[0] and other.arrival[1] <= self.departure[0]


def is_in_service(
    first: date | None, last: date | None, arrival: tuple[datetime, datetime]
) -> bool:
    """Test if a port with a first and a last day in service can have been so at an arrival."""
    has_begun = first is None or utc_day_bounds(first)[0] < arrival[1]
    return has_begun and (last is None or arrival[0] < utc_day_bounds(last)[1])
