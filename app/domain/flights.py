"""Flights of people, from launch to landing, as far as they are known."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.domain.enums import FLOWN_STATUSES, LaunchStatus
from app.domain.horizon import has_come, is_outdated, last_known_time


@dataclass(frozen=True)
class FlightSpan:
    """Flight of a person. Only launches that reached space count, and only after they have."""

    status: LaunchStatus
    launch_at: datetime
    landed_at: datetime | None
    known_until: datetime | None
    """Horizon of crews; None: there is no limit."""

    @property
    def has_flown(self) -> bool:
        """True if the launch reached space, at or before the present and the horizon."""
        return self.status in FLOWN_STATUSES and has_come(self.launch_at, self.known_until)

    @property
    def is_open(self) -> bool:
        """True if the person had not landed at the present or the horizon, the earlier one."""
        landed = self.landed_at is not None and has_come(self.landed_at, self.known_until)
        return self.has_flown and not landed

    @property
    def is_aboard(self) -> bool | None:
        """True if the person is in space now; None if this is not known any more."""
        return (None if is_outdated(self.known_until) else True) if self.is_open else False

    @property
    def duration(self) -> timedelta:
        """Time in space up to the landing, the present or the horizon, the earliest one."""
        if not self.has_flown:
            return timedelta()
        end = last_known_time(self.known_until)
        if self.landed_at is not None:
            end = min(end, self.landed_at)
        return max(end - self.launch_at, timedelta())
