"""Caching headers of responses: `Cache-Control`, `ETag` and `Last-Modified`."""

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from email.utils import format_datetime
from typing import Protocol, TypeVar

from fastapi import Response

from app.api.read_models import ReadModel
from app.domain.clock import current_second, expire_response_at
from app.domain.dates import ONE_DAY, ONE_SECOND, PRECISIONS_WITH_TIME, Precision, add_months
from app.http.cache.freshness import DEFAULT_MAX_AGE_SECONDS, public_cache_control

_PAST_MAX_AGE_SECONDS = 86400
"""The past changes rarely: corrections may take a day to appear."""

SHORT_MAX_AGE_SECONDS = 10
_PRE_LAUNCH_PERIOD, _POST_LAUNCH_PERIOD = timedelta(hours=1), timedelta(minutes=10)
"""The period around a launch in which it is watched and may slip by the minute."""


class HasLaunchTime(Protocol):
    """A launch with the precision of its time."""

    launch_at: datetime
    launch_at_precision: Precision


def launches_cache_control(launches: Iterable[HasLaunchTime]) -> str:
    """Build the policy for `launches`: short max-age near a launch, expiry before that time."""
    moment, age = current_second(), DEFAULT_MAX_AGE_SECONDS
    for launch in launches:
        if launch.launch_at_precision not in PRECISIONS_WITH_TIME:
            continue
        ahead = int((launch.launch_at - _PRE_LAUNCH_PERIOD - moment).total_seconds())
        if ahead > 0:
            age = min(age, max(SHORT_MAX_AGE_SECONDS, ahead))
            expire_response_at(
                moment + timedelta(seconds=max(ahead - DEFAULT_MAX_AGE_SECONDS, 0) + 1)
            )
        elif moment <= launch.launch_at + _POST_LAUNCH_PERIOD:
            age = SHORT_MAX_AGE_SECONDS
            expire_response_at(launch.launch_at + _POST_LAUNCH_PERIOD + ONE_SECOND)
    return public_cache_control(age)


class HasVersion(Protocol):
    """A record that editors change."""

    version: int


class VersionedModel(Protocol):
    """A read model of one record."""

    version: int

    def last_modified(self) -> datetime | None:
        """See `ReadModel.last_modified`."""


V = TypeVar("V", bound=VersionedModel)


def last_modified_headers(models: Iterable[ReadModel | VersionedModel]) -> dict[str, str]:
    """`Last-Modified` with the newest change in `models`; no header if they show no records."""
    newest = max(filter(None, (model.last_modified() for model in models)), default=None)
    return {"Last-Modified": format_datetime(newest, usegmt=True)} if newest else {}


def set_validators(response: Response, record: V) -> V:
    """Set `ETag` and `Last-Modified` of `response`, and return `record`.

    The ETag is the version, which `If-Match` is compared with; the cache layer puts a digest of the
    content before it.
    """
    response.headers["ETag"] = f'"{record.version}"'
    response.headers.update(last_modified_headers([record]))
    return record


def month_cache_control(first: str) -> str:
    """The policy of the calendar of a month (`YYYY-MM`): long if it is over in every time zone."""
    over = current_second() - ONE_DAY
    if first < f"{over:%Y-%m}":
        return public_cache_control(_PAST_MAX_AGE_SECONDS)
    expire_response_at(datetime.combine(add_months(over.date(), 1), time(), UTC) + ONE_DAY)
    return public_cache_control(DEFAULT_MAX_AGE_SECONDS)


def past_cache_control(last: datetime) -> str:
    """The policy of an answer about the time up to `last`: long from a day later on."""
    over = last + ONE_DAY
    if over <= current_second():
        return public_cache_control(_PAST_MAX_AGE_SECONDS)
    expire_response_at(over)
    return public_cache_control(DEFAULT_MAX_AGE_SECONDS)
