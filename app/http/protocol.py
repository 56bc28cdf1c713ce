"""The HTTP/1.1 protocol: uvicorn's, with deadlines and size limits, and the fast path.

uvicorn waits for slow clients without limit and accepts heads of any size. Here requests that are
late, too large or malformed are refused with a problem before they reach the application. However
a connection ends, `LimitedHttpProtocol.end` ends it (ADR 31). This is the only module that uses
uvicorn's internals.
"""

import asyncio
import re
from collections.abc import Collection, Iterable
from itertools import islice
from math import inf
from time import perf_counter
from typing import Any, cast
from uuid import UUID

import httptools
from uvicorn._types import ASGI3Application
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from app.config import Settings, use_settings
from app.domain.languages import tr
from app.http.access_log import AccessLogEntry
from app.http.connection_limit import MAX_REFUSED_CONNECTIONS, get_max_connections
from app.http.deadlines import (
    BODY_TIMEOUT_SECONDS,
    HALF_CLOSED_SILENCE_SECONDS,
    HEAD_TIMEOUT_SECONDS,
    LINGER_IDLE_SECONDS,
    LINGER_SECONDS,
    WRITE_TIMEOUT_SECONDS,
    monitor_deadlines,
)
from app.http.fast_path import FastPath, encode_headers, encode_status_line, get_fast_path
from app.http.problems import (
    RETRY_AFTER_SECONDS,
    ApiError,
    BadRequest,
    ContentTooLarge,
    HeadersTooLarge,
    HttpVersionNotSupported,
    RequestTimeout,
    TransferCodingNotImplemented,
    Unavailable,
    UriTooLong,
    build_problem_response,
)
from app.http.request_context import (
    REFUSED_KEY,
    RequestContextMiddleware,
    request_id_from_header,
    request_id_header,
)

MAX_HEAD_BYTES = 32 * 1024
MAX_HEADER_COUNT = 100
MAX_URL_BYTES = 8 * 1024
MAX_RECEIVED_BODY_BYTES = 24 * 2**20
"""Size of a body with its chunk headers; `request_body` refuses the content at a lower limit."""

MAX_LINGER_BYTES = 128 * 2**20
"""Maximum of input that is discarded while a connection ends: an upload of 64 MB, in any chunks."""

MIN_LINGER_BYTES = 1024
"""Input that a client has to send in LINGER_IDLE_SECONDS, so that a trickle does not keep it."""

MAX_LINGERING_CONNECTIONS = 1000
"""Connections of one process that may be ending; beyond it, the one that began first is closed."""

_MAX_PARSED_BYTES = 8 * 1024
"""Input that the parser takes at once. It does not tell where in it a request begins, so the size
of an incomplete head is known up to this number of bytes."""

EVICTION_SAMPLE_COUNT = 64
"""Idle connections among which the one to close is chosen."""


class LimitedHttpProtocol(HttpToolsProtocol):
    """One connection with deadlines and size limits."""

    deadline = inf
    """When the head or body must have been received, in the time of the event loop."""
    write_deadline = inf
    """When the client must have taken more of the response."""
    reading_head = False
    url = b""
    """The target of the last request, as far as it has been received."""
    _began_at = 0.0
    """When the connection or the last request began, in the time of the event loop."""
    _received_bytes = 0
    """Bytes since the head or body began, without the part of the input it began in."""
    _keep_alive_after_body = False
    """True if the connection is kept alive, provided that the body is received first."""
    _head_error: ApiError | None = None
    _final_error: ApiError | None = None
    """The last response, sent after those to earlier requests."""
    _is_discarding = False
    """True if input is no longer parsed."""
    _is_lingering = False
    """True if the connection is half-closed by the server."""
    _is_half_closed_by_client = False
    _silent_deadline = inf
    """When a stream to a client that has half-closed must have sent more."""
    _linger_deadline = inf
    _linger_goal_bytes = MIN_LINGER_BYTES
    _active_cycle: RequestResponseCycle | None = None
    """The request in progress; with pipelining, not the last one received."""
    _answered_by_fast_path = False
    """True if the fast path has answered the last request."""
    _fast_path: FastPath | None = None
    _request_context: RequestContextMiddleware | None = None
    _socket: asyncio.Transport

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        self._socket = transport
        self._uvicorn_transport = _UvicornTransport(transport, self)
        super().connection_made(cast(asyncio.Transport, self._uvicorn_transport))
        self._began_at = self.loop.time()
        self.deadline = self._began_at + HEAD_TIMEOUT_SECONDS
        self._fast_path = get_fast_path(self.app)
        if self._fast_path is not None:
            self._request_context = self._fast_path.request_context
        self._settings = self._request_context.settings if self._request_context else Settings()
        monitor_deadlines(self.server_state, self.loop)
        limit = get_max_connections(self._settings.max_connections)
        if len(self.connections) > limit:
            self._make_room(limit)

    def _make_room(self, limit: int) -> None:
        """Close another connection that is not in use; refuse this one if there is none."""
        others = (each for each in self.connections if isinstance(each, LimitedHttpProtocol))
        idle = (other for other in others if other is not self and other.is_idle)
        # Idle longest: a new connection is about to send a request.
        oldest = min(
            islice(idle, EVICTION_SAMPLE_COUNT), key=lambda other: other.deadline, default=None
        )
        if oldest is not None:
            oldest._abort()
        elif len(self.connections) - len(_lingering_connections) <= limit:
            _abort_oldest_lingering()
        else:
            if len(self.connections) - limit > MAX_REFUSED_CONNECTIONS:
                _abort_oldest_lingering()
            detail = "The server has too many connections. Try again in a few seconds."
            self._refuse(Unavailable(detail, headers={"Retry-After": RETRY_AFTER_SECONDS}))

    @property
    def is_responding(self) -> bool:
        """True if a request of this connection is in progress."""
        return self._active_cycle is not None and not self._active_cycle.response_complete

    @property
    def is_idle(self) -> bool:
        """True if the client has got all responses, or has sent no request yet."""
        return not self.is_responding and not self._is_lingering

    @property
    def _is_streaming(self) -> bool:
        """True if a response has begun and is not complete."""
        cycle = self._active_cycle
        return cycle is not None and cycle.response_started and not cycle.response_complete

    @property
    def _is_receiving_body(self) -> bool:
        return not self.reading_head and self.cycle is not None and self.cycle.more_body

    def is_closing(self) -> bool:
        """True if nothing more can be sent."""
        return self._is_lingering or self._socket.is_closing()

    def connection_lost(self, exc: Exception | None) -> None:
        _lingering_connections.pop(self, None)
        self._mark_disconnected()
        super().connection_lost(exc)
        self._uvicorn_transport.detach()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self._active_cycle = cycle
        super()._start_asgi_task(cycle, app)

    def _mark_disconnected(self) -> None:
        """Signal the disconnection of the client to the request in progress."""
        if self._active_cycle is not None and not self._active_cycle.response_complete:
            self._active_cycle.disconnected = True
            self._active_cycle.message_event.set()
        self._active_cycle = None

    def _abort(self) -> None:
        self._mark_disconnected()
        self._socket.abort()

    def data_received(self, data: bytes) -> None:
        parts: Iterable[bytes | memoryview] = (data,)
        if len(data) > _MAX_PARSED_BYTES:
            starts = range(0, len(data), _MAX_PARSED_BYTES)
            parts = (memoryview(data)[start : start + _MAX_PARSED_BYTES] for start in starts)
        for part in parts:
            if self._is_discarding:
                self._discard(len(part))
            else:
                self._parse(part)

    def _parse(self, data: bytes | memoryview) -> None:
        self._received_bytes += len(data)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            # No protocol to upgrade to: the request is answered over HTTP/1.1, as the last one,
            # because the parser takes no more.
            self.cycle.keep_alive = False
            self._is_discarding = True
        except httptools.HttpParserError as error:
            self._refuse(self._head_error or self._explain(error))
        else:
            if self.reading_head and self._received_bytes > MAX_HEAD_BYTES:
                self._refuse(_headers_too_large() if self.headers else _uri_too_long())
            elif self._received_bytes > MAX_RECEIVED_BODY_BYTES:
                detail = f"The maximum size of a body in chunks is {MAX_RECEIVED_BODY_BYTES} bytes."
                self._refuse(ContentTooLarge(detail))

    def _discard(self, size: int) -> None:
        self._received_bytes += size
        if self._received_bytes > MAX_LINGER_BYTES:
            self._abort()
        elif self._is_lingering and self._received_bytes >= self._linger_goal_bytes:
            self._linger_goal_bytes = self._received_bytes + MIN_LINGER_BYTES
            self.deadline = min(self.loop.time() + LINGER_IDLE_SECONDS, self._linger_deadline)

    def eof_received(self) -> bool:  # type: ignore[override]  # as in asyncio
        """Note that the client sends nothing more; True if it still gets a response."""
        self._is_half_closed_by_client = True
        if self._is_lingering:
            return False
        if not self._is_discarding and (self.reading_head or self._is_receiving_body):
            self._refuse(
                BadRequest(
                    tr(
                        "The request is incomplete, but the client has closed the connection.",
                        "Запрос неполон, но клиент закрыл соединение.",
                    )
                )
            )
        elif self.is_responding and self._final_error is None:
            self.cycle.keep_alive = False
        self._uvicorn_transport.write = self._write_to_half_closed
        self._silent_deadline = self.loop.time() + HALF_CLOSED_SILENCE_SECONDS
        return self.is_responding

    def _write_to_half_closed(self, data: "bytes | bytearray | memoryview[Any]") -> None:
        self._silent_deadline = self.loop.time() + HALF_CLOSED_SILENCE_SECONDS
        self._socket.write(data)

    def on_message_begin(self) -> None:
        self.url, self.headers, self.expect_100_continue = b"", [], False
        self.reading_head = True
        self._received_bytes = 0
        self._began_at = self.loop.time()
        self.deadline = self._began_at + HEAD_TIMEOUT_SECONDS

    def on_header(self, name: bytes, value: bytes) -> None:
        # Trailers are ignored; they must not become headers.
        if self.reading_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        version = self.parser.get_http_version()
        is_small = self._received_bytes <= MAX_HEAD_BYTES - _MAX_PARSED_BYTES
        self._head_error = _check_head(version, self.url, self.headers, is_small=is_small)
        if self._head_error is not None:
            raise self._head_error
        self.reading_head = False
        self._received_bytes = 0
        self._answered_by_fast_path = self._respond_by_fast_path(version)
        if self._answered_by_fast_path:
            return
        url, headers, expects_continue = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()  # only now: it builds an ASGI scope
        # RFC 9110, section 10.1.1: an expectation of HTTP/1.0 is ignored.
        self.url, self.expect_100_continue = url, expects_continue and version != "1.0"
        self.headers.extend(headers)
        super().on_headers_complete()
        self.deadline = self.loop.time() + BODY_TIMEOUT_SECONDS
        # A response that is sent before the body has been received ends the connection.
        self._keep_alive_after_body, self.cycle.keep_alive = self.cycle.keep_alive, False

    def _respond_by_fast_path(self, version: str) -> bool:
        """Send the cached response; False if there is none or another request is in progress."""
        if (
            self._fast_path is None
            or self.is_responding
            or self.flow.write_paused
            or not self.parser.should_keep_alive()
            or version != "1.1"
        ):
            return False
        method = self.parser.get_method().decode()
        peer = self.client[0] if self.client else ""
        server_headers = self.server_state.default_headers
        response = self._fast_path.respond(method, self.url, self.headers, peer, server_headers)
        if response is None:
            return False
        self._socket.writelines(response)
        self.server_state.total_requests += 1
        return True

    def _explain(self, error: httptools.HttpParserError) -> ApiError:
        """The problem for what the parser does not accept."""
        if str(error) == _PARSER_VERSION_ERROR or self.parser.get_method() == b"PRI":
            return _version_not_supported()
        return BadRequest(
            tr(
                "The request is not valid HTTP/1.1 (RFC 9112).",
                "Запрос не соответствует HTTP/1.1 (RFC 9112).",
            )
        )

    def on_message_complete(self) -> None:
        self._received_bytes = 0
        if self._answered_by_fast_path:
            self.deadline = self.loop.time() + self.timeout_keep_alive
            return
        super().on_message_complete()
        self.deadline = inf
        if not self.cycle.response_started:
            self.cycle.keep_alive = self._keep_alive_after_body

    def on_response_complete(self) -> None:
        """Go on with the next request of the pipeline; without one, wait for it."""
        self.server_state.total_requests += 1
        if self.is_closing():
            return
        self.flow.resume_reading()
        now = self.loop.time()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
            is_body_due = self.cycle.more_body and not self._is_discarding
            self.deadline = now + BODY_TIMEOUT_SECONDS if is_body_due else inf
        elif self._final_error is not None:
            self._send_final_error(self._final_error)
        else:
            self.deadline = now + (
                HEAD_TIMEOUT_SECONDS if self.reading_head else self.timeout_keep_alive
            )

    def pause_writing(self) -> None:
        super().pause_writing()
        self.write_deadline = self.loop.time() + WRITE_TIMEOUT_SECONDS

    def resume_writing(self) -> None:
        super().resume_writing()
        self.write_deadline = inf

    def check_deadlines(self, now: float) -> None:
        """End the connection if a deadline is over; see `ConnectionWithDeadlines`."""
        if self.write_deadline <= now or (self._silent_deadline <= now and self._is_streaming):
            self._abort()
        elif self._socket.is_closing():
            # Closing, but the client has not taken all of the response yet.
            self.write_deadline = min(self.write_deadline, now + WRITE_TIMEOUT_SECONDS)
        elif self.deadline > now:
            return
        elif self._is_lingering:
            self._socket.close()
        elif self.is_responding and (self.reading_head or self.pipeline):
            return  # a later request: its time begins when it is its turn
        elif self.reading_head or self.is_responding:
            self._refuse(RequestTimeout("The request was not received in time. Send it again."))
        else:
            self.end()

    def shutdown(self) -> None:
        """End the connection after the response in progress; called when the server stops."""
        self._keep_alive_after_body = False
        super().shutdown()

    def _refuse(self, error: ApiError) -> None:
        """Send `error` as the last response, after those to earlier requests."""
        self._is_discarding = True
        self.deadline = inf
        if self.is_responding and self._is_receiving_body:
            if self.pipeline:
                self.pipeline.popleft()  # the last one received, which has not been started
            elif self.cycle.response_started:
                return  # it ends the connection, because the body was not received
            else:
                self.cycle.scope[REFUSED_KEY] = True  # type: ignore[literal-required]  # our own
                self._mark_disconnected()
        self._final_error = error
        if not self.is_responding:
            self._send_final_error(error)

    def _send_final_error(self, error: ApiError) -> None:
        id_, client = request_id_from_header(b""), self.client[0] if self.client else ""
        if self._request_context is not None:
            id_, client, _ = self._request_context.identify(self.headers or (), client)
        with use_settings(self._settings):
            response = build_problem_response(UUID(id_), error)
        method = self.parser.get_method().decode() if self.url else ""
        body = b"" if method == "HEAD" else bytes(response.body)
        headers = [*response.raw_headers, *_ERROR_HEADERS]
        if self._request_context is not None:
            headers = [*self._request_context.with_common_headers(headers), request_id_header(id_)]
            started_at = perf_counter() - (self.loop.time() - self._began_at)
            self._request_context.log_refusal(
                AccessLogEntry(
                    id_, client, method, self._get_path(), started_at, error.status, len(body)
                )
            )
        head = encode_status_line(error.status) + encode_headers(
            [*self.server_state.default_headers, *headers]
        )
        self._socket.write(head + b"\r\n" + body)
        self.end()

    def _get_path(self) -> str:
        """The path of the last request, not decoded; empty if its target has none."""
        try:
            return (httptools.parse_url(self.url).path or b"").decode("latin-1")
        except httptools.HttpParserInvalidURLError:
            return ""

    def end(self) -> None:
        """End the connection without losing the last response: a lingering close.

        A socket that is closed with unread input sends a reset, and the client loses what it has
        not read by then; many clients read only after they have sent the whole request. So the
        connection is half-closed, input is discarded within bounds of time and size, and the
        socket is closed when the client has closed its side.
        """
        if self.is_closing():
            return
        self._active_cycle = None
        if self._is_half_closed_by_client:
            self._socket.close()
            return
        self._is_discarding = self._is_lingering = True
        self._received_bytes = 0
        now = self.loop.time()
        self.deadline = now + LINGER_IDLE_SECONDS
        self._linger_deadline = now + LINGER_SECONDS
        self._socket.write_eof()
        self.flow.resume_reading()
        _lingering_connections[self] = None
        if len(_lingering_connections) > MAX_LINGERING_CONNECTIONS:
            _abort_oldest_lingering()


_lingering_connections: dict[LimitedHttpProtocol, None] = {}
"""The connections of this process that are ending, in the order in which they began to."""


def _abort_oldest_lingering() -> None:
    oldest = next(iter(_lingering_connections), None)
    if oldest is not None:
        del _lingering_connections[oldest]
        oldest._abort()


class _UvicornTransport:
    """The part of a transport that uvicorn uses, with `LimitedHttpProtocol.end` as `close`."""

    def __init__(self, transport: asyncio.Transport, protocol: LimitedHttpProtocol) -> None:
        self.write = transport.write
        self.pause_reading = transport.pause_reading
        self.resume_reading = transport.resume_reading
        self.get_extra_info = transport.get_extra_info
        self.is_closing = protocol.is_closing
        self.close = protocol.end
        self._transport = transport

    def detach(self) -> None:
        """Drop the reference to the protocol, which otherwise only the garbage collector frees."""
        self.is_closing = self._transport.is_closing
        self.close = self._transport.close
        self.write = self._transport.write


_HOST_PATTERN = re.compile(rb"[\w.~!$&'()*+,;=%:\[\]-]*")
"""A host with a port perhaps, by its characters: links are not built from it."""

_TRANSFER_CODINGS: tuple[list[bytes], ...] = ([], [b"chunked"])

_HTTP_VERSIONS = frozenset({"1.0", "1.1"})
_PARSER_VERSION_ERROR = "Invalid HTTP version"
"""The parser's message for a version that it does not know; it has no code for it."""

_ERROR_HEADERS = ((b"cache-control", b"no-store"), (b"connection", b"close"))


def _check_head(
    version: str, url: bytes, headers: Collection[tuple[bytes, bytes]], *, is_small: bool
) -> ApiError | None:
    """The problem of a head; None if it is accepted.

    `is_small` is true if it surely has at most MAX_HEAD_BYTES.
    """
    if version not in _HTTP_VERSIONS:
        return _version_not_supported()
    if len(url) > MAX_URL_BYTES:
        return _uri_too_long()
    if len(headers) > MAX_HEADER_COUNT or (
        not is_small and sum(len(name) + len(value) for name, value in headers) > MAX_HEAD_BYTES
    ):
        return _headers_too_large()
    hosts, codings = [], []
    for name, value in headers:
        if name == b"host":
            hosts.append(value)
        elif name == b"transfer-encoding":
            codings.append(value.lower())
    if codings not in _TRANSFER_CODINGS:
        return TransferCodingNotImplemented(
            tr(
                "Send the body in the transfer coding `chunked`, or with `Content-Length`.",
                "Отправьте тело с `Transfer-Encoding: chunked` или с `Content-Length`.",
            )
        )
    is_missing_allowed = version == "1.0" and not hosts
    if not is_missing_allowed and (len(hosts) != 1 or not _HOST_PATTERN.fullmatch(hosts[0])):
        return BadRequest(
            tr(
                "Send exactly one `Host` header with a host and perhaps a port (RFC 9112, "
                "section 3.2).",
                "Нужен ровно один заголовок `Host` с узлом и, возможно, портом (RFC 9112, "
                "раздел 3.2).",
            )
        )
    return None


def _uri_too_long() -> UriTooLong:
    """The problem of a target that is longer than MAX_URL_BYTES."""
    return UriTooLong(f"The maximum length of a URL is {MAX_URL_BYTES} bytes.")


def _headers_too_large() -> HeadersTooLarge:
    """The problem of headers beyond MAX_HEADER_COUNT or MAX_HEAD_BYTES."""
    return HeadersTooLarge(
        f"The maximum is {MAX_HEADER_COUNT} headers with {MAX_HEAD_BYTES} bytes in total."
    )


def _version_not_supported() -> HttpVersionNotSupported:
    """The problem of a version other than HTTP/1.0 and HTTP/1.1."""
    return HttpVersionNotSupported(
        tr("Send the request with HTTP/1.1 or HTTP/1.0.", "Отправьте запрос по HTTP/1.1 или 1.0.")
    )
