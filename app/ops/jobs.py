"""What a process does beside answering: scheduled articles, webhooks, sources, and forgetting.

Each process does all of it; the database sees to it that nothing is done twice.
"""

import logging
from collections.abc import Callable
from functools import partial

from anyio import CapacityLimiter, create_task_group, sleep, to_thread
from sqlalchemy import delete
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from app.api.writes.request import IDEMPOTENCY_RETENTION_PERIOD
from app.db.database import Database
from app.db.models import IdempotentResponse
from app.domain.dates import now
from app.ingest import polling
from app.resources.articles.scheduling import announce_due_articles, has_due_articles
from app.resources.changes.queries import prune_changes
from app.resources.webhooks.delivery import deliver_pending_changes, list_due_webhooks

logger = logging.getLogger("zarya")

_POLL_INTERVAL_SECONDS = 1.0
"""Seconds from one look to the next."""

_PRUNE_INTERVAL_ROUNDS = 3600
"""How many looks lie between two rounds of forgetting."""

_MAX_CONCURRENT_JOBS = 4
"""How many webhooks are told at once, and how many sources looked at."""

_Job = Callable[[Database, int, bool], object]


class PeriodicJobs:
    """The duties of one process."""

    def __init__(self, database: Database, allow_private: bool) -> None:
        self._database = database
        self._allow_private = allow_private
        works: tuple[_Job, ...] = (deliver_pending_changes, polling.run_poll)
        self._limiters = {work: CapacityLimiter(_MAX_CONCURRENT_JOBS) for work in works}
        self._running: set[tuple[_Job, int]] = set()

    async def run(self) -> None:
        """Look after everything, for ever."""
        looks = 0
        async with create_task_group() as tasks:
            while True:
                try:
                    await self.publish_scheduled()
                    for work, found in (
                        (deliver_pending_changes, list_due_webhooks),
                        (polling.run_poll, polling.find_due_sources),
                    ):
                        for id_ in await self._database.read(found):
                            if (work, id_) not in self._running:
                                self._running.add((work, id_))
                                tasks.start_soon(self._run_job, work, id_)
                    if looks % _PRUNE_INTERVAL_ROUNDS == 0:
                        await self._database.write(prune_expired)
                except Exception as error:
                    # Whatever it was, the next look may fare better; the service must not end.
                    logger.error("background: %s", type(error).__name__, exc_info=error)
                looks += 1
                await sleep(_POLL_INTERVAL_SECONDS)

    async def publish_scheduled(self) -> None:
        """Tell of the articles whose time has come."""
        if await self._database.read(has_due_articles):
            try:
                await self._database.write(announce_due_articles)
            except StaleDataError:
                logger.info("another process has announced it")

    async def _run_job(self, work: _Job, id_: int) -> None:
        run = partial(work, self._database, id_, self._allow_private)
        try:
            await to_thread.run_sync(run, limiter=self._limiters[work])
        except Exception as error:
            logger.error("%s %s: %s", work.__name__, id_, type(error).__name__, exc_info=error)
        finally:
            self._running.discard((work, id_))


def prune_expired(session: Session) -> None:
    """Forget changes and kept answers whose time is over."""
    prune_changes(session)
    session.execute(
        delete(IdempotentResponse).where(
            IdempotentResponse.created_at < now() - IDEMPOTENCY_RETENTION_PERIOD
        )
    )
