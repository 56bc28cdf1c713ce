"""`/v1/crew-assignments` and the crew of one mission."""

from typing import Annotated, Any

from fastapi import Body, Depends, Query, Response

from app.api.embeds import CrewAssignmentRead
from app.api.lists.responses import ListResponderDep
from app.api.merge_patch import MERGE_PATCH_MEDIA_TYPE, MergePatchSchema
from app.api.params import IdPath, SlugPath
from app.api.routing import Router
from app.api.writes.request import WriteRequest, build_create_dependency, build_update_dependency
from app.db.database import DatabaseDep
from app.domain.enums import Scope
from app.resources.crew import commands, queries
from app.resources.crew.schemas import CrewAssignmentPage, CrewAssignmentQuery, CrewQuery
from app.resources.missions.schemas import (
    CrewAssignmentWrite,
    CrewWrite,
    MissionCrew,
    MissionRead,
)

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


CreateAssignmentDep = Annotated[
    WriteRequest, Depends(build_create_dependency(Scope.MISSIONS_WRITE))
]
UpdateAssignmentDep = Annotated[
    WriteRequest, Depends(build_update_dependency(Scope.MISSIONS_WRITE))
]

mission_crew_router = Router(prefix="/v1/missions", tags=["missions"])


@mission_crew_router.put(
    "/{slug}/crew",
    name="replaceMissionCrew",
    summary="Replace a mission's crew",
    response_model=MissionRead,
)
async def replace_crew(
    slug: SlugPath, members: MissionCrew, write: UpdateAssignmentDep
) -> Response:
    """The whole crew; who stays in a role keeps their assignment."""
    return await write.execute(commands.replace_crew, slug, members)


assignments_router = Router(prefix="/v1/crew-assignments", tags=["crew"])

CrewAssignmentPatch = Annotated[
    dict[str, Any], Body(media_type=MERGE_PATCH_MEDIA_TYPE), MergePatchSchema(CrewWrite)
]


@assignments_router.post(
    "",
    name="createCrewAssignment",
    summary="Assign somebody to a crew",
    status_code=201,
    response_model=CrewAssignmentRead,
)
async def create_assignment(
    assignment: CrewAssignmentWrite, write: CreateAssignmentDep
) -> Response:
    """One more role in a mission; it raises the version of the mission."""
    return await write.execute(commands.create_assignment, assignment)


@assignments_router.patch(
    "/{id}",
    name="updateCrewAssignment",
    summary="Change a crew assignment",
    response_model=CrewAssignmentRead,
)
async def update_assignment(
    id_: IdPath, patch: CrewAssignmentPatch, write: UpdateAssignmentDep
) -> Response:
    """A merge patch (RFC 7396). `If-Match` takes the ETag of the assignment or its mission."""
    return await write.execute(commands.update_assignment, id_, patch)


@assignments_router.delete(
    "/{id}",
    name="deleteCrewAssignment",
    summary="Delete a crew assignment",
    status_code=204,
)
async def delete_assignment(id_: IdPath, write: UpdateAssignmentDep) -> Response:
    """One role less. `If-Match` takes the ETag of the assignment or its mission."""
    return await write.execute(commands.delete_assignment, id_)
