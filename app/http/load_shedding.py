"""What is refused so that the rest is answered in time.

Requests wait for the few threads that ask the database. While those get on, some may wait; when
they do not, as behind a lock, who comes is told so at once instead of waiting with all the others.
"""

import asyncio
from collections import deque

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.domain.languages import tr
from app.http.metrics import REQUESTS_REFUSED
from app.http.problems import ApiError, Unavailable, build_problem_response

_STALL_DETECTION_SECONDS = 0.9
_STALL_CONFIRMATION_SECONDS = 0.1
"""How long nothing may be answered while some wait, before they and the rest are refused."""

_MAX_WAIT_SECONDS = 2.0
"""How long one request waits for a place."""

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
MONITORING_PATHS = frozenset({"/health/live", "/health/ready", "/metrics"})


class Bulkhead:
    """A few places, and a queue before them."""

    def __init__(self, places: int, most_waiting: int) -> None:
        self.free_slots = places
        self.max_waiters = most_waiting
        self.is_stalled = False
        self._waiters: deque[asyncio.Future[bool]] = deque()
        self._completed_count = 0
        self._check_scheduled = False

    async def acquire(self) -> bool:
        """Take a place; False where there is none, and none to be waited for."""
        if self.free_slots > 0:
            self.free_slots -= 1
            return True
        if self.is_stalled or len(self._waiters) >= self.max_waiters:
            return False
        loop = asyncio.get_running_loop()
        if not self._check_scheduled:
            self._check_scheduled = True
            loop.call_later(
                _STALL_DETECTION_SECONDS, self._check_stall, self._completed_count, False
            )
        place: asyncio.Future[bool] = loop.create_future()
        self._waiters.append(place)
        timer = loop.call_later(_MAX_WAIT_SECONDS, _resolve_waiter, place, False)
        try:
            return await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled() and place.result():
                self.release(ok=False)
            raise
        finally:
            timer.cancel()

    def release(self, *, ok: bool) -> None:
        """Let the next one have the place; `well` says that the answer was not a fault of ours."""
        if ok:
            self._completed_count += 1
            self.is_stalled = False
        while self._waiters:
            place = self._waiters.popleft()
            if not place.done():
                place.set_result(True)
                return
        self.free_slots += 1

    def _check_stall(self, answered: int, sure: bool) -> None:
        """See whether any has been answered since; send those away who wait, where none has."""
        if self._completed_count == answered and not self.free_slots and not sure:
            # Not yet: where the process itself stood still, what has ended is told only now.
            asyncio.get_running_loop().call_later(
                _STALL_CONFIRMATION_SECONDS, self._check_stall, answered, True
            )
            return
        self._check_scheduled = False
        if self._completed_count == answered and not self.free_slots:
            self.is_stalled = True
            while self._waiters:
                _resolve_waiter(self._waiters.popleft(), False)
        elif self._waiters:
            self._check_scheduled = True
            asyncio.get_running_loop().call_later(
                _STALL_DETECTION_SECONDS, self._check_stall, self._completed_count, False
            )


def _resolve_waiter(place: asyncio.Future[bool], admitted: bool) -> None:
    if not place.done():
        place.set_result(admitted)


class LoadSheddingMiddleware:
    """ASGI middleware: reads and writes wait before gates of their own, and not for ever."""

    def __init__(self, app: ASGIApp, readers: int, writers: int, waiting: int, seconds: float):
        """Twice as many places as threads: one works for a request while another one's is asked."""
        self.app = app
        self.read_bulkhead = Bulkhead(2 * readers, waiting)
        self.write_bulkhead = Bulkhead(2 * writers, waiting)
        self.timeout_seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in MONITORING_PATHS:
            await self.app(scope, receive, send)
            return
        gate = self.read_bulkhead if scope["method"] in _SAFE_METHODS else self.write_bulkhead
        if not await gate.acquire():
            REQUESTS_REFUSED.labels("busy").inc()
            detail = tr(
                "The service is busy. Try again in a second.",
                "Служба занята. Повторите через секунду.",
            )
            error = Unavailable(detail, headers={"Retry-After": "1"})
            await build_problem_response(scope["state"]["request_id"], error)(scope, receive, send)
            return
        answer = _TimedResponse(scope, receive, send, gate)
        timer = asyncio.get_running_loop().call_later(self.timeout_seconds, answer.time_out)
        try:
            await self.app(scope, receive, answer.forward)
        finally:
            timer.cancel()
            answer.release()
        if answer.timeout_task is not None:
            await answer.timeout_task


class _TimedResponse:
    """One answer on its way out: its place is free when it begins, for all of it is there then."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, gate: Bulkhead) -> None:
        self.scope = scope
        self.receive = receive
        self.send = send
        self.bulkhead = gate
        self.status = 0
        self.released = False
        self.timeout_task: asyncio.Task[None] | None = None

    async def forward(self, message: Message) -> None:
        """Send `message` on, unless the client has been told that it takes too long."""
        if self.timeout_task is not None:
            return
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.release()
        await self.send(message)

    def release(self) -> None:
        """Let the next request have the place."""
        if not self.released:
            self.released = True
            self.bulkhead.release(ok=0 < self.status < 500)

    def time_out(self) -> None:
        """Tell the client that it takes too long; the place is free when the work has ended."""
        if not self.status:
            REQUESTS_REFUSED.labels("late").inc()
            self.timeout_task = asyncio.ensure_future(self._send_timeout_error())

    async def _send_timeout_error(self) -> None:
        detail = "The answer took too long. Ask for less, or try again in a few seconds."
        error: ApiError = Unavailable(detail, headers={"Retry-After": "5"})
        answer = build_problem_response(self.scope["state"]["request_id"], error)
        await answer(self.scope, self.receive, self.send)
