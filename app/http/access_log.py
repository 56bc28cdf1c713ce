"""The access log: one line a request, and its duration for `/metrics`."""

import asyncio
import sys
from collections.abc import Collection
from dataclasses import dataclass, field
from time import perf_counter

from app.http.logging import format_request_line
from app.http.metrics import request_histogram

_FLUSH_DELAY_SECONDS = 0.01
"""Time for which lines of cached responses are collected: each write is a system call."""


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

    def __init__(self, enabled: bool, quiet_paths: Collection[str] = ()) -> None:
        self.enabled = enabled
        self._quiet_paths = quiet_paths
        """Paths whose requests are logged only if they fail."""
        self.in_flight = 0
        self._pending_lines: list[str] = []
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
        if self.enabled and (entry.status >= 400 or entry.path not in self._quiet_paths):
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

    def flush(self) -> None:
        """Write the pending lines."""
        self._flush_loop = None
        if self._pending_lines:
            lines, self._pending_lines = self._pending_lines, []
            sys.stdout.write("\n".join([*lines, ""]))
            sys.stdout.flush()
