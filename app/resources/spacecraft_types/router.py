"""Routes of `/v1/spacecraft-types`."""

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
from app.resources.spacecraft_types import commands, queries
from app.resources.spacecraft_types.schemas import (
    SpacecraftTypeFullPage,
    SpacecraftTypePage,
    SpacecraftTypeQuery,
    SpacecraftTypeRead,
    SpacecraftTypeWrite,
)

router = Router(prefix="/v1/spacecraft-types", tags=["spacecraft-types"])

SpacecraftTypeSlugPath = Annotated[SlugPath, Example("soyuz-ms")]

CreateSpacecraftTypeDep = Annotated[
    WriteRequest, Depends(build_create_dependency(Scope.SPACECRAFT_WRITE))
]
UpdateSpacecraftTypeDep = Annotated[
    WriteRequest, Depends(build_update_dependency(Scope.SPACECRAFT_WRITE))
]
SpacecraftTypePatch = Annotated[
    dict[str, Any],
    Body(media_type=MERGE_PATCH_MEDIA_TYPE, title="SpacecraftTypePatch"),
    MergePatchSchema(SpacecraftTypeWrite),
]


@router.get(
    "",
    name="listSpacecraftTypes",
    summary="List spacecraft types",
    response_model=SpacecraftTypeFullPage | SpacecraftTypePage,
    responses=link_to_first("getSpacecraftType", "spacecraft type"),
)
async def list_spacecraft_types(
    query: Annotated[SpacecraftTypeQuery, Query()], lists: ListResponderDep
) -> Response:
    """Returns types of spacecraft by name, with numbers of their spacecraft and flights."""
    return await lists.respond(queries.list_spacecraft_types, query)


@router.get("/{slug}", name="getSpacecraftType", summary="Get a spacecraft type")
async def get_spacecraft_type(
    slug: SpacecraftTypeSlugPath,
    database: DatabaseDep,
    response: Response,
    _query: RecordWithPageQueryDep,
) -> SpacecraftTypeRead:
    """Returns a type of spacecraft with its first launch."""
    return set_validators(response, await database.read(queries.get_spacecraft_type, slug))


@router.post(
    "",
    name="createSpacecraftType",
    summary="Create a spacecraft type",
    status_code=201,
    response_model=SpacecraftTypeRead,
    responses=link_to("getSpacecraftType", "spacecraft type"),
)
async def create_spacecraft_type(
    document: SpacecraftTypeWrite, write: CreateSpacecraftTypeDep
) -> Response:
    """Creates a type of spacecraft."""
    return await write.execute(commands.WRITER.create, document)


@router.patch(
    "/{slug}",
    name="updateSpacecraftType",
    summary="Update a spacecraft type",
    response_model=SpacecraftTypeRead,
)
async def update_spacecraft_type(
    slug: SpacecraftTypeSlugPath, patch: SpacecraftTypePatch, write: UpdateSpacecraftTypeDep
) -> Response:
    """Applies a JSON Merge Patch (RFC 7396)."""
    return await write.execute(commands.WRITER.patch, slug, patch)


@router.delete(
    "/{slug}", name="deleteSpacecraftType", summary="Delete a spacecraft type", status_code=204
)
async def delete_spacecraft_type(
    slug: SpacecraftTypeSlugPath, write: UpdateSpacecraftTypeDep
) -> Response:
    """Deletes a type that no spacecraft is of."""
    return await write.execute(commands.WRITER.delete, slug)
