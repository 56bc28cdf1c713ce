"""Routes of `/v1/stays`."""

from typing import Annotated, Any

from fastapi import Body, Depends, Query, Response

from app.api.cache_control import set_validators
from app.api.deps import DatabaseDep
from app.api.fields import RecordQueryDep
from app.api.lists.day_counts import ArchiveIndex, ArchiveMonth, with_cache_control
from app.api.lists.responses import ListResponderDep
from app.api.merge_patch import MERGE_PATCH_MEDIA_TYPE, MergePatchSchema
from app.api.openapi.components import link_to, link_to_first
from app.api.openapi.examples import Example
from app.api.params import SlugPath
from app.api.routing import Router
from app.api.writes.request import (
    WriteRequest,
    build_create_dependency,
    build_update_dependency,
)
from app.domain.enums import Scope
from app.resources.stays import commands, queries
from app.resources.stays.schemas import (
    StayArchiveQuery,
    StayFullPage,
    StayPage,
    StayQuery,
    StayRead,
    StayWrite,
)

router = Router(prefix="/v1/stays", tags=["stays"])

StaySlugPath = Annotated[SlugPath, Example("progress-ms-11-pirs-nadir")]

CreateStayDep = Annotated[WriteRequest, Depends(build_create_dependency(Scope.STAYS_WRITE))]
UpdateStayDep = Annotated[WriteRequest, Depends(build_update_dependency(Scope.STAYS_WRITE))]
StayPatch = Annotated[
    dict[str, Any],
    Body(media_type=MERGE_PATCH_MEDIA_TYPE, title="StayPatch"),
    MergePatchSchema(StayWrite),
]


@router.get(
    "",
    name="listStays",
    summary="List stays",
    response_model=StayFullPage | StayPage,
    responses=link_to_first("getStay", "stay"),
)
async def list_stays(query: Annotated[StayQuery, Query()], lists: ListResponderDep) -> Response:
    """Returns stays of spacecraft at the station, the newest arrival first by default."""
    return await lists.respond(queries.list_stays, query)


@router.get("/archive", name="getStayArchive", summary="Get the calendar of arrivals")
async def get_stay_archive(
    query: Annotated[StayArchiveQuery, Query()], database: DatabaseDep, response: Response
) -> ArchiveMonth | ArchiveIndex:
    """Returns arrivals per day of `month`, or per month of all years if `month` is omitted.

    Accepts the filters of the list except `arrived_on`.
    """
    return with_cache_control(response, await database.read(queries.get_stay_archive, query))


@router.get("/{slug}", name="getStay", summary="Get a stay")
async def get_stay(
    slug: StaySlugPath, database: DatabaseDep, response: Response, _query: RecordQueryDep
) -> StayRead:
    """Returns a stay with the end of the spacecraft's flight and its sources."""
    return set_validators(response, await database.read(queries.get_stay, slug))


@router.post(
    "",
    name="createStay",
    summary="Create a stay",
    status_code=201,
    response_model=StayRead,
    responses=link_to("getStay", "stay"),
)
async def create_stay(stay: StayWrite, write: CreateStayDep) -> Response:
    """Creates a stay of a spacecraft at a port. Each relocation is another stay."""
    return await write.execute(commands.WRITER.create, stay)


@router.patch("/{slug}", name="updateStay", summary="Update a stay", response_model=StayRead)
async def update_stay(slug: StaySlugPath, patch: StayPatch, write: UpdateStayDep) -> Response:
    """Applies a JSON Merge Patch (RFC 7396). Set `departed_at` when the spacecraft has left."""
    return await write.execute(commands.WRITER.patch, slug, patch)


@router.delete("/{slug}", name="deleteStay", summary="Delete a stay", status_code=204)
async def delete_stay(slug: StaySlugPath, write: UpdateStayDep) -> Response:
    """Deletes a stay."""
    return await write.execute(commands.WRITER.delete, slug)
