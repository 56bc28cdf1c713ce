"""What every request passes first and every answer last: its id, its client, what is noted of it.

One layer, because each costs every answer something, those from the cache too.
"""

import re
from asyncio import CancelledError
from collections.abc import Iterable
from random import getrandbits
from uuid import UUID

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.config import Settings, use_settings
from app.http.access_log import AccessLog, AccessLogEntry
from app.http.cache.store import RawHeader, RawHeaders
from app.http.client_address import build_client_address_resolver
from app.http.problems import RETRY_AFTER_SECONDS, Unavailable, build_problem_response
from app.http.shutdown import GracefulShutdown

_UUID_PATTERN = re.compile(rb"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")

_CSP_HEADER_NAME = b"content-security-policy"
_DEFAULT_CSP = (_CSP_HEADER_NAME, b"default-src 'none'; frame-ancestors 'none'")
"""The policy of an answer that does not bring its own: it is data, and runs nothing."""

_EXPOSED_HEADERS = (
    b"ETag, Link, Location, Content-Location, Content-Disposition, RateLimit, RateLimit-Policy, "
    b"Retry-After, Deprecation, Sunset, X-Request-ID, Idempotency-Replayed, Accept-Patch, "
    b"Accept-Post, WWW-Authenticate"
)
"""What scripts of other origins may read beside the headers that they always may."""

_COMMON_HEADERS = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", _EXPOSED_HEADERS),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"cross-origin"),
]
_HSTS_HEADER = (b"strict-transport-security", b"max-age=31536000")
_CONNECTION_CLOSE = (b"connection", b"close")


class RequestContextMiddleware:
    """ASGI middleware around everything else."""

    def __init__(
        self, app: ASGIApp, settings: Settings, draining: GracefulShutdown, journal: AccessLog
    ) -> None:
        self.app = app
        self.shutdown = draining
        self.access_log = journal
        self.settings = settings
        self._resolve_address = build_client_address_resolver(settings.trusted_proxies)
        self._common_headers = [*_COMMON_HEADERS]
        if settings.public_url.scheme == "https":
            self._common_headers.append(_HSTS_HEADER)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        id_, client = self._init_state(scope)
        entry = AccessLogEntry(id_, client, scope["method"], scope["path"])

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                entry.status = message["status"]
                headers = message["headers"] = [
                    *self.with_common_headers(message["headers"]),
                    request_id_header(id_),
                ]
                if self.shutdown.is_draining:
                    headers.append(_CONNECTION_CLOSE)
            else:
                entry.body_bytes += len(message.get("body", b""))
            await send(message)

        self.access_log.started()
        try:
            with use_settings(self.settings):
                await self.app(scope, receive, told)
        except CancelledError:
            # The server stops, and waits no longer.
            if not entry.status:
                detail = "The service is stopping. Try again in a few seconds."
                error = Unavailable(detail, headers={"Retry-After": RETRY_AFTER_SECONDS})
                with use_settings(self.settings):
                    answer = build_problem_response(UUID(id_), error)
                await answer(scope, receive, told)
        finally:
            entry.route = getattr(scope.get("route"), "name", "")
            self.access_log.finished(entry)

    def _init_state(self, scope: Scope) -> tuple[str, str]:
        """The id and the client of a request, noted where all find them."""
        state = scope.setdefault("state", {})
        given, forwarded_for = b"", None
        for name, value in scope["headers"]:
            if name == b"x-request-id":
                given = value
            elif name == b"x-forwarded-for":
                forwarded_for = value if forwarded_for is None else forwarded_for + b"," + value
        id_ = request_id_from_header(given)
        state["request_id"] = UUID(id_)
        if forwarded_for is not None:
            state["forwarded"] = True
        peer = scope.get("client")
        state["client"] = client = self.get_client_address(peer[0] if peer else "", forwarded_for)
        return id_, client

    def get_client_address(self, peer: str, forwarded_for: bytes | None) -> str:
        """The address of a client, by that of its connection and by `X-Forwarded-For`."""
        if forwarded_for is None:
            return peer
        return self._resolve_address(peer, forwarded_for.decode("latin-1"))

    def with_common_headers(self, headers: Iterable[RawHeader]) -> RawHeaders:
        """The headers of an answer, with those that every answer has."""
        dressed = [*headers, *self._common_headers]
        if _CSP_HEADER_NAME not in dict(dressed):
            dressed.append(_DEFAULT_CSP)
        return dressed


def request_id_from_header(given: bytes) -> str:
    """The id of a request: what the client has `given`, where that is a UUID."""
    if given and _UUID_PATTERN.fullmatch(given):
        return given.decode().lower()
    # Version 4, in a fifth of the time that `uuid4` takes: it names a request and guards nothing.
    hexes = f"{getrandbits(128):032x}"
    return f"{hexes[:8]}-{hexes[8:12]}-4{hexes[13:16]}-a{hexes[17:20]}-{hexes[20:]}"


def request_id_header(id_: str) -> RawHeader:
    """The header that tells the id of a request."""
    return (b"x-request-id", id_.encode())
