"""Routes of `/v1/launches`."""

from typing import Annotated, Any

from fastapi import Body, Depends, Query, Response

from app.api.cache_control import launches_cache_control, set_validators
from app.api.deps import DatabaseDep
from app.api.fields import RecordQueryDep, RecordWithPageQueryDep
from app.api.icalendar import ICalendarResponse
from app.api.lists.day_counts import ArchiveIndex, ArchiveMonth, with_cache_control
from app.api.lists.responses import ListResponderDep
from app.api.merge_patch import MERGE_PATCH_MEDIA_TYPE, MergePatchSchema
from app.api.openapi.components import header_refs, link_to, link_to_first
from app.api.openapi.examples import Example
from app.api.params import SlugPath
from app.api.routing import Router
from app.api.writes.request import (
    WriteRequest,
    build_create_dependency,
    build_update_dependency,
)
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

router = Router(prefix="/v1/launches", tags=["launches"])

LaunchSlugPath = Annotated[SlugPath, Example("progress-ms-11")]

CreateLaunchDep = Annotated[WriteRequest, Depends(build_create_dependency(Scope.LAUNCHES_WRITE))]
UpdateLaunchDep = Annotated[WriteRequest, Depends(build_update_dependency(Scope.LAUNCHES_WRITE))]
LaunchPatch = Annotated[
    dict[str, Any],
    Body(media_type=MERGE_PATCH_MEDIA_TYPE, title="LaunchPatch"),
    MergePatchSchema(LaunchWrite),
]


@router.get(
    "",
    name="listLaunches",
    summary="List launches",
    response_model=LaunchFullPage | LaunchPage,
    responses=link_to_first("getLaunch", "launch"),
)
async def list_launches(
    query: Annotated[LaunchQuery, Query()], lists: ListResponderDep
) -> Response:
    """Returns launches, newest first by default."""
    return await lists.respond(queries.list_launches, query, launches_cache_control)


@router.get(
    ".ics",
    name="getLaunchCalendar",
    summary="Get launches as iCalendar",
    response_class=ICalendarResponse,
    responses={200: {"headers": header_refs("Content-Location")}},
)
async def get_launch_calendar(
    filters: Annotated[LaunchFilters, Query()], database: DatabaseDep
) -> ICalendarResponse:
    """Returns up to 10,000 matching launches as iCalendar. Accepts all filters of the list."""
    return (await database.read(build_launch_calendar, filters)).to_response()


@router.get(
    "/next",
    name="getNextLaunch",
    summary="Get the next launch",
    responses={200: {"headers": header_refs("Content-Location")}, 404: {}},
)
async def get_next_launch(
    database: DatabaseDep, response: Response, _query: RecordQueryDep
) -> LaunchRead:
    """Returns the first planned launch to the station.

    A launch stays the next one for 24 hours after its planned time (`is_overdue`).
    `Content-Location` is its canonical URL.
    """
    launch = await database.read(queries.get_next_launch)
    response.headers["Content-Location"] = launch.url
    response.headers["Cache-Control"] = launches_cache_control([launch])
    return set_validators(response, launch)


@router.get("/archive", name="getLaunchArchive", summary="Get the launch calendar")
async def get_launch_archive(
    query: Annotated[LaunchArchiveQuery, Query()], database: DatabaseDep, response: Response
) -> ArchiveMonth | ArchiveIndex:
    """Returns launch counts per day of `month`, or per month of all years if `month` is omitted.

    Accepts the filters of the list except `launch_on`.
    """
    return with_cache_control(response, await database.read(queries.get_launch_archive, query))


@router.get("/{slug}", name="getLaunch", summary="Get a launch")
async def get_launch(
    slug: LaunchSlugPath, database: DatabaseDep, response: Response, _query: RecordWithPageQueryDep
) -> LaunchRead:
    """Returns a launch with its crew, missions, stays and sources."""
    launch = await database.read(queries.get_launch, slug)
    response.headers["Cache-Control"] = launches_cache_control([launch])
    return set_validators(response, launch)


@router.post(
    "",
    name="createLaunch",
    summary="Create a launch",
    status_code=201,
    response_model=LaunchRead,
    responses=link_to("getLaunch", "launch"),
)
async def create_launch(launch: LaunchWrite, write: CreateLaunchDep) -> Response:
    """Creates a planned or past launch. Its vehicle and its site must exist."""
    return await write.execute(commands.WRITER.create, launch)


@router.patch("/{slug}", name="updateLaunch", summary="Update a launch", response_model=LaunchRead)
async def update_launch(
    slug: LaunchSlugPath, patch: LaunchPatch, write: UpdateLaunchDep
) -> Response:
    """Applies a JSON Merge Patch (RFC 7396). Records changes of time or status in `history`."""
    return await write.execute(commands.WRITER.patch, slug, patch)


@router.delete("/{slug}", name="deleteLaunch", summary="Delete a launch", status_code=204)
async def delete_launch(slug: LaunchSlugPath, write: UpdateLaunchDep) -> Response:
    """Deletes a launch that no mission, crew, stay or article refers to."""
    return await write.execute(commands.WRITER.delete, slug)
