"""The HTTP/1.1 protocol: uvicorn's, with deadlines and size limits, and the fast path.

uvicorn waits for slow clients without limit and accepts heads of any size. Here requests that are
late, too large or malformed are refused with a problem before they reach the application. This is
the only module that uses uvicorn's internals.
"""

import asyncio
import resource
from functools import lru_cache
from itertools import islice
from math import inf
from uuid import uuid4

import httptools
from uvicorn._types import ASGI3Application
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from app.config import Settings, use_settings
from app.domain.languages import tr
from app.http.deadlines import (
    BODY_TIMEOUT_SECONDS,
    HEAD_TIMEOUT_SECONDS,
    LINGER_SECONDS,
    WRITE_TIMEOUT_SECONDS,
    monitor_deadlines,
)
from app.http.fast_path import FastPath, encode_headers, encode_status_line, get_fast_path
from app.http.problems import (
    RETRY_AFTER_SECONDS,
    ApiError,
    BadRequest,
    HeadersTooLarge,
    RequestTimeout,
    Unavailable,
    UriTooLong,
    build_problem_response,
)

MAX_HEAD_BYTES = 32 * 1024
MAX_HEADER_COUNT = 100
MAX_URL_BYTES = 8 * 1024
MAX_RECEIVED_BODY_BYTES = 16 * 2**20
"""The connection is closed beyond this; `request_body` refuses bodies at a lower limit."""

RESERVED_FILE_COUNT = 128
"""File descriptors that are reserved for the database, logs and files."""

EVICTION_SAMPLE_COUNT = 64
"""Idle connections among which the one to close is chosen."""


@lru_cache
def get_max_connections(max_connections: int) -> int:
    """`max_connections`, at most what the limit of open files of this process allows."""
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return max(min(max_connections, files - RESERVED_FILE_COUNT), 1)


def raise_file_limit(max_connections: int) -> None:
    """Raise the limit of open files, up to the hard limit, for `max_connections`."""
    files, hard_limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    required_files = max_connections + RESERVED_FILE_COUNT
    if hard_limit != resource.RLIM_INFINITY:
        required_files = min(required_files, hard_limit)
    if required_files > files:
        resource.setrlimit(resource.RLIMIT_NOFILE, (required_files, hard_limit))


class LimitedHttpProtocol(HttpToolsProtocol):
    """One connection with deadlines and size limits."""

    deadline = inf
    """When the head or body must have been received, in the time of the event loop."""
    write_deadline = inf
    """When the client must have taken more of the response."""
    reading_head = False
    closing_with_error = False
    _received_bytes = 0
    """Bytes since the head or body began, including the whole chunk it began in."""
    _chunk_bytes = 0
    _head_error: ApiError | None = None
    _active_cycle: RequestResponseCycle | None = None
    """The request in progress; with pipelining, not the last one received."""
    _answered_by_fast_path = False
    """True if the fast path has answered the last request, and nothing was received since."""
    _fast_path: FastPath | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        super().connection_made(transport)
        self.deadline = self.loop.time() + HEAD_TIMEOUT_SECONDS
        self._fast_path = get_fast_path(self.app)
        self._settings = self._fast_path.settings if self._fast_path else Settings()
        monitor_deadlines(self.server_state, self.loop)
        if len(self.connections) > get_max_connections(self._settings.max_connections):
            self._evict_idle()

    def _evict_idle(self) -> None:
        """Close an idle connection to make room; refuse the current one if none is idle."""
        others = (each for each in self.connections if isinstance(each, LimitedHttpProtocol))
        idle = (other for other in others if other is not self and not other.is_responding)
        # Idle longest: a new connection is about to send a request.
        oldest = min(
            islice(idle, EVICTION_SAMPLE_COUNT), key=lambda other: other.deadline, default=None
        )
        if oldest is not None:
            oldest._abort()
            return
        detail = "The server has too many connections. Try again in a few seconds."
        self._close_with_error(Unavailable(detail, headers={"Retry-After": RETRY_AFTER_SECONDS}))

    @property
    def is_responding(self) -> bool:
        """True if a request of this connection is in progress."""
        return self.cycle is not None and not self.cycle.response_complete

    def connection_lost(self, exc: Exception | None) -> None:
        self._mark_disconnected()
        super().connection_lost(exc)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self._active_cycle = cycle
        super()._start_asgi_task(cycle, app)

    def _mark_disconnected(self) -> None:
        """Signal the disconnection of the client to the request in progress."""
        if self._active_cycle is not None and not self._active_cycle.response_complete:
            self._active_cycle.disconnected = True
            self._active_cycle.message_event.set()

    def _abort(self) -> None:
        self._mark_disconnected()
        self.transport.abort()

    def data_received(self, data: bytes) -> None:
        if self.closing_with_error:
            return
        self._unset_keepalive_if_required()
        if self.deadline == inf or self._answered_by_fast_path:
            self._answered_by_fast_path = False
            self.deadline = self.loop.time() + HEAD_TIMEOUT_SECONDS
        self._chunk_bytes = len(data)
        self._received_bytes += self._chunk_bytes
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            # No protocol to upgrade to: the request is answered over HTTP/1.1, as the last one,
            # because the parser takes no more.
            self.cycle.keep_alive = False
        except httptools.HttpParserError:
            self._close_with_error(
                self._head_error
                or BadRequest(
                    tr(
                        "The request is not valid HTTP/1.1 (RFC 9112).",
                        "Запрос не соответствует HTTP/1.1 (RFC 9112).",
                    )
                )
            )
        else:
            if self.reading_head and self._received_bytes > MAX_HEAD_BYTES:
                self._close_with_error(_headers_too_large() if self.headers else _uri_too_long())
            elif self._received_bytes > MAX_RECEIVED_BODY_BYTES:
                self._abort()

    def on_message_begin(self) -> None:
        self.url, self.headers, self.expect_100_continue = b"", [], False
        self.reading_head = True
        self._received_bytes = self._chunk_bytes

    def on_header(self, name: bytes, value: bytes) -> None:
        # Trailers are ignored; they must not become headers.
        if self.reading_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._head_error = self._check_head()
        if self._head_error is not None:
            raise self._head_error
        self.reading_head = False
        self._received_bytes = 0
        self._answered_by_fast_path = self._respond_by_fast_path()
        if self._answered_by_fast_path:
            return
        url, headers, expects_continue = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()  # only now: it builds an ASGI scope
        self.url, self.expect_100_continue = url, expects_continue
        self.headers.extend(headers)
        super().on_headers_complete()
        self.deadline = self.loop.time() + BODY_TIMEOUT_SECONDS

    def _respond_by_fast_path(self) -> bool:
        """Send the cached response; False if there is none or another request is in progress."""
        if (
            self._fast_path is None
            or self.is_responding
            or self.flow.write_paused
            or not self.parser.should_keep_alive()
            or self.parser.get_http_version() != "1.1"
        ):
            return False
        method = self.parser.get_method().decode()
        peer = self.client[0] if self.client else ""
        server_headers = self.server_state.default_headers
        response = self._fast_path.respond(method, self.url, self.headers, peer, server_headers)
        if response is None:
            return False
        self.transport.writelines(response)
        self.server_state.total_requests += 1
        return True

    def _check_head(self) -> ApiError | None:
        if len(self.url) > MAX_URL_BYTES:
            return _uri_too_long()
        if len(self.headers) > MAX_HEADER_COUNT or (
            self._received_bytes > MAX_HEAD_BYTES
            and sum(len(n) + len(v) for n, v in self.headers) > MAX_HEAD_BYTES
        ):
            return _headers_too_large()
        hosts = [name for name, _ in self.headers].count(b"host")
        if hosts != 1 and (hosts or self.parser.get_http_version() != "1.0"):
            return BadRequest(
                tr(
                    "Send exactly one `Host` header (RFC 9112, section 3.2).",
                    "Нужен ровно один заголовок `Host` (RFC 9112, раздел 3.2).",
                )
            )
        return None

    def on_message_complete(self) -> None:
        self._received_bytes = 0
        if self._answered_by_fast_path:
            self.deadline = self.loop.time() + self.timeout_keep_alive
            return
        super().on_message_complete()
        self.deadline = inf

    def pause_writing(self) -> None:
        super().pause_writing()
        self.write_deadline = self.loop.time() + WRITE_TIMEOUT_SECONDS

    def resume_writing(self) -> None:
        super().resume_writing()
        self.write_deadline = inf

    def check_deadlines(self, now: float) -> None:
        """Close the connection if a deadline is over; see `ConnectionWithDeadlines`."""
        if self.write_deadline <= now:
            self._abort()
        elif self.transport.is_closing():
            # Closing, but the client has not taken all of the response yet.
            self.write_deadline = min(self.write_deadline, now + WRITE_TIMEOUT_SECONDS)
        elif self.deadline > now:
            return
        elif self.closing_with_error:
            self._abort()
        elif self.reading_head or self.is_responding:
            self._close_with_error(
                RequestTimeout("The request was not received in time. Send it again.")
            )
        else:
            self.transport.close()

    def _close_with_error(self, error: ApiError) -> None:
        """Send `error` as the last response of this connection."""
        self.closing_with_error = True
        if self.is_responding:
            if self.reading_head:  # the previous request is in progress
                self.cycle.keep_alive = False
                return
            if self.cycle.response_started or self.pipeline:
                self._abort()
                return
            self._mark_disconnected()
        with use_settings(self._settings):
            response = build_problem_response(uuid4(), error)
        head = encode_status_line(error.status) + encode_headers(
            [*self.server_state.default_headers, *response.raw_headers, *_ERROR_HEADERS]
        )
        self.transport.write(head + b"\r\n" + bytes(response.body))
        self.transport.write_eof()
        self.deadline = self.loop.time() + LINGER_SECONDS


_ERROR_HEADERS = ((b"cache-control", b"no-store"), (b"connection", b"close"))


def _uri_too_long() -> UriTooLong:
    return UriTooLong(f"The maximum length of a URL is {MAX_URL_BYTES} bytes.")


def _headers_too_large() -> HeadersTooLarge:
    return HeadersTooLarge(
        f"The maximum is {MAX_HEADER_COUNT} headers with {MAX_HEAD_BYTES} bytes in total."
    )
