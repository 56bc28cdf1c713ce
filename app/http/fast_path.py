"""What is kept is answered at once, as soon as the head of a request has been read.

The usual way is a task, a scope, and the layers of the application one around the other: most of
what it costs to send what is there already. Here each of those layers is asked by a plain function;
where one of them has to wait for something, or has more to say, the request goes the usual way and
is answered the same.
"""

from http import HTTPStatus
from time import perf_counter

from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from app.http.access_log import AccessLogEntry
from app.http.cache.middleware import CACHEABLE_METHODS, CacheMiddleware
from app.http.cache.store import RawHeaders, Variant
from app.http.metrics import CACHE_HITS
from app.http.rate_limit import RateLimitMiddleware
from app.http.request_context import (
    RequestContextMiddleware,
    request_id_from_header,
    request_id_header,
)

_DISQUALIFYING_HEADERS = frozenset(
    {
        b"authorization",
        b"content-length",
        b"expect",
        b"transfer-encoding",
        b"upgrade",
    }
)
"""Who sends one of these has a key, a body or a wish of their own, and is answered as usual."""


class FastPath:
    """Answers what is kept."""

    def __init__(
        self, front: RequestContextMiddleware, quota: RateLimitMiddleware, answers: CacheMiddleware
    ) -> None:
        self.settings = front.settings
        self._request_context = front
        self._rate_limiter = quota
        self._cache = answers
        self._server_headers: RawHeaders = []
        self._encoded_server_headers = b""
        """The server's own headers, which it makes anew each second."""

    def respond(
        self, method: str, url: bytes, headers: RawHeaders, peer: str, own: RawHeaders
    ) -> tuple[bytes, bytes] | None:
        """Head and body of the answer with the server's `own` headers; None: take the usual way."""
        begun = perf_counter()
        asked = dict(headers)
        if (
            method not in CACHEABLE_METHODS
            or len(asked) < len(headers)
            or not _DISQUALIFYING_HEADERS.isdisjoint(asked)
            or self._request_context.shutdown.is_draining
        ):
            return None
        address, _, query = url.partition(b"?")
        path = address.decode("latin-1")  # if anything in it is encoded, nothing is found by it
        found = self._cache.lookup(path, query, asked)
        if found is None:
            return None
        whole, form = found
        client = self._request_context.get_client_address(peer, asked.get(b"x-forwarded-for"))
        told = self._rate_limiter.count_cached(client, form.status != HTTPStatus.NOT_MODIFIED)
        if told is None:
            return None
        id_ = request_id_from_header(asked.get(b"x-request-id", b""))
        body: bytes = b"" if method == "HEAD" else form.body_message["body"]
        route = getattr(whole.route, "name", "")
        CACHE_HITS.inc()
        self._request_context.access_log.served_from_cache(
            AccessLogEntry(id_, client, method, path, begun, form.status, len(body), route)
        )
        form.encoded_head = form.encoded_head or self._encode_head(form)
        if own is not self._server_headers:
            self._server_headers, self._encoded_server_headers = own, encode_headers(own)
        more = encode_headers([*told, request_id_header(id_)])
        return form.encoded_head + self._encoded_server_headers + more + b"\r\n", body

    def _encode_head(self, form: Variant) -> bytes:
        return STATUS_LINE[form.status] + encode_headers(
            self._request_context.with_common_headers(form.headers)
        )


def get_fast_path(app: object) -> FastPath | None:
    """That of an application, None where it has none."""
    found = getattr(getattr(app, "state", None), "fast_path", None)
    return found if isinstance(found, FastPath) else None


def encode_headers(headers: RawHeaders) -> bytes:
    """Headers as they are sent."""
    return b"".join([b"%b: %b\r\n" % line for line in headers])
