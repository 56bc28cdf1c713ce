"""Route of `/v1/missions/{slug}/page`: all data of a mission's page in one response."""

from typing import Annotated

from fastapi import Query, Response

from app.api.cache_control import last_modified_headers, launches_cache_control
from app.api.deps import DatabaseDep
from app.api.openapi.examples import Example
from app.api.params import SlugPath
from app.api.routing import Router
from app.portal import queries
from app.portal.schemas import PortalPage, PortalPageQuery

router = Router(prefix="/v1/missions", tags=["portal"])

MissionSlugPath = Annotated[SlugPath, Example("iss-59")]


@router.get("/{slug}/page", name="getMissionPage", summary="Get the page of a mission")
async def get_portal_page(
    slug: MissionSlugPath,
    query: Annotated[PortalPageQuery, Query()],
    database: DatabaseDep,
    response: Response,
) -> PortalPage:
    """Returns the mission with its tasks, crew, launches, lead article, news and calendar.

    Use `current` as the slug for the mission in progress.
    """
    page = await database.read(queries.get_portal_page, slug, query)
    if slug == "current":
        response.headers["Content-Location"] = f"{page.mission.url}/page"
    response.headers["Cache-Control"] = launches_cache_control(page.launches.all_launches())
    response.headers.update(last_modified_headers([page]))
    return page
