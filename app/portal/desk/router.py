"""`/desk`: the page that loads the editors' desk, and its assets under versioned URLs.

The screens are rendered in the browser from responses of `/v1`; their paths are in the fragment of
the URL, which browsers do not send.
"""

from functools import cache
from pathlib import Path
from typing import Annotated

from fastapi import Query, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from app.api.routing import Router
from app.api.static_files import StaticDirectory, build_version, versioned_cache_control
from app.config import current_settings
from app.domain.languages import Language, current_language
from app.http.paths import route_traits
from app.portal.assets import PORTAL_FILES, get_asset_version
from app.portal.page_params import HtmlPageQuery
from app.portal.template_filters import UI_STRINGS, get_base_path

router = Router(prefix="/desk", include_in_schema=False)

_FOLDER = Path(__file__).parent
DESK_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types zarya"
    ),
    "X-Robots-Tag": "noindex",
}
DESK_FILES = StaticDirectory(_FOLDER / "web", DESK_HEADERS)
_PORTAL_FOLDER = "portal/"
SHARED_FILES = frozenset({"api.js", "icon.svg", "style.css", "theme.js", "theme-button.js"})
"""Assets of the portal that the desk loads, from the folder `portal/` under its own URL."""
_TEMPLATES = Environment(
    loader=FileSystemLoader(_FOLDER),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@cache
def get_desk_version() -> str:
    """Version of all assets that the desk loads, a part of their URLs."""
    contents = (DESK_FILES.files[name].read_bytes() for name in sorted(DESK_FILES.files))
    return build_version(get_asset_version().encode(), *contents)


@router.get("")
async def get_desk(query: Annotated[HtmlPageQuery, Query()]) -> Response:
    """Page that loads the desk in the language of the request."""
    language = current_language()
    page = _TEMPLATES.get_template("desk.html").render(
        language=language,
        other_language=next(each for each in Language if each != language),
        base=get_base_path(),
        web=f"{get_base_path()}/desk/web/{get_desk_version()}",
        time_zone=current_settings().time_zone,
        openid_url=f"{get_base_path()}/v1/session/openid" if current_settings().oidc_issuer else "",
        t=UI_STRINGS[language],
    )
    return HTMLResponse(page, headers=DESK_HEADERS | {"Cache-Control": "no-store"})


@router.get("/web/{version}/{name:path}")
@route_traits(english_only=True)
def get_asset(version: str, name: str) -> Response:
    """Asset of the desk, or of the portal in the folder `portal/`, by its name."""
    cache_control = versioned_cache_control(version, get_desk_version())
    shared_name = name.removeprefix(_PORTAL_FOLDER)
    if shared_name != name and shared_name in SHARED_FILES:
        return PORTAL_FILES.get_response(shared_name, cache_control)
    return DESK_FILES.get_response(name, cache_control)
