"""`/v1/launches`: launches to the station."""

from typing import Annotated, Any

from fastapi import Body, Depends, Query, Response

from app.api.cache_control import launches_cache_control, set_validators
from app.api.icalendar import ICalendarResponse
from app.api.lists.day_counts import ArchiveIndex, ArchiveMonth, with_cache_control
from app.api.lists.responses import ListResponderDep
from app.api.params import SlugPath
from app.api.routing import Router
from app.api.writes.deps import (
    MERGE_PATCH_MEDIA_TYPE,
    ConditionalWriteRoute,
    MergePatchSchema,
    build_create_dependency,
    build_update_dependency,
)
from app.api.writes.request import WriteRequest
from app.db.database import DatabaseDep
from app.domain.enums import Scope
from app.resources.launches import commands, queries
from app.resources.launches.calendar import build_launch_calendar
from app.resources.launches.schemas import (
    LaunchArchiveQuery,
    LaunchFilters,
    LaunchFullPage,
    LaunchPage,
    LaunchQuery,
    LaunchRead,
    LaunchWrite,
)

router = Router(prefix="/v1/launches", tags=["launches"], route_class=ConditionalWriteRoute)

CreateLaunchDep = Annotated[WriteRequest, Depends(build_create_dependency(Scope.LAUNCHES_WRITE))]
UpdateLaunchDep = Annotated[WriteRequest, Depends(build_update_dependency(Scope.LAUNCHES_WRITE))]
LaunchPatch = Annotated[
    dict[str, Any], Body(media_type=MERGE_PATCH_MEDIA_TYPE), MergePatchSchema(LaunchWrite)
]


@router.get(
    "",
    name="listLaunches",
    summary="List launches",
    response_model=LaunchFullPage | LaunchPage,
)
async def list_launches(
    query: Annotated[LaunchQuery, Query()], lists: ListResponderDep
) -> Response:
    """Launches to the station, newest first unless `sort` says otherwise."""
    return await lists.respond(queries.list_launches, query, launches_cache_control)


@router.get(
    ".ics",
    name="getLaunchCalendar",
    summary="Subscribe to launches",
    response_class=ICalendarResponse,
)
async def get_launch_calendar(
    filters: Annotated[LaunchFilters, Query()], database: DatabaseDep
) -> ICalendarResponse:
    """All launches that match, up to 10,000, as iCalendar; every filter of the list works too."""
    return (await database.read(build_launch_calendar, filters)).to_response()


@router.get("/next", name="getNextLaunch", summary="Get the next launch")
async def get_next_launch(database: DatabaseDep, response: Response) -> LaunchRead:
    """The planned launch nearest ahead; `Content-Location` is its own address."""
    launch = await database.read(queries.get_next_launch)
    response.headers["Content-Location"] = launch.url
    response.headers["Cache-Control"] = launches_cache_control([launch])
    return set_validators(response, launch)


@router.get("/archive", name="getLaunchArchive", summary="Get a calendar of launches")
async def get_launch_archive(
    query: Annotated[LaunchArchiveQuery, Query()], database: DatabaseDep, response: Response
) -> ArchiveMonth | ArchiveIndex:
    """Launches per day of a `month`, or per month of all years; every filter works here too."""
    return with_cache_control(response, await database.read(queries.get_launch_archive, query))


@router.get("/{slug}", name="getLaunch", summary="Get a launch")
async def get_launch(slug: SlugPath, database: DatabaseDep, response: Response) -> LaunchRead:
    """A launch with its crew, the missions it served, and its sources."""
    launch = await database.read(queries.get_launch, slug)
    response.headers["Cache-Control"] = launches_cache_control([launch])
    return set_validators(response, launch)


@router.post(
    "",
    name="createLaunch",
    summary="Create a launch",
    status_code=201,
    response_model=LaunchRead,
)
async def create_launch(launch: LaunchWrite, edit: CreateLaunchDep) -> Response:
    """A launch, planned or past; a vehicle or site that is new comes with it."""
    return await commands.WRITER.create(edit, launch)


@router.patch("/{slug}", name="updateLaunch", summary="Change a launch", response_model=LaunchRead)
async def update_launch(slug: SlugPath, patch: LaunchPatch, edit: UpdateLaunchDep) -> Response:
    """A merge patch (RFC 7396); a change of time or status stays in the launch's `history`."""
    return await commands.WRITER.patch(edit, slug, patch)


@router.delete("/{slug}", name="deleteLaunch", summary="Delete a launch", status_code=204)
async def delete_launch(slug: SlugPath, edit: UpdateLaunchDep) -> Response:
    """Only one that no mission, crew or article names."""
    return await commands.WRITER.delete(edit, slug)
