"""Cookies of sessions, and the CSRF tokens derived from them."""

from hmac import digest
from typing import Any
from urllib.parse import urlsplit

from starlette.responses import Response

from app.config import current_settings
from app.http.credentials import SESSION_COOKIE_NAME


def derive_csrf_token(token: str) -> str:
    """The CSRF token of a session: an HMAC, from which its own token cannot be found."""
    return digest(token.encode(), b"CSRF token", "sha256").hex()


def set_session_cookie(response: Response, token: str) -> None:
    """Set the cookie of a session."""
    seconds = int(current_settings().session_seconds)
    response.set_cookie(SESSION_COOKIE_NAME, token, max_age=seconds, **build_cookie_attributes())


def build_cleared_cookie() -> str:
    """The header `Set-Cookie` that removes the cookie of a session."""
    response = Response()
    response.delete_cookie(SESSION_COOKIE_NAME, **build_cookie_attributes())
    return response.headers["set-cookie"]


def build_cookie_attributes() -> dict[str, Any]:
    """The attributes of a cookie that only requests of the service's own pages have."""
    url = urlsplit(current_settings().base_url)
    return {
        "path": url.path or "/",
        "secure": url.scheme == "https",
        "httponly": True,
        "samesite": "strict",
    }
