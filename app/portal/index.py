"""`/`: the home page for browsers; for other clients links to the API, as at `/v1`."""

from typing import Annotated

from fastapi import Query, Request
from fastapi.responses import JSONResponse, Response

from app.api.deps import DatabaseDep
from app.api.routing import Router
from app.config import current_settings
from app.domain.languages import tr
from app.http.negotiation import prefers_html
from app.portal.page_params import HtmlPageQuery
from app.portal.pages import render_home_page
from app.portal.rendering import PageRendererDep
from app.resources.horizon.queries import get_known_until_by_kind
from app.resources.horizon.schemas import KnownUntil
from app.resources.registry import ARCHIVE_RESOURCES

router = Router(include_in_schema=False)

_LINKS = {
    "openapi": "/openapi.json",
    "documentation": "/docs",
    "current_mission": "/v1/missions/current/page",
    **{name: path for each in ARCHIVE_RESOURCES for name, path in each.index_links.items()},
    "changes": "/v1/changes",
    "problems": "/problems",
    "health": "/health/ready",
}


@router.get("/")
async def index(
    request: Request,
    _query: Annotated[HtmlPageQuery, Query()],
    database: DatabaseDep,
    renderer: PageRendererDep,
) -> Response:
    """Entry point: HTML if the client prefers it, otherwise JSON."""
    if prefers_html(request.headers.get("accept", "")):
        response = await render_home_page(database, renderer)
    else:
        response = _index_response(await database.read(get_known_until_by_kind))
    response.headers.add_vary_header("Accept")
    return response


@router.get("/v1")
async def api_index(database: DatabaseDep) -> Response:
    """Entry point of the API: JSON."""
    return _index_response(await database.read(get_known_until_by_kind))


def _index_response(known_until: KnownUntil) -> Response:
    base_url = current_settings().base_url
    description = tr(
        "The open archive behind an ISS mission portal",
        "Открытый архив портала об экспедициях на МКС",
    )
    links = {name: base_url + path for name, path in _LINKS.items()}
    service_desc = f'<{base_url}/openapi.json>; rel="service-desc"; type="application/json"'
    service_doc = f'<{base_url}/docs>; rel="service-doc"; type="text/html"'
    return JSONResponse(
        {
            "name": "Zarya",
            "description": description,
            "known_until": known_until.model_dump(mode="json"),
            "links": links,
        },
        headers={"Link": f"{service_desc}, {service_doc}"},
    )
