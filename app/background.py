"""What a process does beside answering: scheduled articles, webhooks, and forgetting in time.

Each process does all of it; the database sees to it that nothing is done twice.
"""

import logging
from collections.abc import Callable
from datetime import datetime
from functools import partial

from anyio import CapacityLimiter, create_task_group, sleep, to_thread
from sqlalchemy import delete
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from app.articles.writing import announce_due, has_due, next_due
from app.changes.queries import prune
from app.database import Database
from app.dates import now
from app.editing import KEPT
from app.models import KeptAnswer
from app.webhooks.delivery import deliver, due

logger = logging.getLogger("zarya")

PAUSE = 1.0
"""Seconds from one look to the next."""

FORGET_EVERY = 3600
"""How many looks lie between two rounds of forgetting."""

AT_ONCE = 4
"""How many webhooks are told at once."""


class Background:
    """The duties of one process, and what it knows of the next scheduled article."""

    def __init__(self, database: Database, allow_private: bool) -> None:
        self._database = database
        self._allow_private = allow_private
        self._threads = CapacityLimiter(AT_ONCE)
        self._busy: set[int] = set()
        self.next_due: datetime | None = None

    async def run(self) -> None:
        """Look after everything, for ever."""
        looks = 0
        async with create_task_group() as tasks:
            while True:
                try:
                    await self.publish()
                    for id_ in await self._database.read(due):
                        if id_ not in self._busy:
                            self._busy.add(id_)
                            tasks.start_soon(self._deliver, id_)
                    if looks % FORGET_EVERY == 0:
                        await self._database.write(forget)
                except Exception as error:
                    # Whatever it was, the next look may fare better; the service must not end.
                    logger.error("background: %s", type(error).__name__, exc_info=error)
                looks += 1
                await sleep(PAUSE)

    async def publish(self) -> None:
        """Tell of the articles whose time has come, and learn when the next one's will."""
        if await self._database.read(has_due):
            try:
                await self._database.write(announce_due)
            except StaleDataError:
                logger.info("another process has announced it")
        self.next_due = await self._database.read(next_due)

    async def _deliver(self, id_: int) -> None:
        work: Callable[[], None] = partial(deliver, self._database, id_, self._allow_private)
        try:
            await to_thread.run_sync(work, limiter=self._threads)
        except Exception as error:
            logger.error("webhook %s: %s", id_, type(error).__name__, exc_info=error)
        finally:
            self._busy.discard(id_)


def forget(session: Session) -> None:
    """Forget changes and kept answers whose time is over."""
    prune(session)
    session.execute(delete(KeptAnswer).where(KeptAnswer.created_at < now() - KEPT))
