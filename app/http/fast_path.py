"""The fast path: a cached response is sent as soon as the head of its request has been parsed.

On the ASGI path most of the time of a cache hit is spent on a task, a scope and nested layers. Here
each layer is a plain function call. If one of them would have to wait, or the request is unusual,
it takes the ASGI path instead; the response is the same.
"""

from http import HTTPStatus
from time import perf_counter

from app.http.access_log import AccessLogEntry
from app.http.cache.middleware import CACHEABLE_METHODS, CacheMiddleware
from app.http.cache.response import RawHeaders, Variant
from app.http.credentials import has_credentials
from app.http.metrics import CACHE_HITS
from app.http.rate_limit import RateLimitMiddleware
from app.http.request_context import (
    RequestContextMiddleware,
    request_id_from_header,
    request_id_header,
)

_DISQUALIFYING_HEADERS = frozenset(
    {
        b"content-length",
        b"expect",
        b"transfer-encoding",
        b"upgrade",
    }
)
"""Request headers that need the ASGI path: a body or a protocol negotiation."""


class FastPath:
    """Answers cache hits without the ASGI layers."""

    def __init__(
        self,
        request_context: RequestContextMiddleware,
        rate_limiter: RateLimitMiddleware,
        cache: CacheMiddleware,
    ) -> None:
        self.request_context = request_context
        self._rate_limiter = rate_limiter
        self._cache = cache
        self._server_headers: RawHeaders = []
        self._encoded_server_headers = b""
        """The server's own headers, such as `Date`, encoded once a second."""

    def respond(
        self,
        method: str,
        url: bytes,
        headers: RawHeaders,
        peer: str,
        server_headers: RawHeaders,
    ) -> tuple[bytes, bytes] | None:
        """The head and body of a cached response; None if the request takes the ASGI path."""
        started_at = perf_counter()
        fields = dict(headers)
        if (
            method not in CACHEABLE_METHODS
            or len(fields) < len(headers)
            or not _DISQUALIFYING_HEADERS.isdisjoint(fields)
            or has_credentials(fields)
            or self.request_context.shutdown.is_draining
        ):
            return None
        raw_path, _, query = url.partition(b"?")
        path = raw_path.decode("latin-1")  # not percent-decoded: such a path is a miss
        hit = self._cache.lookup(path, query, fields)
        if hit is None:
            return None
        response, variant = hit
        client = self.request_context.get_client_address(peer, fields.get(b"x-forwarded-for"))
        limit_headers = self._rate_limiter.count_cached(
            client, variant.status != HTTPStatus.NOT_MODIFIED
        )
        if limit_headers is None:
            return None
        id_ = request_id_from_header(fields.get(b"x-request-id", b""))
        body: bytes = b"" if method == "HEAD" else variant.body_message["body"]
        route = getattr(response.route, "name", "")
        CACHE_HITS.inc()
        self.request_context.access_log.answered_by_protocol(
            AccessLogEntry(id_, client, method, path, started_at, variant.status, len(body), route)
        )
        variant.encoded_head = variant.encoded_head or self._encode_head(variant)
        if server_headers is not self._server_headers:
            self._server_headers = server_headers
            self._encoded_server_headers = encode_headers(server_headers)
        own_headers = encode_headers([*limit_headers, request_id_header(id_)])
        head = variant.encoded_head + self._encoded_server_headers + own_headers + b"\r\n"
        return head, body

    def _encode_head(self, variant: Variant) -> bytes:
        return encode_status_line(variant.status) + encode_headers(
            self.request_context.with_common_headers(variant.headers)
        )


def get_fast_path(app: object) -> FastPath | None:
    """The fast path of an application, if it has one."""
    fast_path = getattr(getattr(app, "state", None), "fast_path", None)
    return fast_path if isinstance(fast_path, FastPath) else None


def encode_status_line(status: int) -> bytes:
    """The first line of an HTTP/1.1 response."""
    return b"HTTP/1.1 %d %b\r\n" % (status, HTTPStatus(status).phrase.encode())


def encode_headers(headers: RawHeaders) -> bytes:
    """Headers in HTTP/1.1 format, each with its line break."""
    return b"".join([b"%b: %b\r\n" % line for line in headers])
