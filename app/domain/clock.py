"""Clock of the archive, whose readings bound the validity of the response being built.

It is the clock of the host, corrected by `correct_clock`. Code that reads it reports the instant at
which its result would change, by `expire_response_at`; the cache keeps the response no longer.
`app.domain.dates.now` reports the next second.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta

NEVER = datetime.max.replace(tzinfo=UTC)


class Expiry:
    """Earliest reported expiry of the response being built."""

    def __init__(self) -> None:
        self.expires_at = NEVER


_current_expiry: ContextVar[Expiry | None] = ContextVar("current_expiry", default=None)


@contextmanager
def track_expiry() -> Iterator[Expiry]:
    """Collect the expiries reported in the context, including in its threads."""
    expiry = Expiry()
    token = _current_expiry.set(expiry)
    try:
        yield expiry
    finally:
        _current_expiry.reset(token)


def expire_response_at(at: datetime) -> None:
    """Report that the response being built is valid until `at` at the latest."""
    expiry = _current_expiry.get()
    if expiry is not None and at < expiry.expires_at:
        expiry.expires_at = at


_correction = timedelta()


def correct_clock(correction: timedelta) -> None:
    """Add `correction` to the clock of the host in all later readings of this process."""
    global _correction  # noqa: PLW0603 - a process has one clock
    _correction = correction


def current_instant() -> datetime:
    """The present instant; the caller reports the expiry of its result."""
    return datetime.now(UTC) + _correction if _correction else datetime.now(UTC)


def current_second() -> datetime:
    """The present instant, to the second; the caller reports the expiry of its result."""
    return current_instant().replace(microsecond=0)


def has_passed(at: datetime) -> bool:
    """Return true if `at` has come, to the second; otherwise the response expires at `at`."""
    if at <= current_second():
        return True
    expire_response_at(at)
    return False
