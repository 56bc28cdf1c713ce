"""The application: the only module that knows every resource."""

import gc
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any

from anyio import create_task_group
from fastapi import FastAPI
from starlette.types import ASGIApp

from app.articles.router import drafts
from app.articles.router import router as articles
from app.articles.writing import next_due
from app.audit.router import router as audit
from app.background import Background
from app.changes.live import Live
from app.changes.router import router as changes
from app.config import Settings, get_settings
from app.crew.router import router as crew
from app.database import Database
from app.exports.archive import ArchiveFile
from app.exports.router import router as exports
from app.http import errors
from app.http.addresses import Addresses
from app.http.answers import Answers
from app.http.bodies import Bodies
from app.http.deprecation import Deprecations, mark
from app.http.docs import router as docs
from app.http.draining import Draining
from app.http.express import Express
from app.http.figures import Figures
from app.http.front import Front
from app.http.health import Readiness
from app.http.health import router as health
from app.http.journal import Journal
from app.http.kept import Kept
from app.http.languages import Languages
from app.http.pressure import Pressure
from app.http.quota import Quota
from app.http.site import router as site
from app.http.watchdog import watched
from app.keys.router import router as keys
from app.launches.router import router as launches
from app.missions.router import assignments
from app.missions.router import router as missions
from app.openapi.document import document
from app.people.router import router as people
from app.portal import problems
from app.portal.files import router as web_files
from app.portal.pages import router as pages
from app.portal.router import router as portal
from app.routing import Router
from app.search.router import router as search
from app.sources.router import router as sources
from app.versions import Versions
from app.webhooks.router import router as webhooks

ROUTERS: tuple[Router, ...] = (
    portal,
    missions,
    articles,
    drafts,
    launches,
    people,
    crew,
    assignments,
    search,
    changes,
    exports,
    webhooks,
    sources,
    keys,
    audit,
    pages,
    web_files,
    site,
    docs,
    health,
)


class Zarya(FastAPI):
    """The application, with the layers around it that see every answer, a 500 too."""

    def openapi(self) -> dict[str, Any]:
        self.openapi_schema = self.openapi_schema or document(self)
        return self.openapi_schema

    def build_middleware_stack(self) -> ASGIApp:
        state, settings = self.state, self.state.settings
        database: Database = state.database
        routed = Deprecations(super().build_middleware_stack())
        asked = Pressure(routed, *database.threads, settings.max_waiting, settings.request_seconds)
        answers = Answers(Languages(Bodies(asked)), state.versions, state.kept)
        quota = Quota(answers, settings)
        front = Front(quota, settings, state.draining, state.journal)
        state.express = Express(front, quota, answers)
        return front


def _traced() -> bool:
    """Whether somebody takes traces: for nobody, they would cost something still."""
    endpoints = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
    return any(map(os.environ.get, endpoints)) and find_spec("opentelemetry.sdk") is not None


def create_app(settings: Settings | None = None) -> FastAPI:
    """The service, its database at `settings.database_url`."""
    settings = settings or get_settings()
    database = Database(settings.database_url, settings.read_threads, settings.replica_url)
    background = Background(database, settings.private_targets)
    live = Live(database)
    archive_file = ArchiveFile(database)
    draining = Draining(settings.drain_seconds)
    journal = Journal(settings.log_requests)
    kept = Kept(settings.cache_bytes)
    figures = Figures(database, journal, kept)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        # What is there by now stays; looking through it, now or again, would only hold up.
        gc.freeze()
        gc.enable()
        async with create_task_group() as tasks:
            tasks.start_soon(background.run)
            tasks.start_soon(figures.run)
            with draining.on_signal(live.close), watched():
                yield
            tasks.cancel_scope.cancel()
        journal.write()
        archive_file.close()
        database.close()

    app = Zarya(
        title="Zarya",
        summary="The open archive behind an ISS mission portal",
        version=version("zarya"),
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        routes=[route for router in ROUTERS for route in router.routes],
        telemetry={
            "tracing": _traced(),
            "operation_spans": _traced(),
            "auto_configure": _traced(),
            "metrics": False,
            "logs": False,
        },
    )
    app.state.settings = settings
    app.state.versions = Versions(database, next_due)
    app.state.kept = kept
    app.state.draining = draining
    app.state.journal = journal
    app.state.figures = figures
    app.state.readiness = Readiness(database)
    app.state.database = database
    app.state.live = live
    app.state.archive_file = archive_file
    errors.install(app)
    problems.install(app)
    app.router.routes.insert(0, Addresses(app.routes))
    mark(app)
    return app
