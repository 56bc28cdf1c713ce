"""Routes of the change feed: `/v1/changes` for polling and `/v1/events` for streaming."""

from collections.abc import AsyncIterable, AsyncIterator
from typing import Annotated

from fastapi import Depends, Header, Query, Request, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent

from app.api.cache_control import last_modified_headers
from app.api.deps import DatabaseDep, ServicesDep
from app.api.openapi.examples import Example
from app.api.params import Omittable
from app.api.routing import Router
from app.http.paths import route_traits
from app.resources.changes import queries
from app.resources.changes.broadcast import ChangeBroadcaster
from app.resources.changes.cursor import ChangeCursor
from app.resources.changes.schemas import ChangeFilters, ChangePage, ChangeQuery

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
    query: Annotated[ChangeFilters, Query()],
    database: DatabaseDep,
    last_event_id: Annotated[
        Omittable[str],
        Header(alias="Last-Event-ID", max_length=400, description="Id of the last event received."),
        Example("WyJtIiwgMCwgMTc0MCwgIjIwMjYtMTEtMjQiXQ"),
    ] = None,
) -> ChangeCursor | None:
    """Decode and validate `Last-Event-ID` before the stream starts."""
    if last_event_id is None:
        return None
    cursor = ChangeCursor.decode(last_event_id, query.types)
    await database.read(queries.check_change_cursor, cursor)
    return cursor


async def _count_stream(request: Request, services: ServicesDep) -> AsyncIterator[None]:
    """Count the stream until it ends. Raises TooManyRequests."""
    broadcaster = services.singleton(ChangeBroadcaster)
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
    query: Annotated[ChangeFilters, Query()],
    cursor: Annotated[ChangeCursor | None, Depends(_get_resume_cursor)],
) -> AsyncIterable[ServerSentEvent]:
    """Streams changes as server-sent events. Each event id is also a cursor of `/v1/changes`.

    The stream ends after an hour with an id without data; resume with it in `Last-Event-ID`.
    """
    broadcaster = services.singleton(ChangeBroadcaster)
    max_seconds = services.settings.stream_seconds
    async for event in broadcaster.subscribe(cursor, query.types, max_seconds):
        id_ = event.cursor.encode(query.types)
        yield ServerSentEvent(raw_data=event.data, event=event.op, id=id_)
