"""Whole answers in every form that they are sent in, and those that are kept to be sent again."""

import re
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from time import time

from anyio import to_thread
from starlette.types import Message

from app.domain.clock import NEVER
from app.http.cache.generation import Generation
from app.http.compression import ContentCoding, compress_body

RawHeader = tuple[bytes, bytes]
RawHeaders = list[RawHeader]
CacheKey = tuple[str | bytes | None, ...]

MIN_COMPRESS_BYTES = 500
"""A body shorter than this, in bytes, is hardly smaller compressed."""

THREAD_COMPRESS_BYTES = 2**18
"""A body larger than this, in bytes, is compressed in a thread: it would hold up all others."""

RESPONSE_OVERHEAD_BYTES = 4000
"""What an answer takes beside its bodies, in bytes, about: its headers above all."""

MAX_STALE_SECONDS = 300.0
"""For how long before the database fell silent an answer must have been made to be told as it was,
where the archive has changed since: caches are told as much by `stale-while-revalidate`."""

EMPTY_BODY_MESSAGE: Message = {"type": "http.response.body", "body": b""}

_COMPRESSIBLE_TYPES_PATTERN = re.compile(
    rb"^(text/|application/(json|javascript|[a-z]+\+(json|xml)))"
)


@dataclass(slots=True)
class Variant:
    """What is sent of an answer; the id of the request goes with its headers."""

    status: int
    headers: RawHeaders
    body_message: Message
    encoded_head: bytes = b""
    """How it begins on the wire, once it has been sent at once."""


def make_variant(status: int, headers: RawHeaders, body: bytes | None) -> Variant:
    """`body_message` as it is sent, None for an answer that has none."""
    length = [] if body is None else [(b"content-length", str(len(body)).encode())]
    message = {"type": "http.response.body", "body": body or b""}
    return Variant(status, headers + length, message)


class CachedResponse:
    """An answer with all of its body."""

    def __init__(self, status: int, headers: RawHeaders, body: bytes, tag: bytes) -> None:
        self.etag = tag
        self.size_bytes = RESPONSE_OVERHEAD_BYTES + len(body)
        """Bytes, about."""
        self.counted_bytes = 0
        """How many of them have been counted by those who keep it."""
        self.generation: Generation | None = None
        """What it was made in, where it is kept."""
        self.created_at, self.expires_at = time(), NEVER.timestamp()
        self.route: object = None
        """What answered."""
        told = dict(headers)
        self._compressible = (
            len(body) >= MIN_COMPRESS_BYTES
            and b"content-encoding" not in told
            and bool(_COMPRESSIBLE_TYPES_PATTERN.match(told.get(b"content-type", b"")))
        )
        self.is_cacheable = status == 200 and b"no-store" not in told.get(b"cache-control", b"")
        self._body = body
        self.identity = make_variant(status, headers, body)
        self.not_modified = make_variant(
            304, [pair for pair in headers if pair[0] != b"content-type"], None
        )
        """For those who have it already."""
        self.variants = {ContentCoding.IDENTITY: self.identity}
        """By coding, those that have been made."""

    def expire_at(self, at: datetime) -> None:
        """Let it hold no longer than until `at`."""
        self.expires_at = min(self.expires_at, at.timestamp())

    def is_fresh(self, at: float | None = None) -> bool:
        """Whether it is what would be answered now, or `at`, as far as the clock goes."""
        return self.created_at <= (at or time()) < self.expires_at

    async def encode(self, coding: ContentCoding) -> Variant:
        """The form in `coding`, which is made once."""
        made = self.identity
        if self._compressible:
            if len(self._body) > THREAD_COMPRESS_BYTES:
                body = await to_thread.run_sync(compress_body, self._body, coding)
            else:
                body = compress_body(self._body, coding)
            told = (b"content-encoding", coding.encode())
            made = make_variant(made.status, [*made.headers[:-1], told], body)
        if coding not in self.variants:
            self.variants[coding] = made
            self.size_bytes += len(made.body_message["body"]) if self._compressible else 0
        return made


class ResponseCache:
    """The last answer to each request: those asked for last, within a number of bytes.

    Those of the present version are what would be answered now. Those of older ones give way to
    what is asked for, and are what can be told while the database does not tell its version.
    """

    def __init__(self, limit: int) -> None:
        self.max_bytes = limit
        """How many; 0 for a process that keeps nothing."""
        self.clear()

    def clear(self) -> None:
        """Keep nothing of what is kept."""
        self.size_bytes = 0
        self._confirmed_at = 0.0
        self._generation: Generation | None = None
        self._responses: OrderedDict[CacheKey, CachedResponse] = OrderedDict()

    def get(self, key: CacheKey, version: Generation) -> CachedResponse | None:
        """The answer to `key` if it holds in `generation`, which is the present one."""
        self._generation, self._confirmed_at = version, time()
        whole = self._responses.get(key)
        if (
            whole is None
            or whole.generation is not version
            or not whole.is_fresh(self._confirmed_at)
        ):
            return None
        self._responses.move_to_end(key)
        return whole

    def get_stale(self, key: CacheKey) -> CachedResponse | None:
        """The answer to `key` as it was when the database last told its version, or just before."""
        whole = self._responses.get(key)
        if whole is None:
            return None
        recent = self._confirmed_at - whole.created_at < MAX_STALE_SECONDS
        return whole if recent or whole.generation is self._generation else None

    def put(self, key: CacheKey, version: Generation, whole: CachedResponse) -> None:
        """Keep an answer made in `generation`, where that may be and is still the present one."""
        if (
            version is self._generation
            and whole.is_cacheable
            and whole.is_fresh()
            and whole.size_bytes <= self.max_bytes
        ):
            self._evict(key)
            whole.generation = version
            whole.size_bytes += sum(len(part) for part in key if part)
            self._responses[key] = whole
            self.update_size(key, whole)

    def update_size(self, key: CacheKey, whole: CachedResponse) -> None:
        """Take into account what has been made of an answer."""
        if self._responses.get(key) is whole:
            self.size_bytes += whole.size_bytes - whole.counted_bytes
            whole.counted_bytes = whole.size_bytes
            while self.size_bytes > self.max_bytes:
                self._evict(next(iter(self._responses)))

    def _evict(self, key: CacheKey) -> None:
        whole = self._responses.pop(key, None)
        if whole is not None:
            self.size_bytes -= whole.counted_bytes
            whole.counted_bytes = 0
