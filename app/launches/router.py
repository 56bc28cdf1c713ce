"""`/v1/launches`: launches to the station."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from app.archive import ArchiveIndex, ArchiveMonth, cached
from app.database import DatabaseDep
from app.freshness import near_launches
from app.launches import queries
from app.launches.schemas import (
    LaunchArchiveQuery,
    LaunchFullPage,
    LaunchPage,
    LaunchQuery,
    LaunchRead,
)
from app.pagination import with_links
from app.parameters import SlugPath

router = APIRouter(prefix="/v1/launches", tags=["launches"])


@router.get("", name="listLaunches", summary="List launches")
async def list_launches(
    query: Annotated[LaunchQuery, Query()], database: DatabaseDep, response: Response
) -> LaunchFullPage | LaunchPage:
    """Launches to the station, newest first unless `sort` says otherwise."""
    page = await database.read(queries.list_launches, query)
    response.headers["Cache-Control"] = near_launches(page.items)
    return with_links(response, page)


@router.get("/next", name="getNextLaunch", summary="Get the next launch")
async def get_next_launch(database: DatabaseDep, response: Response) -> LaunchRead:
    """The planned launch nearest ahead; `Content-Location` is its own address."""
    launch = await database.read(queries.get_next_launch)
    response.headers["Content-Location"] = launch.url
    response.headers["Cache-Control"] = near_launches([launch])
    return launch


@router.get("/archive", name="getLaunchArchive", summary="Get a calendar of launches")
async def get_launch_archive(
    query: Annotated[LaunchArchiveQuery, Query()], database: DatabaseDep, response: Response
) -> ArchiveMonth | ArchiveIndex:
    """Launches per day of a `month`, or per month of all years; every filter works here too."""
    return cached(response, await database.read(queries.get_launch_archive, query))


@router.get("/{slug}", name="getLaunch", summary="Get a launch")
async def get_launch(slug: SlugPath, database: DatabaseDep, response: Response) -> LaunchRead:
    """A launch with its crew, the missions it served, and its sources."""
    launch = await database.read(queries.get_launch, slug)
    response.headers["Cache-Control"] = near_launches([launch])
    return launch
