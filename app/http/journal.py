"""What is noted of each request: a line in the log, and figures for `/metrics`."""

from time import perf_counter

from starlette.types import Scope

from app.logs import request_log
from app.metrics import seconds_of

QUIET = frozenset({"/health/live", "/health/ready", "/metrics"})
"""What machines ask again and again: only faults in answering are worth a line."""

LONGEST_PATH = 200


class Entry:
    """What is known of one request and its answer."""

    __slots__ = ("begun", "id", "scope", "size", "status")

    def __init__(self, scope: Scope, id_: str, begun: float) -> None:
        self.scope = scope
        self.id = id_
        self.begun = begun
        self.status = 0
        """None was told where it is 0: the client went away before."""
        self.size = 0


class Journal:
    """Notes every request of a process."""

    def __init__(self, lines: bool) -> None:
        self.lines = lines
        self.in_flight = 0

    def begin(self) -> None:
        """A request has come."""
        self.in_flight += 1

    def end(self, entry: Entry) -> None:
        """It is over."""
        self.in_flight -= 1
        seconds = perf_counter() - entry.begun
        scope, status = entry.scope, entry.status
        route = getattr(scope.get("route"), "name", "")
        seconds_of(route, scope["method"], status).observe(seconds)
        if self.lines and (status >= 500 or scope["path"] not in QUIET):
            request_log.info(
                "request",
                id=entry.id,
                client=scope["state"]["client"],
                method=scope["method"],
                path=scope["path"][:LONGEST_PATH],
                route=route or None,
                status=status,
                ms=round(seconds * 1000, 2),
                bytes=entry.size,
            )
