"""Routes of `/v1/missions`, and write routes of `/v1/crew-assignments`."""

from typing import Annotated, Any

from fastapi import Body, Depends, Query, Response

from app.api.cache_control import set_version_etag
from app.api.embeds import CrewAssignmentRead
from app.api.icalendar import ICalendarResponse
from app.api.lists.responses import ListResponderDep
from app.api.openapi.components import header_refs, link_to, link_to_first
from app.api.openapi.examples import Example
from app.api.params import IdPath, SlugPath
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
from app.resources.missions import commands, crew_commands, queries
from app.resources.missions.calendar import build_mission_calendar
from app.resources.missions.schemas import (
    CrewAssignmentWrite,
    CrewWrite,
    MissionCrew,
    MissionFullPage,
    MissionPage,
    MissionQuery,
    MissionRead,
    MissionTasks,
    MissionWrite,
)

router = Router(prefix="/v1/missions", tags=["missions"], route_class=ConditionalWriteRoute)

MissionSlugPath = Annotated[SlugPath, Example("iss-59")]

CreateMissionDep = Annotated[WriteRequest, Depends(build_create_dependency(Scope.MISSIONS_WRITE))]
UpdateMissionDep = Annotated[WriteRequest, Depends(build_update_dependency(Scope.MISSIONS_WRITE))]
MissionPatch = Annotated[
    dict[str, Any],
    Body(media_type=MERGE_PATCH_MEDIA_TYPE, title="MissionPatch"),
    MergePatchSchema(MissionWrite),
]


@router.get(
    "",
    name="listMissions",
    summary="List missions",
    response_model=MissionFullPage | MissionPage,
    responses=link_to_first("getMission", "mission"),
)
async def list_missions(
    query: Annotated[MissionQuery, Query()], lists: ListResponderDep
) -> Response:
    """Returns expeditions to the station, newest first by default."""
    return await lists.respond(queries.list_missions, query)


@router.get(
    "/current",
    name="getCurrentMission",
    summary="Get the current mission",
    responses={200: {"headers": header_refs("Content-Location")}, 404: {}},
)
async def get_current_mission(database: DatabaseDep, response: Response) -> MissionRead:
    """Returns the mission in progress. `Content-Location` is its canonical URL."""
    mission = await database.read(queries.get_current_mission)
    response.headers["Content-Location"] = mission.url
    return set_version_etag(response, mission)


@router.get("/{slug}", name="getMission", summary="Get a mission")
async def get_mission(
    slug: MissionSlugPath, database: DatabaseDep, response: Response
) -> MissionRead:
    """Returns a mission with its main tasks, crew and launches."""
    return set_version_etag(response, await database.read(queries.get_mission, slug))


@router.get(
    "/{slug}/calendar.ics",
    name="getMissionCalendar",
    summary="Get a mission as iCalendar",
    response_class=ICalendarResponse,
    responses={200: {"headers": header_refs("Content-Location")}},
)
async def get_mission_calendar(slug: MissionSlugPath, database: DatabaseDep) -> ICalendarResponse:
    """Returns the launches, start and end of a mission as iCalendar.

    Use `current` as the slug for the mission in progress.
    """
    return (await database.read(build_mission_calendar, slug)).to_response()


@router.post(
    "",
    name="createMission",
    summary="Create a mission",
    status_code=201,
    response_model=MissionRead,
    responses=link_to("getMission", "mission"),
)
async def create_mission(mission: MissionWrite, edit: CreateMissionDep) -> Response:
    """Creates a mission with its tasks and launches.

    Set its crew with `PUT /v1/missions/{slug}/crew`.
    """
    return await commands.WRITER.create(edit, mission)


@router.patch(
    "/{slug}", name="updateMission", summary="Update a mission", response_model=MissionRead
)
async def update_mission(
    slug: MissionSlugPath, patch: MissionPatch, edit: UpdateMissionDep
) -> Response:
    """Applies a JSON Merge Patch (RFC 7396). Omitted fields do not change; null removes a field."""
    return await commands.WRITER.patch(edit, slug, patch)


@router.delete("/{slug}", name="deleteMission", summary="Delete a mission", status_code=204)
async def delete_mission(slug: MissionSlugPath, edit: UpdateMissionDep) -> Response:
    """Deletes a mission without a crew that no article refers to."""
    return await commands.WRITER.delete(edit, slug)


@router.put(
    "/{slug}/tasks",
    name="replaceMissionTasks",
    summary="Replace the tasks of a mission",
    response_model=MissionRead,
)
async def replace_tasks(
    slug: MissionSlugPath, tasks: MissionTasks, edit: UpdateMissionDep
) -> Response:
    """Replaces all main tasks of the mission, in the given order."""
    return await commands.replace_tasks(edit, slug, tasks)


@router.put(
    "/{slug}/crew",
    name="replaceMissionCrew",
    summary="Replace the crew of a mission",
    response_model=MissionRead,
)
async def replace_crew(
    slug: MissionSlugPath, members: MissionCrew, edit: UpdateMissionDep
) -> Response:
    """Replaces the whole crew. A person who keeps a role keeps the assignment id."""
    return await crew_commands.replace_crew(edit, slug, members)


assignments_router = Router(
    prefix="/v1/crew-assignments", tags=["crew"], route_class=ConditionalWriteRoute
)
"""Write routes. The read routes are in `app.resources.crew`."""

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
async def create_assignment(assignment: CrewAssignmentWrite, edit: CreateMissionDep) -> Response:
    """Adds a crew assignment to a mission and increments the mission's version."""
    return await crew_commands.create_assignment(edit, assignment)


@assignments_router.patch(
    "/{id}",
    name="updateCrewAssignment",
    summary="Update a crew assignment",
    response_model=CrewAssignmentRead,
)
async def update_assignment(
    id_: IdPath, patch: CrewAssignmentPatch, edit: UpdateMissionDep
) -> Response:
    """Applies a JSON Merge Patch (RFC 7396).

    `If-Match` accepts the ETag of the assignment or of its mission.
    """
    return await crew_commands.update_assignment(edit, id_, patch)


@assignments_router.delete(
    "/{id}",
    name="deleteCrewAssignment",
    summary="Delete a crew assignment",
    status_code=204,
)
async def delete_assignment(id_: IdPath, edit: UpdateMissionDep) -> Response:
    """Deletes the assignment. `If-Match` accepts the ETag of the assignment or of its mission."""
    return await crew_commands.delete_assignment(edit, id_)
