"""Freshness: the `Cache-Control` header of responses (RFC 9111, RFC 5861)."""

import re
from datetime import datetime, timedelta

from app.domain.clock import current_instant, expire_response_at

DEFAULT_MAX_AGE_SECONDS = 60

_MAX_AGE_PATTERN = re.compile(r"max-age=(\d+), stale-while-revalidate=(\d+)")


def public_cache_control(max_age_seconds: int) -> str:
    """A policy for any cache: fresh for `max_age_seconds`, usable while it is revalidated."""
    return f"public, max-age={max_age_seconds}, stale-while-revalidate=300, stale-if-error=86400"


def cap_max_age(moment: datetime, cache_control: str) -> str:
    """`cache_control` with a `max-age` that ends at `moment`, when the content changes."""
    seconds_left = int((moment - current_instant()).total_seconds())  # rounded down, not twice
    ages = _MAX_AGE_PATTERN.search(cache_control)
    if seconds_left < 0 or ages is None:
        return cache_control
    fresh, stale = int(ages[1]), int(ages[2])
    if fresh + stale <= seconds_left:
        expire_response_at(moment - timedelta(seconds=fresh + stale))
        return cache_control
    capped = min(fresh, seconds_left)
    expire_response_at(moment - timedelta(seconds=capped))  # from then on it changes every second
    return _MAX_AGE_PATTERN.sub(f"max-age={capped}", cache_control)
