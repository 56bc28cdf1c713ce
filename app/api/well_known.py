"""Well-known URIs (RFC 8615): the API catalog and security.txt."""

from textwrap import dedent

from fastapi.responses import JSONResponse, PlainTextResponse, Response

from app.api.routing import Router
from app.config import current_settings
from app.domain.dates import add_months, now
from app.http.paths import route_traits

router = Router(prefix="/.well-known", include_in_schema=False)


@router.get("/api-catalog")
@route_traits(english_only=True, json_errors=True)
async def api_catalog() -> Response:
    """API catalog of this origin (RFC 9727)."""
    base_url = current_settings().base_url
    entry = {
        "anchor": f"{base_url}/v1",
        "service-desc": [{"href": f"{base_url}/openapi.json", "type": "application/json"}],
        "service-doc": [{"href": f"{base_url}/docs", "type": "text/html"}],
        "status": [{"href": f"{base_url}/health/ready", "type": "application/json"}],
    }
    profile = 'application/linkset+json; profile="https://www.rfc-editor.org/info/rfc9727"'
    return JSONResponse({"linkset": [entry]}, media_type=profile)


@router.get("/security.txt")
@route_traits(english_only=True, json_errors=True)
async def security_txt() -> Response:
    """Contact for vulnerability reports (RFC 9116); expires at the start of a later month."""
    settings = current_settings()
    contact = settings.security_contact or f"mailto:postmaster@{settings.public_url.host}"
    expires = add_months(now().date(), 6)
    text = dedent(
        f"""\
        Contact: {contact}
        Expires: {expires}T00:00:00Z
        Preferred-Languages: en, ru
        Canonical: {settings.base_url}/.well-known/security.txt
        """
    )
    return PlainTextResponse(text)
