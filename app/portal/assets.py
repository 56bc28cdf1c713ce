"""What every page is made of in browsers: files of one version, whose addresses name it."""

import json
from functools import cache
from hashlib import blake2b

from app.api.static_files import Folder
from app.portal.template_filters import WEB

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types zarya"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
}
TEMPLATES = WEB / "templates"
SERVER_ONLY = {"page.html"}
FILLED = "templates.json"
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


def _names() -> list[str]:
    return sorted(FILES.files.keys() - {WORKER})


@cache
def version() -> str:
    """Another one as soon as any of it is another, so that caches may keep it for good."""
    digest = blake2b(templates().encode(), digest_size=8)
    for name in _names():
        digest.update(FILES.files[name].read_bytes())
    return digest.hexdigest()


@cache
def worker() -> str:
    """The service worker, told what to keep: browsers install it anew whenever that changes."""
    files = [f"web/{version()}/{name}" for name in (*_names(), FILLED)]
    kept = {"version": version(), "files": files}
    return f"const SHELL = {json.dumps(kept)};\n{FILES.files[WORKER].read_text('utf-8')}"
