"""Background jobs: publish scheduled articles, deliver webhooks, poll sources, prune old rows.

Every process runs them. Leases in the database keep two processes from doing the same work.
"""

import logging
from collections.abc import Callable
from functools import partial

from anyio import CapacityLimiter, create_task_group, from_thread, sleep, to_thread
from sqlalchemy.orm.exc import StaleDataError

from app.api.writes.request import IDEMPOTENCY_RETENTION_PERIOD
from app.config import Settings
from app.db.database import Database
from app.db.long_writes import LongWriter
from app.db.models import IdempotentResponse, UserSession
from app.domain.dates import now
from app.ingest.polling import find_due_sources, run_poll
from app.ops.clock_correction import ClockCorrection
from app.resources.articles.scheduling import announce_due_articles, has_due_articles
from app.resources.changes.queries import prune_changes
from app.resources.media.cleanup import remove_unused_pictures
from app.resources.webhooks.delivery import deliver_pending_changes, list_due_webhooks

logger = logging.getLogger("zarya")

_POLL_INTERVAL_SECONDS = 1.0

_PRUNE_INTERVAL_ROUNDS = 3600
"""Rounds of polling between two prunings."""

_CLOCK_INTERVAL_ROUNDS = 10
"""Rounds of polling between two measurements of the clock."""

_MAX_CONCURRENT_JOBS = 4
"""Webhooks delivered at the same time, and sources polled at the same time."""

_Job = Callable[[Database, int, bool], object]


class PeriodicJobs:
    """Loop that starts the jobs of one process when they are due."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._allow_private = settings.private_targets
        self._clock = ClockCorrection(database, settings)
        jobs: tuple[_Job, ...] = (deliver_pending_changes, run_poll)
        self._limiters = {job: CapacityLimiter(_MAX_CONCURRENT_JOBS) for job in jobs}
        self._picture_limiter = CapacityLimiter(1)
        self._running: set[tuple[_Job, int]] = set()

    async def correct_clock(self) -> None:
        """Correct the clock before the first request, if the database answers."""
        try:
            await self._clock.update()
        except Exception as error:
            # Any error may be temporary: `run` tries again.
            self._database.outages.log_error("clock", error)

    async def run(self) -> None:
        """Start the jobs that are due, once a second, until cancelled."""
        rounds = 0
        async with create_task_group() as tasks:
            while True:
                try:
                    if rounds % _CLOCK_INTERVAL_ROUNDS == 0 or not self._clock.is_known:
                        await self._clock.update()
                    await self.publish_scheduled()
                    for job, find_due in (
                        (deliver_pending_changes, list_due_webhooks),
                        (run_poll, find_due_sources),
                    ):
                        for id_ in await self._database.read(find_due):
                            if (job, id_) not in self._running:
                                self._running.add((job, id_))
                                tasks.start_soon(self._run_job, job, id_)
                    if rounds % _PRUNE_INTERVAL_ROUNDS == 0:
                        await to_thread.run_sync(prune_expired, self._database)
                        if not self._picture_limiter.borrowed_tokens:
                            tasks.start_soon(self._remove_unused_pictures)
                except Exception as error:
                    # Any error may be temporary: try again in the next round.
                    self._database.outages.log_error("background jobs", error)
                self._database.outages.update()
                rounds += 1
                await sleep(_POLL_INTERVAL_SECONDS)

    async def publish_scheduled(self) -> None:
        """Record the changes of articles whose scheduled time has come."""
        if await self._database.read(has_due_articles):
            try:
                await self._database.write(announce_due_articles)
            except StaleDataError:
                logger.info("another process has published the scheduled articles")

    async def _remove_unused_pictures(self) -> None:
        """Delete pictures without a record, beside the other jobs: S3 can take minutes."""
        remove = partial(remove_unused_pictures, self._database, from_thread.check_cancelled)
        try:
            await to_thread.run_sync(remove, limiter=self._picture_limiter)
        except Exception as error:
            self._database.outages.log_error("unused pictures", error)

    async def _run_job(self, job: _Job, id_: int) -> None:
        run = partial(job, self._database, id_, self._allow_private)
        try:
            await to_thread.run_sync(run, limiter=self._limiters[job])
        except Exception as error:
            self._database.outages.log_error(f"{job.__name__} {id_}", error)
        finally:
            self._running.discard((job, id_))


def prune_expired(database: Database) -> None:
    """Delete old changes, stored responses and ended sessions."""
    writer = LongWriter(database)
    prune_changes(writer)
    pruned_before = now() - IDEMPOTENCY_RETENTION_PERIOD
    writer.delete_rows(IdempotentResponse, IdempotentResponse.created_at < pruned_before)
    for end in (UserSession.expires_at, UserSession.idle_expires_at):
        writer.delete_rows(UserSession, end <= now())
