"""Figures that are looked up now and then, since nothing happens when they change."""

import logging

from anyio import sleep
from sqlalchemy.pool import QueuePool

from app.db.database import Database, Reader
from app.domain.dates import now
from app.http import metrics
from app.http.access_log import AccessLog
from app.http.cache.store import ResponseCache
from app.resources.changes.queries import get_oldest_pending_change_time
from app.resources.webhooks.queries import get_oldest_undelivered_change_time

logger = logging.getLogger("zarya")

_SAMPLE_INTERVAL_SECONDS = 5.0
"""Seconds from one look to the next."""


class GaugeSampler:
    """What a process knows of its present."""

    def __init__(self, database: Database, journal: AccessLog, kept: ResponseCache) -> None:
        self._database = database
        self._access_log = journal
        self._cache = kept

    def sample(self) -> None:
        """Note what the process knows without asking anybody."""
        metrics.REQUESTS_IN_FLIGHT.set(self._access_log.in_flight)
        metrics.CACHE_BYTES.set(self._cache.size_bytes)
        pool = self._database.engine.pool
        if isinstance(pool, QueuePool):
            metrics.POOL_USED.set(pool.checkedout())
            metrics.POOL_SIZE.set(pool.size())

    async def run(self) -> None:
        """Look again and again, for ever."""
        while True:
            self.sample()
            try:
                feed, webhooks = await self._database.read(_load_lag_seconds)
                metrics.CHANGE_FEED_LAG_SECONDS.set(feed)
                metrics.WEBHOOK_LAG_SECONDS.set(webhooks)
            except Exception as error:
                # Whatever it was: the next look may fare better.
                logger.error("figures: %s", type(error).__name__, exc_info=error)
            await sleep(_SAMPLE_INTERVAL_SECONDS)


def _load_lag_seconds(reader: Reader) -> tuple[float, float]:
    at = now()
    since = (get_oldest_pending_change_time(reader), get_oldest_undelivered_change_time(reader))
    feed, webhooks = (max((at - each).total_seconds(), 0.0) if each else 0.0 for each in since)
    return feed, webhooks
