"""What the pages are made of in browsers, and what these keep for when they are offline."""

from fastapi import Response

from app.api.routing import Router
from app.api.static_files import IMMUTABLE, REVALIDATED
from app.portal import assets, template_filters
from app.portal.assets import FILES, FILLED, HEADERS, WORKER
from app.portal.rendering import ScreensDep

router = Router(include_in_schema=False)


def _fresh(version: str) -> str:
    """For how long: what is asked for by another version, as after an upgrade, is of this one."""
    return IMMUTABLE if version == assets.version() else REVALIDATED


@router.get(f"/web/{WORKER}")
async def web_worker() -> Response:
    """The service worker."""
    headers = HEADERS | {
        "Cache-Control": REVALIDATED,
        "Service-Worker-Allowed": f"{template_filters.base()}/",
    }
    return Response(assets.worker(), headers=headers, media_type="text/javascript")


@router.get(f"/web/{{version}}/{FILLED}")
async def web_templates(version: str) -> Response:
    """The templates that browsers fill."""
    headers = HEADERS | {"Cache-Control": _fresh(version)}
    return Response(assets.templates(), headers=headers, media_type="application/json")


@router.get("/web/{version}/{name:path}")
def web_file(version: str, name: str) -> Response:
    """A file that the pages are made of."""
    return FILES.answer(name, _fresh(version))


@router.get("/offline")
async def offline(screens: ScreensDep) -> Response:
    """An empty page, which browsers keep to fill it when there is no connection."""
    return screens.answer("loading", fresh=REVALIDATED)
