"""Read routes of `/v1/crew-assignments` and `/v1/missions/{slug}/crew`."""

from typing import Annotated

from fastapi import Query, Response

from app.api.embeds import CrewAssignmentRead
from app.api.lists.responses import ListResponderDep
from app.api.openapi.examples import Example
from app.api.params import IdPath, SlugPath
from app.api.routing import Router
from app.db.database import DatabaseDep
from app.resources.crew import queries
from app.resources.crew.schemas import CrewAssignmentPage, CrewAssignmentQuery, CrewQuery

router = Router(prefix="/v1", tags=["crew"])

MissionSlugPath = Annotated[SlugPath, Example("iss-59")]


@router.get(
    "/crew-assignments",
    name="listCrewAssignments",
    summary="List crew assignments",
    response_model=CrewAssignmentPage,
)
async def list_crew_assignments(
    query: Annotated[CrewAssignmentQuery, Query()], lists: ListResponderDep
) -> Response:
    """Returns crew assignments: one item per person, mission and role."""
    return await lists.respond(queries.list_crew_assignments, query)


@router.get("/crew-assignments/{id}", name="getCrewAssignment", summary="Get a crew assignment")
async def get_crew_assignment(
    id_: IdPath, database: DatabaseDep, response: Response
) -> CrewAssignmentRead:
    """Returns a crew assignment. Its ETag is the version of the mission."""
    assignment, version = await database.read(queries.get_crew_assignment, id_)
    response.headers["ETag"] = f'"{version}"'
    return assignment


@router.get(
    "/missions/{slug}/crew",
    name="listMissionCrew",
    summary="List the crew of a mission",
    response_model=CrewAssignmentPage,
)
async def list_crew(
    slug: MissionSlugPath, query: Annotated[CrewQuery, Query()], lists: ListResponderDep
) -> Response:
    """Returns the crew of a mission: commanders first, then flight engineers by position."""
    return await lists.respond(
        lambda reader, page_query: queries.list_crew(reader, slug, page_query), query
    )
