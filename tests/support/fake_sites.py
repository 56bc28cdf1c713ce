"""Fake websites on the loopback address, with configurable responses, and RSS to serve."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from time import sleep
from typing import Any


@dataclass
class Reply:
    """Configured response of a path."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    delay_seconds: float = 0


class FakeSite:
    """HTTP server with a `Reply` for each path; records requests.

    Responds 304 if the request names the ETag of the reply, and 404 to other paths.
    """

    def __init__(self, address: str = "127.0.0.1") -> None:
        self.replies: dict[str, Reply] = {}
        self.requests: list[tuple[str, dict[str, str]]] = []
        """Path and headers of each request received."""
        self.statuses: list[int] = []
        """Status code of each response sent."""
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.requests.append((self.path, {k.lower(): v for k, v in self.headers.items()}))
                reply = site.replies.get(self.path, Reply(404))
                sleep(reply.delay_seconds)
                etag = reply.headers.get("ETag")
                not_modified = etag is not None and self.headers["If-None-Match"] == etag
                status, body = (304, b"") if not_modified else (reply.status, reply.body)
                site.statuses.append(status)
                self.send_response(status)
                for name, value in (reply.headers | {"Content-Length": str(len(body))}).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Log nothing."""

        self.server = ThreadingHTTPServer((address, 0), Handler)
        self.origin = f"http://{address}:{self.server.server_port}"
        Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def add(self, path: str, reply: Reply) -> str:
        """Respond to `path` with `reply` from now on; returns the URL."""
        self.replies[path] = reply
        return self.origin + path

    def close(self) -> None:
        """Stop the server."""
        self.server.shutdown()
        self.server.server_close()


@contextmanager
def fake_site(address: str = "127.0.0.1") -> Iterator[FakeSite]:
    """Run a `FakeSite`."""
    site = FakeSite(address)
    yield site
    site.close()


@contextmanager
def dripping_server(seconds: float) -> Iterator[str]:
    """Run a server that sends an endless response, one byte every `seconds`; yields its URL."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        try:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                connection.settimeout(seconds)
                while True:
                    connection.sendall(b" ")
                    try:
                        if not connection.recv(1):
                            return
                    except TimeoutError:
                        continue
        except OSError:
            return

    thread = Thread(target=serve, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
    thread.join(5)
    listener.close()


def rss_item(
    number: int, title: str = "A ship docked", date: str = "04 Apr 2019 12:00:00 GMT"
) -> str:
    """RSS item as XML."""
    return (
        f"<item><guid>https://desk.example/{number}</guid><title>{title} ({number})</title>"
        f"<description>What happened.</description><pubDate>{date}</pubDate></item>"
    )


def rss_feed(*items: str, language: str = "<language>en</language>") -> bytes:
    """RSS feed with `items`."""
    head = f"<title>The desk</title><link>https://desk.example/</link>{language}"
    return f'<rss version="2.0"><channel>{head}{"".join(items)}</channel></rss>'.encode()


def news_page(*numbers: int, next_page: Any = None, **headers: str) -> Reply:
    """Page of articles in the format of SNAPI."""
    articles = [
        {
            "id": number,
            "title": f"A ship docked ({number})",
            "news_site": "Desk",
            "published_at": "2019-04-04T12:00:00Z",
        }
        for number in numbers
    ]
    body = {"count": 99, "next": next_page, "results": articles}
    return Reply(200, headers, json.dumps(body).encode())


def add_news_pages(site: FakeSite, count: int) -> str:
    """Serve `count` pages of one article; returns the URL of the first."""
    for number in range(count):
        following = f"{site.origin}/news?page={number + 1}" if number < count - 1 else None
        site.add(f"/news?page={number}", news_page(number, next_page=following))
    return f"{site.origin}/news?page=0"
