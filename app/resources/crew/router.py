"""`/v1/crew-assignments` and the crew of one mission."""

from typing import Annotated

from fastapi import Query, Response

from app.api.embeds.crew import CrewAssignmentRead
from app.api.lists.responses import ListResponderDep
from app.api.params import IdPath, SlugPath
from app.api.routing import Router
from app.db.database import DatabaseDep
from app.resources.crew import queries
from app.resources.crew.schemas import CrewAssignmentPage, CrewAssignmentQuery, CrewQuery

router = Router(prefix="/v1", tags=["crew"])


@router.get(
    "/crew-assignments",
    name="listCrewAssignments",
    summary="List crew assignments",
    response_model=CrewAssignmentPage,
)
async def list_crew_assignments(
    query: Annotated[CrewAssignmentQuery, Query()], lists: ListResponderDep
) -> Response:
    """Who held which role in which mission, one item for each role held."""
    return await lists.respond(queries.list_crew_assignments, query)


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
    slug: SlugPath, query: Annotated[CrewQuery, Query()], lists: ListResponderDep
) -> Response:
    """The crew of one mission: commanders first, then flight engineers by position."""
    return await lists.respond(lambda reader, asked: queries.list_crew(reader, slug, asked), query)
