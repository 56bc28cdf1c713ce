"""`/v1/crew-assignments` and the crew of one mission."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from app.crew import queries
from app.crew.schemas import CrewAssignmentPage, CrewAssignmentQuery, CrewQuery
from app.database import DatabaseDep
from app.pagination import with_links
from app.parameters import SlugPath

router = APIRouter(prefix="/v1", tags=["crew"])


@router.get("/crew-assignments", name="listCrewAssignments", summary="List crew assignments")
async def list_crew_assignments(
    query: Annotated[CrewAssignmentQuery, Query()], database: DatabaseDep, response: Response
) -> CrewAssignmentPage:
    """Who held which role in which mission, one item for each role held."""
    return with_links(response, await database.read(queries.list_crew_assignments, query))


@router.get("/missions/{slug}/crew", name="listMissionCrew", summary="List a mission's crew")
async def list_crew(
    slug: SlugPath,
    query: Annotated[CrewQuery, Query()],
    database: DatabaseDep,
    response: Response,
) -> CrewAssignmentPage:
    """The crew of one mission: commanders first, then flight engineers by position."""
    return with_links(response, await database.read(queries.list_crew, slug, query))
