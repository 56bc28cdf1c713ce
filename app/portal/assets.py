"""`/web`: the scripts, styles, strings and templates of the portal, under versioned URLs."""

import json
import re
from functools import cache

from fastapi import Response

from app.api.routing import Router
from app.api.static_files import (
    REVALIDATE_CACHE_CONTROL,
    StaticDirectory,
    build_version,
    versioned_cache_control,
)
from app.http.paths import route_traits
from app.portal.template_filters import WEB_DIRECTORY, get_base_path

router = Router(prefix="/web", include_in_schema=False)

PORTAL_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; "
        "trusted-types zarya"
    ),
}
TEMPLATES_DIRECTORY = WEB_DIRECTORY / "templates"
SERVER_ONLY_TEMPLATES = {"page.html"}
SERVICE_WORKER_FILENAME = "service-worker.js"
_TEMPLATE_BUNDLE_FILENAME = "templates.json"
_INSIGNIFICANT_SPACE_PATTERN = re.compile(r"(?<=\{[{%]) +| +(?=[%}]\})|(?<=%\})\n(?!\n)")
"""Space that the template engines ignore: at the ends of tags, and a line break after a block tag.

A second line break belongs to the text.
"""
_COMMENT_PATTERN = re.compile(rb"^[ \t]*(?://.*|/\*\*(?s:.*?)\*/)\n", re.MULTILINE)
"""Comments that have lines of their own in a script."""


def _remove_script_comments(name: str, content: bytes) -> bytes:
    return _COMMENT_PATTERN.sub(b"", content) if name.endswith(".js") else content


PORTAL_FILES = StaticDirectory(WEB_DIRECTORY, PORTAL_HEADERS, transform=_remove_script_comments)


@cache
def _build_template_bundle() -> str:
    """Templates that browsers render, as a JSON object by file name."""
    templates = {
        path.name: _INSIGNIFICANT_SPACE_PATTERN.sub("", path.read_text("utf-8"))
        for path in sorted(TEMPLATES_DIRECTORY.glob("*.html"))
        if path.name not in SERVER_ONLY_TEMPLATES
    }
    return json.dumps(templates, ensure_ascii=False, separators=(",", ":"))


def _asset_names() -> list[str]:
    return sorted(PORTAL_FILES.files.keys() - {SERVICE_WORKER_FILENAME})


@cache
def get_asset_version() -> str:
    """Version of all assets, a part of their URLs."""
    files = (PORTAL_FILES.files[name].read_bytes() for name in _asset_names())
    return build_version(_build_template_bundle().encode(), *files)


@cache
def _build_service_worker() -> str:
    """Service worker with the list of files to cache; browsers reinstall it when that changes."""
    files = [
        f"web/{get_asset_version()}/{name}" for name in (*_asset_names(), _TEMPLATE_BUNDLE_FILENAME)
    ]
    shell = {"version": get_asset_version(), "files": files}
    return (
        "const SHELL = "
        f"{json.dumps(shell)};\n{PORTAL_FILES.files[SERVICE_WORKER_FILENAME].read_text('utf-8')}"
    )


def get_icon_response() -> Response:
    """Response with the icon, under a URL without a version."""
    return PORTAL_FILES.get_response("icon.svg")


def _cache_control(version: str) -> str:
    return versioned_cache_control(version, get_asset_version())


@router.get(f"/{SERVICE_WORKER_FILENAME}")
@route_traits(english_only=True)
async def get_service_worker() -> Response:
    """Service worker of the portal."""
    headers = PORTAL_HEADERS | {
        "Cache-Control": REVALIDATE_CACHE_CONTROL,
        "Service-Worker-Allowed": f"{get_base_path()}/",
    }
    return Response(_build_service_worker(), headers=headers, media_type="text/javascript")


@router.get(f"/{{version}}/{_TEMPLATE_BUNDLE_FILENAME}")
@route_traits(english_only=True)
async def get_template_bundle(version: str) -> Response:
    """Templates that browsers render."""
    headers = PORTAL_HEADERS | {"Cache-Control": _cache_control(version)}
    return Response(_build_template_bundle(), headers=headers, media_type="application/json")


@router.get("/{version}/{name:path}")
@route_traits(english_only=True)
def get_asset(version: str, name: str) -> Response:
    """Asset of the portal by its name."""
    return PORTAL_FILES.get_response(name, _cache_control(version))
