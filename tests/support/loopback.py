"""Loopback server and forged DNS, for tests against server-side request forgery."""

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from time import sleep
from typing import Any

LOOPBACK_HOSTS = [
    "127.0.0.1", "127.1", "0x7f.0.0.1", "0x7f000001", "2130706433", "017700000001", "0", "0.0.0.0",  # noqa: S104 - spelt, not bound
    "localhost", "LOCALHOST.", "a.localhost", "[::1]", "[::]", "[::ffff:127.0.0.1]",
    "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[0:0:0:0:0:0:0:1]",
]  # fmt: skip
"""Spellings of the loopback address."""

OK_RESPONSE = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Name: Value\r\n\r\nhi"


class LoopbackServer:
    """HTTP server on 127.0.0.1 that records requests and sends the bytes `reply` to each."""

    def __init__(self, reply: bytes, pause: float = 0) -> None:
        self.requests: list[bytes] = []
        self.reply = reply
        self.pause = pause
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(5)
                try:
                    self.requests.append(self._read(connection))
                    for byte in (
                        [self.reply] if not self.pause else [bytes([b]) for b in self.reply]
                    ):
                        connection.sendall(byte)
                        sleep(self.pause)
                except OSError:
                    pass

    @staticmethod
    def _read(connection: socket.socket) -> bytes:
        request = connection.recv(65536)
        head, _, body = request.partition(b"\r\n\r\n")
        length = int(dict(re.findall(rb"(Content-Length): (\d+)", head)).get(b"Content-Length", 0))
        while len(body) < length:
            body += (more := connection.recv(65536))
            request += more
        return request


@contextmanager
def loopback_server(reply: bytes = OK_RESPONSE, pause: float = 0) -> Iterator[LoopbackServer]:
    """Run a `LoopbackServer`; with `pause`, it sends one byte every so many seconds."""
    server = LoopbackServer(reply, pause)
    yield server
    server.socket.shutdown(socket.SHUT_RDWR)
    server.socket.close()


def fake_getaddrinfo(*results: str) -> Any:
    """Substitute for `socket.getaddrinfo`: one result a call, addresses separated by spaces."""
    remaining = iter(results)

    def getaddrinfo(_host: str, port: int, *_: Any, **__: Any) -> Any:
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))
            for address in next(remaining).split()
        ]

    return getaddrinfo
