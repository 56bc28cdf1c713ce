"""Log of outages: a line at the start, one a minute while they last, and one at the end."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from time import monotonic

from app.db.errors import FailureReason, describe_failure, find_failure_reason

logger = logging.getLogger("zarya")

PRIMARY, REPLICA = "primary", "replica"
"""Names of the databases."""

_QUIET_SECONDS = 10.0
"""Time without a failure after which an outage is over."""

_REPORT_INTERVAL_SECONDS = 60.0


@dataclass
class _Outage:
    database: str
    reason: FailureReason
    detail: str
    started_at: float
    reported_at: float
    last_failure_at: float
    failure_count: int = 0
    failed_requests: int = 0

    @property
    def fields(self) -> dict[str, object]:
        """The fields of its log lines."""
        return {
            "database": self.database,
            "reason": self.reason,
            "detail": self.detail,
            "seconds": round(self.last_failure_at - self.started_at, 1),
            "failures": self.failure_count,
            "failed_requests": self.failed_requests,
        }


@dataclass
class OutageLog:
    """Outages of the databases of one process.

    An outage is a series of failures of one database for one reason. The log lines are few, however
    many requests fail.
    """

    clock: Callable[[], float] = monotonic
    _outages: dict[tuple[str, FailureReason], _Outage] = field(default_factory=dict, init=False)
    _lock: Lock = field(default_factory=Lock, init=False)

    @property
    def reasons(self) -> frozenset[FailureReason]:
        """Reasons of the present outages."""
        return frozenset(reason for _, reason in list(self._outages))

    def record(
        self, error: BaseException, *, database: str = PRIMARY, is_request: bool = False
    ) -> None:
        """Count a failure of `database`, and that of a request if `is_request`."""
        reason = find_failure_reason(error) or FailureReason.OTHER
        now = self.clock()
        with self._lock:
            outage = self._outages.get((database, reason))
            is_start = outage is None
            if outage is None:
                outage = _Outage(database, reason, describe_failure(error), now, now, now)
                self._outages[database, reason] = outage
            outage.last_failure_at = now
            outage.failure_count += 1
            outage.failed_requests += is_request
        if is_start:
            # The stack is of no use where the reason says it all.
            cause = error if reason is FailureReason.OTHER else None
            logger.error("database outage started", exc_info=cause, extra={"fields": outage.fields})

    def log_error(self, event: str, error: Exception) -> None:
        """Log `error` of a background task, or count it if it is a failure of the database."""
        if find_failure_reason(error) is None:
            logger.error("%s: %s", event, type(error).__name__, exc_info=error)
        else:
            self.record(error)

    def update(self) -> None:
        """Log which outages have ended and which continue. To be called about once a second."""
        now = self.clock()
        with self._lock:
            for key, outage in list(self._outages.items()):
                if now - outage.last_failure_at >= _QUIET_SECONDS:
                    del self._outages[key]
                    logger.warning("database outage ended", extra={"fields": outage.fields})
                elif now - outage.reported_at >= _REPORT_INTERVAL_SECONDS:
                    outage.reported_at = now
                    logger.error("database outage continues", extra={"fields": outage.fields})
