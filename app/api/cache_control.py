"""How long an answer may be used without asking again, as `Cache-Control` says it."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from typing import Protocol, TypeVar

from fastapi import Response

from app.domain.clock import current_second, expire_response_at
from app.domain.dates import ONE_DAY, ONE_SECOND, PRECISIONS_WITH_TIME, Precision, add_months

_DEFAULT_MAX_AGE_SECONDS = 60
_PAST_MONTH_MAX_AGE_SECONDS = 86400
"""A month that is over changes seldom: corrections show within a day."""

SHORT_MAX_AGE_SECONDS = 10
_PRE_LAUNCH_PERIOD, _POST_LAUNCH_PERIOD = timedelta(hours=1), timedelta(minutes=10)
"""The time around a launch when everybody looks, and when it may slip by the minute."""


def public_cache_control(max_age: int) -> str:
    """Anybody may keep the answer for `max_age` seconds; a while longer while they ask again."""
    return f"public, max-age={max_age}, stale-while-revalidate=300, stale-if-error=86400"


_MAX_AGE_PATTERN = re.compile(r"max-age=(\d+), stale-while-revalidate=(\d+)")


def cap_max_age(moment: datetime, cache_control: str) -> str:
    """`cache_control` so that no cache shows an answer once `moment` has come."""
    left = int((moment - datetime.now(UTC)).total_seconds())  # rounded down, not twice
    ages = _MAX_AGE_PATTERN.search(cache_control)
    if left < 0 or ages is None:
        return cache_control
    fresh, stale = int(ages[1]), int(ages[2])
    if fresh + stale <= left:
        expire_response_at(moment - timedelta(seconds=fresh + stale))
        return cache_control
    # By the second, where what is left of the time runs out.
    expire_response_at(moment - timedelta(seconds=min(fresh, left)))
    return _MAX_AGE_PATTERN.sub(f"max-age={min(fresh, left)}", cache_control)


class HasLaunchTime(Protocol):
    """What has a launch time, and says how exact it is."""

    launch_at: datetime
    launch_at_precision: Precision


def launches_cache_control(launches: Iterable[HasLaunchTime]) -> str:
    """For an answer that shows `launches`: short near one of them, and never into that time."""
    moment, age = current_second(), _DEFAULT_MAX_AGE_SECONDS
    for launch in launches:
        if launch.launch_at_precision not in PRECISIONS_WITH_TIME:
            continue
        ahead = int((launch.launch_at - _PRE_LAUNCH_PERIOD - moment).total_seconds())
        if ahead > 0:
            age = min(age, max(SHORT_MAX_AGE_SECONDS, ahead))
            expire_response_at(
                moment + timedelta(seconds=max(ahead - _DEFAULT_MAX_AGE_SECONDS, 0) + 1)
            )
        elif moment <= launch.launch_at + _POST_LAUNCH_PERIOD:
            age = SHORT_MAX_AGE_SECONDS
            expire_response_at(launch.launch_at + _POST_LAUNCH_PERIOD + ONE_SECOND)
    return public_cache_control(age)


class HasVersion(Protocol):
    """A record that editors change."""

    version: int


V = TypeVar("V", bound=HasVersion)


def set_version_etag(response: Response, record: V) -> V:
    """`record`, its version named in the ETag of `response`: what `If-Match` is compared with.

    The layer that sends the answer puts a digest of the content before it.
    """
    response.headers["ETag"] = f'"{record.version}"'
    return record


def month_cache_control(first: str) -> str:
    """For the calendar of a month, by its name: long where the month is over in every zone."""
    over = current_second() - ONE_DAY  # in every zone
    if first < f"{over:%Y-%m}":
        return public_cache_control(_PAST_MONTH_MAX_AGE_SECONDS)
    expire_response_at(datetime.combine(add_months(over.date(), 1), time(), UTC) + ONE_DAY)
    return public_cache_control(_DEFAULT_MAX_AGE_SECONDS)
