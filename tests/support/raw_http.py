"""HTTP/1.1 over a raw socket, for requests that no client library would send."""

import json
import socket
from contextlib import suppress
from types import TracebackType
from typing import Any, NamedTuple, Self
from urllib.parse import urlsplit


class RawResponse(NamedTuple):
    """HTTP response as received; status 0 if the connection was closed without one."""

    status: int
    headers: dict[str, str]
    body: bytes

    def problem(self) -> dict[str, Any]:
        """Problem document in the body."""
        assert self.headers["content-type"] == "application/problem+json"
        document: dict[str, Any] = json.loads(self.body)
        assert document["status"] == self.status
        assert document["detail"]
        return document


NO_RESPONSE = RawResponse(0, {}, b"")


class RawConnection:
    """TCP connection to the service at `origin`."""

    def __init__(self, origin: str, seconds: float = 20) -> None:
        address = urlsplit(origin)
        self.socket = socket.create_connection((address.hostname, address.port), seconds)
        self.received = b""
        """Input that no response has taken yet."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        """Send `data`; ignores a connection that the server has closed."""
        with suppress(OSError):
            self.socket.sendall(data)

    def _receive(self) -> bool:
        with suppress(ConnectionResetError):
            part = self.socket.recv(65536)
            self.received += part
            return bool(part)
        return False

    def read_response(self, method: str = "GET") -> RawResponse:
        """Read the next response; `method` is the method of its request."""
        while b"\r\n\r\n" not in self.received:
            if not self._receive():
                return NO_RESPONSE
        head, _, self.received = self.received.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        length = int(headers.get("content-length", 0)) if method != "HEAD" else 0
        while len(self.received) < length and self._receive():
            pass
        body, self.received = self.received[:length], self.received[length:]
        return RawResponse(int(first.split()[1]), headers, body)


def send_raw(origin: str, data: bytes) -> RawResponse:
    """Send `data` on a new connection and read the response."""
    with RawConnection(origin) as connection:
        connection.send(data)
        return connection.read_response(data.partition(b" ")[0].decode("latin-1"))


def request_head(path: str = "/health/live", *headers: str, method: str = "GET") -> bytes:
    """Request line, `Host` and `headers` of a request, as bytes."""
    lines = [f"{method} {path} HTTP/1.1", "Host: x", *headers, "", ""]
    return "\r\n".join(lines).encode("latin-1")
