"""Budget of requests per host, shared by all sources and all processes, and kept over restarts.

The limit is a sliding window: within any hour, a host receives at most as many requests as the
lowest `requests_per_hour` of its enabled sources. A host that responds 429 with `Retry-After` gets
no request from any source until then.
"""

from datetime import UTC, datetime
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.db.database import Database
from app.db.models import FeedSource, SourceHost
from app.domain.dates import ONE_HOUR, ONE_SECOND, now

_MAX_HOST_CHARS = 255


class RequestBudgetExhausted(Exception):
    """The host may not be requested before `retry_at`."""

    def __init__(self, host: str, retry_at: datetime) -> None:
        super().__init__(f"No request to {host} before {retry_at:%Y-%m-%d %H:%M:%S} UTC.")
        self.retry_at = retry_at


def reserve_request(database: Database, url: str) -> None:
    """Count a request to the host of `url`. Raises `RequestBudgetExhausted`."""
    name, present = _host_of(url), now()
    with database.session() as session:
        host, limit = _lock_host(session, name), _find_limit(session, name)
        if host.blocked_until is not None and host.blocked_until > present:
            raise RequestBudgetExhausted(name, host.blocked_until)
        window = int((present - ONE_HOUR).timestamp())
        recent = [at for at in host.requested_at if at >= window]
        if limit is not None and len(recent) >= limit:
            free_at = datetime.fromtimestamp(recent[-limit], UTC) + ONE_HOUR + ONE_SECOND
            raise RequestBudgetExhausted(name, free_at)
        # Without a limit, nothing is counted: the list is as long as the limit at most.
        host.requested_at = [*recent, int(present.timestamp())] if limit is not None else []


def block_host(database: Database, url: str, until: datetime) -> None:
    """Send no requests to the host of `url` before `until`."""
    with database.session() as session:
        _lock_host(session, _host_of(url)).blocked_until = until


def _host_of(url: str) -> str:
    return (urlsplit(url).hostname or "").rstrip(".").lower()[:_MAX_HOST_CHARS]


def _lock_host(session: Session, name: str) -> SourceHost:
    """Row of a host, locked until the end of the transaction; inserted if it is missing."""
    if found := session.get(SourceHost, name, with_for_update=True):
        return found
    try:
        with session.begin_nested():
            session.add(host := SourceHost(host=name, requested_at=[]))
    except IntegrityError:  # inserted by another process meanwhile
        return session.get_one(SourceHost, name, with_for_update=True)
    return host


def _find_limit(session: Session, host: str) -> int | None:
    """Lowest limit of the enabled sources of a host; None if they have none."""
    limited = select(FeedSource.address, FeedSource.requests_per_hour).where(
        FeedSource.enabled, FeedSource.requests_per_hour.is_not(None)
    )
    limits = [limit for address, limit in session.execute(limited) if _host_of(address) == host]
    return min((limit for limit in limits if limit is not None), default=None)
