"""`/docs` and `/docs/swagger`: the documentation pages, served without asking any other host.

Both read `/openapi.json`. Their programs lie in `static/`, as published; `static/README.md` says
which, and how to renew them. A Content-Security-Policy keeps them from any other host, whatever
their settings say.
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
# Scalar writes a dozen style elements and attributes, most of them without a place for a nonce.
_SCALAR_CSP = _CSP.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'")

_PAGE_HEADERS = {
    "Cache-Control": REVALIDATE_CACHE_CONTROL,
    "Content-Security-Policy": _CSP,
}
DOCS_FILES = StaticDirectory(DOCS_STATIC_DIR, _PAGE_HEADERS)

# Addresses are relative, so that the pages work behind a proxy that serves us under a path.
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
<p>This page needs JavaScript. <a href="$root/openapi.json">openapi.json</a> says the same.</p>
</noscript>
<script type="module" src="$root/docs/static/$script"></script>
</body>
</html>
"""
)


@router.get("")
@route_traits(english_only=True)
async def scalar() -> Response:
    """Every operation, with examples to try."""
    page = _PAGE_TEMPLATE.substitute(title="Zarya API", root=".", parts="", script="scalar.js")
    return HTMLResponse(page, headers=_PAGE_HEADERS | {"Content-Security-Policy": _SCALAR_CSP})


@router.get("/swagger")
@route_traits(english_only=True)
async def swagger() -> Response:
    """The same in Swagger UI, for those who know their way around it."""
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
    """A file that the pages are made of."""
    # A folder has its version in its name, so what is in it never changes; our own files do.
    return DOCS_FILES.get_response(
        name, IMMUTABLE_CACHE_CONTROL if "/" in name else REVALIDATE_CACHE_CONTROL
    )
