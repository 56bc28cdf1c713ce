"""Gauges of the metrics: set by sampling, since no event in the process marks their changes."""

from math import inf
from pathlib import Path

from anyio import sleep, to_thread
from sqlalchemy.pool import QueuePool

from app.api.deps import Services
from app.db.database import Reader
from app.db.errors import FailureReason
from app.domain.bounded_cache import bounded_caches
from app.domain.dates import now
from app.http import metrics
from app.ops.backup_folder import get_backup_times
from app.resources.changes.broadcast import ChangeBroadcaster
from app.resources.changes.queries import get_oldest_pending_change_time
from app.resources.horizon.queries import get_horizons
from app.resources.proposals.queries import count_open_proposals
from app.resources.sources.queries import list_failing_sources
from app.resources.webhooks.queries import get_oldest_undelivered_change_time

_SAMPLE_INTERVAL_SECONDS = 5.0


async def run_gauge_sampler(services: Services) -> None:
    """Sample every gauge at regular intervals, until cancelled."""
    while True:
        sample_process_gauges(services)
        try:
            await sample_database_gauges(services)
        except Exception as error:
            # Any error may be temporary: the next sample is taken as planned.
            services.database.outages.log_error("gauges", error)
        if services.settings.backups:
            await to_thread.run_sync(sample_backup_age, Path(services.settings.backups))
        await sleep(_SAMPLE_INTERVAL_SECONDS)


def sample_process_gauges(services: Services) -> None:
    """Set the gauges of this process, which need no query."""
    metrics.REQUESTS_IN_FLIGHT.set(services.access_log.in_flight)
    metrics.EVENT_STREAMS.set(services.singleton(ChangeBroadcaster).stream_count)
    metrics.CACHE_BYTES.set(services.response_cache.size_bytes)
    metrics.CACHE_ENTRIES.set(services.response_cache.entry_count)
    for cache in bounded_caches():
        metrics.FUNCTION_CACHE_BYTES.labels(cache.name).set(cache.size_bytes)
        metrics.FUNCTION_CACHE_ENTRIES.labels(cache.name).set(cache.entry_count)
    for reason in FailureReason:
        is_present = reason in services.database.outages.reasons
        metrics.DATABASE_OUTAGE.labels(reason).set(is_present)
    pool = services.database.engine.pool
    if isinstance(pool, QueuePool):
        metrics.POOL_USED.set(pool.checkedout())
        metrics.POOL_SIZE.set(pool.size())


async def sample_database_gauges(services: Services) -> None:
    """Set the gauges of the archive, the same in all processes."""
    feed, webhooks = await services.database.read(_load_lag_seconds)
    metrics.CHANGE_FEED_LAG_SECONDS.set(feed)
    metrics.WEBHOOK_LAG_SECONDS.set(webhooks)
    metrics.PROPOSALS_OPEN.set(await services.database.read(count_open_proposals))
    failing = await services.database.read(list_failing_sources)
    metrics.SOURCES_FAILING.set(len(failing))
    for horizon in (await services.database.read(get_horizons)).items:
        age = now() - horizon.known_until
        metrics.HORIZON_AGE_SECONDS.labels(horizon.kind).set(age.total_seconds())


def sample_backup_age(folder: Path) -> None:
    """Set the gauge of the age of the newest backup in `folder`."""
    times = get_backup_times(folder)
    age = (now() - times[-1]).total_seconds() if times else inf
    metrics.BACKUP_AGE_SECONDS.set(age)


def _load_lag_seconds(reader: Reader) -> tuple[float, float]:
    """Ages of the oldest change missing from the feed and of the oldest unsent to a webhook."""
    at = now()
    since = (get_oldest_pending_change_time(reader), get_oldest_undelivered_change_time(reader))
    feed, webhooks = (max((at - each).total_seconds(), 0.0) if each else 0.0 for each in since)
    return feed, webhooks
