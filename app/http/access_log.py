"""What is noted of each request: a line in the log, and figures for `/metrics`."""

import asyncio
import sys
from dataclasses import dataclass, field
from time import perf_counter

from app.http.logging import request_line
from app.http.metrics import seconds_of

QUIET = frozenset({"/health/live", "/health/ready", "/metrics"})
"""What machines ask again and again: only faults in answering are worth a line."""

LONGEST_PATH = 200

PAUSE = 0.01
"""Seconds in which lines of what is answered at once are gathered: writing is a system call."""


@dataclass(slots=True)
class Entry:
    """What is known of one request and its answer."""

    id: str
    client: str
    method: str
    path: str
    begun: float = field(default_factory=perf_counter)
    status: int = 0
    """None was told where it is 0: the client went away before."""
    size: int = 0
    route: str = ""
    """The name of what answered, empty where nothing did."""


class Journal:
    """Notes every request of a process."""

    def __init__(self, lines: bool) -> None:
        self.lines = lines
        self.in_flight = 0
        self._lines: list[str] = []
        self._writes: asyncio.AbstractEventLoop | None = None
        """What will write the lines soon, where there are any."""

    def begin(self) -> None:
        """A request has come that will take a while."""
        self.in_flight += 1

    def end(self, entry: Entry) -> None:
        """It is over."""
        self.in_flight -= 1
        self._note(entry)
        self.write()

    def answered_at_once(self, entry: Entry) -> None:
        """A request has come and is over."""
        self._note(entry)
        loop = asyncio.get_running_loop()
        if self._lines and self._writes is not loop:
            self._writes = loop
            loop.call_later(PAUSE, self.write)

    def _note(self, entry: Entry) -> None:
        seconds = perf_counter() - entry.begun
        seconds_of(entry.route, entry.method, entry.status).observe(seconds)
        if self.lines and (entry.status >= 500 or entry.path not in QUIET):
            line = request_line(
                entry.id,
                seconds * 1000,
                entry.path[:LONGEST_PATH],
                client=entry.client,
                method=entry.method,
                route=entry.route or None,
                status=entry.status,
                bytes=entry.size,
            )
            self._lines.append(line)

    def write(self) -> None:
        """Write the lines that there are."""
        self._writes = None
        if self._lines:
            lines, self._lines = self._lines, []
            sys.stdout.write("\n".join([*lines, ""]))
            sys.stdout.flush()
