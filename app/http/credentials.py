"""Credentials of a request: an API key in `Authorization`, or else the cookie of a session."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

SESSION_COOKIE_NAME = "zarya_session"
_SESSION_COOKIE = SESSION_COOKIE_NAME.encode()


class Credential(NamedTuple):
    """A credential as received, not verified."""

    token: bytes
    is_session: bool
    """The token of a session cookie; otherwise a bearer token."""


def find_credential(headers: Iterable[tuple[bytes, bytes]]) -> Credential | None:
    """The credential in the headers of a request. `Authorization` takes precedence over a cookie.

    None if there is none, or if `Authorization` has another scheme than `Bearer`.
    """
    cookies = []
    for name, value in headers:
        if name == b"authorization":
            scheme, _, token = value.partition(b" ")
            return Credential(token.strip(), False) if scheme.lower() == b"bearer" else None
        if name == b"cookie":
            cookies.append(value)
    for cookie in b";".join(cookies).split(b";"):
        name, _, value = cookie.partition(b"=")
        if name.strip() == _SESSION_COOKIE:
            return Credential(value.strip(), True)
    return None


def has_credentials(headers: Mapping[bytes, bytes]) -> bool:
    """True if the request may be authenticated, so that its response must not be shared.

    It is true for more than `find_credential` accepts, whatever the form of the `Cookie` header.
    """
    return b"authorization" in headers or _SESSION_COOKIE in headers.get(b"cookie", b"")
