"""The access log: one line a request, and its duration for `/metrics`.

Of responses with 503, only the first ones of each minute have a line: an outage lasts for hours.
"""

import asyncio
import sys
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from http import HTTPStatus
from time import monotonic, perf_counter

from app.http.logging import format_omission_line, format_request_line
from app.http.metrics import request_histogram

_FLUSH_DELAY_SECONDS = 0.01
"""Time for which lines of cached responses are collected: each write is a system call."""

_UNAVAILABLE_LINES_PER_MINUTE = 10
"""Lines of requests that are answered with 503; the others are counted."""
_MINUTE_SECONDS = 60.0


@dataclass(slots=True)
class AccessLogEntry:
    """One request and its response."""

    id: str
    client: str
    method: str
    path: str
    started_at: float = field(default_factory=perf_counter)
    status: int = 0
    """0 if no response was sent because the client disconnected."""
    body_bytes: int = 0
    route: str = ""
    """The name of the route, empty if none matched."""


class AccessLog:
    """The access log of one process."""

    def __init__(
        self,
        enabled: bool,
        quiet_paths: Collection[str] = (),
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self.enabled = enabled
        self._quiet_paths = quiet_paths
        """Paths whose requests are logged only if they fail."""
        self.in_flight = 0
        self._pending_lines: list[str] = []
        self._clock = clock
        self._unavailable_count = 0
        """Responses with 503 in the present minute."""
        self._minute_ends_at = float("-inf")
        self._flush_loop: asyncio.AbstractEventLoop | None = None
        """The event loop that `flush` is scheduled on."""

    def started(self) -> None:
        """Count a request in flight."""
        self.in_flight += 1

    def finished(self, entry: AccessLogEntry, *, is_refused: bool = False) -> None:
        """Log a request that was in flight, unless the protocol has refused and logged it."""
        self.in_flight -= 1
        if not is_refused:
            self._observe(entry)
            self.flush()

    def answered_by_protocol(self, entry: AccessLogEntry) -> None:
        """Log a request that was never in flight; its line is written a little later."""
        self._observe(entry)
        loop = asyncio.get_running_loop()
        if self._pending_lines and self._flush_loop is not loop:
            self._flush_loop = loop
            loop.call_later(_FLUSH_DELAY_SECONDS, self.flush)

    def _observe(self, entry: AccessLogEntry) -> None:
        seconds = perf_counter() - entry.started_at
        request_histogram(entry.route, entry.method, entry.status).observe(seconds)
        if not self.enabled:
            return
        if self._unavailable_count and self._clock() >= self._minute_ends_at:
            self._end_minute()
        if entry.status == HTTPStatus.SERVICE_UNAVAILABLE:
            if not self._unavailable_count:
                self._minute_ends_at = self._clock() + _MINUTE_SECONDS
            self._unavailable_count += 1
            if self._unavailable_count > _UNAVAILABLE_LINES_PER_MINUTE:
                return
        if entry.status >= 400 or entry.path not in self._quiet_paths:
            line = format_request_line(
                entry.id,
                seconds * 1000,
                entry.path,
                entry.client,
                entry.method,
                entry.route,
                entry.status,
                entry.body_bytes,
            )
            self._pending_lines.append(line)

    def _end_minute(self) -> None:
        omitted = self._unavailable_count - _UNAVAILABLE_LINES_PER_MINUTE
        if omitted > 0:
            line = format_omission_line(HTTPStatus.SERVICE_UNAVAILABLE, omitted)
            self._pending_lines.append(line)
        self._unavailable_count = 0

    def close(self) -> None:
        """Write all lines that are due, at the end of the process."""
        self._end_minute()
        self.flush()

    def flush(self) -> None:
        """Write the pending lines."""
        self._flush_loop = None
        if self._pending_lines:
            lines, self._pending_lines = self._pending_lines, []
            sys.stdout.write("\n".join([*lines, ""]))
            sys.stdout.flush()
