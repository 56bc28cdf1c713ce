"""`/v1/crew-assignments` and the crew of one mission."""

from typing import Annotated

from fastapi import Query, Response

from app.crew import queries
from app.crew.schemas import CrewAssignmentPage, CrewAssignmentQuery, CrewQuery
from app.database import DatabaseDep
from app.listing import ListsDep
from app.parameters import IdPath, SlugPath
from app.refs import CrewAssignmentRead
from app.routing import Router

router = Router(prefix="/v1", tags=["crew"])


@router.get(
    "/crew-assignments",
    name="listCrewAssignments",
    summary="List crew assignments",
    response_model=CrewAssignmentPage,
)
async def list_crew_assignments(
    query: Annotated[CrewAssignmentQuery, Query()], lists: ListsDep
) -> Response:
    """Who held which role in which mission, one item for each role held."""
    return await lists.answer(queries.list_crew_assignments, query)


@router.get("/crew-assignments/{id}", name="getCrewAssignment", summary="Get a crew assignment")
async def get_crew_assignment(
    id_: IdPath, database: DatabaseDep, response: Response
) -> CrewAssignmentRead:
    """One role that somebody held; its ETag ends in the version of the mission."""
    assignment, version = await database.read(queries.get_crew_assignment, id_)
    response.headers["ETag"] = f'"{version}"'
    return assignment


@router.get(
    "/missions/{slug}/crew",
    name="listMissionCrew",
    summary="List a mission's crew",
    response_model=CrewAssignmentPage,
)
async def list_crew(
    slug: SlugPath, query: Annotated[CrewQuery, Query()], lists: ListsDep
) -> Response:
    """The crew of one mission: commanders first, then flight engineers by position."""
    return await lists.answer(lambda reader, asked: queries.list_crew(reader, slug, asked), query)
