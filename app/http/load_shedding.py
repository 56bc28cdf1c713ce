"""What is refused so that the rest is answered in time.

Requests wait for the few threads that ask the database. While those get on, some may wait; when
they do not, as behind a lock, who comes is told so at once instead of waiting with all the others.
"""

import asyncio
from collections import deque

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.domain.languages import either
from app.http.metrics import REFUSED
from app.http.problems import ApiError, Unavailable, answer_to

STUCK_SECONDS = 0.9
SURE_SECONDS = 0.1
"""How long nothing may be answered while some wait, before they and the rest are refused."""

WAIT_SECONDS = 2.0
"""How long one request waits for a place."""

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
ALWAYS = frozenset({"/health/live", "/health/ready", "/metrics"})


class Gate:
    """A few places, and a queue before them."""

    def __init__(self, places: int, most_waiting: int) -> None:
        self.free = places
        self.most_waiting = most_waiting
        self.stuck = False
        self._waiting: deque[asyncio.Future[bool]] = deque()
        self._answered = 0
        self._looking = False

    async def enter(self) -> bool:
        """Take a place; False where there is none, and none to be waited for."""
        if self.free > 0:
            self.free -= 1
            return True
        if self.stuck or len(self._waiting) >= self.most_waiting:
            return False
        loop = asyncio.get_running_loop()
        if not self._looking:
            self._looking = True
            loop.call_later(STUCK_SECONDS, self._look, self._answered, False)
        place: asyncio.Future[bool] = loop.create_future()
        self._waiting.append(place)
        timer = loop.call_later(WAIT_SECONDS, _give, place, False)
        try:
            return await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled() and place.result():
                self.leave(well=False)
            raise
        finally:
            timer.cancel()

    def leave(self, *, well: bool) -> None:
        """Let the next one have the place; `well` says that the answer was not a fault of ours."""
        if well:
            self._answered += 1
            self.stuck = False
        while self._waiting:
            place = self._waiting.popleft()
            if not place.done():
                place.set_result(True)
                return
        self.free += 1

    def _look(self, answered: int, sure: bool) -> None:
        """See whether any has been answered since; send those away who wait, where none has."""
        if self._answered == answered and not self.free and not sure:
            # Not yet: where the process itself stood still, what has ended is told only now.
            asyncio.get_running_loop().call_later(SURE_SECONDS, self._look, answered, True)
            return
        self._looking = False
        if self._answered == answered and not self.free:
            self.stuck = True
            while self._waiting:
                _give(self._waiting.popleft(), False)
        elif self._waiting:
            self._looking = True
            asyncio.get_running_loop().call_later(STUCK_SECONDS, self._look, self._answered, False)


def _give(place: asyncio.Future[bool], admitted: bool) -> None:
    if not place.done():
        place.set_result(admitted)


class Pressure:
    """ASGI middleware: reads and writes wait before gates of their own, and not for ever."""

    def __init__(self, app: ASGIApp, readers: int, writers: int, waiting: int, seconds: float):
        """Twice as many places as threads: one works for a request while another one's is asked."""
        self.app = app
        self.reads = Gate(2 * readers, waiting)
        self.writes = Gate(2 * writers, waiting)
        self.seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in ALWAYS:
            await self.app(scope, receive, send)
            return
        gate = self.reads if scope["method"] in SAFE else self.writes
        if not await gate.enter():
            REFUSED.labels("busy").inc()
            detail = either(
                "The service is busy. Try again in a second.",
                "Служба занята. Повторите через секунду.",
            )
            error = Unavailable(detail, headers={"Retry-After": "1"})
            await answer_to(scope["state"]["request_id"], error)(scope, receive, send)
            return
        answer = _Answer(scope, receive, send, gate)
        timer = asyncio.get_running_loop().call_later(self.seconds, answer.give_up)
        try:
            await self.app(scope, receive, answer.take)
        finally:
            timer.cancel()
            answer.leave()
        if answer.late is not None:
            await answer.late


class _Answer:
    """One answer on its way out: its place is free when it begins, for all of it is there then."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, gate: Gate) -> None:
        self.scope = scope
        self.receive = receive
        self.send = send
        self.gate = gate
        self.status = 0
        self.left = False
        self.late: asyncio.Task[None] | None = None

    async def take(self, message: Message) -> None:
        """Send `message` on, unless the client has been told that it takes too long."""
        if self.late is not None:
            return
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.leave()
        await self.send(message)

    def leave(self) -> None:
        """Let the next request have the place."""
        if not self.left:
            self.left = True
            self.gate.leave(well=0 < self.status < 500)

    def give_up(self) -> None:
        """Tell the client that it takes too long; the place is free when the work has ended."""
        if not self.status:
            REFUSED.labels("late").inc()
            self.late = asyncio.ensure_future(self._tell())

    async def _tell(self) -> None:
        detail = "The answer took too long. Ask for less, or try again in a few seconds."
        error: ApiError = Unavailable(detail, headers={"Retry-After": "5"})
        answer = answer_to(self.scope["state"]["request_id"], error)
        await answer(self.scope, self.receive, self.send)
