"""Routes of `/v1/vehicles`."""

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
from app.resources.vehicles import commands, queries
from app.resources.vehicles.schemas import (
    VehicleFullPage,
    VehiclePage,
    VehicleQuery,
    VehicleRead,
    VehicleWrite,
)

router = Router(prefix="/v1/vehicles", tags=["vehicles"])

VehicleSlugPath = Annotated[SlugPath, Example("soyuz-2-1a")]

CreateVehicleDep = Annotated[WriteRequest, Depends(build_create_dependency(Scope.VEHICLES_WRITE))]
UpdateVehicleDep = Annotated[WriteRequest, Depends(build_update_dependency(Scope.VEHICLES_WRITE))]
VehiclePatch = Annotated[
    dict[str, Any],
    Body(media_type=MERGE_PATCH_MEDIA_TYPE, title="VehiclePatch"),
    MergePatchSchema(VehicleWrite),
]


@router.get(
    "",
    name="listVehicles",
    summary="List vehicles",
    response_model=VehicleFullPage | VehiclePage,
    responses=link_to_first("getVehicle", "vehicle"),
)
async def list_vehicles(
    query: Annotated[VehicleQuery, Query()], lists: ListResponderDep
) -> Response:
    """Returns launch vehicles by name, with numbers of their launches in the archive."""
    return await lists.respond(queries.list_vehicles, query)


@router.get("/{slug}", name="getVehicle", summary="Get a vehicle")
async def get_vehicle(
    slug: VehicleSlugPath, database: DatabaseDep, response: Response, _query: RecordWithPageQueryDep
) -> VehicleRead:
    """Returns a launch vehicle with its first and last launch."""
    return set_validators(response, await database.read(queries.get_vehicle, slug))


@router.post(
    "",
    name="createVehicle",
    summary="Create a vehicle",
    status_code=201,
    response_model=VehicleRead,
    responses=link_to("getVehicle", "vehicle"),
)
async def create_vehicle(vehicle: VehicleWrite, write: CreateVehicleDep) -> Response:
    """Creates a launch vehicle. Launches name it by slug or name."""
    return await write.execute(commands.WRITER.create, vehicle)


@router.patch(
    "/{slug}", name="updateVehicle", summary="Update a vehicle", response_model=VehicleRead
)
async def update_vehicle(
    slug: VehicleSlugPath, patch: VehiclePatch, write: UpdateVehicleDep
) -> Response:
    """Applies a JSON Merge Patch (RFC 7396). Launches show a new name at once."""
    return await write.execute(commands.WRITER.patch, slug, patch)


@router.delete("/{slug}", name="deleteVehicle", summary="Delete a vehicle", status_code=204)
async def delete_vehicle(slug: VehicleSlugPath, write: UpdateVehicleDep) -> Response:
    """Deletes a vehicle that no launch refers to."""
    return await write.execute(commands.WRITER.delete, slug)
