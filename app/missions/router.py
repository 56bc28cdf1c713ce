"""`/v1/missions`: the expeditions to the station."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from app.database import DatabaseDep
from app.missions import queries
from app.missions.schemas import (
    MissionFullPage,
    MissionPage,
    MissionQuery,
    MissionRead,
)
from app.pagination import with_links
from app.parameters import SlugPath

router = APIRouter(prefix="/v1/missions", tags=["missions"])


@router.get("", name="listMissions", summary="List missions")
async def list_missions(
    query: Annotated[MissionQuery, Query()], database: DatabaseDep, response: Response
) -> MissionFullPage | MissionPage:
    """The expeditions to the station, newest first unless `sort` says otherwise."""
    return with_links(response, await database.read(queries.list_missions, query))


@router.get("/current", name="getCurrentMission", summary="Get the current mission")
async def get_current_mission(database: DatabaseDep, response: Response) -> MissionRead:
    """The one mission that goes on now; `Content-Location` is its own address."""
    mission = await database.read(queries.get_current_mission)
    response.headers["Content-Location"] = mission.url
    return mission


@router.get("/{slug}", name="getMission", summary="Get a mission")
async def get_mission(slug: SlugPath, database: DatabaseDep) -> MissionRead:
    """A mission with its main tasks, crew and launches."""
    return await database.read(queries.get_mission, slug)
