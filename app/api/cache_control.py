"""How long an answer may be used without asking again, as `Cache-Control` says it."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from typing import Protocol, TypeVar

from fastapi import Response

from app.domain.clock import holds_until, present
from app.domain.dates import CLOCKED, DAY, SECOND, Precision, add_months

USUAL = 60
PAST = 86400
"""A month that is over changes seldom: corrections show within a day."""

IMMINENT = 10
BEFORE, AFTER = timedelta(hours=1), timedelta(minutes=10)
"""The time around a launch when everybody looks, and when it may slip by the minute."""


def public(max_age: int) -> str:
    """Anybody may keep the answer for `max_age` seconds; a while longer while they ask again."""
    return f"public, max-age={max_age}, stale-while-revalidate=300, stale-if-error=86400"


_MAX_AGE = re.compile(r"max-age=(\d+), stale-while-revalidate=(\d+)")


def not_beyond(moment: datetime, cache_control: str) -> str:
    """`cache_control` so that no cache shows an answer once `moment` has come."""
    left = int((moment - datetime.now(UTC)).total_seconds())  # rounded down, not twice
    ages = _MAX_AGE.search(cache_control)
    if left < 0 or ages is None:
        return cache_control
    fresh, stale = int(ages[1]), int(ages[2])
    if fresh + stale <= left:
        holds_until(moment - timedelta(seconds=fresh + stale))
        return cache_control
    # By the second, where what is left of the time runs out.
    holds_until(moment - timedelta(seconds=min(fresh, left)))
    return _MAX_AGE.sub(f"max-age={min(fresh, left)}", cache_control)


class Launched(Protocol):
    """What has a launch time, and says how exact it is."""

    launch_at: datetime
    launch_at_precision: Precision


def near_launches(launches: Iterable[Launched]) -> str:
    """For an answer that shows `launches`: short near one of them, and never into that time."""
    moment, age = present(), USUAL
    for launch in launches:
        if launch.launch_at_precision not in CLOCKED:
            continue
        ahead = int((launch.launch_at - BEFORE - moment).total_seconds())
        if ahead > 0:
            age = min(age, max(IMMINENT, ahead))
            holds_until(moment + timedelta(seconds=max(ahead - USUAL, 0) + 1))
        elif moment <= launch.launch_at + AFTER:
            age = IMMINENT
            holds_until(launch.launch_at + AFTER + SECOND)
    return public(age)


class Versioned(Protocol):
    """A record that editors change."""

    version: int


V = TypeVar("V", bound=Versioned)


def versioned(response: Response, record: V) -> V:
    """`record`, its version named in the ETag of `response`: what `If-Match` is compared with.

    The layer that sends the answer puts a digest of the content before it.
    """
    response.headers["ETag"] = f'"{record.version}"'
    return record


def of_month(first: str) -> str:
    """For the calendar of a month, by its name: long where the month is over in every zone."""
    over = present() - DAY  # in every zone
    if first < f"{over:%Y-%m}":
        return public(PAST)
    holds_until(datetime.combine(add_months(over.date(), 1), time(), UTC) + DAY)
    return public(USUAL)
