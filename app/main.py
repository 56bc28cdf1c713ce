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
from starlette.routing import Route
from starlette.types import ASGIApp

from app.api import error_handlers
from app.api.deprecation import DEPRECATED_OPERATIONS, mark_deprecated
from app.api.dispatch import PathDispatcher
from app.api.openapi.document import build_openapi
from app.api.openapi.pages import router as docs
from app.api.routing import Router
from app.config import Settings, get_settings
from app.db.database import Database
from app.http.access_log import AccessLog
from app.http.cache.generation import GenerationTracker
from app.http.cache.store import ResponseCache
from app.http.paths import monitoring_paths, route_traits
from app.http.pipeline import build_pipeline
from app.http.shutdown import GracefulShutdown
from app.ops.gauges import GaugeSampler
from app.ops.health import ReadinessCheck
from app.ops.health import router as health
from app.ops.jobs import PeriodicJobs
from app.ops.watchdog import run_watchdog
from app.portal import problem_pages
from app.portal.asset_routes import router as web_files
from app.portal.index import router as site
from app.portal.pages import router as pages
from app.portal.router import router as portal
from app.resources.articles.commands import get_next_publication_time
from app.resources.articles.router import drafts_router
from app.resources.articles.router import router as articles
from app.resources.audit.router import router as audit
from app.resources.changes.broadcast import ChangeBroadcaster
from app.resources.changes.router import router as changes
from app.resources.crew.router import router as crew
from app.resources.exports.file_cache import ArchiveFileCache
from app.resources.exports.router import router as exports
from app.resources.keys.router import router as keys
from app.resources.launches.router import router as launches
from app.resources.missions.router import assignments_router
from app.resources.missions.router import router as missions
from app.resources.people.router import router as people
from app.resources.search.router import router as search
from app.resources.sources.router import router as sources
from app.resources.webhooks.router import router as webhooks

ROUTERS: tuple[Router, ...] = (
    portal,
    missions,
    articles,
    drafts_router,
    launches,
    people,
    crew,
    assignments_router,
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
        self.openapi_schema = self.openapi_schema or build_openapi(self)
        return self.openapi_schema

    def build_middleware_stack(self) -> ASGIApp:
        state = self.state
        database: Database = state.database
        app, state.express = build_pipeline(
            super().build_middleware_stack(),
            state.settings,
            thread_limits=database.thread_limits,
            generations=state.versions,
            cache=state.kept,
            shutdown=state.draining,
            access_log=state.journal,
            monitoring_paths=monitoring_paths(self.routes),
            deprecations=DEPRECATED_OPERATIONS,
        )
        return app

    def setup(self) -> None:
        super().setup()
        document = self.routes[-1]
        assert isinstance(document, Route)  # noqa: S101 - FastAPI adds it last
        route_traits(english_only=True)(document.endpoint)


def _is_tracing_enabled() -> bool:
    """Whether somebody takes traces: for nobody, they would cost something still."""
    endpoints = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
    return any(map(os.environ.get, endpoints)) and find_spec("opentelemetry.sdk") is not None


def create_app(settings: Settings | None = None) -> FastAPI:
    """The service, its database at `settings.database_url`."""
    settings = settings or get_settings()
    database = Database(settings.database_url, settings.read_threads, settings.replica_url)
    background = PeriodicJobs(database, settings.private_targets)
    live = ChangeBroadcaster(database)
    archive_file = ArchiveFileCache(database)
    draining = GracefulShutdown(settings.drain_seconds)
    routes = [route for router in ROUTERS for route in router.routes]
    journal = AccessLog(settings.log_requests, monitoring_paths(routes))
    kept = ResponseCache(settings.cache_bytes)
    figures = GaugeSampler(database, journal, kept)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        # What is there by now stays; looking through it, now or again, would only hold up.
        gc.freeze()
        gc.enable()
        async with create_task_group() as tasks:
            tasks.start_soon(background.run)
            tasks.start_soon(figures.run)
            with draining.handle_signals(live.close), run_watchdog():
                yield
            tasks.cancel_scope.cancel()
        journal.flush()
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
        routes=routes,
        telemetry={
            "tracing": _is_tracing_enabled(),
            "operation_spans": _is_tracing_enabled(),
            "auto_configure": _is_tracing_enabled(),
            "metrics": False,
            "logs": False,
        },
    )
    app.state.settings = settings
    app.state.versions = GenerationTracker(database, get_next_publication_time)
    app.state.kept = kept
    app.state.draining = draining
    app.state.journal = journal
    app.state.figures = figures
    app.state.readiness = ReadinessCheck(database)
    app.state.database = database
    app.state.live = live
    app.state.archive_file = archive_file
    error_handlers.add_exception_handlers(app)
    problem_pages.install_problem_pages(app)
    app.router.routes.insert(0, PathDispatcher(app.routes))
    mark_deprecated(app)
    return app
