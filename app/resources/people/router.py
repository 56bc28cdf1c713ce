"""`/v1/people`: who flew, or set out to fly, to the station."""

from typing import Annotated, Any

from fastapi import Body, Depends, Query, Response

from app.api.cache_control import set_validators
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
from app.resources.people import commands, queries
from app.resources.people.schemas import (
    PersonFullPage,
    PersonPage,
    PersonQuery,
    PersonRead,
    PersonWrite,
)

router = Router(prefix="/v1/people", tags=["people"], route_class=ConditionalWriteRoute)

CreatePersonDep = Annotated[WriteRequest, Depends(build_create_dependency(Scope.PEOPLE_WRITE))]
UpdatePersonDep = Annotated[WriteRequest, Depends(build_update_dependency(Scope.PEOPLE_WRITE))]
PersonPatch = Annotated[
    dict[str, Any], Body(media_type=MERGE_PATCH_MEDIA_TYPE), MergePatchSchema(PersonWrite)
]


@router.get(
    "", name="listPeople", summary="List people", response_model=PersonFullPage | PersonPage
)
async def list_people(query: Annotated[PersonQuery, Query()], lists: ListResponderDep) -> Response:
    """Everybody on record, by name; `aboard_on` answers who was up there on a day."""
    return await lists.respond(queries.list_people, query)


@router.get("/{slug}", name="getPerson", summary="Get a person")
async def get_person(slug: SlugPath, database: DatabaseDep, response: Response) -> PersonRead:
    """A person with the roles they held and the flights they made."""
    return set_validators(response, await database.read(queries.get_person, slug))


@router.post(
    "",
    name="createPerson",
    summary="Create a person",
    status_code=201,
    response_model=PersonRead,
)
async def create_person(person: PersonWrite, edit: CreatePersonDep) -> Response:
    """Somebody who is not on record yet."""
    return await commands.WRITER.create(edit, person)


@router.patch("/{slug}", name="updatePerson", summary="Change a person", response_model=PersonRead)
async def update_person(slug: SlugPath, patch: PersonPatch, edit: UpdatePersonDep) -> Response:
    """A merge patch (RFC 7396): what it does not name stays, and null takes a field away."""
    return await commands.WRITER.patch(edit, slug, patch)


@router.delete("/{slug}", name="deletePerson", summary="Delete a person", status_code=204)
async def delete_person(slug: SlugPath, edit: UpdatePersonDep) -> Response:
    """Only somebody whom no crew, launch or article names."""
    return await commands.WRITER.delete(edit, slug)
