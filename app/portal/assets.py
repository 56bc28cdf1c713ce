"""What every page is made of in browsers: files of one version, whose addresses name it."""

import json
from functools import cache
from hashlib import blake2b

from app.api.static_files import StaticDirectory
from app.portal.template_filters import WEB_DIRECTORY

PORTAL_CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types zarya"
)
PORTAL_HEADERS = {
    "Content-Security-Policy": PORTAL_CONTENT_SECURITY_POLICY,
}
TEMPLATES_DIRECTORY = WEB_DIRECTORY / "templates"
SERVER_ONLY_TEMPLATES = {"page.html"}
TEMPLATE_BUNDLE_FILENAME = "templates.json"
SERVICE_WORKER_FILENAME = "service-worker.js"
PORTAL_FILES = StaticDirectory(WEB_DIRECTORY, PORTAL_HEADERS)


@cache
def build_template_bundle() -> str:
    """The templates in one file, by their names."""
    found = {
        path.name: path.read_text("utf-8")
        for path in sorted(TEMPLATES_DIRECTORY.glob("*.html"))
        if path.name not in SERVER_ONLY_TEMPLATES
    }
    return json.dumps(found, ensure_ascii=False, separators=(",", ":"))


def _asset_names() -> list[str]:
    return sorted(PORTAL_FILES.files.keys() - {SERVICE_WORKER_FILENAME})


@cache
def get_asset_version() -> str:
    """Another one as soon as any of it is another, so that caches may keep it for good."""
    digest = blake2b(build_template_bundle().encode(), digest_size=8)
    for name in _asset_names():
        digest.update(PORTAL_FILES.files[name].read_bytes())
    return digest.hexdigest()


@cache
def build_service_worker() -> str:
    """The service worker, told what to keep: browsers install it anew whenever that changes."""
    files = [
        f"web/{get_asset_version()}/{name}" for name in (*_asset_names(), TEMPLATE_BUNDLE_FILENAME)
    ]
    kept = {"version": get_asset_version(), "files": files}
    return (
        "const SHELL = "
        f"{json.dumps(kept)};\n{PORTAL_FILES.files[SERVICE_WORKER_FILENAME].read_text('utf-8')}"
    )
