"""Routes of `/v1/crew-assignments` and `/v1/missions/{slug}/crew`."""

from typing import Annotated, Any

from fastapi import Body, Depends, Query, Response

from app.api.deps import DatabaseDep
from app.api.embeds.crew import CrewAssignmentRead
from app.api.fields import RecordQueryDep
from app.api.lists.responses import ListResponderDep
from app.api.merge_patch import MERGE_PATCH_MEDIA_TYPE, MergePatchSchema
from app.api.openapi.examples import Example
from app.api.params import IdPath, SlugPath
from app.api.routing import Router
from app.api.writes.request import WriteRequest, build_create_dependency, build_update_dependency
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
    id_: IdPath, database: DatabaseDep, response: Response, _query: RecordQueryDep
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
    summary="Replace the crew of a mission",
    response_model=MissionRead,
)
async def replace_crew(
    slug: MissionSlugPath, members: MissionCrew, write: UpdateAssignmentDep
) -> Response:
    """Replaces the whole crew. A person who keeps a role keeps the assignment id."""
    return await write.execute(commands.replace_crew, slug, members)


assignments_router = Router(prefix="/v1/crew-assignments", tags=["crew"])

CrewAssignmentPatch = Annotated[
    dict[str, Any],
    Body(media_type=MERGE_PATCH_MEDIA_TYPE, title="CrewAssignmentPatch"),
    MergePatchSchema(CrewWrite),
]


@assignments_router.post(
    "",
    name="createCrewAssignment",
    summary="Create a crew assignment",
    status_code=201,
    response_model=CrewAssignmentRead,
)
async def create_assignment(
    assignment: CrewAssignmentWrite, write: CreateAssignmentDep
) -> Response:
    """Adds a crew assignment to a mission and increments the mission's version."""
    return await write.execute(commands.create_assignment, assignment)


@assignments_router.patch(
    "/{id}",
    name="updateCrewAssignment",
    summary="Update a crew assignment",
    response_model=CrewAssignmentRead,
)
async def update_assignment(
    id_: IdPath, patch: CrewAssignmentPatch, write: UpdateAssignmentDep
) -> Response:
    """Applies a JSON Merge Patch (RFC 7396).

    `If-Match` accepts the ETag of the assignment or of its mission.
    """
    return await write.execute(commands.update_assignment, id_, patch)


@assignments_router.delete(
    "/{id}",
    name="deleteCrewAssignment",
    summary="Delete a crew assignment",
    status_code=204,
)
async def delete_assignment(id_: IdPath, write: UpdateAssignmentDep) -> Response:
    """Deletes the assignment. `If-Match` accepts the ETag of the assignment or of its mission."""
    return await write.execute(commands.delete_assignment, id_)
