"""What is noted of each request: a line in the log, and figures for `/metrics`."""

import asyncio
import sys
from dataclasses import dataclass, field
from time import perf_counter

from app.http.logging import format_request_line
from app.http.metrics import request_histogram

_QUIET_PATHS = frozenset({"/health/live", "/health/ready", "/metrics"})
"""What machines ask again and again: only faults in answering are worth a line."""

_MAX_PATH_CHARS = 200

_FLUSH_DELAY_SECONDS = 0.01
"""Seconds in which lines of what is answered at once are gathered: writing is a system call."""


@dataclass(slots=True)
class AccessLogEntry:
    """What is known of one request and its answer."""

    id: str
    client: str
    method: str
    path: str
    started_at: float = field(default_factory=perf_counter)
    status: int = 0
    """None was told where it is 0: the client went away before."""
    body_bytes: int = 0
    route: str = ""
    """The name of what answered, empty where nothing did."""


class AccessLog:
    """Notes every request of a process."""

    def __init__(self, lines: bool) -> None:
        self.enabled = lines
        self.in_flight = 0
        self._pending_lines: list[str] = []
        self._flush_loop: asyncio.AbstractEventLoop | None = None
        """What will write the lines soon, where there are any."""

    def started(self) -> None:
        """A request has come that will take a while."""
        self.in_flight += 1

    def finished(self, entry: AccessLogEntry) -> None:
        """It is over."""
        self.in_flight -= 1
        self._observe(entry)
        self.flush()

    def served_from_cache(self, entry: AccessLogEntry) -> None:
        """A request has come and is over."""
        self._observe(entry)
        loop = asyncio.get_running_loop()
        if self._pending_lines and self._flush_loop is not loop:
            self._flush_loop = loop
            loop.call_later(_FLUSH_DELAY_SECONDS, self.flush)

    def _observe(self, entry: AccessLogEntry) -> None:
        seconds = perf_counter() - entry.started_at
        request_histogram(entry.route, entry.method, entry.status).observe(seconds)
        if self.enabled and (entry.status >= 500 or entry.path not in _QUIET_PATHS):
            line = format_request_line(
                entry.id,
                seconds * 1000,
                entry.path[:_MAX_PATH_CHARS],
                client=entry.client,
                method=entry.method,
                route=entry.route or None,
                status=entry.status,
                bytes=entry.body_bytes,
            )
            self._pending_lines.append(line)

    def flush(self) -> None:
        """Write the lines that there are."""
        self._flush_loop = None
        if self._pending_lines:
            lines, self._pending_lines = self._pending_lines, []
            sys.stdout.write("\n".join([*lines, ""]))
            sys.stdout.flush()
