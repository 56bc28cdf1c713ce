"""The application: routes, services and middleware put together."""

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

from app.api import error_handlers
from app.api.openapi.document import build_openapi
from app.api.openapi.pages import router as docs
from app.api.routing import Router
from app.config import Settings, get_settings
from app.db.database import Database
from app.http.access_log import AccessLog
from app.http.cache.generation import GenerationTracker
from app.http.cache.middleware import CacheMiddleware
from app.http.cache.store import ResponseCache
from app.http.content_language import ContentLanguageMiddleware
from app.http.deprecation import DeprecationMiddleware, mark_deprecated
from app.http.dispatch import PathDispatcher
from app.http.fast_path import FastPath
from app.http.load_shedding import LoadSheddingMiddleware
from app.http.rate_limit import RateLimitMiddleware
from app.http.request_body import BufferBodyMiddleware
from app.http.request_context import RequestContextMiddleware
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
from app.portal.resource import RESOURCE as PORTAL
from app.resources.articles.scheduling import get_next_publication_time
from app.resources.changes.broadcast import ChangeBroadcaster
from app.resources.changes.resource import RESOURCE as CHANGES
from app.resources.exports.file_cache import ArchiveFileCache
from app.resources.exports.resource import RESOURCE as EXPORTS
from app.resources.registry import ARCHIVE_RESOURCES, SERVICE_RESOURCES
from app.resources.resource import Resource
from app.resources.search.resource import RESOURCE as SEARCH
from app.resources.webhooks.resource import RESOURCE as WEBHOOKS
from app.resources.write_steps import build_database

_RESOURCES: tuple[Resource, ...] = (
    PORTAL,
    *ARCHIVE_RESOURCES,
    SEARCH,
    CHANGES,
    EXPORTS,
    WEBHOOKS,
    *SERVICE_RESOURCES,
)
"""All resources, in the order of the API reference."""

ROUTERS: tuple[Router, ...] = (
    *(router for resource in _RESOURCES for router in resource.routers),
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
        state, settings = self.state, self.state.settings
        database: Database = state.database
        routed = DeprecationMiddleware(super().build_middleware_stack())
        asked = LoadSheddingMiddleware(
            routed, *database.thread_limits, settings.max_waiting, settings.request_seconds
        )
        answers = CacheMiddleware(
            ContentLanguageMiddleware(BufferBodyMiddleware(asked)), state.versions, state.kept
        )
        quota = RateLimitMiddleware(answers, settings)
        front = RequestContextMiddleware(quota, settings, state.draining, state.journal)
        state.express = FastPath(front, quota, answers)
        return front


def _is_tracing_enabled() -> bool:
    """Whether somebody takes traces: for nobody, they would cost something still."""
    endpoints = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
    return any(map(os.environ.get, endpoints)) and find_spec("opentelemetry.sdk") is not None


def create_app(settings: Settings | None = None) -> FastAPI:
    """The service, its database at `settings.database_url`."""
    settings = settings or get_settings()
    database = build_database(settings.database_url, settings.read_threads, settings.replica_url)
    background = PeriodicJobs(database, settings.private_targets)
    live = ChangeBroadcaster(database)
    archive_file = ArchiveFileCache(database)
    draining = GracefulShutdown(settings.drain_seconds)
    journal = AccessLog(settings.log_requests)
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
        openapi_tags=[{"name": each.tag, "description": each.description} for each in _RESOURCES],
        routes=[route for router in ROUTERS for route in router.routes],
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
