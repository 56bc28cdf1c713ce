"""`/v1/missions`: the expeditions to the station."""

from typing import Annotated, Any

from fastapi import Body, Depends, Query, Response

from app.api.cache_control import set_validators
from app.api.embeds import CrewAssignmentRead
from app.api.icalendar import ICalendarResponse
from app.api.lists.responses import ListResponderDep
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

CreateMissionDep = Annotated[WriteRequest, Depends(build_create_dependency(Scope.MISSIONS_WRITE))]
UpdateMissionDep = Annotated[WriteRequest, Depends(build_update_dependency(Scope.MISSIONS_WRITE))]
MissionPatch = Annotated[
    dict[str, Any], Body(media_type=MERGE_PATCH_MEDIA_TYPE), MergePatchSchema(MissionWrite)
]


@router.get(
    "",
    name="listMissions",
    summary="List missions",
    response_model=MissionFullPage | MissionPage,
)
async def list_missions(
    query: Annotated[MissionQuery, Query()], lists: ListResponderDep
) -> Response:
    """The expeditions to the station, newest first unless `sort` says otherwise."""
    return await lists.respond(queries.list_missions, query)


@router.get("/current", name="getCurrentMission", summary="Get the current mission")
async def get_current_mission(database: DatabaseDep, response: Response) -> MissionRead:
    """The one mission that goes on now; `Content-Location` is its own address."""
    mission = await database.read(queries.get_current_mission)
    response.headers["Content-Location"] = mission.url
    return set_validators(response, mission)


@router.get("/{slug}", name="getMission", summary="Get a mission")
async def get_mission(slug: SlugPath, database: DatabaseDep, response: Response) -> MissionRead:
    """A mission with its main tasks, crew and launches."""
    return set_validators(response, await database.read(queries.get_mission, slug))


@router.get(
    "/{slug}/calendar.ics",
    name="getMissionCalendar",
    summary="Subscribe to a mission",
    response_class=ICalendarResponse,
)
async def get_mission_calendar(slug: SlugPath, database: DatabaseDep) -> ICalendarResponse:
    """Its launches, its start and its end as iCalendar; `current` works too."""
    return (await database.read(build_mission_calendar, slug)).to_response()


@router.post(
    "",
    name="createMission",
    summary="Create a mission",
    status_code=201,
    response_model=MissionRead,
)
async def create_mission(mission: MissionWrite, edit: CreateMissionDep) -> Response:
    """A mission with its tasks and launches; its crew is written by itself."""
    return await commands.WRITER.create(edit, mission)


@router.patch(
    "/{slug}", name="updateMission", summary="Change a mission", response_model=MissionRead
)
async def update_mission(slug: SlugPath, patch: MissionPatch, edit: UpdateMissionDep) -> Response:
    """A merge patch (RFC 7396): what it does not name stays, and null takes a field away."""
    return await commands.WRITER.patch(edit, slug, patch)


@router.delete("/{slug}", name="deleteMission", summary="Delete a mission", status_code=204)
async def delete_mission(slug: SlugPath, edit: UpdateMissionDep) -> Response:
    """Only one without a crew, and that no article names."""
    return await commands.WRITER.delete(edit, slug)


@router.put(
    "/{slug}/tasks",
    name="replaceMissionTasks",
    summary="Replace a mission's tasks",
    response_model=MissionRead,
)
async def replace_tasks(slug: SlugPath, tasks: MissionTasks, edit: UpdateMissionDep) -> Response:
    """The main tasks, all of them, in their order."""
    return await commands.replace_tasks(edit, slug, tasks)


@router.put(
    "/{slug}/crew",
    name="replaceMissionCrew",
    summary="Replace a mission's crew",
    response_model=MissionRead,
)
async def replace_crew(slug: SlugPath, members: MissionCrew, edit: UpdateMissionDep) -> Response:
    """The whole crew; who stays in a role keeps their assignment."""
    return await crew_commands.replace_crew(edit, slug, members)


assignments_router = Router(
    prefix="/v1/crew-assignments", tags=["crew"], route_class=ConditionalWriteRoute
)
"""Written here, read in `app.resources.crew`: a crew is part of its mission."""

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
async def create_assignment(assignment: CrewAssignmentWrite, edit: CreateMissionDep) -> Response:
    """One more role in a mission; it raises the version of the mission."""
    return await crew_commands.create_assignment(edit, assignment)


@assignments_router.patch(
    "/{id}",
    name="updateCrewAssignment",
    summary="Change a crew assignment",
    response_model=CrewAssignmentRead,
)
async def update_assignment(
    id_: IdPath, patch: CrewAssignmentPatch, edit: UpdateMissionDep
) -> Response:
    """A merge patch (RFC 7396). `If-Match` takes the ETag of the assignment or its mission."""
    return await crew_commands.update_assignment(edit, id_, patch)


@assignments_router.delete(
    "/{id}",
    name="deleteCrewAssignment",
    summary="Delete a crew assignment",
    status_code=204,
)
async def delete_assignment(id_: IdPath, edit: UpdateMissionDep) -> Response:
    """One role less. `If-Match` takes the ETag of the assignment or its mission."""
    return await crew_commands.delete_assignment(edit, id_)
