"""A site of somebody else for tests: it answers as it is told, and remembers who came."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from time import sleep


@dataclass
class Reply:
    """One answer of the site."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    after: float = 0
    """Seconds that it takes to answer."""


class Site:
    """A listener on the loopback address: `replies` by path, and the `visits` that it had."""

    def __init__(self) -> None:
        self.replies: dict[str, Reply] = {}
        self.visits: list[tuple[str, dict[str, str]]] = []
        self.statuses: list[int] = []
        """What it answered; 304 by itself where the visitor names the ETag of the reply."""
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.visits.append((self.path, {k.lower(): v for k, v in self.headers.items()}))
                reply = site.replies.get(self.path, Reply(404))
                sleep(reply.after)
                etag = reply.headers.get("ETag")
                same = etag is not None and self.headers["If-None-Match"] == etag
                status, body = (304, b"") if same else (reply.status, reply.body)
                site.statuses.append(status)
                self.send_response(status)
                for name, value in (reply.headers | {"Content-Length": str(len(body))}).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Keep quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.origin = f"http://127.0.0.1:{self.server.server_port}"
        Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def at(self, path: str, reply: Reply) -> str:
        """The address of `path`, which is answered by `reply` from now on."""
        self.replies[path] = reply
        return self.origin + path

    def close(self) -> None:
        """Stop listening."""
        self.server.shutdown()
        self.server.server_close()


@contextmanager
def site() -> Iterator[Site]:
    """A site that is open for a while."""
    opened = Site()
    yield opened
    opened.close()


@contextmanager
def dripping(seconds: float) -> Iterator[str]:
    """The address of a server that sends a byte of an endless answer every so many seconds."""
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


def item(number: int, title: str = "A ship docked", date: str = "04 Apr 2019 12:00:00 GMT") -> str:
    """An item of RSS."""
    return (
        f"<item><guid>https://desk.example/{number}</guid><title>{title} ({number})</title>"
        f"<description>What happened.</description><pubDate>{date}</pubDate></item>"
    )


def rss(*items: str, language: str = "<language>en</language>") -> bytes:
    """A feed of `items`."""
    head = f"<title>The desk</title><link>https://desk.example/</link>{language}"
    return f'<rss version="2.0"><channel>{head}{"".join(items)}</channel></rss>'.encode()
