"""Routes of `/v1/spacewalks`."""

from typing import Annotated, Any

from fastapi import Body, Depends, Query, Response

from app.api.cache_control import set_validators
from app.api.deps import DatabaseDep
from app.api.fields import RecordWithPageQueryDep
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
from app.resources.spacewalks import commands, queries
from app.resources.spacewalks.calendar import build_spacewalk_calendar
from app.resources.spacewalks.schemas import (
    SpacewalkArchiveQuery,
    SpacewalkFilters,
    SpacewalkFullPage,
    SpacewalkPage,
    SpacewalkQuery,
    SpacewalkRead,
    SpacewalkWrite,
)

router = Router(prefix="/v1/spacewalks", tags=["spacewalks"])

SpacewalkSlugPath = Annotated[SlugPath, Example("spacewalk-216")]

CreateSpacewalkDep = Annotated[
    WriteRequest, Depends(build_create_dependency(Scope.SPACEWALKS_WRITE))
]
UpdateSpacewalkDep = Annotated[
    WriteRequest, Depends(build_update_dependency(Scope.SPACEWALKS_WRITE))
]
SpacewalkPatch = Annotated[
    dict[str, Any],
    Body(media_type=MERGE_PATCH_MEDIA_TYPE, title="SpacewalkPatch"),
    MergePatchSchema(SpacewalkWrite),
]


@router.get(
    "",
    name="listSpacewalks",
    summary="List spacewalks",
    response_model=SpacewalkFullPage | SpacewalkPage,
    responses=link_to_first("getSpacewalk", "spacewalk"),
)
async def list_spacewalks(
    query: Annotated[SpacewalkQuery, Query()], lists: ListResponderDep
) -> Response:
    """Returns spacewalks, newest first by default."""
    return await lists.respond(queries.list_spacewalks, query)


@router.get(
    ".ics",
    name="getSpacewalkCalendar",
    summary="Get spacewalks as iCalendar",
    response_class=ICalendarResponse,
    responses={200: {"headers": header_refs("Content-Location")}},
)
async def get_spacewalk_calendar(
    filters: Annotated[SpacewalkFilters, Query()], database: DatabaseDep
) -> ICalendarResponse:
    """Returns up to 10,000 matching spacewalks as iCalendar. Accepts all filters of the list."""
    return (await database.read(build_spacewalk_calendar, filters)).to_response()


@router.get("/archive", name="getSpacewalkArchive", summary="Get the spacewalk calendar")
async def get_spacewalk_archive(
    query: Annotated[SpacewalkArchiveQuery, Query()], database: DatabaseDep, response: Response
) -> ArchiveMonth | ArchiveIndex:
    """Returns spacewalk counts per day of `month`, or per month of all years without `month`.

    A spacewalk counts on the day of its start. Accepts the filters of the list except `starts_on`.
    """
    return with_cache_control(response, await database.read(queries.get_spacewalk_archive, query))


@router.get("/{slug}", name="getSpacewalk", summary="Get a spacewalk")
async def get_spacewalk(
    slug: SpacewalkSlugPath,
    database: DatabaseDep,
    response: Response,
    _query: RecordWithPageQueryDep,
) -> SpacewalkRead:
    """Returns a spacewalk with its crew and sources."""
    return set_validators(response, await database.read(queries.get_spacewalk, slug))


@router.post(
    "",
    name="createSpacewalk",
    summary="Create a spacewalk",
    status_code=201,
    response_model=SpacewalkRead,
    responses=link_to("getSpacewalk", "spacewalk"),
)
async def create_spacewalk(spacewalk: SpacewalkWrite, write: CreateSpacewalkDep) -> Response:
    """Creates a planned or past spacewalk with its crew."""
    return await write.execute(commands.WRITER.create, spacewalk)


@router.patch(
    "/{slug}", name="updateSpacewalk", summary="Update a spacewalk", response_model=SpacewalkRead
)
async def update_spacewalk(
    slug: SpacewalkSlugPath, patch: SpacewalkPatch, write: UpdateSpacewalkDep
) -> Response:
    """Applies a JSON Merge Patch (RFC 7396). Omitted fields do not change; null removes a field."""
    return await write.execute(commands.WRITER.patch, slug, patch)


@router.delete("/{slug}", name="deleteSpacewalk", summary="Delete a spacewalk", status_code=204)
async def delete_spacewalk(slug: SpacewalkSlugPath, write: UpdateSpacewalkDep) -> Response:
    """Deletes a spacewalk."""
    return await write.execute(commands.WRITER.delete, slug)
