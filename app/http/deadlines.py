"""Deadlines of connections, checked by one timer for each server instead of one a request."""

import asyncio
from typing import Any, Protocol
from weakref import WeakKeyDictionary

from uvicorn.server import ServerState

HEAD_TIMEOUT_SECONDS = 5.0
"""Time for the head of a request, counted from the connection or the first byte."""

BODY_TIMEOUT_SECONDS = 10.0
"""Time for the body of a request, counted from the end of its head."""

WRITE_TIMEOUT_SECONDS = 10.0
"""Time in which the client has to take more of a response."""

HALF_CLOSED_SILENCE_SECONDS = 5
"""The time without output after which a stream to a client that has half-closed ends: nothing else
tells that the client of an event stream has gone."""

LINGER_IDLE_SECONDS = 5.0
"""Time in which the client has to send more to a connection that is ending, or close it."""

LINGER_SECONDS = 60.0
"""Time for which a connection may be ending: 64 MB at 10 Mbit/s."""

DEADLINE_CHECK_SECONDS = 0.5


class ConnectionWithDeadlines(Protocol):
    """A connection that the monitor checks."""

    def check_deadlines(self, now: float) -> None:
        """Close the connection if a deadline is over at `now`, in the time of the event loop."""


class _DeadlineMonitor:
    """Checks the connections of one server as long as there are any."""

    def __init__(self, server: ServerState, loop: asyncio.AbstractEventLoop) -> None:
        self._connections: set[Any] = server.connections
        self._loop = loop
        self._is_running = False

    def start(self) -> None:
        """Start checking, if it has stopped."""
        if not self._is_running:
            self._is_running = True
            self._loop.call_later(DEADLINE_CHECK_SECONDS, self._check_connections)

    def _check_connections(self) -> None:
        now = self._loop.time()
        connection: ConnectionWithDeadlines
        for connection in list(self._connections):
            connection.check_deadlines(now)
        self._is_running = bool(self._connections)
        if self._is_running:
            self._loop.call_later(DEADLINE_CHECK_SECONDS, self._check_connections)


_monitors: WeakKeyDictionary[ServerState, _DeadlineMonitor] = WeakKeyDictionary()


def monitor_deadlines(server: ServerState, loop: asyncio.AbstractEventLoop) -> None:
    """Check the deadlines of all connections of `server`, each a `ConnectionWithDeadlines`."""
    if server not in _monitors:
        _monitors[server] = _DeadlineMonitor(server, loop)
    _monitors[server].start()
