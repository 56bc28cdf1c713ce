"""Routes of `/v1/agencies`."""

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
from app.resources.agencies import commands, queries
from app.resources.agencies.schemas import (
    AgencyFullPage,
    AgencyPage,
    AgencyQuery,
    AgencyRead,
    AgencyWrite,
)

router = Router(prefix="/v1/agencies", tags=["agencies"])

AgencySlugPath = Annotated[SlugPath, Example("roscosmos")]

CreateAgencyDep = Annotated[WriteRequest, Depends(build_create_dependency(Scope.AGENCIES_WRITE))]
UpdateAgencyDep = Annotated[WriteRequest, Depends(build_update_dependency(Scope.AGENCIES_WRITE))]
AgencyPatch = Annotated[
    dict[str, Any],
    Body(media_type=MERGE_PATCH_MEDIA_TYPE, title="AgencyPatch"),
    MergePatchSchema(AgencyWrite),
]


@router.get(
    "",
    name="listAgencies",
    summary="List agencies",
    response_model=AgencyFullPage | AgencyPage,
    responses=link_to_first("getAgency", "agency"),
)
async def list_agencies(
    query: Annotated[AgencyQuery, Query()], lists: ListResponderDep
) -> Response:
    """Returns agencies by name: space agencies, companies and institutes."""
    return await lists.respond(queries.list_agencies, query)


@router.get("/{slug}", name="getAgency", summary="Get an agency")
async def get_agency(
    slug: AgencySlugPath, database: DatabaseDep, response: Response, _query: RecordWithPageQueryDep
) -> AgencyRead:
    """Returns an agency, with the numbers of the records that name it."""
    return set_validators(response, await database.read(queries.get_agency, slug))


@router.post(
    "",
    name="createAgency",
    summary="Create an agency",
    status_code=201,
    response_model=AgencyRead,
    responses=link_to("getAgency", "agency"),
)
async def create_agency(agency: AgencyWrite, write: CreateAgencyDep) -> Response:
    """Creates an agency. No other agency may have one of its names."""
    return await write.execute(commands.WRITER.create, agency)


@router.patch("/{slug}", name="updateAgency", summary="Update an agency", response_model=AgencyRead)
async def update_agency(
    slug: AgencySlugPath, patch: AgencyPatch, write: UpdateAgencyDep
) -> Response:
    """Applies a JSON Merge Patch (RFC 7396). All records that name the agency show its new name."""
    return await write.execute(commands.WRITER.patch, slug, patch)


@router.delete("/{slug}", name="deleteAgency", summary="Delete an agency", status_code=204)
async def delete_agency(slug: AgencySlugPath, write: UpdateAgencyDep) -> Response:
    """Deletes an agency that no other record refers to."""
    return await write.execute(commands.WRITER.delete, slug)
