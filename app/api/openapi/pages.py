"""Pages of the API reference: `/docs/reference` (Scalar) and `/docs/swagger` (Swagger UI).

Both read `/openapi.json`. Their scripts are vendored unchanged in `static/`; `static/README.md`
lists the versions and how to update them. A Content-Security-Policy blocks requests to other hosts.
"""

from pathlib import Path
from string import Template
from textwrap import dedent

from fastapi.responses import HTMLResponse, Response

from app.api.routing import Router
from app.api.static_files import IMMUTABLE_CACHE_CONTROL, REVALIDATE_CACHE_CONTROL, StaticDirectory
from app.http.paths import route_traits

router = Router(prefix="/docs", include_in_schema=False)

DOCS_STATIC_DIR = Path(__file__).parent / "static"
_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
# Scalar adds inline styles, most of which cannot carry a nonce.
_SCALAR_CSP = _CSP.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'")

_PAGE_HEADERS = {
    "Cache-Control": REVALIDATE_CACHE_CONTROL,
    "Content-Security-Policy": _CSP,
}
DOCS_FILES = StaticDirectory(DOCS_STATIC_DIR, _PAGE_HEADERS)

# Relative URLs: the pages also work behind a proxy that serves them under a path prefix.
_PAGE_TEMPLATE = Template(
    """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<link rel="icon" href="data:,">
$parts
</head>
<body>
<div id="docs"></div>
<noscript>
<p>This page needs JavaScript. See <a href="$root/openapi.json">openapi.json</a> instead.</p>
</noscript>
<script type="module" src="$root/docs/static/$script"></script>
</body>
</html>
"""
)


@router.get("/reference")
@route_traits(english_only=True)
async def scalar() -> Response:
    """Serve the API reference."""
    page = _PAGE_TEMPLATE.substitute(title="Zarya API", root="..", parts="", script="scalar.js")
    return HTMLResponse(page, headers=_PAGE_HEADERS | {"Content-Security-Policy": _SCALAR_CSP})


@router.get("/swagger")
@route_traits(english_only=True)
async def swagger() -> Response:
    """Serve Swagger UI."""
    parts = dedent(
        """\
        <link rel="stylesheet" href="static/swagger-ui-5.35.0/swagger-ui.css">
        <link rel="stylesheet" href="static/swagger.css">
        <script defer src="static/swagger-ui-5.35.0/swagger-ui-bundle.js"></script>"""
    )
    page = _PAGE_TEMPLATE.substitute(
        title="Zarya API: Swagger UI", root="..", parts=parts, script="swagger.js"
    )
    return HTMLResponse(page, headers=_PAGE_HEADERS)


@router.get("/static/{name:path}")
@route_traits(english_only=True)
def static(name: str) -> Response:
    """Serve a static file of the documentation pages."""
    # Folder names contain a version, so their files never change. Files outside folders may.
    return DOCS_FILES.get_response(
        name, IMMUTABLE_CACHE_CONTROL if "/" in name else REVALIDATE_CACHE_CONTROL
    )
