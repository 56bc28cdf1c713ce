"""What the pages are made of in browsers, and what these keep for when they are offline."""

import json
from functools import cache
from hashlib import blake2b

from fastapi import Response

from app.folders import REVALIDATED, Folder
from app.portal import words
from app.portal.screens import HEADERS, ScreensDep
from app.portal.words import WEB
from app.routing import Router

router = Router(include_in_schema=False)

TEMPLATES = WEB / "templates"
SERVER_ONLY = {"page.html"}
WORKER = "service-worker.js"
FILES = Folder(WEB, HEADERS)


@cache
def templates() -> str:
    """The templates in one file, by their names."""
    found = {
        path.name: path.read_text("utf-8")
        for path in sorted(TEMPLATES.glob("*.html"))
        if path.name not in SERVER_ONLY
    }
    return json.dumps(found, ensure_ascii=False, separators=(",", ":"))


@cache
def worker() -> str:
    """The service worker, told what to keep: browsers install it anew whenever that changes."""
    names = sorted(FILES.files.keys() - {WORKER})
    digest = blake2b(templates().encode(), digest_size=8)
    for name in names:
        digest.update(FILES.files[name].read_bytes())
    files = [f"web/{name}" for name in (*names, "templates.json")]
    kept = {"version": digest.hexdigest(), "files": files}
    return f"const SHELL = {json.dumps(kept)};\n{FILES.files[WORKER].read_text('utf-8')}"


@router.get("/web/templates.json")
async def web_templates() -> Response:
    """The templates that browsers fill."""
    headers = HEADERS | {"Cache-Control": REVALIDATED}
    return Response(templates(), headers=headers, media_type="application/json")


@router.get(f"/web/{WORKER}")
async def web_worker() -> Response:
    """The service worker."""
    headers = HEADERS | {
        "Cache-Control": REVALIDATED,
        "Service-Worker-Allowed": f"{words.base()}/",
    }
    return Response(worker(), headers=headers, media_type="text/javascript")


@router.get("/web/{name:path}")
def web_file(name: str) -> Response:
    """A file that the pages are made of."""
    return FILES.answer(name)


@router.get("/offline")
async def offline(screens: ScreensDep) -> Response:
    """An empty page, which browsers keep to fill it when there is no connection."""
    return screens.answer("loading", fresh=REVALIDATED)
