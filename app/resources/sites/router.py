"""Routes of `/v1/sites`."""

from typing import Annotated, Any

from fastapi import Body, Depends, Query, Response

from app.api.cache_control import set_validators
from app.api.deps import DatabaseDep
from app.api.fields import RecordWithPageQueryDep
from app.api.lists.responses import ListResponderDep
from app.api.merge_patch import MERGE_PATCH_MEDIA_TYPE, MergePatchSchema
from app.api.openapi.components import link_to, link_to_first
from app.api.openapi.examples import Example
from app.api.params import SlugPath
from app.api.routing import Router
from app.api.writes.request import (
    WriteRequest,
    build_create_dependency,
    build_update_dependency,
)
from app.domain.enums import Scope
from app.resources.sites import commands, queries
from app.resources.sites.schemas import (
    LaunchSiteFullPage,
    LaunchSitePage,
    LaunchSiteRead,
    LaunchSiteWrite,
    SiteQuery,
)

router = Router(prefix="/v1/sites", tags=["sites"])

SiteSlugPath = Annotated[SlugPath, Example("baikonur-cosmodrome")]

CreateSiteDep = Annotated[WriteRequest, Depends(build_create_dependency(Scope.SITES_WRITE))]
UpdateSiteDep = Annotated[WriteRequest, Depends(build_update_dependency(Scope.SITES_WRITE))]
LaunchSitePatch = Annotated[
    dict[str, Any],
    Body(media_type=MERGE_PATCH_MEDIA_TYPE, title="LaunchSitePatch"),
    MergePatchSchema(LaunchSiteWrite),
]


@router.get(
    "",
    name="listSites",
    summary="List launch sites",
    response_model=LaunchSiteFullPage | LaunchSitePage,
    responses=link_to_first("getSite", "site"),
)
async def list_sites(query: Annotated[SiteQuery, Query()], lists: ListResponderDep) -> Response:
    """Returns launch sites by name."""
    return await lists.respond(queries.list_sites, query)


@router.get("/{slug}", name="getSite", summary="Get a launch site")
async def get_site(
    slug: SiteSlugPath, database: DatabaseDep, response: Response, _query: RecordWithPageQueryDep
) -> LaunchSiteRead:
    """Returns a launch site with its pads."""
    return set_validators(response, await database.read(queries.get_site, slug))


@router.post(
    "",
    name="createSite",
    summary="Create a launch site",
    status_code=201,
    response_model=LaunchSiteRead,
    responses=link_to("getSite", "site"),
)
async def create_site(site: LaunchSiteWrite, write: CreateSiteDep) -> Response:
    """Creates a launch site with its pads."""
    return await write.execute(commands.WRITER.create, site)


@router.patch(
    "/{slug}", name="updateSite", summary="Update a launch site", response_model=LaunchSiteRead
)
async def update_site(slug: SiteSlugPath, patch: LaunchSitePatch, write: UpdateSiteDep) -> Response:
    """Applies a JSON Merge Patch (RFC 7396). A pad with launches cannot be removed."""
    return await write.execute(commands.WRITER.patch, slug, patch)


@router.delete("/{slug}", name="deleteSite", summary="Delete a launch site", status_code=204)
async def delete_site(slug: SiteSlugPath, write: UpdateSiteDep) -> Response:
    """Deletes a launch site that no launch refers to."""
    return await write.execute(commands.WRITER.delete, slug)
