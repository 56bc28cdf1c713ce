"""Horizon of the archive: the time until which facts of a kind are known."""

from datetime import datetime, timedelta

from app.domain.clock import current_second, has_passed

HORIZON_TOLERANCE = timedelta(days=2)
"""Age of a horizon up to which its facts count as present.

Sources are polled at intervals and may fail for a day, and an editor confirms once a day.
"""


def is_outdated(known_until: datetime | None) -> bool:
    """Return true if facts known until `known_until` say nothing about the present.

    Otherwise the response expires when they become outdated. None: the archive has no horizon.
    """
    return known_until is not None and has_passed(known_until + HORIZON_TOLERANCE)


def last_known_time(known_until: datetime | None) -> datetime:
    """The present or the horizon, the earlier one; the caller reports the expiry of its result."""
    present = current_second()
    return present if known_until is None else min(present, known_until)
