"""Requests byte by byte, for what no client library would send."""

import json
import socket
from contextlib import suppress
from types import TracebackType
from typing import Any, NamedTuple, Self
from urllib.parse import urlsplit


class Raw(NamedTuple):
    """An answer as it came; status 0 where the connection ended without one."""

    status: int
    headers: dict[str, str]
    body: bytes

    def problem(self) -> dict[str, Any]:
        """The problem that the answer tells of."""
        assert self.headers["content-type"] == "application/problem+json"
        told: dict[str, Any] = json.loads(self.body)
        assert told["status"] == self.status
        assert told["detail"]
        return told


NONE = Raw(0, {}, b"")


class Wire:
    """A connection to the service at `origin`."""

    def __init__(self, origin: str, seconds: float = 20) -> None:
        address = urlsplit(origin)
        self.socket = socket.create_connection((address.hostname, address.port), seconds)
        self._got = b""

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
        """Send `data`, as much of it as the other side takes."""
        with suppress(OSError):
            self.socket.sendall(data)

    def _more(self) -> bool:
        with suppress(ConnectionResetError):
            part = self.socket.recv(65536)
            self._got += part
            return bool(part)
        return False

    def answer(self, method: str = "GET") -> Raw:
        """The next answer, to a request by `method`."""
        while b"\r\n\r\n" not in self._got:
            if not self._more():
                return NONE
        head, _, self._got = self._got.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        length = int(headers.get("content-length", 0)) if method != "HEAD" else 0
        while len(self._got) < length and self._more():
            pass
        body, self._got = self._got[:length], self._got[length:]
        return Raw(int(first.split()[1]), headers, body)


def exchange(origin: str, data: bytes) -> Raw:
    """What the service answers to these bytes on a connection of their own."""
    with Wire(origin) as wire:
        wire.send(data)
        return wire.answer(data.partition(b" ")[0].decode("latin-1"))


def request(path: str = "/health/live", *headers: str, method: str = "GET") -> bytes:
    """A request's head with a `Host` and these headers."""
    lines = [f"{method} {path} HTTP/1.1", "Host: x", *headers, "", ""]
    return "\r\n".join(lines).encode("latin-1")
