"""Figures that are looked up now and then, since nothing happens when they change."""

import logging

from anyio import sleep
from sqlalchemy.pool import QueuePool

from app.db.database import Database, Reader
from app.domain.dates import now
from app.http import metrics
from app.http.access_log import Journal
from app.http.cache.store import Kept
from app.resources.changes.queries import unseen_since
from app.resources.webhooks.queries import untold_since

logger = logging.getLogger("zarya")

PAUSE = 5.0
"""Seconds from one look to the next."""


class Figures:
    """What a process knows of its present."""

    def __init__(self, database: Database, journal: Journal, kept: Kept) -> None:
        self._database = database
        self._journal = journal
        self._kept = kept

    def sample(self) -> None:
        """Note what the process knows without asking anybody."""
        metrics.IN_FLIGHT.set(self._journal.in_flight)
        metrics.CACHE_BYTES.set(self._kept.size)
        pool = self._database.engine.pool
        if isinstance(pool, QueuePool):
            metrics.POOL_USED.set(pool.checkedout())
            metrics.POOL_SIZE.set(pool.size())

    async def run(self) -> None:
        """Look again and again, for ever."""
        while True:
            self.sample()
            try:
                feed, webhooks = await self._database.read(_lags)
                metrics.FEED_LAG.set(feed)
                metrics.WEBHOOK_LAG.set(webhooks)
            except Exception as error:
                # Whatever it was: the next look may fare better.
                logger.error("figures: %s", type(error).__name__, exc_info=error)
            await sleep(PAUSE)


def _lags(reader: Reader) -> tuple[float, float]:
    at = now()
    since = (unseen_since(reader), untold_since(reader))
    feed, webhooks = (max((at - each).total_seconds(), 0.0) if each else 0.0 for each in since)
    return feed, webhooks
