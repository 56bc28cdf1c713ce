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

from app.api.writes.request import KEPT
from app.db.database import Database
from app.db.models import KeptAnswer
from app.domain.dates import now
from app.ingest import polling
from app.resources.articles.commands import announce_due, has_due
from app.resources.changes.queries import prune
from app.resources.webhooks.delivery import deliver, due

logger = logging.getLogger("zarya")

PAUSE = 1.0
"""Seconds from one look to the next."""

FORGET_EVERY = 3600
"""How many looks lie between two rounds of forgetting."""

AT_ONCE = 4
"""How many webhooks are told at once, and how many sources looked at."""

Work = Callable[[Database, int, bool], object]


class Background:
    """The duties of one process."""

    def __init__(self, database: Database, allow_private: bool) -> None:
        self._database = database
        self._allow_private = allow_private
        works: tuple[Work, ...] = (deliver, polling.poll)
        self._threads = {work: CapacityLimiter(AT_ONCE) for work in works}
        self._busy: set[tuple[Work, int]] = set()

    async def run(self) -> None:
        """Look after everything, for ever."""
        looks = 0
        async with create_task_group() as tasks:
            while True:
                try:
                    await self.publish()
                    for work, found in ((deliver, due), (polling.poll, polling.due)):
                        for id_ in await self._database.read(found):
                            if (work, id_) not in self._busy:
                                self._busy.add((work, id_))
                                tasks.start_soon(self._do, work, id_)
                    if looks % FORGET_EVERY == 0:
                        await self._database.write(forget)
                except Exception as error:
                    # Whatever it was, the next look may fare better; the service must not end.
                    logger.error("background: %s", type(error).__name__, exc_info=error)
                looks += 1
                await sleep(PAUSE)

    async def publish(self) -> None:
        """Tell of the articles whose time has come."""
        if await self._database.read(has_due):
            try:
                await self._database.write(announce_due)
            except StaleDataError:
                logger.info("another process has announced it")

    async def _do(self, work: Work, id_: int) -> None:
        run = partial(work, self._database, id_, self._allow_private)
        try:
            await to_thread.run_sync(run, limiter=self._threads[work])
        except Exception as error:
            logger.error("%s %s: %s", work.__name__, id_, type(error).__name__, exc_info=error)
        finally:
            self._busy.discard((work, id_))


def forget(session: Session) -> None:
    """Forget changes and kept answers whose time is over."""
    prune(session)
    session.execute(delete(KeptAnswer).where(KeptAnswer.created_at < now() - KEPT))
