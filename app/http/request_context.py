"""The outermost middleware: request id, client address, common headers, access log.

One layer, because each layer costs time on every response, cached ones included.
"""

import re
from asyncio import CancelledError
from collections.abc import Iterable
from random import getrandbits
from types import FrameType
from urllib.parse import unquote
from uuid import UUID

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.config import Settings, use_settings
from app.http.access_log import AccessLog, AccessLogEntry
from app.http.cache.response import RawHeader, RawHeaders
from app.http.client_address import build_client_address_resolver
from app.http.cors import CORS_HEADERS
from app.http.metrics import REQUESTS_REFUSED
from app.http.problems import RETRY_AFTER_SECONDS, Unavailable, build_problem_response
from app.http.shutdown import GracefulShutdown

REFUSED_KEY = "zarya.refused"
"""Present in the ASGI scope of a request that the protocol has refused while its body arrived."""

_UUID_PATTERN = re.compile(rb"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")

_ENCODED_SLASH_PATTERN = re.compile("%2f", re.IGNORECASE)

_CSP_HEADER_NAME = b"content-security-policy"
_DEFAULT_CSP = (
    _CSP_HEADER_NAME,
    b"default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
)
"""The policy of responses without their own: they are data and run no scripts. `default-src` does
not apply to the other three."""

_COMMON_HEADERS = [
    *CORS_HEADERS,
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"cross-origin"),
]
_HSTS_HEADER = (b"strict-transport-security", b"max-age=31536000")
_CONNECTION_CLOSE = (b"connection", b"close")


class RequestContextMiddleware:
    """ASGI middleware around all other layers."""

    def __init__(
        self, app: ASGIApp, settings: Settings, shutdown: GracefulShutdown, access_log: AccessLog
    ) -> None:
        self.app = app
        self.shutdown = shutdown
        self.access_log = access_log
        self.settings = settings
        self._resolve_address = build_client_address_resolver(settings.trusted_proxies)
        self._common_headers = [*_COMMON_HEADERS]
        if settings.public_url.scheme == "https":
            name, policy = _HSTS_HEADER
            policy += b"; includeSubDomains" if settings.hsts_subdomains else b""
            self._common_headers.append((name, policy))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        raw_path = scope.get("raw_path")  # optional in ASGI
        if raw_path and b"%2" in raw_path:
            scope["path"] = _decode_path(raw_path)
        id_, client = self._init_state(scope)
        entry = AccessLogEntry(id_, client, scope["method"], scope["path"])

        async def send_with_context(message: Message) -> None:
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
                await self.app(scope, receive, send_with_context)
        except CancelledError:
            # The server is stopping and cancels what is in progress.
            if not entry.status:
                detail = "The server is shutting down. Try again in a few seconds."
                error = Unavailable(detail, headers={"Retry-After": RETRY_AFTER_SECONDS})
                with use_settings(self.settings):
                    response = build_problem_response(UUID(id_), error)
                await response(scope, receive, send_with_context)
        finally:
            entry.route = getattr(scope.get("route"), "name", "")
            self.access_log.finished(entry, is_refused=REFUSED_KEY in scope)

    def _init_state(self, scope: Scope) -> tuple[str, str]:
        """Set request id and client address in `scope["state"]`, and return both."""
        state = scope.setdefault("state", {})
        peer = scope.get("client")
        id_, client, is_forwarded = self.identify(scope["headers"], peer[0] if peer else "")
        state["request_id"] = UUID(id_)
        state["client"] = client
        if is_forwarded:
            state["forwarded"] = True
        return id_, client

    def identify(self, headers: Iterable[RawHeader], peer: str) -> tuple[str, str, bool]:
        """The request id and the client address; true if a proxy has forwarded the request."""
        client_id, forwarded_for = b"", None
        for name, value in headers:
            if name == b"x-request-id":
                client_id = value
            elif name == b"x-forwarded-for":
                forwarded_for = value if forwarded_for is None else forwarded_for + b"," + value
        client = self.get_client_address(peer, forwarded_for)
        return request_id_from_header(client_id), client, forwarded_for is not None

    def log_refusal(self, entry: AccessLogEntry) -> None:
        """Log and count a request that the protocol has refused."""
        REQUESTS_REFUSED.labels("protocol").inc()
        self.access_log.answered_by_protocol(entry)

    def get_client_address(self, peer: str, forwarded_for: bytes | None) -> str:
        """The address of the client by the peer address and `X-Forwarded-For`."""
        if forwarded_for is None:
            return peer
        return self._resolve_address(peer, forwarded_for.decode("latin-1"))

    def with_common_headers(self, headers: Iterable[RawHeader]) -> RawHeaders:
        """`headers` with the headers of every response."""
        combined = [*headers, *self._common_headers]
        if _CSP_HEADER_NAME not in dict(combined):
            combined.append(_DEFAULT_CSP)
        return combined


def _decode_path(raw_path: bytes) -> str:
    """The percent-decoded path. An encoded slash stays `%2F`: it separates no segments."""
    return unquote(_ENCODED_SLASH_PATTERN.sub("%252F", raw_path.decode("latin-1")))


def find_running_route(frame: FrameType | None) -> str:
    """The name of the route whose request a thread is processing, by its innermost frame.

    Empty if it is processing none, or one that has no route yet.
    """
    while frame is not None and frame.f_code is not RequestContextMiddleware.__call__.__code__:
        frame = frame.f_back
    return "" if frame is None else getattr(frame.f_locals["scope"].get("route"), "name", "")


def request_id_from_header(header: bytes) -> str:
    """The request id: `X-Request-ID` if it is a UUID, else a random one."""
    if header and _UUID_PATTERN.fullmatch(header):
        return header.decode().lower()
    # Version 4, five times as fast as `uuid4`; it need not be unpredictable.
    hexes = f"{getrandbits(128):032x}"
    return f"{hexes[:8]}-{hexes[8:12]}-4{hexes[13:16]}-a{hexes[17:20]}-{hexes[20:]}"


def request_id_header(id_: str) -> RawHeader:
    """The response header with the request id."""
    return (b"x-request-id", id_.encode())
