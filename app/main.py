"""The application: services, routes, ASGI layers, and the lifespan with its background jobs."""

import gc
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cached_property, partial
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any

from anyio import create_task_group, to_thread
from fastapi import FastAPI
from fastapi.telemetry import TelemetryConfig
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from app.api import error_handlers, problem_pages, well_known
from app.api.authentication import identify_key
from app.api.deprecation import DEPRECATED_OPERATIONS, mark_deprecated
from app.api.deps import Services
from app.api.dispatch import PathDispatcher
from app.api.docs.router import router as docs
from app.api.mcp.endpoint import MCP_PATH, McpEndpoint
from app.api.openapi.document import build_openapi
from app.api.openapi.pages import router as reference
from app.api.openapi.yaml import to_yaml
from app.api.routing import Router
from app.config import Settings, use_settings
from app.http.access_log import AccessLog
from app.http.cache.generation import GenerationTracker
from app.http.cache.store import ResponseCache
from app.http.paths import (
    file_prefixes,
    monitoring_paths,
    route_traits,
    sign_in_paths,
    upload_limits,
)
from app.http.pipeline import build_pipeline
from app.http.shutdown import GracefulShutdown
from app.http.traces import build_tracer_provider
from app.ops.gauges import run_gauge_sampler
from app.ops.health import router as health
from app.ops.jobs import PeriodicJobs
from app.ops.watchdog import run_watchdog
from app.portal import error_pages
from app.portal.article_pages import router as article_pages
from app.portal.assets import router as assets
from app.portal.desk.router import router as desk
from app.portal.index import router as index
from app.portal.pages import router as pages
from app.portal.record_pages import router as record_pages
from app.portal.rendering import compile_templates
from app.portal.resource import RESOURCE as PORTAL
from app.portal.site_files import router as site_files
from app.resources.articles.scheduling import get_next_publication_time
from app.resources.changes.broadcast import ChangeBroadcaster
from app.resources.changes.resource import RESOURCE as CHANGES
from app.resources.exports.file_cache import ArchiveFileCache
from app.resources.exports.resource import RESOURCE as EXPORTS
from app.resources.media.current_store import current_store
from app.resources.merges.router import ROUTERS as MERGE_ROUTERS
from app.resources.proposals.resource import RESOURCE as PROPOSALS
from app.resources.redactions.router import router as redactions
from app.resources.registry import ARCHIVE_RESOURCES, SERVICE_RESOURCES
from app.resources.resource import Resource
from app.resources.revisions.resource import RESOURCE as REVISIONS
from app.resources.search.resource import RESOURCE as SEARCH
from app.resources.trash.resource import RESOURCE as TRASH
from app.resources.webhooks.openapi import describe_messages
from app.resources.webhooks.resource import RESOURCE as WEBHOOKS
from app.resources.write_steps import build_database

_RESOURCES: tuple[Resource, ...] = (
    PORTAL,
    *ARCHIVE_RESOURCES,
    SEARCH,
    CHANGES,
    EXPORTS,
    WEBHOOKS,
    PROPOSALS,
    REVISIONS,
    TRASH,
    *SERVICE_RESOURCES,
)
"""All resources, in the order of the API reference."""

ROUTERS: tuple[Router, ...] = (
    *(router for resource in _RESOURCES for router in resource.routers),
    *MERGE_ROUTERS,
    redactions,
    pages,
    article_pages,
    record_pages,
    assets,
    desk,
    index,
    site_files,
    well_known.router,
    problem_pages.router,
    reference,
    docs,
    health,
)


class Zarya(FastAPI):
    """The FastAPI application, wrapped in the ASGI middleware of `app.http`."""

    def openapi(self) -> dict[str, Any]:
        services: Services = self.state.services
        with use_settings(services.settings):
            self.openapi_schema = self.openapi_schema or build_openapi(self, describe_messages())
        return self.openapi_schema

    @cached_property
    def openapi_json(self) -> bytes:
        """The encoded document, kept instead of the document itself, which takes 12 MB."""
        body = bytes(JSONResponse(self.openapi()).body)
        self.openapi_schema = None
        return body

    @cached_property
    def openapi_yaml(self) -> bytes:
        """The document as YAML, which takes a second."""
        return to_yaml(json.loads(self.openapi_json)).encode()

    @property
    def inner_layers(self) -> ASGIApp:
        """The routes in the inner layers, for calls of the API that are part of a request."""
        if self.middleware_stack is None:
            self.middleware_stack = self.build_middleware_stack()
        layers: ASGIApp = self.state.inner_layers
        return layers

    def build_middleware_stack(self) -> ASGIApp:
        services: Services = self.state.services
        app, self.state.fast_path, self.state.inner_layers = build_pipeline(
            super().build_middleware_stack(),
            services.settings,
            thread_limits=services.database.thread_limits,
            generations=services.generations,
            cache=services.response_cache,
            shutdown=services.shutdown,
            access_log=services.access_log,
            look_up_key=partial(identify_key, services.database),
            monitoring_paths=monitoring_paths(self.routes),
            upload_limits=upload_limits(self.routes),
            file_prefixes=file_prefixes(self.routes),
            calling_paths=(MCP_PATH,),
            sign_in_paths=sign_in_paths(self.routes),
            deprecations=DEPRECATED_OPERATIONS,
        )
        return app


@route_traits(english_only=True, reads_files=True)
def openapi(request: Request) -> Response:
    """Serve the OpenAPI document. Not async: the first request builds it, which takes seconds."""
    app: Zarya = request.app
    return Response(app.openapi_json, media_type="application/json")


@route_traits(english_only=True, reads_files=True)
def openapi_yaml(request: Request) -> Response:
    """Serve the OpenAPI document as YAML. Not async: the first request encodes it."""
    app: Zarya = request.app
    return Response(app.openapi_yaml, media_type="application/yaml")


def create_app(settings: Settings | None = None) -> Zarya:
    """Create the application with `settings`, by default those of the environment."""
    routes = [route for router in ROUTERS for route in router.routes]
    app = Zarya(
        title="Zarya",
        summary="The open archive behind an ISS mission portal",
        version=version("zarya"),
        lifespan=_run_background_jobs,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        openapi_tags=[{"name": each.tag, "description": each.description} for each in _RESOURCES],
        routes=routes,
        telemetry=_telemetry_config(),
    )
    app.add_route("/openapi.json", openapi, include_in_schema=False)
    app.add_route("/openapi.yaml", openapi_yaml, include_in_schema=False)
    if find_spec("mcp") is not None:
        endpoint = McpEndpoint(lambda: app.inner_layers, lambda: json.loads(app.openapi_json))
        app.router.routes.append(Route(MCP_PATH, endpoint, methods=["POST"], name="mcp"))
    app.state.services = _create_services(settings or Settings(), routes)
    error_handlers.add_exception_handlers(app)
    error_pages.install_error_pages(app)
    app.router.routes.insert(0, PathDispatcher(app.routes))
    mark_deprecated(app)
    return app


def _create_services(settings: Settings, routes: list[BaseRoute]) -> Services:
    database = build_database(settings.database_url, settings.read_threads, settings.replica_url)
    return Services(
        settings=settings,
        database=database,
        generations=GenerationTracker(database, get_next_publication_time),
        response_cache=ResponseCache(settings.cache_bytes),
        access_log=AccessLog(settings.log_requests, monitoring_paths(routes)),
        shutdown=GracefulShutdown(settings.drain_seconds),
    )


@asynccontextmanager
async def _run_background_jobs(app: FastAPI) -> AsyncIterator[None]:
    """Lifespan: run the background jobs, then close what the services hold open."""
    # Objects created by now stay for good: exclude them from garbage collection.
    gc.freeze()
    gc.enable()
    services: Services = app.state.services
    jobs = PeriodicJobs(services.database, services.settings)
    close_streams = services.singleton(ChangeBroadcaster).close
    with use_settings(services.settings):
        await jobs.correct_clock()
        await to_thread.run_sync(current_store)  # a client of a bucket takes 50 ms to build
        async with create_task_group() as tasks:
            tasks.start_soon(jobs.run)
            tasks.start_soon(run_gauge_sampler, services)
            tasks.start_soon(compile_templates)
            with services.shutdown.handle_signals(close_streams), run_watchdog():
                yield
            tasks.cancel_scope.cancel()
    services.access_log.close()
    services.singleton(ArchiveFileCache).close()
    services.database.close()


def _telemetry_config() -> TelemetryConfig:
    """FastAPI's telemetry: traces only, and only if they are exported, since they cost time."""
    endpoints = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
    traced = any(map(os.environ.get, endpoints)) and find_spec("opentelemetry.sdk") is not None
    return {
        "tracer_provider": build_tracer_provider() if traced else None,
        "tracing": traced,
        "operation_spans": traced,
        "auto_configure": traced,
        "metrics": False,
        "logs": False,
    }
