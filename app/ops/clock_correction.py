"""Correction of the clock of this host by that of PostgreSQL, which all hosts have in common.

Hosts compare times with each other: leases of jobs, publications by the schedule, the expiry of
keys. A host whose clock is fast would show scheduled articles early, and do the jobs of others.
"""

import logging
from datetime import UTC, datetime, timedelta

from app.config import Settings
from app.db.database import Database
from app.db.server_state import get_database_time
from app.domain.clock import correct_clock
from app.http.metrics import CLOCK_ERROR_SECONDS

logger = logging.getLogger("zarya")

CLOCK_TOLERANCE = timedelta(seconds=2)
"""Difference that is not corrected, beyond the time of the measurement."""


class ClockCorrection:
    """Measurement of the clock of this host, and the correction in use."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._correction = timedelta()
        # An SQLite file has no clock of its own.
        self._is_enabled = settings.clock == "database" and not database.has_single_writer
        self.is_known = not self._is_enabled
        """The clock has been measured, or is that of the host."""

    async def update(self) -> None:
        """Measure the clock and correct it. Raises the error of a failed read."""
        if not self._is_enabled:
            return
        started_at = datetime.now(UTC)
        database_time = await self._database.read(get_database_time)
        duration = datetime.now(UTC) - started_at
        difference = database_time - (started_at + duration / 2)
        CLOCK_ERROR_SECONDS.set(abs(difference).total_seconds())
        is_wrong = abs(difference) > CLOCK_TOLERANCE + duration
        correction = difference if is_wrong else timedelta()
        if abs(correction - self._correction) > CLOCK_TOLERANCE:
            seconds = round(correction.total_seconds(), 1)
            logger.warning("clock corrected", extra={"fields": {"seconds": seconds}})
        self._correction = correction
        correct_clock(correction)
        self.is_known = True
