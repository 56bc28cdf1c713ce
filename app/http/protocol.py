"""What stands between the socket and the application: the HTTP protocol, with bounds.

uvicorn's own waits for a slow client for ever, and takes heads of any size. Here a request has to
come in, and an answer to be taken, in time; what is too large or malformed is refused with a
problem before the application hears of it.
"""

import asyncio
import resource
from functools import lru_cache
from itertools import islice
from math import inf
from uuid import uuid4
from weakref import WeakKeyDictionary

import httptools
from uvicorn._types import ASGI3Application
from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)
from uvicorn.server import ServerState

from app.config import Settings, use_settings
from app.domain.languages import tr
from app.http.fast_path import FastPath, encode_headers, get_fast_path
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

HEAD_TIMEOUT_SECONDS = 5.0
BODY_TIMEOUT_SECONDS = 10.0
"""Within which a head, and then a body, must have come; a silent connection is one without head."""

WRITE_TIMEOUT_SECONDS = 10.0
"""How long an answer may wait for its client to take more of it."""

LINGER_SECONDS = 2.0
"""How long what a refused client still sends is read: closed at once, it would miss the answer."""

MAX_HEAD_BYTES = 32 * 1024
MAX_HEADER_COUNT = 100
MAX_URL_BYTES = 8 * 1024
MAX_RECEIVED_BODY_BYTES = 16 * 2**20
"""Bytes of one body that are read at all; how many are taken is the application's to say."""

RESERVED_FILE_COUNT = 128
"""File descriptors that connections leave to the database, the logs and the rest."""

EVICTION_SAMPLE_COUNT = 64
"""How many idle connections are looked at when one has to go."""

DEADLINE_CHECK_SECONDS = 0.5
"""Seconds from one look at all connections to the next: no request pays for a timer of its own."""


@lru_cache
def get_max_connections(max_connections: int) -> int:
    """How many connections there may be in this process: fewer than it may have files."""
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return max(min(max_connections, files - RESERVED_FILE_COUNT), 1)


def raise_file_limit(max_connections: int) -> None:
    """Let this process, and those it starts, have as many files as it may."""
    files, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = max_connections + RESERVED_FILE_COUNT
    if most != resource.RLIM_INFINITY:
        wanted = min(wanted, most)
    if wanted > files:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


class LimitedHttpProtocol(HttpToolsProtocol):
    """One connection."""

    deadline = inf
    """When what is awaited of the client must have come."""
    write_deadline = inf
    """When the client must have taken what is written."""
    reading_head = False
    closing_with_error = False
    _received_bytes = 0
    """Bytes since the head or the body began, the whole of the chunk it began in among them."""
    _chunk_bytes = 0
    _head_error: ApiError | None = None
    _active_cycle: RequestResponseCycle | None = None
    """What is being answered: with others behind it in the pipeline, not the last that came."""
    _answered_by_fast_path = False
    """Whether the last request was answered at once, and nothing has come since."""
    _fast_path: FastPath | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        super().connection_made(transport)
        self.deadline = self.loop.time() + HEAD_TIMEOUT_SECONDS
        self._fast_path = get_fast_path(self.app)
        self._settings = self._fast_path.settings if self._fast_path else Settings()
        _start_monitor(self.server_state, self.loop)
        if len(self.connections) > get_max_connections(self._settings.max_connections):
            self._evict_idle()

    def _evict_idle(self) -> None:
        """End a connection that nobody waits at; refuse this one where there is none."""
        others = (each for each in self.connections if isinstance(each, LimitedHttpProtocol))
        idle = (other for other in others if other is not self and not other.is_responding)
        # Of a few the one that has kept us waiting longest: who has just come is about to ask.
        oldest = min(
            islice(idle, EVICTION_SAMPLE_COUNT), key=lambda other: other.deadline, default=None
        )
        if oldest is not None:
            oldest._abort()
            return
        detail = "There are too many connections at this moment. Try again in a few seconds."
        self._close_with_error(Unavailable(detail, headers={"Retry-After": RETRY_AFTER_SECONDS}))

    @property
    def is_responding(self) -> bool:
        """Whether a request of this connection is being answered."""
        return self.cycle is not None and not self.cycle.response_complete

    def connection_lost(self, exc: Exception | None) -> None:
        self._mark_disconnected()
        super().connection_lost(exc)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self._active_cycle = cycle
        super()._start_asgi_task(cycle, app)

    def _mark_disconnected(self) -> None:
        """Let what is being answered know that nobody is there any more."""
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
            # There is nothing to change over to: the request is answered as any other, and since
            # the parser takes no more, as the last one.
            self.cycle.keep_alive = False
        except httptools.HttpParserError:
            self._close_with_error(
                self._head_error
                or BadRequest(
                    tr(
                        "The request is not HTTP as RFC 9112 has it.",
                        "Это не HTTP, каким его описывает RFC 9112.",
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
        # What comes after a body is not looked at: it would be taken for a header.
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
        url, headers, expects = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()  # only now: it makes the scope of a request for the application
        self.url, self.expect_100_continue = url, expects
        self.headers.extend(headers)
        super().on_headers_complete()
        self.deadline = self.loop.time() + BODY_TIMEOUT_SECONDS

    def _respond_by_fast_path(self) -> bool:
        """Send what is kept for this request; False where nothing is, or others are before it."""
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
        own = self.server_state.default_headers
        answer = self._fast_path.respond(method, self.url, self.headers, peer, own)
        if answer is None:
            return False
        self.transport.writelines(answer)
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
                    "Send one `Host` header: RFC 9112, section 3.2.",
                    "Пришлите один заголовок `Host`: RFC 9112, раздел 3.2.",
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
        """End what has lasted too long by `now`; `_DeadlineMonitor` asks again and again."""
        if self.write_deadline <= now:
            self._abort()
        elif self.transport.is_closing():
            # Closed, but the client has not taken all of the answer yet.
            self.write_deadline = min(self.write_deadline, now + WRITE_TIMEOUT_SECONDS)
        elif self.deadline > now:
            return
        elif self.closing_with_error:
            self._abort()
        elif self.reading_head or self.is_responding:
            self._close_with_error(
                RequestTimeout("The request did not arrive in time. Send it again.")
            )
        else:
            self.transport.close()

    def _close_with_error(self, error: ApiError) -> None:
        """Answer with `error`, the last answer of this connection."""
        self.closing_with_error = True
        if self.is_responding:
            if self.reading_head:  # the request before is still being answered: let it end
                self.cycle.keep_alive = False
                return
            if self.cycle.response_started or self.pipeline:
                self._abort()
                return
            self._mark_disconnected()
        with use_settings(self._settings):
            answer = build_problem_response(uuid4(), error)
        head = encode_headers(
            [*self.server_state.default_headers, *answer.raw_headers, *_ERROR_HEADERS]
        )
        self.transport.write(STATUS_LINE[error.status] + head + b"\r\n" + bytes(answer.body))
        self.transport.write_eof()
        self.deadline = self.loop.time() + LINGER_SECONDS


_ERROR_HEADERS = ((b"cache-control", b"no-store"), (b"connection", b"close"))


def _uri_too_long() -> UriTooLong:
    return UriTooLong(f"Addresses have {MAX_URL_BYTES} bytes at the most.")


def _headers_too_large() -> HeadersTooLarge:
    return HeadersTooLarge(
        f"Send {MAX_HEADER_COUNT} headers and {MAX_HEAD_BYTES} bytes of them at the most."
    )


class _DeadlineMonitor:
    """What looks at all connections of one server, as long as there are any."""

    def __init__(self, server: ServerState, loop: asyncio.AbstractEventLoop) -> None:
        self._connections = server.connections
        self._loop = loop
        self._running = False

    def start(self) -> None:
        """Look from now on."""
        if not self._running:
            self._running = True
            self._loop.call_later(DEADLINE_CHECK_SECONDS, self._check_connections)

    def _check_connections(self) -> None:
        now = self._loop.time()
        for connection in list(self._connections):
            if isinstance(connection, LimitedHttpProtocol):
                connection.check_deadlines(now)
        self._running = bool(self._connections)
        if self._running:
            self._loop.call_later(DEADLINE_CHECK_SECONDS, self._check_connections)


_monitors: WeakKeyDictionary[ServerState, _DeadlineMonitor] = WeakKeyDictionary()


def _start_monitor(server: ServerState, loop: asyncio.AbstractEventLoop) -> None:
    if server not in _monitors:
        _monitors[server] = _DeadlineMonitor(server, loop)
    _monitors[server].start()
