"""The present, and until when what is made of it holds.

While an answer is made, whoever asks the clock says until when it would say the same, and the
answer is kept no longer. Who takes the time by `app.domain.dates.now`, and says nothing, has it for
this one second.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

NEVER = datetime.max.replace(tzinfo=UTC)


class Expiry:
    """Until when an answer that is being made will hold, as far as is known by now."""

    def __init__(self) -> None:
        self.expires_at = NEVER


_current_expiry: ContextVar[Expiry | None] = ContextVar("what is being made", default=None)


@contextmanager
def track_expiry() -> Iterator[Expiry]:
    """What is said of the clock within, in the threads that are used within, too."""
    holding = Expiry()
    token = _current_expiry.set(holding)
    try:
        yield holding
    finally:
        _current_expiry.reset(token)


def expire_response_at(at: datetime) -> None:
    """Say that what is being made will be something else from `at` on."""
    holding = _current_expiry.get()
    if holding is not None and at < holding.expires_at:
        holding.expires_at = at


def current_second() -> datetime:
    """The present instant, to the second, for those who say themselves how long it matters."""
    return datetime.now(UTC).replace(microsecond=0)


def has_passed(at: datetime) -> bool:
    """Whether the time of `at`, to the second, has come; where not, the answer holds until then."""
    if at <= current_second():
        return True
    expire_response_at(at)
    return False
