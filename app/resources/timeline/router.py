"""Routes of `/v1/timeline`."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import Query, Response

from app.api.cache_control import launches_cache_control
from app.api.deps import DatabaseDep
from app.api.feeds import AtomFeed
from app.api.icalendar import ICalendarResponse
from app.api.lists.day_counts import ArchiveIndex, ArchiveMonth, with_cache_control
from app.api.lists.responses import ListResponderDep
from app.api.openapi.components import header_refs
from app.api.routing import Router
from app.resources.timeline import queries
from app.resources.timeline.calendar import build_timeline_calendar
from app.resources.timeline.feed import build_timeline_feed, read_feed_events
from app.resources.timeline.schemas import (
    TimelineArchiveQuery,
    TimelineFeedQuery,
    TimelineFilters,
    TimelineItem,
    TimelinePage,
    TimelineQuery,
)

router = Router(prefix="/v1/timeline", tags=["timeline"])


def _timeline_cache_control(items: Sequence[TimelineItem]) -> str:
    """The policy for events: that of the launches among them."""
    return launches_cache_control(item.launch for item in items if item.launch)


@router.get(
    "",
    name="listTimeline",
    summary="List events",
    response_model=TimelinePage,
)
async def list_timeline(
    query: Annotated[TimelineQuery, Query()], lists: ListResponderDep
) -> Response:
    """Returns what happened and what is planned, newest first by default."""
    return await lists.respond(queries.list_timeline, query, _timeline_cache_control)


@router.get(
    ".ics",
    name="getTimelineCalendar",
    summary="Get events as iCalendar",
    response_class=ICalendarResponse,
    responses={200: {"headers": header_refs("Content-Location")}},
)
async def get_timeline_calendar(
    filters: Annotated[TimelineFilters, Query()], database: DatabaseDep
) -> ICalendarResponse:
    """Returns the newest 200 matching events as iCalendar. Accepts all filters of the list."""
    return (await database.read(build_timeline_calendar, filters)).to_response()


@router.get(
    ".atom",
    name="getTimelineAtomFeed",
    summary="Get events as Atom",
    response_class=AtomFeed,
    responses={200: {"headers": header_refs("Link")}},
)
async def get_timeline_feed(
    query: Annotated[TimelineFeedQuery, Query()], database: DatabaseDep
) -> Response:
    """Returns the last matching events before the present as Atom (RFC 4287).

    Accepts all filters of the list.
    """
    return build_timeline_feed(query, await database.read(read_feed_events, query))


@router.get("/archive", name="getTimelineArchive", summary="Get the calendar of events")
async def get_timeline_archive(
    query: Annotated[TimelineArchiveQuery, Query()], database: DatabaseDep, response: Response
) -> ArchiveMonth | ArchiveIndex:
    """Returns event counts per day of `month`, or per month of all years if `month` is omitted.

    Accepts the filters of the list except `on`.
    """
    return with_cache_control(response, await database.read(queries.get_timeline_archive, query))
