"""Routes of the change feed: `/v1/changes` for polling and `/v1/events` for streaming."""

from collections.abc import AsyncIterable, AsyncIterator
from math import ceil
from typing import Annotated

from fastapi import Depends, Header, Query, Request, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent

from app.api.cache_control import last_modified_headers
from app.api.deps import DatabaseDep, Services, ServicesDep
from app.api.openapi.examples import Example
from app.api.params import Omittable
from app.api.routing import Router
from app.domain.languages import tr
from app.http.paths import route_traits
from app.http.problems import RETRY_AFTER_SECONDS, CursorMismatch, Unavailable
from app.resources.changes import queries
from app.resources.changes.broadcast import ChangeBroadcaster
from app.resources.changes.cursor import ChangeCursor
from app.resources.changes.schemas import ChangePage, ChangeQuery, EventQuery

router = Router(prefix="/v1", tags=["changes"])


@router.get("/changes", name="listChanges", summary="List changes")
@route_traits(english_only=True)
async def list_changes(
    query: Annotated[ChangeQuery, Query()], database: DatabaseDep, response: Response
) -> ChangePage:
    """Returns a snapshot of all records, then the changes since.

    Follow `next` until it is null, then poll `sync`.
    """
    response.headers["Cache-Control"] = "no-cache"
    page = await database.read(queries.list_changes, query)
    response.headers.update(last_modified_headers(page.items))
    return page


async def _get_resume_cursor(
    query: Annotated[EventQuery, Query()],
    database: DatabaseDep,
    last_event_id: Annotated[
        Omittable[str],
        Header(alias="Last-Event-ID", max_length=400, description="Id of the last event received."),
        Example("WyJtIiwgMCwgMTc0MCwgIjIwMjYtMTEtMjQiXQ"),
    ] = None,
) -> ChangeCursor | None:
    """Decode and validate `Last-Event-ID` or `cursor` before the stream starts.

    A client that reconnects by itself sends both: the id is the later one.
    """
    text = last_event_id or query.cursor
    if text is None:
        return None
    cursor = ChangeCursor.decode(text, query.types)
    if cursor.snapshot_position is not None:
        raise CursorMismatch(
            tr(
                "The cursor is inside a snapshot. Follow `next` of /v1/changes up to `sync` first.",
                "Курсор внутри снимка. Сначала пройдите по `next` из /v1/changes до `sync`.",
            )
        )
    await database.read(queries.check_change_cursor, cursor)
    return cursor


def _reconnection_seconds(services: Services) -> int:
    """Time after which this process has stopped, and another one should accept streams."""
    return ceil(services.settings.drain_seconds) + int(RETRY_AFTER_SECONDS)


async def _count_stream(request: Request, services: ServicesDep) -> AsyncIterator[None]:
    """Count the stream until it ends. Raises TooManyRequests, or Unavailable at shutdown."""
    broadcaster = services.singleton(ChangeBroadcaster)
    if broadcaster.is_closing:
        raise Unavailable(
            tr(
                "The service is shutting down. Reconnect after `Retry-After`.",
                "Сервис останавливается. Подключитесь снова через время из `Retry-After`.",
            ),
            headers={"Retry-After": str(_reconnection_seconds(services))},
        )
    with broadcaster.count_stream(request.state.client, services.settings.streams_per_address):
        yield


@router.get(
    "/events",
    name="streamEvents",
    summary="Stream changes",
    response_class=EventSourceResponse,
    dependencies=[Depends(_count_stream)],
)
@route_traits(english_only=True)
async def stream_events(
    services: ServicesDep,
    query: Annotated[EventQuery, Query()],
    cursor: Annotated[ChangeCursor | None, Depends(_get_resume_cursor)],
) -> AsyncIterable[ServerSentEvent]:
    """Streams changes as server-sent events. Each event id is also a cursor of `/v1/changes`.

    The stream ends after an hour with an id without data; resume with it in `Last-Event-ID` or
    `cursor`. At a shutdown, `retry` says when to reconnect; until then, new streams get 503.
    """
    broadcaster = services.singleton(ChangeBroadcaster)
    max_seconds = services.settings.stream_seconds
    async for event in broadcaster.subscribe(cursor, query.types, max_seconds):
        id_ = event.cursor.encode(query.types)
        is_shutdown = event.op is None and broadcaster.is_closing
        retry = _reconnection_seconds(services) * 1000 if is_shutdown else None
        yield ServerSentEvent(raw_data=event.data, event=event.op, id=id_, retry=retry)
