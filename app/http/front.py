"""What every request passes first and every answer last: its id, its client, what is noted of it.

One layer, because each costs every answer something, those from the cache too.
"""

import re
from asyncio import CancelledError
from time import perf_counter
from uuid import UUID, uuid4

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.config import Settings
from app.errors import RETRY_AFTER, Unavailable, answer_to
from app.http.clients import forwarded
from app.http.draining import Draining
from app.http.journal import Entry, Journal

_UUID = re.compile(rb"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")

_POLICY = b"content-security-policy"
_DATA = (_POLICY, b"default-src 'none'; frame-ancestors 'none'")
"""The policy of an answer that does not bring its own: it is data, and runs nothing."""

_EXPOSED = (
    b"ETag, Link, Location, Content-Location, Content-Disposition, RateLimit, RateLimit-Policy, "
    b"Retry-After, Deprecation, Sunset, X-Request-ID, Idempotency-Replayed, Accept-Patch, "
    b"Accept-Post, WWW-Authenticate"
)
"""What scripts of other origins may read beside the headers that they always may."""

_ALWAYS = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", _EXPOSED),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"cross-origin"),
]
_TRANSPORT = (b"strict-transport-security", b"max-age=31536000")
_LAST = (b"connection", b"close")


class Front:
    """ASGI middleware around everything else."""

    def __init__(
        self, app: ASGIApp, settings: Settings, draining: Draining, journal: Journal
    ) -> None:
        self.app = app
        self.draining = draining
        self.journal = journal
        self.client = forwarded(settings.trusted_proxies)
        self.headers = [*_ALWAYS]
        if settings.public_url.scheme == "https":
            self.headers.append(_TRANSPORT)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        id_ = self._introduce(scope, state)
        entry = Entry(scope, str(id_), perf_counter())
        named = (b"x-request-id", entry.id.encode())

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                entry.status = message["status"]
                headers = message["headers"] = [*message["headers"], named, *self.headers]
                if _POLICY not in dict(headers):
                    headers.append(_DATA)
                if self.draining.begun:
                    headers.append(_LAST)
            else:
                entry.size += len(message.get("body", b""))
            await send(message)

        self.journal.begin()
        try:
            await self.app(scope, receive, told)
        except CancelledError:
            # The server stops, and waits no longer.
            if not entry.status:
                detail = "The service is stopping. Try again in a few seconds."
                error = Unavailable(detail, headers={"Retry-After": RETRY_AFTER})
                await answer_to(id_, error)(scope, receive, told)
        finally:
            self.journal.end(entry)

    def _introduce(self, scope: Scope, state: dict[str, object]) -> UUID:
        """Note the id and the client of a request in `state`, where all find them."""
        id_ = None
        forwarded_for = b""
        for name, value in scope["headers"]:
            if name == b"x-request-id" and _UUID.fullmatch(value):
                id_ = UUID(value.decode())
            elif name == b"x-forwarded-for":
                forwarded_for += b"," + value
        state["request_id"] = id_ = id_ or uuid4()
        peer = scope.get("client")
        address = peer[0] if peer else ""
        if forwarded_for:
            state["forwarded"] = True
            address = self.client(address, forwarded_for[1:].decode("latin-1"))
        state["client"] = address
        return id_
