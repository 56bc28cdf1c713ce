"""Routes of `/v1/spacecraft`."""

from typing import Annotated, Any

from fastapi import Body, Depends, Query, Response

from app.api.cache_control import set_validators
from app.api.deps import DatabaseDep
from app.api.fields import RecordWithPageQueryDep
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
from app.resources.spacecraft import commands, queries
from app.resources.spacecraft.schemas import (
    ShipFullPage,
    ShipPage,
    ShipQuery,
    ShipRead,
    ShipWrite,
)

router = Router(prefix="/v1/spacecraft", tags=["spacecraft"])

ShipSlugPath = Annotated[SlugPath, Example("dragon-endeavour")]

CreateShipDep = Annotated[WriteRequest, Depends(build_create_dependency(Scope.SPACECRAFT_WRITE))]
UpdateShipDep = Annotated[WriteRequest, Depends(build_update_dependency(Scope.SPACECRAFT_WRITE))]
ShipPatch = Annotated[
    dict[str, Any],
    Body(media_type=MERGE_PATCH_MEDIA_TYPE, title="ShipPatch"),
    MergePatchSchema(ShipWrite),
]


@router.get(
    "",
    name="listSpacecraft",
    summary="List spacecraft",
    response_model=ShipFullPage | ShipPage,
    responses=link_to_first("getSpacecraft", "spacecraft"),
)
async def list_spacecraft(
    query: Annotated[ShipQuery, Query()], lists: ListResponderDep
) -> Response:
    """Returns spacecraft by name, each with the number of its flights."""
    return await lists.respond(queries.list_spacecraft, query)


@router.get("/{slug}", name="getSpacecraft", summary="Get a spacecraft")
async def get_spacecraft(
    slug: ShipSlugPath, database: DatabaseDep, response: Response, _query: RecordWithPageQueryDep
) -> ShipRead:
    """Returns a spacecraft with its flights and its stays at the station."""
    return set_validators(response, await database.read(queries.get_spacecraft, slug))


@router.post(
    "",
    name="createSpacecraft",
    summary="Create a spacecraft",
    status_code=201,
    response_model=ShipRead,
    responses=link_to("getSpacecraft", "spacecraft"),
)
async def create_spacecraft(document: ShipWrite, write: CreateShipDep) -> Response:
    """Creates a spacecraft. Launches refer to it by slug."""
    return await write.execute(commands.WRITER.create, document)


@router.patch(
    "/{slug}", name="updateSpacecraft", summary="Update a spacecraft", response_model=ShipRead
)
async def update_spacecraft(slug: ShipSlugPath, patch: ShipPatch, write: UpdateShipDep) -> Response:
    """Applies a JSON Merge Patch (RFC 7396)."""
    return await write.execute(commands.WRITER.patch, slug, patch)


@router.delete("/{slug}", name="deleteSpacecraft", summary="Delete a spacecraft", status_code=204)
async def delete_spacecraft(slug: ShipSlugPath, write: UpdateShipDep) -> Response:
    """Deletes a spacecraft that no launch refers to."""
    return await write.execute(commands.WRITER.delete, slug)
