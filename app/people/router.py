"""`/v1/people`: who flew, or set out to fly, to the station."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from app.database import DatabaseDep
from app.pagination import with_links
from app.parameters import SlugPath
from app.people import queries
from app.people.schemas import PersonFullPage, PersonPage, PersonQuery, PersonRead

router = APIRouter(prefix="/v1/people", tags=["people"])


@router.get("", name="listPeople", summary="List people")
async def list_people(
    query: Annotated[PersonQuery, Query()], database: DatabaseDep, response: Response
) -> PersonFullPage | PersonPage:
    """Everybody on record, by name; `aboard_on` answers who was up there on a day."""
    return with_links(response, await database.read(queries.list_people, query))


@router.get("/{slug}", name="getPerson", summary="Get a person")
async def get_person(slug: SlugPath, database: DatabaseDep) -> PersonRead:
    """A person with the roles they held and the flights they made."""
    return await database.read(queries.get_person, slug)
