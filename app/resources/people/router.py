"""Routes of `/v1/people`."""

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
from app.resources.people import commands, queries
from app.resources.people.schemas import (
    PersonFullPage,
    PersonPage,
    PersonQuery,
    PersonRead,
    PersonWrite,
)

router = Router(prefix="/v1/people", tags=["people"])

PersonSlugPath = Annotated[SlugPath, Example("anne-mcclain")]

CreatePersonDep = Annotated[WriteRequest, Depends(build_create_dependency(Scope.PEOPLE_WRITE))]
UpdatePersonDep = Annotated[WriteRequest, Depends(build_update_dependency(Scope.PEOPLE_WRITE))]
PersonPatch = Annotated[
    dict[str, Any],
    Body(media_type=MERGE_PATCH_MEDIA_TYPE, title="PersonPatch"),
    MergePatchSchema(PersonWrite),
]


@router.get(
    "",
    name="listPeople",
    summary="List people",
    response_model=PersonFullPage | PersonPage,
    responses=link_to_first("getPerson", "person"),
)
async def list_people(query: Annotated[PersonQuery, Query()], lists: ListResponderDep) -> Response:
    """Returns people by name. Filter by `aboard_on` for the people in space on a day."""
    return await lists.respond(queries.list_people, query)


@router.get("/{slug}", name="getPerson", summary="Get a person")
async def get_person(
    slug: PersonSlugPath, database: DatabaseDep, response: Response, _query: RecordWithPageQueryDep
) -> PersonRead:
    """Returns a person with their crew assignments and flights."""
    return set_validators(response, await database.read(queries.get_person, slug))


@router.post(
    "",
    name="createPerson",
    summary="Create a person",
    status_code=201,
    response_model=PersonRead,
    responses=link_to("getPerson", "person"),
)
async def create_person(person: PersonWrite, write: CreatePersonDep) -> Response:
    """Creates a person."""
    return await write.execute(commands.WRITER.create, person)


@router.patch("/{slug}", name="updatePerson", summary="Update a person", response_model=PersonRead)
async def update_person(
    slug: PersonSlugPath, patch: PersonPatch, write: UpdatePersonDep
) -> Response:
    """Applies a JSON Merge Patch (RFC 7396). Omitted fields do not change; null removes a field."""
    return await write.execute(commands.WRITER.patch, slug, patch)


@router.delete("/{slug}", name="deletePerson", summary="Delete a person", status_code=204)
async def delete_person(slug: PersonSlugPath, write: UpdatePersonDep) -> Response:
    """Deletes a person whom no crew, launch, spacewalk or article refers to."""
    return await write.execute(commands.WRITER.delete, slug)
