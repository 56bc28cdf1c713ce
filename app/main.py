"""The application: the only module that knows every resource."""

import gc
import signal
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from importlib.metadata import version
from signal import SIGINT, SIGTERM
from types import FrameType
from typing import Any

from anyio import create_task_group
from fastapi import APIRouter, Depends, FastAPI
from starlette.types import ASGIApp

from app import errors
from app.articles.router import drafts
from app.articles.router import router as articles
from app.audit.router import router as audit
from app.background import Background
from app.changes.live import Live
from app.changes.router import router as changes
from app.config import Settings, get_settings
from app.crew.router import router as crew
from app.database import Database
from app.exports.archive import ArchiveFile
from app.exports.router import router as exports
from app.http.answers import Answers
from app.http.deprecation import Deprecations, mark
from app.http.docs import router as docs
from app.http.languages import Languages
from app.http.methods import Methods
from app.http.request_id import RequestId
from app.http.site import router as site
from app.keys.router import router as keys
from app.launches.router import router as launches
from app.missions.router import assignments
from app.missions.router import router as missions
from app.openapi import document
from app.parameters import in_speech
from app.people.router import router as people
from app.portal import problems
from app.portal.files import router as web_files
from app.portal.pages import router as pages
from app.portal.router import router as portal
from app.sources.router import router as sources
from app.strictness import only_declared
from app.webhooks.router import router as webhooks

RESOURCES: tuple[APIRouter, ...] = (
    portal,
    missions,
    articles,
    drafts,
    launches,
    people,
    crew,
    assignments,
    changes,
    exports,
    webhooks,
    sources,
    keys,
    audit,
)


class Zarya(FastAPI):
    """The application, with the layers around it that see every answer, a 500 too."""

    def openapi(self) -> dict[str, Any]:
        self.openapi_schema = self.openapi_schema or document(self)
        return self.openapi_schema

    def build_middleware_stack(self) -> ASGIApp:
        background: Background = self.state.background
        inner = Deprecations(super().build_middleware_stack())
        answers = Answers(inner, lambda: background.next_due)
        return RequestId(Languages(Methods(answers, self)))


@contextmanager
def _let_go(live: Live) -> Iterator[None]:
    """Let listeners go as soon as the process is told to end; the server waits for them."""

    def told(number: int, frame: FrameType | None) -> None:
        live.close()
        if callable(before[number]):
            before[number](number, frame)

    before: dict[int, Any] = {}
    if threading.current_thread() is threading.main_thread():
        before = {number: signal.signal(number, told) for number in (SIGINT, SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def create_app(settings: Settings | None = None) -> FastAPI:
    """The service, its database at `settings.database_url`."""
    settings = settings or get_settings()
    database = Database(settings.database_url, settings.read_threads)
    background = Background(database, settings.private_targets)
    live = Live(database)
    archive_file = ArchiveFile(database)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        gc.collect()
        gc.freeze()  # what is there by now stays; looking through it again would only hold up
        async with create_task_group() as tasks:
            tasks.start_soon(background.run)
            with _let_go(live):
                yield
            tasks.cancel_scope.cancel()
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
        generate_unique_id_function=lambda route: route.name,
        dependencies=[Depends(only_declared), Depends(in_speech)],
        telemetry={"tracing": False, "metrics": False},
    )
    app.state.database = database
    app.state.background = background
    app.state.live = live
    app.state.archive_file = archive_file
    errors.install(app)
    problems.install(app)
    for router in (*RESOURCES, pages, web_files, site, docs):
        app.include_router(router)
    mark(app)
    return app
