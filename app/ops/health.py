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
from app.config import get_settings, parse_networks
from app.db.database import Database, Reader
from app.db.server_state import DatabaseState, get_database_state
from app.domain.languages import tr
from app.http import metrics
from app.http.client_address import is_in_networks
from app.http.problems import RETRY_AFTER_SECONDS, NotFound, Unavailable
from app.http.shutdown import GracefulShutdown
from app.ops.gauges import GaugeSampler

logger = logging.getLogger("zarya")

router = Router(include_in_schema=False)

_NO_STORE_HEADERS = {"Cache-Control": "no-store"}
_CHECK_TTL_SECONDS = 0.5
"""For how long what was found is told again, however often it is asked."""

_CHECK_TIMEOUT_SECONDS = 1.0
"""Seconds until a database that does not answer is one that cannot be used."""


@dataclass(frozen=True)
class DatabaseReadiness:
    """The database, the revision its tables are at, and the one that we are made for."""

    database: DatabaseState
    current_revision: str | None
    expected_revision: str

    @property
    def not_ready_reason(self) -> str | None:
        """Why the archive cannot be served from it, None where it can."""
        if self.database.outdated:
            return "This SQLite can lose commits: it takes version 3.51.3 or newer."
        if self.current_revision is None or (
            self.current_revision in list_known_revisions()
            and self.current_revision < self.expected_revision
        ):
            return (
                f"The tables are at {self.current_revision}, not "
                f"{self.expected_revision}: run `zarya migrate`."
            )
        return None  # a revision that we do not know yet is made so that we can work with it


@lru_cache
def list_known_revisions() -> tuple[str, ...]:
    """The migrations that this version knows, the oldest first."""
    names = (file.name for file in files("migrations.versions").iterdir())
    return tuple(sorted(name.partition("_")[0] for name in names if name[:1].isdigit()))


def _load_readiness(reader: Reader) -> DatabaseReadiness:
    kept = table("alembic_version", column("version_num"))
    return DatabaseReadiness(
        get_database_state(reader),
        reader.scalar(select(kept.c.version_num)),
        list_known_revisions()[-1],
    )


class ReadinessCheck:
    """What is known of the database: one look at a time, and nobody waits for it long."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._pending_check: asyncio.Task[None] | None = None
        self._last_result: DatabaseReadiness | None = None
        self._checked_at = float("-inf")

    async def get_readiness(self) -> DatabaseReadiness:
        """The state of a moment ago.

        Raises `Unavailable` where the database does not tell.
        """
        if self._pending_check is None and monotonic() - self._checked_at > _CHECK_TTL_SECONDS:
            self._pending_check = asyncio.ensure_future(self._run_check())
        if self._pending_check is not None:
            await asyncio.wait({self._pending_check}, timeout=_CHECK_TIMEOUT_SECONDS)
        if self._pending_check is not None or self._last_result is None:
            detail = "The database does not answer."
            raise Unavailable(
                detail, headers=_NO_STORE_HEADERS | {"Retry-After": RETRY_AFTER_SECONDS}
            )
        return self._last_result

    async def _run_check(self) -> None:
        try:
            self._last_result = await self._database.read(_load_readiness)
        except Exception as error:
            # Whatever it is: it cannot be read from.
            logger.error("not ready: %s", type(error).__name__, exc_info=error)
            self._last_result = None
        finally:
            self._checked_at = monotonic()
            self._pending_check = None


@router.get("/health/live")
async def live() -> Response:
    """Whether the process answers at all."""
    return JSONResponse({"status": "live"}, headers=_NO_STORE_HEADERS)


@router.get("/health/ready")
async def ready(request: Request) -> Response:
    """Whether the archive can be read from here; 503 where it cannot, or not for much longer."""
    draining: GracefulShutdown = request.app.state.draining
    readiness: ReadinessCheck = request.app.state.readiness
    headers = _NO_STORE_HEADERS | {"Retry-After": RETRY_AFTER_SECONDS}
    if draining.is_draining:
        detail = tr("The service is about to stop.", "Служба сейчас остановится.")
        raise Unavailable(detail, headers=headers)
    state = await readiness.get_readiness()
    if state.not_ready_reason:
        raise Unavailable(state.not_ready_reason, headers=headers)
    database = {k: v for k, v in asdict(state.database).items() if k != "outdated"}
    migrations = {"at": state.current_revision, "head": state.expected_revision}
    shown = {"status": "ready", "database": database, "migrations": migrations}
    return JSONResponse(shown, headers=_NO_STORE_HEADERS)


@router.get("/metrics")
async def figures(request: Request) -> Response:
    """The figures, for those whom `ZARYA_METRICS_FROM` names; others find nothing here."""
    state = request.scope["state"]
    where = parse_networks(get_settings().metrics_from)
    # What a proxy forwarded that we do not know comes from anywhere, whatever its own address.
    known = "forwarded" not in state or get_settings().trusted_proxies
    if not known or not is_in_networks(state["client"], where):
        raise NotFound(tr("No resource has the path /metrics.", "По адресу /metrics ничего нет."))
    figures: GaugeSampler = request.app.state.figures
    figures.sample()
    kind = "text/plain; version=1.0.0; charset=utf-8"
    return Response(metrics.render_metrics(), media_type=kind, headers=_NO_STORE_HEADERS)
