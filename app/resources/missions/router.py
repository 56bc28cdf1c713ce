"""Routes of `/v1/missions`; those of the crew are in `app.resources.crew`."""

from typing import Annotated, Any

from fastapi import Body, Depends, Query, Response

from app.api.auth import RequireScope
from app.api.cache_control import set_validators
from app.api.deps import DatabaseDep
from app.api.fields import RecordQueryDep, RecordWithPageQueryDep
from app.api.icalendar import ICalendarResponse
from app.api.lists.responses import ListResponderDep
from app.api.merge_patch import MERGE_PATCH_MEDIA_TYPE, MergePatchSchema
from app.api.openapi.components import header_refs, link_to, link_to_first
from app.api.openapi.examples import Example
from app.api.params import SlugPath
from app.api.routing import Router
from app.api.writes.request import (
    WriteRequest,
    build_create_dependency,
    build_update_dependency,
)
from app.domain.enums import Scope
from app.resources.missions import commands, queries
from app.resources.missions.calendar import build_mission_calendar
from app.resources.missions.schemas import (
    FeaturedArticle,
    MissionFullPage,
    MissionPage,
    MissionQuery,
    MissionRead,
    MissionTasks,
    MissionWrite,
)

router = Router(prefix="/v1/missions", tags=["missions"])

MissionSlugPath = Annotated[SlugPath, Example("iss-59")]

CreateMissionDep = Annotated[WriteRequest, Depends(build_create_dependency(Scope.MISSIONS_WRITE))]
UpdateMissionDep = Annotated[WriteRequest, Depends(build_update_dependency(Scope.MISSIONS_WRITE))]
_REQUIRE_EDITOR = RequireScope(Scope.ARTICLES_WRITE, Scope.MISSIONS_WRITE)
FeatureArticleDep = Annotated[WriteRequest, Depends(build_update_dependency(_REQUIRE_EDITOR))]
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
async def get_current_mission(
    database: DatabaseDep, response: Response, _query: RecordQueryDep
) -> MissionRead:
    """Returns the mission in progress. `Content-Location` is its canonical URL."""
    mission = await database.read(queries.get_current_mission)
    response.headers["Content-Location"] = mission.url
    return set_validators(response, mission)


@router.get("/{slug}", name="getMission", summary="Get a mission")
async def get_mission(
    slug: MissionSlugPath, database: DatabaseDep, response: Response, _query: RecordWithPageQueryDep
) -> MissionRead:
    """Returns a mission with its main tasks, crew and launches."""
    return set_validators(response, await database.read(queries.get_mission, slug))


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
async def create_mission(mission: MissionWrite, write: CreateMissionDep) -> Response:
    """Creates a mission with its tasks and launches.

    Set its crew with `PUT /v1/missions/{slug}/crew`.
    """
    return await write.execute(commands.WRITER.create, mission)


@router.patch(
    "/{slug}", name="updateMission", summary="Update a mission", response_model=MissionRead
)
async def update_mission(
    slug: MissionSlugPath, patch: MissionPatch, write: UpdateMissionDep
) -> Response:
    """Applies a JSON Merge Patch (RFC 7396). Omitted fields do not change; null removes a field."""
    return await write.execute(commands.WRITER.patch, slug, patch)


@router.delete("/{slug}", name="deleteMission", summary="Delete a mission", status_code=204)
async def delete_mission(slug: MissionSlugPath, write: UpdateMissionDep) -> Response:
    """Deletes a mission without a crew that no article refers to."""
    return await write.execute(commands.WRITER.delete, slug)


@router.put(
    "/{slug}/tasks",
    name="replaceMissionTasks",
    summary="Replace the tasks of a mission",
    response_model=MissionRead,
)
async def replace_tasks(
    slug: MissionSlugPath, tasks: MissionTasks, write: UpdateMissionDep
) -> Response:
    """Replaces all main tasks of the mission, in the given order."""
    return await write.execute(commands.replace_tasks, slug, tasks)


@router.put(
    "/{slug}/featured-article",
    name="setFeaturedArticle",
    summary="Set the lead article of a mission",
    response_model=MissionRead,
)
async def set_featured_article(
    slug: MissionSlugPath, document: FeaturedArticle, write: FeatureArticleDep
) -> Response:
    """Sets `featured_article` alone, for editors of articles, who may not change missions.

    The scope `articles:write` or `missions:write` is required.
    """
    return await write.execute(commands.set_featured_article, slug, document)
