"""Routes of `/v1/modules`."""

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
from app.resources.modules import commands, queries
from app.resources.modules.schemas import (
    ModuleFullPage,
    ModulePage,
    ModuleQuery,
    ModuleRead,
    ModuleWrite,
)

router = Router(prefix="/v1/modules", tags=["modules"])

ModuleSlugPath = Annotated[SlugPath, Example("harmony")]

CreateModuleDep = Annotated[WriteRequest, Depends(build_create_dependency(Scope.MODULES_WRITE))]
UpdateModuleDep = Annotated[WriteRequest, Depends(build_update_dependency(Scope.MODULES_WRITE))]
ModulePatch = Annotated[
    dict[str, Any],
    Body(media_type=MERGE_PATCH_MEDIA_TYPE, title="ModulePatch"),
    MergePatchSchema(ModuleWrite),
]


@router.get(
    "",
    name="listModules",
    summary="List modules",
    response_model=ModuleFullPage | ModulePage,
    responses=link_to_first("getModule", "module"),
)
async def list_modules(query: Annotated[ModuleQuery, Query()], lists: ListResponderDep) -> Response:
    """Returns modules in the order of their first attachment."""
    return await lists.respond(queries.list_modules, query)


@router.get("/{slug}", name="getModule", summary="Get a module")
async def get_module(
    slug: ModuleSlugPath, database: DatabaseDep, response: Response, _query: RecordWithPageQueryDep
) -> ModuleRead:
    """Returns a module with its ports and attachments."""
    return set_validators(response, await database.read(queries.get_module, slug))


@router.post(
    "",
    name="createModule",
    summary="Create a module",
    status_code=201,
    response_model=ModuleRead,
    responses=link_to("getModule", "module"),
)
async def create_module(module: ModuleWrite, write: CreateModuleDep) -> Response:
    """Creates a module with its ports and attachments."""
    return await write.execute(commands.WRITER.create, module)


@router.patch("/{slug}", name="updateModule", summary="Update a module", response_model=ModuleRead)
async def update_module(
    slug: ModuleSlugPath, patch: ModulePatch, write: UpdateModuleDep
) -> Response:
    """Applies a JSON Merge Patch (RFC 7396). A port with a stay or attachment cannot be removed."""
    return await write.execute(commands.WRITER.patch, slug, patch)


@router.delete("/{slug}", name="deleteModule", summary="Delete a module", status_code=204)
async def delete_module(slug: ModuleSlugPath, write: UpdateModuleDep) -> Response:
    """Deletes a module that no other module, stay or spacewalk refers to."""
    return await write.execute(commands.WRITER.delete, slug)
