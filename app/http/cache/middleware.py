"""The response cache as an ASGI layer.

It holds the complete response before it sends anything, so it can set ETag, answer 304 and compress
once. A cached response is sent as long as the archive stays in the same generation. Lists as CSV or
NDJSON pass through as streams, compressed but without an ETag.
"""

from collections.abc import Callable, Collection, Sequence

from starlette.types import ASGIApp, Receive, Scope, Send

from app.domain.clock import track_expiry
from app.http.cache.capture import CacheRequest, ResponseCapture
from app.http.cache.generation import Generation, GenerationTracker
from app.http.cache.response import (
    EMPTY_BODY_MESSAGE,
    FROM_CACHE_KEY,
    CachedResponse,
    RawHeader,
    RawHeaders,
    RequestHeaders,
    Variant,
)
from app.http.cache.single_flight import SingleFlight
from app.http.cache.store import CacheKey, ResponseCache, build_cache_key
from app.http.credentials import has_credentials
from app.http.metrics import CACHE_HITS, CACHE_MISSES, CACHE_SHARED, CACHE_STALE

CACHEABLE_METHODS = frozenset({"GET", "HEAD"})

_STALE_RESPONSE_HEADERS = ((b"cache-status", b"zarya; hit; detail=unverified"),)
"""`Cache-Status` (RFC 9211) of a stale response, sent while the database does not answer."""


class CacheMiddleware:
    """ASGI middleware: response cache, conditional requests and compression."""

    def __init__(
        self,
        app: ASGIApp,
        generations: GenerationTracker,
        cache: ResponseCache,
        bypass_paths: Collection[str] = (),
    ) -> None:
        self.app = app
        self.cache = cache
        self._generations = generations
        self._bypass_paths = bypass_paths
        self._single_flight = SingleFlight[tuple[CacheKey, Generation], CachedResponse | None]()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers: RequestHeaders = dict(scope["headers"])
        if len(headers) < len(scope["headers"]):
            headers = _combine_headers(scope["headers"])
        request = CacheRequest(scope, receive, send, headers)
        # Responses to a credential are private; methods other than GET and HEAD have effects.
        if (
            scope["method"] not in CACHEABLE_METHODS
            or has_credentials(headers)
            or scope["path"] in self._bypass_paths
        ):
            await self._send_response(request, await self._call_app(request, None))
            return
        generation = self._generations.cached() or await self._generations.refresh()
        if not self.cache.max_bytes:
            await self._send_response(request, await self._call_app(request, generation))
            return
        key = build_cache_key(scope["path"], scope["query_string"], headers)
        if generation is None:
            await self._send_unverified(request, key)
            return
        response = self.cache.get(key, generation)
        if response is None:
            response = await self._call_app_once(request, generation, key)
        else:
            scope[FROM_CACHE_KEY] = True
            CACHE_HITS.inc()
        await self._send_response(request, response, key)

    def lookup(
        self, path: str, query: bytes, headers: RequestHeaders
    ) -> tuple[CachedResponse, Variant] | None:
        """The cached response and variant for a GET or HEAD; None if the ASGI path has to run."""
        generation = self._generations.cached()
        if generation is None:
            return None
        response = self.cache.get(build_cache_key(path, query, headers), generation)
        variant = response and response.select_variant(headers)
        return (response, variant) if response and variant else None

    async def _send_unverified(self, request: CacheRequest, key: CacheKey) -> None:
        """Answer while the generation is unknown: the stale response, else the application's."""
        response = self.cache.get_stale(key)
        if response is None:
            CACHE_MISSES.inc()
            await self._send_response(request, await self._call_app(request, None))
        else:
            request.scope[FROM_CACHE_KEY] = True
            CACHE_STALE.inc()
            await self._send_response(request, response, key, _STALE_RESPONSE_HEADERS)

    async def _call_app(
        self,
        request: CacheRequest,
        generation: Generation | None,
        release_waiters: Callable[[], None] = lambda: None,
    ) -> CachedResponse | None:
        """The application's response; None if it was a stream, which has been sent."""
        capture = ResponseCapture(request, generation, release_waiters)
        with track_expiry() as expiry:
            await self.app(capture.scope, request.receive, capture.send)
        return capture.build_response(expiry.expires_at)

    async def _call_app_once(
        self, request: CacheRequest, generation: Generation, key: CacheKey
    ) -> CachedResponse | None:
        """The application's response, made once for concurrent requests with the same key."""
        is_leader = False

        async def call(release_waiters: Callable[[], None]) -> CachedResponse | None:
            nonlocal is_leader
            is_leader = True
            response = await self._call_app(request, generation, release_waiters)
            if response is not None:
                self.cache.put(key, generation, response)
            return response

        response = await self._single_flight.run((key, generation), call)
        is_shared = (
            not is_leader and response is not None and response.is_cacheable and response.is_fresh()
        )
        if response is not None:  # streams are not counted
            (CACHE_SHARED if is_shared else CACHE_MISSES).inc()
        if is_leader or is_shared:
            return response
        # The leader's response cannot be shared.
        return await self._call_app(request, generation)

    async def _send_response(
        self,
        request: CacheRequest,
        response: CachedResponse | None,
        key: CacheKey = (),
        extra_headers: Sequence[RawHeader] = (),
    ) -> None:
        """Send `response` in the variant for the client; if None, a stream was sent already."""
        if response is None:
            return
        request.scope["route"] = response.route  # read by the access log and the metrics
        variant = response.select_variant(
            request.headers, request.scope["method"] in CACHEABLE_METHODS
        )
        if variant is None:
            variant = await response.encode(response.select_coding(request.headers))
            self.cache.update_size(key, response)
        headers = [*variant.headers, *extra_headers]
        start = {"type": "http.response.start", "status": variant.status, "headers": headers}
        await request.send(start)
        await request.send(
            EMPTY_BODY_MESSAGE if request.scope["method"] == "HEAD" else variant.body_message
        )


def _combine_headers(headers: RawHeaders) -> RequestHeaders:
    """Request headers by name, repeated ones joined by commas."""
    fields: dict[bytes, bytes] = {}
    for name, value in headers:
        fields[name] = fields[name] + b", " + value if name in fields else value
    return fields
