"""What the pages are made of in browsers, and what these keep for when they are offline."""

from fastapi import Response

from app.api.routing import Router
from app.api.static_files import IMMUTABLE_CACHE_CONTROL, REVALIDATE_CACHE_CONTROL
from app.http.paths import route_traits
from app.portal import assets, template_filters
from app.portal.assets import (
    PORTAL_FILES,
    PORTAL_HEADERS,
    SERVICE_WORKER_FILENAME,
    TEMPLATE_BUNDLE_FILENAME,
)
from app.portal.rendering import PageRendererDep

router = Router(include_in_schema=False)


def _cache_control(version: str) -> str:
    """For how long: what is asked for by another version, as after an upgrade, is of this one."""
    return (
        IMMUTABLE_CACHE_CONTROL
        if version == assets.get_asset_version()
        else REVALIDATE_CACHE_CONTROL
    )


@router.get(f"/web/{SERVICE_WORKER_FILENAME}")
@route_traits(english_only=True)
async def get_service_worker() -> Response:
    """The service worker."""
    headers = PORTAL_HEADERS | {
        "Cache-Control": REVALIDATE_CACHE_CONTROL,
        "Service-Worker-Allowed": f"{template_filters.get_base_path()}/",
    }
    return Response(assets.build_service_worker(), headers=headers, media_type="text/javascript")


@router.get(f"/web/{{version}}/{TEMPLATE_BUNDLE_FILENAME}")
@route_traits(english_only=True)
async def get_template_bundle(version: str) -> Response:
    """The templates that browsers fill."""
    headers = PORTAL_HEADERS | {"Cache-Control": _cache_control(version)}
    return Response(assets.build_template_bundle(), headers=headers, media_type="application/json")


@router.get("/web/{version}/{name:path}")
@route_traits(english_only=True)
def get_asset(version: str, name: str) -> Response:
    """A file that the pages are made of."""
    return PORTAL_FILES.get_response(name, _cache_control(version))


@router.get("/offline")
async def get_offline_page(screens: PageRendererDep) -> Response:
    """An empty page, which browsers keep to fill it when there is no connection."""
    return screens.render("loading", cache_control=REVALIDATE_CACHE_CONTROL)
