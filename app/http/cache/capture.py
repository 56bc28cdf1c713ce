"""Capture of what the application sends: a complete response, or a stream that is passed on."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from starlette.types import Message, Receive, Scope, Send

from app.domain.clock import NEVER
from app.http.cache.conditional import build_content_etag
from app.http.cache.freshness import DEFAULT_MAX_AGE_SECONDS, cap_max_age, public_cache_control
from app.http.cache.generation import Generation
from app.http.cache.response import (
    EMPTY_BODY_MESSAGE,
    CachedResponse,
    RawHeaders,
    RequestHeaders,
)
from app.http.compression import StreamCompressor, create_compressor, select_coding
from app.http.credentials import has_credentials

IS_HEAD_KEY = "zarya.is_head"
"""Key of the scope, true if the client sent HEAD, which the application sees as GET."""

STREAM_KEY = "zarya.is_stream"
"""Key of the scope, true if the application sends a response that must not be collected."""

_DEFAULT_CACHE_CONTROL = public_cache_control(DEFAULT_MAX_AGE_SECONDS).encode()
_IMMUTABLE = b"immutable"
_NO_STORE = b"no-store"
_PRIVATE_NO_STORE = b"private, no-store"
_MAX_BUFFERED_RESPONSE_BYTES = 2**23
"""Maximum size of a captured response. Larger ones, and ones of unknown length, are streamed."""

_COMPRESSED_STREAMS_PATTERN = re.compile(rb"^(text/csv|application/x-ndjson)(;|$)")


class CacheRequest(NamedTuple):
    """An ASGI request with its headers as a mapping."""

    scope: Scope
    receive: Receive
    send: Send
    headers: RequestHeaders


class ResponseCapture:
    """Collects a response of known length; passes any other one on to the client."""

    def __init__(
        self,
        request: CacheRequest,
        generation: Generation | None,
        release_waiters: Callable[[], None],
    ) -> None:
        self._request = request
        self._release_waiters = release_waiters
        """Called as soon as the response turns out to be a stream, which is not shared."""
        self._next_change_at = generation.next_change_at if generation else None
        self._method = request.scope["method"]
        # The application answers HEAD as GET; its body is dropped here.
        self.scope = request.scope
        if self._method == "HEAD":
            self.scope = {**request.scope, "method": "GET", IS_HEAD_KEY: True}
        self._status = 0
        self._headers: RawHeaders = []
        self._is_immutable = False
        self._body_parts: list[bytes] | None = None
        self._empty_body_sent = False
        self._compressor: StreamCompressor | None = None

    async def send(self, message: Message) -> None:
        """Receive an ASGI message from the application; used as its `send` callable."""
        if message["type"] == "http.response.start":
            await self._start_response(message["status"], message["headers"])
        elif self._body_parts is not None:
            self._body_parts.append(message.get("body", b""))
        elif self._method != "HEAD":
            await self._request.send(self._compress_message(message))
        elif not self._empty_body_sent:  # now: a stream may have no end
            self._empty_body_sent = True
            await self._request.send(EMPTY_BODY_MESSAGE)

    async def _start_response(self, status: int, headers: RawHeaders) -> None:
        fields = dict(headers)
        self._status = status
        self._is_immutable = _IMMUTABLE in fields.get(b"cache-control", b"")
        self._headers = self._with_cache_headers(fields, headers)
        length = fields.get(b"content-length")
        if (
            status in {200, 201}
            and length is not None
            and int(length) <= _MAX_BUFFERED_RESPONSE_BYTES
            and STREAM_KEY not in self.scope
        ):
            self._body_parts = []
            return
        self._release_waiters()
        self._request.scope["route"] = self.scope.get("route")
        encoding: RawHeaders = []
        if _COMPRESSED_STREAMS_PATTERN.match(fields.get(b"content-type", b"")):
            coding = select_coding(self._request.headers.get(b"accept-encoding", b""))
            self._compressor = create_compressor(coding)
            if self._compressor is not None:
                encoding.append((b"content-encoding", coding.encode()))
        start = {"type": "http.response.start", "status": status}
        await self._request.send(start | {"headers": self._headers + encoding})

    def _with_cache_headers(self, fields: RequestHeaders, headers: RawHeaders) -> RawHeaders:
        """`headers` with the `Cache-Control` and `Vary` of the response."""
        if self._method == "OPTIONS":
            return headers
        policy = fields.get(b"cache-control") or (
            _DEFAULT_CACHE_CONTROL if self._status < 400 else _NO_STORE
        )
        if has_credentials(self._request.headers):
            policy = _PRIVATE_NO_STORE
        if self._next_change_at is not None:
            policy = cap_max_age(self._next_change_at, policy.decode()).encode()
        vary = fields.get(b"vary")
        vary = b"Accept-Encoding" if vary is None else vary + b", Accept-Encoding"
        rest = [pair for pair in headers if pair[0] not in {b"cache-control", b"vary"}]
        return [*rest, (b"cache-control", policy), (b"vary", vary)]

    def _compress_message(self, message: Message) -> Message:
        if self._compressor is None:
            return message
        body = self._compressor.compress(message.get("body", b""))
        if not message.get("more_body", False):
            body += self._compressor.flush()
        return {**message, "body": body}

    def build_response(self, expires_at: datetime) -> CachedResponse | None:
        """The complete response; None if it was a stream, which has been sent."""
        if self._body_parts is None:
            return None
        body = b"".join(self._body_parts)
        etag = dict(self._headers).get(b"etag", b"")
        if not etag or not self._is_immutable:
            # The application's own ETag is the version of the record.
            etag = build_content_etag(body, etag.strip(b'"'))
        headers = [pair for pair in self._headers if pair[0] not in {b"etag", b"content-length"}]
        headers.append((b"etag", etag))
        return CachedResponse(
            self._status,
            headers,
            body,
            etag,
            expires_at=min(expires_at, self._next_change_at or NEVER),
            route=self.scope.get("route"),
        )
