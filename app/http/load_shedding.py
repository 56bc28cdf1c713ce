"""Load shedding: bounded concurrency of reads, files and writes; 503 when they are full.

Requests wait for a slot of the few database threads: long in a burst, which ends, but not in a
queue that remains ("controlled delay", ADR 20). When no request completes for a while, as behind a
lock, the waiting ones and new ones are refused immediately.
"""

import asyncio
from collections import deque
from collections.abc import Collection

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.db.loop_reads import attribute_loop_reads
from app.domain.languages import tr
from app.http.metrics import REQUESTS_REFUSED
from app.http.problems import ApiError, Unavailable, build_problem_response

_STALL_DETECTION_SECONDS = 0.9
_STALL_CONFIRMATION_SECONDS = 0.1
"""Time without a completed response after which a bulkhead counts as stalled, in two steps."""

_MAX_BURST_WAIT_SECONDS = 10.0
"""Time that a request waits for a slot, if the queue has been empty in the same time before it."""

_MAX_WAIT_SECONDS = 2.0
"""Time that a request waits for a slot in a queue that has not been empty for longer."""

_MAX_UPLOAD_COUNT = 8
"""Uploads in progress in one process. They wait for each other, but not for other writes."""

_MAX_FILE_COUNT = 64
"""Reads of files in progress in one process. Some wait until the file is made."""

_FILE_SECONDS = 30.0
"""Time limit of an upload, which waits for those before it, and of a file, which may be made."""

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class Bulkhead:
    """A semaphore with a bounded queue that detects stalls."""

    def __init__(self, slots: int, max_waiters: int) -> None:
        self.free_slots = slots
        self.max_waiters = max_waiters
        self.is_stalled = False
        self._waiters: deque[asyncio.Future[bool]] = deque()
        self._last_empty_at = 0.0
        """When the queue was last empty, in the time of the event loop."""
        self._completed_count = 0
        self._check_scheduled = False

    async def acquire(self) -> bool:
        """Take a slot, waiting for one if necessary; False if the request has to be refused."""
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
        if not self._waiters:
            self._last_empty_at = loop.time()
        is_burst = loop.time() - self._last_empty_at < _MAX_BURST_WAIT_SECONDS
        seconds = _MAX_BURST_WAIT_SECONDS if is_burst else _MAX_WAIT_SECONDS
        waiter: asyncio.Future[bool] = loop.create_future()
        self._waiters.append(waiter)
        timer = loop.call_later(seconds, _resolve_waiter, waiter, False)
        try:
            return await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled() and waiter.result():
                self.release(ok=False)
            raise
        finally:
            timer.cancel()

    def release(self, *, ok: bool) -> None:
        """Pass the slot to the next waiter; `ok` if the response was not a server error."""
        if ok:
            self._completed_count += 1
            self.is_stalled = False
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_result(True)
                return
        self.free_slots += 1

    def _check_stall(self, completed_before: int, is_confirmed: bool) -> None:
        """Refuse all waiters if no request has completed since the last check."""
        if self._completed_count == completed_before and not self.free_slots and not is_confirmed:
            # Confirm first: after a pause of the whole process, completions arrive only now.
            asyncio.get_running_loop().call_later(
                _STALL_CONFIRMATION_SECONDS, self._check_stall, completed_before, True
            )
            return
        self._check_scheduled = False
        if self._completed_count == completed_before and not self.free_slots:
            self.is_stalled = True
            while self._waiters:
                _resolve_waiter(self._waiters.popleft(), False)
        elif self._waiters:
            self._check_scheduled = True
            asyncio.get_running_loop().call_later(
                _STALL_DETECTION_SECONDS, self._check_stall, self._completed_count, False
            )


def _resolve_waiter(waiter: asyncio.Future[bool], is_admitted: bool) -> None:
    if not waiter.done():
        waiter.set_result(is_admitted)


class LoadSheddingMiddleware:
    """ASGI middleware: separate bulkheads for reads, files and writes, and a time limit."""

    def __init__(
        self,
        app: ASGIApp,
        read_threads: int,
        write_threads: int,
        *,
        max_waiters: int,
        timeout_seconds: float,
        exempt_paths: Collection[str],
        upload_paths: Collection[str] = (),
        file_prefixes: tuple[str, ...] = (),
    ) -> None:
        # Two slots a thread: one request is in the database while another is being encoded.
        self.app = app
        self.read_bulkhead = Bulkhead(2 * read_threads, max_waiters)
        self.write_bulkhead = Bulkhead(2 * write_threads, max_waiters)
        self.upload_bulkhead = Bulkhead(_MAX_UPLOAD_COUNT, 0)
        self.file_bulkhead = Bulkhead(_MAX_FILE_COUNT, 0)
        self.timeout_seconds = timeout_seconds
        self._exempt_paths = exempt_paths
        self._upload_paths = upload_paths
        self._file_prefixes = file_prefixes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in self._exempt_paths:
            await self.app(scope, receive, send)
            return
        seconds = self.timeout_seconds
        if scope["method"] in _SAFE_METHODS:
            bulkhead = self.read_bulkhead
            if scope["path"].startswith(self._file_prefixes):
                bulkhead, seconds = self.file_bulkhead, max(seconds, _FILE_SECONDS)
        elif scope["path"] in self._upload_paths:
            bulkhead, seconds = self.upload_bulkhead, max(seconds, _FILE_SECONDS)
        else:
            bulkhead = self.write_bulkhead
        if not await bulkhead.acquire():
            REQUESTS_REFUSED.labels("busy").inc()
            detail = tr(
                "The server is overloaded. Try again in a second.",
                "Сервер перегружен. Повторите запрос через секунду.",
            )
            error = Unavailable(detail, headers={"Retry-After": "1"})
            await build_problem_response(scope["state"]["request_id"], error)(scope, receive, send)
            return
        response = _TimedResponse(scope, receive, send, bulkhead)
        timer = asyncio.get_running_loop().call_later(seconds, response.time_out)
        try:
            with attribute_loop_reads(scope["state"]["client"]):
                await self.app(scope, receive, response.forward)
        finally:
            timer.cancel()
            response.release()
        if response.timeout_task is not None:
            await response.timeout_task


class _TimedResponse:
    """Response with a time limit. It starts only when complete, so its start frees the slot."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, bulkhead: Bulkhead) -> None:
        self.scope = scope
        self.receive = receive
        self.send = send
        self.bulkhead = bulkhead
        self.status = 0
        self.released = False
        self.timeout_task: asyncio.Task[None] | None = None

    async def forward(self, message: Message) -> None:
        """Pass `message` to the client, unless it has timed out."""
        if self.timeout_task is not None:
            return
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.release()
        await self.send(message)

    def release(self) -> None:
        """Release the slot, once."""
        if not self.released:
            self.released = True
            self.bulkhead.release(ok=0 < self.status < 500)

    def time_out(self) -> None:
        """Send 503 if no response has started; the slot is released when the work ends."""
        if not self.status:
            REQUESTS_REFUSED.labels("late").inc()
            self.timeout_task = asyncio.ensure_future(self._send_timeout_error())

    async def _send_timeout_error(self) -> None:
        detail = (
            tr(
                "The response took too long. Request less data, or try again in a few seconds.",
                "Ответ готовился слишком долго. Запросите меньше данных или повторите через "
                "несколько секунд.",
            )
            if self.scope["method"] in {"GET", "HEAD"}
            else tr(
                "The response took too long. The write may have been saved all the same: read the "
                "record before you repeat it, or repeat it with its Idempotency-Key.",
                "Ответ готовился слишком долго. Изменение, возможно, сохранено: прочтите запись, "
                "прежде чем повторить запрос, или повторите его с тем же Idempotency-Key.",
            )
        )
        error: ApiError = Unavailable(detail, headers={"Retry-After": "5"})
        response = build_problem_response(self.scope["state"]["request_id"], error)
        await response(self.scope, self.receive, self.send)
