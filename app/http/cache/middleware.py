"""Whole answers: the one layer that decides keeping, ETag, 304, Cache-Control and content coding.

A representation goes out as its bytes were made; what a client has already is not sent again, and
what it can decode is sent compressed. The layer holds the whole answer before it sends anything,
and keeps it for those who ask the same while the archive stays as it is: they are answered from
here, before anything is routed. Whole lists, which may be long, go through part by part, compressed
but without an ETag.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.cache_control import cap_max_age
from app.domain.clock import track_expiry
from app.domain.languages import negotiate_language
from app.http.cache.generation import Generation, GenerationTracker
from app.http.cache.single_flight import SingleFlight
from app.http.cache.store import (
    EMPTY_BODY_MESSAGE,
    CachedResponse,
    CacheKey,
    RawHeader,
    RawHeaders,
    ResponseCache,
    Variant,
)
from app.http.compression import (
    ContentCoding,
    StreamCompressor,
    create_compressor,
    negotiate_coding,
)
from app.http.load_shedding import MONITORING_PATHS
from app.http.metrics import CACHE_HITS, CACHE_MISSES, CACHE_SHARED, CACHE_STALE

RequestHeaders = Mapping[bytes, bytes]
"""The headers of a request."""

_DEFAULT_CACHE_CONTROL = b"public, max-age=60, stale-while-revalidate=300, stale-if-error=86400"
"""How long caches may use an answer without asking, and while or when they cannot ask."""

_STALE_RESPONSE_HEADERS = ((b"cache-status", b"zarya; hit; detail=unverified"),)
"""The mark (RFC 9211) of what is answered as it was while the database does not answer."""

_NO_STORE = b"no-store"
_PRIVATE_NO_STORE = b"private, no-store"
_MAX_BUFFERED_RESPONSE_BYTES = 2**23
"""An answer larger than this, or of unknown length, goes through as it comes."""

CACHEABLE_METHODS = {"GET", "HEAD"}

_UPDATED_AT_PATTERN = re.compile(rb'"updated_at":"([0-9T:-]{19}Z)"')
_STREAMED_TYPES_PATTERN = re.compile(rb"^(text/csv|application/x-ndjson)(;|$)")
_ETAG_PATTERN = re.compile(r'\s*(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")\s*')


class CacheMiddleware:
    """ASGI middleware around the whole application."""

    def __init__(self, app: ASGIApp, versions: GenerationTracker, kept: ResponseCache) -> None:
        self.app = app
        self._generations = versions
        self.cache = kept
        self._single_flight = SingleFlight[tuple[CacheKey, Generation], CachedResponse | None]()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        asked: RequestHeaders = dict(scope["headers"])
        if len(asked) < len(scope["headers"]):
            asked = _combine_headers(scope["headers"])
        request = _AsgiRequest(scope, receive, send, asked)
        # What a key may see is nobody else's, and what a method does is done each time.
        if (
            scope["method"] not in CACHEABLE_METHODS
            or b"authorization" in asked
            or scope["path"] in MONITORING_PATHS
        ):
            await self._send_response(request, await self._call_app(request, None))
            return
        version = self._generations.cached() or await self._generations.refresh()
        if not self.cache.max_bytes:
            await self._send_response(request, await self._call_app(request, version))
            return
        key = _cache_key(scope["path"], scope["query_string"], asked)
        if version is None:
            whole = self.cache.get_stale(key)
            if whole is None:
                CACHE_MISSES.inc()
                await self._send_response(request, await self._call_app(request, None))
            else:
                CACHE_STALE.inc()
                await self._send_response(request, whole, key, _STALE_RESPONSE_HEADERS)
            return
        whole = self.cache.get(key, version)
        if whole is None:
            whole = await self._call_app_once(request, version, key)
        else:
            CACHE_HITS.inc()
        await self._send_response(request, whole, key)

    def lookup(
        self, path: str, query: bytes, asked: RequestHeaders
    ) -> tuple[CachedResponse, Variant] | None:
        """What is kept for a request to read, in the form for it; None where it is to be made."""
        version = self._generations.cached()
        if version is None:
            return None
        whole = self.cache.get(_cache_key(path, query, asked), version)
        form = whole and _select_variant(whole, asked)
        return (whole, form) if whole and form else None

    async def _call_app(
        self,
        request: "_AsgiRequest",
        version: Generation | None,
        passes: Callable[[], None] = lambda: None,
    ) -> CachedResponse | None:
        """What the application answers; None where it `passes`, and is sent on as it comes."""
        answer = _ResponseCapture(request, version, passes)
        with track_expiry() as holding:
            await self.app(answer.scope, request.receive, answer.capture)
            whole = answer.build_cached_response()
        if whole is not None:
            whole.expire_at(holding.expires_at)
            whole.route = answer.scope.get("route")
        return whole

    async def _call_app_once(
        self, request: "_AsgiRequest", version: Generation, key: CacheKey
    ) -> CachedResponse | None:
        """What the application answers once to all who ask the same at the same time."""
        asked = False

        async def ask(land: Callable[[], None]) -> CachedResponse | None:
            nonlocal asked
            asked = True
            whole = await self._call_app(request, version, land)
            if whole is not None:
                self.cache.put(key, version, whole)
            return whole

        whole = await self._single_flight.run((key, version), ask)
        shared = not asked and whole is not None and whole.is_cacheable and whole.is_fresh()
        if whole is not None:  # what goes out part by part is nothing to keep
            (CACHE_SHARED if shared else CACHE_MISSES).inc()
        if asked or shared:
            return whole
        # What another one was answered is not for everybody.
        return await self._call_app(request, version)

    async def _send_response(
        self,
        request: "_AsgiRequest",
        whole: CachedResponse | None,
        key: CacheKey = (),
        more: Sequence[RawHeader] = (),
    ) -> None:
        """Send `build_cached_response` to who asked, in the form for them, with `more` headers."""
        if whole is None:
            return
        request.scope["route"] = whole.route  # for those who count by it
        form = _select_variant(whole, request.headers, request.scope["method"] in CACHEABLE_METHODS)
        if form is None:
            form = await whole.encode(_select_coding(request.headers.get(b"accept-encoding", b"")))
            self.cache.update_size(key, whole)
        headers = [*form.headers, *more]
        start = {"type": "http.response.start", "status": form.status, "headers": headers}
        await request.send(start)
        await request.send(
            EMPTY_BODY_MESSAGE if request.scope["method"] == "HEAD" else form.body_message
        )


class _AsgiRequest(NamedTuple):
    """What is asked for, and by what it is answered."""

    scope: Scope
    receive: Receive
    send: Send
    headers: RequestHeaders


class _ResponseCapture:
    """What the application answers: taken whole where it is whole, sent on where it is not."""

    def __init__(
        self, request: _AsgiRequest, version: Generation | None, passes: Callable[[], None]
    ) -> None:
        self._request = request
        self._release_waiters = passes
        self._next_change_at = version.next_change_at if version else None
        self._method = request.scope["method"]
        # HEAD is GET without the body: the application need not know it.
        self.scope = {**request.scope, "method": "GET"} if self._method == "HEAD" else request.scope
        self._status = 0
        self._headers: RawHeaders = []
        self._body_parts: list[bytes] | None = None
        self._empty_body_sent = False
        self._compressor: StreamCompressor | None = None

    async def capture(self, message: Message) -> None:
        """Take what the application sends; send it on where it comes in parts."""
        if message["type"] == "http.response.start":
            await self._start_response(message["status"], message["headers"])
        elif self._body_parts is not None:
            self._body_parts.append(message.get("body", b""))
        elif self._method != "HEAD":
            await self._request.send(self._compress_message(message))
        elif not self._empty_body_sent:  # at once: what is streamed may have no end
            self._empty_body_sent = True
            await self._request.send(EMPTY_BODY_MESSAGE)

    async def _start_response(self, status: int, headers: RawHeaders) -> None:
        told = dict(headers)
        self._status = status
        self._headers = self._with_cache_headers(told, headers)
        length = told.get(b"content-length")
        if (
            status in {200, 201}
            and length is not None
            and int(length) <= _MAX_BUFFERED_RESPONSE_BYTES
            and b"repr-digest" not in told  # a file brings its own tag, and comes in parts
        ):
            self._body_parts = []
            return
        self._release_waiters()
        self._request.scope["route"] = self.scope.get("route")
        own: RawHeaders = []
        if _STREAMED_TYPES_PATTERN.match(told.get(b"content-type", b"")):
            coding = _select_coding(self._request.headers.get(b"accept-encoding", b""))
            self._compressor = create_compressor(coding)
            if self._compressor is not None:
                own.append((b"content-encoding", coding.encode()))
        start = {"type": "http.response.start", "status": status}
        await self._request.send(start | {"headers": self._headers + own})

    def _with_cache_headers(self, told: Mapping[bytes, bytes], headers: RawHeaders) -> RawHeaders:
        """`headers` with what tells caches how long the answer may be used, and for whom."""
        if self._method == "OPTIONS":
            return headers
        policy = told.get(b"cache-control") or (
            _DEFAULT_CACHE_CONTROL if self._status < 400 else _NO_STORE
        )
        if b"authorization" in self._request.headers:
            policy = _PRIVATE_NO_STORE
        if self._next_change_at is not None:
            policy = cap_max_age(self._next_change_at, policy.decode()).encode()
        vary = told.get(b"vary")
        varied = b"Accept-Encoding" if vary is None else vary + b", Accept-Encoding"
        kept = [pair for pair in headers if pair[0] not in {b"cache-control", b"vary"}]
        return [*kept, (b"cache-control", policy), (b"vary", varied)]

    def _compress_message(self, message: Message) -> Message:
        if self._compressor is None:
            return message
        body = self._compressor.compress(message.get("body", b""))
        if not message.get("more_body", False):
            body += self._compressor.flush()
        return {**message, "body": body}

    def build_cached_response(self) -> CachedResponse | None:
        """The whole answer, None where it has been sent on."""
        if self._body_parts is None:
            return None
        body = b"".join(self._body_parts)
        told = dict(self._headers)
        # Weak: the same for every coding, and proxies that compress weaken a strong one anyway.
        # What the application tells is the record's version: writers send it back in If-Match.
        version = told.get(b"etag", b"").strip(b'"')
        digest = blake2b(body, digest_size=12).hexdigest().encode()
        tag = b'W/"%b.%b"' % (digest, version) if version else b'W/"%b"' % digest
        headers = [pair for pair in self._headers if pair[0] not in {b"etag", b"content-length"}]
        headers.append((b"etag", tag))
        # In JSON alone: in other forms any text of an editor could look like one.
        dates = (
            _UPDATED_AT_PATTERN.findall(body) if b"json" in told.get(b"content-type", b"") else ()
        )
        if changed := max(dates, default=None):
            headers = [pair for pair in headers if pair[0] != b"last-modified"]
            headers.append((b"last-modified", http_date(changed.decode()).encode()))
        whole = CachedResponse(self._status, headers, body, tag)
        if self._next_change_at is not None:
            whole.expire_at(self._next_change_at)
        return whole


def _combine_headers(headers: RawHeaders) -> RequestHeaders:
    """The headers of a request that has some of them several times."""
    found: dict[bytes, bytes] = {}
    for name, value in headers:
        found[name] = found[name] + b", " + value if name in found else value
    return found


def _select_variant(
    whole: CachedResponse, asked: RequestHeaders, reading: bool = True
) -> Variant | None:
    """The form of `build_cached_response` for what is asked for,
    None where it has not been made yet.
    """
    tags = asked.get(b"if-none-match")
    if tags is not None and reading and _is_not_modified(tags, whole.etag):
        return whole.not_modified
    return whole.variants.get(_select_coding(asked.get(b"accept-encoding", b"")))


def _cache_key(path: str, query: bytes, asked: RequestHeaders) -> CacheKey:
    """What makes a difference to a whole answer, its coding apart."""
    return _canonical_key(path, query, asked.get(b"accept"), asked.get(b"accept-language", b""))


@lru_cache(maxsize=4096)
def _canonical_key(
    path: str, query: bytes, accept: bytes | None, accept_language: bytes
) -> CacheKey:
    """One key for all spellings that mean the same."""
    if b"&" in query:
        parameters = sorted(query.split(b"&"), key=_param_name)
        query = b"&".join(parameters)
    return (path, query, accept, negotiate_language(query, accept_language.decode("latin-1")))


def _param_name(parameter: bytes) -> bytes:
    return parameter.partition(b"=")[0]


@lru_cache(maxsize=256)
def _select_coding(header: bytes) -> ContentCoding:
    return negotiate_coding(header.decode("latin-1"))


def _is_not_modified(header: bytes, tag: bytes) -> bool:
    return header == tag or matches_if_none_match(header.decode("latin-1"), tag.decode())


def matches_if_none_match(header: str | None, tag: str) -> bool:
    """Whether an `If-None-Match` header names `tag`, compared weakly; a malformed one does not."""
    if header is None:
        return False
    if header.strip() == "*":
        return True
    parts = [_ETAG_PATTERN.fullmatch(part) for part in header.split(",")]
    return all(parts) and tag.removeprefix("W/") in {part[1] for part in parts if part}


def http_date(instant: str) -> str:
    """An instant of an answer as HTTP headers write it."""
    return format_datetime(datetime.fromisoformat(instant), usegmt=True)
