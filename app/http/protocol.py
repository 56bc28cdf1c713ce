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

from app.config import get_settings
from app.domain.languages import either
from app.http.fast_path import Express, express_of, lines
from app.http.problems import (
    RETRY_AFTER,
    ApiError,
    BadRequest,
    HeadersTooLarge,
    RequestTimeout,
    Unavailable,
    UriTooLong,
    answer_to,
)

HEAD_SECONDS = 5.0
BODY_SECONDS = 10.0
"""Within which a head, and then a body, must have come; a silent connection is one without head."""

STALL_SECONDS = 10.0
"""How long an answer may wait for its client to take more of it."""

LINGER_SECONDS = 2.0
"""How long what a refused client still sends is read: closed at once, it would miss the answer."""

MOST_HEAD = 32 * 1024
MOST_FIELDS = 100
MOST_URL = 8 * 1024
MOST_BODY = 16 * 2**20
"""Bytes of one body that are read at all; how many are taken is the application's to say."""

SPARE_FILES = 128
"""File descriptors that connections leave to the database, the logs and the rest."""

SAMPLE = 64
"""How many idle connections are looked at when one has to go."""

PACE = 0.5
"""Seconds from one look at all connections to the next: no request pays for a timer of its own."""


@lru_cache
def most_connections() -> int:
    """How many connections there may be in this process: fewer than it may have files."""
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return max(min(get_settings().max_connections, files - SPARE_FILES), 1)


def more_files() -> None:
    """Let this process, and those it starts, have as many files as it may."""
    files, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = get_settings().max_connections + SPARE_FILES
    if most != resource.RLIM_INFINITY:
        wanted = min(wanted, most)
    if wanted > files:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


class GuardProtocol(HttpToolsProtocol):
    """One connection."""

    due = inf
    """When what is awaited of the client must have come."""
    stalled = inf
    """When the client must have taken what is written."""
    in_head = False
    refused = False
    _arrived = 0
    """Bytes since the head or the body began, the whole of the chunk it began in among them."""
    _chunk = 0
    _reason: ApiError | None = None
    _running: RequestResponseCycle | None = None
    """What is being answered: with others behind it in the pipeline, not the last that came."""
    _idle = False
    """Whether the last request was answered at once, and nothing has come since."""
    _express: Express | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        super().connection_made(transport)
        self.due = self.loop.time() + HEAD_SECONDS
        self._express = express_of(self.app)
        _watch(self.server_state, self.loop)
        if len(self.connections) > most_connections():
            self._make_room()

    def _make_room(self) -> None:
        """End a connection that nobody waits at; refuse this one where there is none."""
        others = (each for each in self.connections if isinstance(each, GuardProtocol))
        idle = (other for other in others if other is not self and not other.answering)
        # Of a few the one that has kept us waiting longest: who has just come is about to ask.
        oldest = min(islice(idle, SAMPLE), key=lambda other: other.due, default=None)
        if oldest is not None:
            oldest._abort()
            return
        detail = "There are too many connections at this moment. Try again in a few seconds."
        self._refuse(Unavailable(detail, headers={"Retry-After": RETRY_AFTER}))

    @property
    def answering(self) -> bool:
        """Whether a request of this connection is being answered."""
        return self.cycle is not None and not self.cycle.response_complete

    def connection_lost(self, exc: Exception | None) -> None:
        self._disconnect()
        super().connection_lost(exc)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self._running = cycle
        super()._start_asgi_task(cycle, app)

    def _disconnect(self) -> None:
        """Let what is being answered know that nobody is there any more."""
        if self._running is not None and not self._running.response_complete:
            self._running.disconnected = True
            self._running.message_event.set()

    def _abort(self) -> None:
        self._disconnect()
        self.transport.abort()

    def data_received(self, data: bytes) -> None:
        if self.refused:
            return
        self._unset_keepalive_if_required()
        if self.due == inf or self._idle:
            self._idle = False
            self.due = self.loop.time() + HEAD_SECONDS
        self._chunk = len(data)
        self._arrived += self._chunk
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            # There is nothing to change over to: the request is answered as any other, and since
            # the parser takes no more, as the last one.
            self.cycle.keep_alive = False
        except httptools.HttpParserError:
            self._refuse(
                self._reason
                or BadRequest(
                    either(
                        "The request is not HTTP as RFC 9112 has it.",
                        "Это не HTTP, каким его описывает RFC 9112.",
                    )
                )
            )
        else:
            if self.in_head and self._arrived > MOST_HEAD:
                self._refuse(_too_large() if self.headers else _too_long())
            elif self._arrived > MOST_BODY:
                self._abort()

    def on_message_begin(self) -> None:
        self.url, self.headers, self.expect_100_continue = b"", [], False
        self.in_head = True
        self._arrived = self._chunk

    def on_header(self, name: bytes, value: bytes) -> None:
        # What comes after a body is not looked at: it would be taken for a header.
        if self.in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._reason = self._fault()
        if self._reason is not None:
            raise self._reason
        self.in_head = False
        self._arrived = 0
        self._idle = self._answer_at_once()
        if self._idle:
            return
        url, headers, expects = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()  # only now: it makes the scope of a request for the application
        self.url, self.expect_100_continue = url, expects
        self.headers.extend(headers)
        super().on_headers_complete()
        self.due = self.loop.time() + BODY_SECONDS

    def _answer_at_once(self) -> bool:
        """Send what is kept for this request; False where nothing is, or others are before it."""
        if (
            self._express is None
            or self.answering
            or self.flow.write_paused
            or not self.parser.should_keep_alive()
            or self.parser.get_http_version() != "1.1"
        ):
            return False
        method = self.parser.get_method().decode()
        peer = self.client[0] if self.client else ""
        own = self.server_state.default_headers
        answer = self._express.answer(method, self.url, self.headers, peer, own)
        if answer is None:
            return False
        self.transport.writelines(answer)
        self.server_state.total_requests += 1
        return True

    def _fault(self) -> ApiError | None:
        if len(self.url) > MOST_URL:
            return _too_long()
        if len(self.headers) > MOST_FIELDS or (
            self._arrived > MOST_HEAD and sum(len(n) + len(v) for n, v in self.headers) > MOST_HEAD
        ):
            return _too_large()
        hosts = [name for name, _ in self.headers].count(b"host")
        if hosts != 1 and (hosts or self.parser.get_http_version() != "1.0"):
            return BadRequest(
                either(
                    "Send one `Host` header: RFC 9112, section 3.2.",
                    "Пришлите один заголовок `Host`: RFC 9112, раздел 3.2.",
                )
            )
        return None

    def on_message_complete(self) -> None:
        self._arrived = 0
        if self._idle:
            self.due = self.loop.time() + self.timeout_keep_alive
            return
        super().on_message_complete()
        self.due = inf

    def pause_writing(self) -> None:
        super().pause_writing()
        self.stalled = self.loop.time() + STALL_SECONDS

    def resume_writing(self) -> None:
        super().resume_writing()
        self.stalled = inf

    def overdue(self, now: float) -> None:
        """End what has lasted too long by `now`; `_Watch` asks again and again."""
        if self.stalled <= now:
            self._abort()
        elif self.transport.is_closing():
            # Closed, but the client has not taken all of the answer yet.
            self.stalled = min(self.stalled, now + STALL_SECONDS)
        elif self.due > now:
            return
        elif self.refused:
            self._abort()
        elif self.in_head or self.answering:
            self._refuse(RequestTimeout("The request did not arrive in time. Send it again."))
        else:
            self.transport.close()

    def _refuse(self, error: ApiError) -> None:
        """Answer with `error`, the last answer of this connection."""
        self.refused = True
        if self.answering:
            if self.in_head:  # the request before is still being answered: let it end
                self.cycle.keep_alive = False
                return
            if self.cycle.response_started or self.pipeline:
                self._abort()
                return
            self._disconnect()
        answer = answer_to(uuid4(), error)
        head = lines([*self.server_state.default_headers, *answer.raw_headers, *_LAST])
        self.transport.write(STATUS_LINE[error.status] + head + b"\r\n" + bytes(answer.body))
        self.transport.write_eof()
        self.due = self.loop.time() + LINGER_SECONDS


_LAST = ((b"cache-control", b"no-store"), (b"connection", b"close"))


def _too_long() -> UriTooLong:
    return UriTooLong(f"Addresses have {MOST_URL} bytes at the most.")


def _too_large() -> HeadersTooLarge:
    return HeadersTooLarge(f"Send {MOST_FIELDS} headers and {MOST_HEAD} bytes of them at the most.")


class _Watch:
    """What looks at all connections of one server, as long as there are any."""

    def __init__(self, server: ServerState, loop: asyncio.AbstractEventLoop) -> None:
        self._connections = server.connections
        self._loop = loop
        self._running = False

    def start(self) -> None:
        """Look from now on."""
        if not self._running:
            self._running = True
            self._loop.call_later(PACE, self._look)

    def _look(self) -> None:
        now = self._loop.time()
        for connection in list(self._connections):
            if isinstance(connection, GuardProtocol):
                connection.overdue(now)
        self._running = bool(self._connections)
        if self._running:
            self._loop.call_later(PACE, self._look)


_watches: WeakKeyDictionary[ServerState, _Watch] = WeakKeyDictionary()


def _watch(server: ServerState, loop: asyncio.AbstractEventLoop) -> None:
    if server not in _watches:
        _watches[server] = _Watch(server, loop)
    _watches[server].start()
