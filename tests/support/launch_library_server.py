"""Server in the shape of Launch Library 2, version 2.3: lists in pages, throttling, and outages.

It answers from a timeline, by the clock of the test.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

_HOUR = timedelta(hours=1)
_THROTTLED_AFTER = 15
"""Requests per hour of a client without a key."""

Timeline = Callable[[datetime], list[dict[str, Any]]]
"""Records of a list at a time."""


class LaunchLibraryServer:
    """HTTP server with a `Timeline` for each path, in pages of `page_size` records."""

    def __init__(self, lists: Mapping[str, Timeline], page_size: int) -> None:
        self.requested_at: list[datetime] = []
        """Times of all requests."""
        self.statuses: list[int] = []
        """Statuses of the responses; 0 for a connection that was closed without one."""
        self.failure: Callable[[datetime], int | None] = lambda _at: None
        """Status of the failure at a time: 0 closes the connection; None is no failure."""
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                at = datetime.now(UTC)
                status, headers, body = server.answer(at, self.path, self.headers["Host"])
                server.statuses.append(status)
                if status == 0:
                    self.close_connection = True
                    return
                self.send_response(status)
                for name, value in (headers | {"Content-Length": str(len(body))}).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Log nothing."""

        self._lists, self._page_size = lists, page_size
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.origin = f"http://127.0.0.1:{self._http.server_port}"
        Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()

    def answer(self, at: datetime, url: str, host: str) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body of the response to a request."""
        recent = sorted(other for other in self.requested_at if other > at - _HOUR)
        self.requested_at.append(at)
        if len(recent) >= _THROTTLED_AFTER:
            wait = recent[0] + _HOUR - at
            return 429, {"Retry-After": str(int(wait.total_seconds()) + 1)}, b"{}"
        if (failure := self.failure(at)) is not None:
            return failure, {}, b"<h1>Server Error</h1>"
        parts = urlsplit(url)
        if parts.path not in self._lists:
            return 404, {}, b"{}"
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        records = self._lists[parts.path](at)
        start = int(query.get("offset", 0))
        end = start + min(int(query.get("limit", 10)), self._page_size)
        following = urlencode(query | {"offset": end})
        page = {
            "count": len(records),
            "next": f"http://{host}{parts.path}?{following}" if end < len(records) else None,
            "previous": None,
            "results": records[start:end],
        }
        return 200, {"Content-Type": "application/json"}, json.dumps(page).encode()

    def busiest_hour(self) -> int:
        """Largest number of requests within an hour."""
        times = sorted(self.requested_at)
        return max(sum(at <= other < at + _HOUR for other in times) for at in times)

    def close(self) -> None:
        """Stop the server."""
        self._http.shutdown()
        self._http.server_close()


@contextmanager
def launch_library_server(
    lists: Mapping[str, Timeline], page_size: int
) -> Iterator[LaunchLibraryServer]:
    """Run a `LaunchLibraryServer`."""
    server = LaunchLibraryServer(lists, page_size)
    yield server
    server.close()
