"""`/v1/missions/{slug}/page`: a mission's whole page in one answer."""

from typing import Annotated

from fastapi import Query, Response

from app.api.cache_control import last_modified_headers, launches_cache_control
from app.api.params import SlugPath
from app.api.routing import Router
from app.db.database import DatabaseDep
from app.portal import queries
from app.portal.schemas import PortalPage, PortalPageQuery

router = Router(prefix="/v1/missions", tags=["portal"])


@router.get("/{slug}/page", name="getMissionPage", summary="Get a mission's page")
async def get_portal_page(
    slug: SlugPath,
    query: Annotated[PortalPageQuery, Query()],
    database: DatabaseDep,
    response: Response,
) -> PortalPage:
    """Mission, tasks, crew, launches, leading article, news and calendar; `current` works too."""
    page = await database.read(queries.get_portal_page, slug, query)
    if slug == "current":
        response.headers["Content-Location"] = f"{page.mission.url}/page"
    response.headers["Cache-Control"] = launches_cache_control(page.launches.all_launches())
    response.headers.update(last_modified_headers([page]))
    return page
