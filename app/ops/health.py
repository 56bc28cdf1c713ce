"""How the service fares: for balancers, and figures for those who run it."""

import asyncio
import logging
from dataclasses import asdict, dataclass
from functools import lru_cache
from importlib.resources import files
from time import monotonic

from fastapi import Request
from fastapi.responses import JSONResponse, Response
from sqlalchemy import column, select, table

from app.api.routing import Router
from app.config import get_settings, networks
from app.db.database import Database, DatabaseState, Reader, state_of
from app.domain.languages import either
from app.http import metrics
from app.http.client_address import within
from app.http.problems import RETRY_AFTER, NotFound, Unavailable
from app.http.shutdown import Draining
from app.ops.gauges import Figures

logger = logging.getLogger("zarya")

router = Router(include_in_schema=False)

NEVER_KEPT = {"Cache-Control": "no-store"}
LOOK_SECONDS = 0.5
"""For how long what was found is told again, however often it is asked."""

PATIENCE = 1.0
"""Seconds until a database that does not answer is one that cannot be used."""


@dataclass(frozen=True)
class State:
    """The database, the revision its tables are at, and the one that we are made for."""

    database: DatabaseState
    migration: str | None
    head: str

    @property
    def problem(self) -> str | None:
        """Why the archive cannot be served from it, None where it can."""
        if self.database.outdated:
            return "This SQLite can lose commits: it takes version 3.51.3 or newer."
        if self.migration is None or (self.migration in revisions() and self.migration < self.head):
            return f"The tables are at {self.migration}, not {self.head}: run `zarya migrate`."
        return None  # a revision that we do not know yet is made so that we can work with it


@lru_cache
def revisions() -> tuple[str, ...]:
    """The migrations that this version knows, the oldest first."""
    names = (file.name for file in files("migrations.versions").iterdir())
    return tuple(sorted(name.partition("_")[0] for name in names if name[:1].isdigit()))


def _look(reader: Reader) -> State:
    kept = table("alembic_version", column("version_num"))
    return State(state_of(reader), reader.scalar(select(kept.c.version_num)), revisions()[-1])


class Readiness:
    """What is known of the database: one look at a time, and nobody waits for it long."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._look: asyncio.Task[None] | None = None
        self._state: State | None = None
        self._looked = float("-inf")

    async def state(self) -> State:
        """The state of a moment ago.

        Raises `Unavailable` where the database does not tell.
        """
        if self._look is None and monotonic() - self._looked > LOOK_SECONDS:
            self._look = asyncio.ensure_future(self._find())
        if self._look is not None:
            await asyncio.wait({self._look}, timeout=PATIENCE)
        if self._look is not None or self._state is None:
            detail = "The database does not answer."
            raise Unavailable(detail, headers=NEVER_KEPT | {"Retry-After": RETRY_AFTER})
        return self._state

    async def _find(self) -> None:
        try:
            self._state = await self._database.read(_look)
        except Exception as error:
            # Whatever it is: it cannot be read from.
            logger.error("not ready: %s", type(error).__name__, exc_info=error)
            self._state = None
        finally:
            self._looked = monotonic()
            self._look = None


@router.get("/health/live")
async def live() -> Response:
    """Whether the process answers at all."""
    return JSONResponse({"status": "live"}, headers=NEVER_KEPT)


@router.get("/health/ready")
async def ready(request: Request) -> Response:
    """Whether the archive can be read from here; 503 where it cannot, or not for much longer."""
    draining: Draining = request.app.state.draining
    readiness: Readiness = request.app.state.readiness
    headers = NEVER_KEPT | {"Retry-After": RETRY_AFTER}
    if draining.begun:
        detail = either("The service is about to stop.", "Служба сейчас остановится.")
        raise Unavailable(detail, headers=headers)
    state = await readiness.state()
    if state.problem:
        raise Unavailable(state.problem, headers=headers)
    database = {k: v for k, v in asdict(state.database).items() if k != "outdated"}
    migrations = {"at": state.migration, "head": state.head}
    shown = {"status": "ready", "database": database, "migrations": migrations}
    return JSONResponse(shown, headers=NEVER_KEPT)


@router.get("/metrics")
async def figures(request: Request) -> Response:
    """The figures, for those whom `ZARYA_METRICS_FROM` names; others find nothing here."""
    state = request.scope["state"]
    where = networks(get_settings().metrics_from)
    # What a proxy forwarded that we do not know comes from anywhere, whatever its own address.
    known = "forwarded" not in state or get_settings().trusted_proxies
    if not known or not within(state["client"], where):
        raise NotFound(
            either("No resource has the path /metrics.", "По адресу /metrics ничего нет.")
        )
    figures: Figures = request.app.state.figures
    figures.sample()
    kind = "text/plain; version=1.0.0; charset=utf-8"
    return Response(metrics.exposed(), media_type=kind, headers=NEVER_KEPT)
