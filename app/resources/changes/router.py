"""`/v1/changes`, by which copies of the archive are kept, and `/v1/events`, which tells at once."""

from collections.abc import AsyncIterable
from typing import Annotated

from fastapi import Depends, Header, Query, Request, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent

from app.api.cache_control import last_modified_headers
from app.api.params import Omittable
from app.api.routing import Router
from app.db.database import DatabaseDep
from app.http.paths import route_traits
from app.resources.changes import queries
from app.resources.changes.broadcast import ChangeBroadcaster
from app.resources.changes.cursor import ChangeCursor
from app.resources.changes.schemas import ChangeFilters, ChangePage, ChangeQuery

router = Router(prefix="/v1", tags=["changes"])


@router.get("/changes", name="listChanges", summary="Follow the changes")
@route_traits(english_only=True)
async def list_changes(
    query: Annotated[ChangeQuery, Query()], database: DatabaseDep, response: Response
) -> ChangePage:
    """The whole archive at first, then what has changed since: follow `next`, later `sync`."""
    response.headers["Cache-Control"] = "no-cache"
    page = await database.read(queries.list_changes, query)
    response.headers.update(last_modified_headers(page.items))
    return page


async def _get_resume_cursor(
    query: Annotated[ChangeFilters, Query()],
    database: DatabaseDep,
    last_event_id: Annotated[
        Omittable[str],
        Header(alias="Last-Event-ID", max_length=400, description="The id of the last event."),
    ] = None,
) -> ChangeCursor | None:
    """Where to go on, refused before anything is sent where that cannot be."""
    if last_event_id is None:
        return None
    place = ChangeCursor.decode(last_event_id, query.types)
    await database.read(queries.check_change_cursor, place)
    return place


@router.get(
    "/events",
    name="streamEvents",
    summary="Listen to the changes",
    response_class=EventSourceResponse,
)
@route_traits(english_only=True)
async def stream_events(
    request: Request,
    query: Annotated[ChangeFilters, Query()],
    place: Annotated[ChangeCursor | None, Depends(_get_resume_cursor)],
) -> AsyncIterable[ServerSentEvent]:
    """Server-sent events: each change as it comes; its id is a cursor of the changes too."""
    live: ChangeBroadcaster = request.app.state.live
    async for change, at in live.subscribe(place, query.types):
        data = change.model_dump_json(by_alias=True)
        yield ServerSentEvent(raw_data=data, event=change.op, id=at.encode(query.types))
