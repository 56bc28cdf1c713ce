"""CORS: scripts of any origin may read every response; credentials are never allowed."""

from starlette.datastructures import Headers

_PREFLIGHT_MAX_AGE_SECONDS = 86400

_EXPOSED_HEADERS = (
    b"ETag, Link, Location, Content-Location, Content-Disposition, RateLimit, RateLimit-Policy, "
    b"Retry-After, Deprecation, Sunset, X-Request-ID, Idempotency-Replayed, Accept-Patch, "
    b"Accept-Post, WWW-Authenticate"
)
"""Response headers that scripts may read beside the CORS-safelisted ones."""

CORS_HEADERS = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", _EXPOSED_HEADERS),
]
"""Headers of every response."""


def preflight_headers(request: Headers, allowed_methods: str) -> dict[str, str]:
    """The headers of the response to a preflight request; none for a plain OPTIONS."""
    if "access-control-request-method" not in request:
        return {}
    return {
        "Access-Control-Allow-Methods": allowed_methods,
        "Access-Control-Allow-Headers": request.get("access-control-request-headers", "*"),
        "Access-Control-Max-Age": str(_PREFLIGHT_MAX_AGE_SECONDS),
    }
