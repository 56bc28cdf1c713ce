"""Complete responses with their encoded variants."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from time import time

from anyio import to_thread
from starlette.types import Message

from app.domain.clock import NEVER
from app.http.cache.conditional import matches_if_none_match
from app.http.cache.generation import Generation
from app.http.compression import (
    ContentCoding,
    compress_body,
    select_coding,
    select_smallest_coding,
)

RawHeader = tuple[bytes, bytes]
RawHeaders = list[RawHeader]
RequestHeaders = Mapping[bytes, bytes]

MIN_COMPRESS_BYTES = 500
"""Minimum size of a compressed body: shorter bodies hardly shrink."""

THREAD_COMPRESS_BYTES = 2**18
"""Bodies larger than this are compressed in a thread, not on the event loop."""

SMALLEST_COMPRESS_BYTES = 2**16
"""Immutable bodies up to this size are compressed as small as possible, in a thread.

Clients keep them, so that their size is worth a tenth of a second, once in each process.
"""

RESPONSE_OVERHEAD_BYTES = 4000
"""Memory of a cached response beside its bodies, estimated: mostly its headers."""

FROM_CACHE_KEY = "zarya.from_cache"
"""Key in the ASGI scope of a request whose response came from the cache."""

EMPTY_BODY_MESSAGE: Message = {"type": "http.response.body", "body": b""}

_COMPRESSIBLE_TYPES_PATTERN = re.compile(
    rb"^(text/|image/svg\+xml|application/(json|javascript|[a-z]+\+(json|xml)))"
)


@dataclass(slots=True)
class Variant:
    """A response in one content coding, without the headers that differ from request to request."""

    status: int
    headers: RawHeaders
    body_message: Message
    encoded_head: bytes = b""
    """The status line and headers on the wire, once the fast path has sent them."""


def make_variant(status: int, headers: RawHeaders, body: bytes | None) -> Variant:
    """A variant with its `Content-Length`; None for a response that has no body."""
    length = [] if body is None else [(b"content-length", str(len(body)).encode())]
    message = {"type": "http.response.body", "body": body or b""}
    return Variant(status, headers + length, message)


class CachedResponse:
    """A response with its complete body, in every coding that was requested."""

    def __init__(
        self,
        status: int,
        headers: RawHeaders,
        body: bytes,
        etag: bytes,
        *,
        expires_at: datetime = NEVER,
        route: object = None,
    ) -> None:
        self.etag = etag
        self.route = route
        self.created_at, self.expires_at = time(), expires_at.timestamp()
        self.generation: Generation | None = None
        """The generation of the archive that it shows, set when it is stored."""
        self.size_bytes = RESPONSE_OVERHEAD_BYTES + len(body)
        self.counted_bytes = 0
        """The part of `size_bytes` that the cache has added to its own size."""
        fields = dict(headers)
        self._compressible = (
            len(body) >= MIN_COMPRESS_BYTES
            and b"content-encoding" not in fields
            and bool(_COMPRESSIBLE_TYPES_PATTERN.match(fields.get(b"content-type", b"")))
        )
        cache_control = fields.get(b"cache-control", b"")
        self.is_cacheable = status == 200 and b"no-store" not in cache_control
        is_small = b"immutable" in cache_control and len(body) <= SMALLEST_COMPRESS_BYTES
        self._compress_small = self._compressible and is_small
        self._body = body
        self.identity = make_variant(status, headers, body)
        self.not_modified = make_variant(
            304, [pair for pair in headers if pair[0] != b"content-type"], None
        )
        self.variants = {ContentCoding.IDENTITY: self.identity}

    def is_fresh(self, at: float | None = None) -> bool:
        """Return true if the response has not expired at `at`, by default now."""
        return self.created_at <= (at or time()) < self.expires_at

    def select_variant(self, request: RequestHeaders, is_read: bool = True) -> Variant | None:
        """Select the 304 or the encoded variant for a request; None if it is not encoded yet."""
        etags = request.get(b"if-none-match")
        if (
            etags is not None
            and is_read
            and (
                etags == self.etag
                or matches_if_none_match(etags.decode("latin-1"), self.etag.decode())
            )
        ):
            return self.not_modified
        return self.variants.get(self.select_coding(request))

    def select_coding(self, request: RequestHeaders) -> ContentCoding:
        """Select the coding of the body for a request."""
        header = request.get(b"accept-encoding", b"")
        return select_smallest_coding(header) if self._compress_small else select_coding(header)

    async def encode(self, coding: ContentCoding) -> Variant:
        """The variant in `coding`, which is encoded once."""
        variant = self.identity
        if self._compressible:
            if self._compress_small or len(self._body) > THREAD_COMPRESS_BYTES:
                compress = partial(compress_body, small=self._compress_small)
                body = await to_thread.run_sync(compress, self._body, coding)
            else:
                body = compress_body(self._body, coding)
            encoding = (b"content-encoding", coding.encode())
            variant = make_variant(variant.status, [*variant.headers[:-1], encoding], body)
        if coding not in self.variants:
            self.variants[coding] = variant
            self.size_bytes += len(variant.body_message["body"]) if self._compressible else 0
        return variant
