"""Requests with bodies that the service refuses, and clients that send them completely first."""

import http.client
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from time import sleep
from typing import NamedTuple
from urllib.parse import urlsplit

import httpx2 as httpx

from tests.support.raw_http import RawConnection

KB, MB = 2**10, 2**20
TIMEOUT_SECONDS = 90
_PART_BYTES = 64 * KB


class Upload(NamedTuple):
    """POST with a body of spaces, and the statuses with which it may be refused."""

    statuses: frozenset[int]
    headers: dict[str, str]
    size: int
    chunked: bool = False
    pause_seconds: float = 0
    """Pause before each 64 KiB but the first."""
    path: str = "/v1/missions"

    def parts(self) -> Iterator[bytes]:
        """The body, in parts of 64 KiB."""
        for start in range(0, self.size, _PART_BYTES):
            if start:
                sleep(self.pause_seconds)
            yield b" " * min(_PART_BYTES, self.size - start)

    def framed_headers(self) -> dict[str, str]:
        """`headers` with the one for the length of the body."""
        framing = (
            {"Transfer-Encoding": "chunked"} if self.chunked else {"Content-Length": str(self.size)}
        )
        return {**self.headers, "Content-Type": "application/json", **framing}


def refused_uploads(size: int, chunked: bool = False, pause_seconds: float = 0) -> list[Upload]:
    """One upload of `size` bytes for each reason to refuse it.

    For a server with a rate limit of 1 behind a trusted proxy.
    """
    by_size = 413 if size > MB else 401
    # The first request of a minute is within the rate limit.
    reasons: list[tuple[set[int], dict[str, str]]] = [
        ({by_size}, {}),
        ({415}, {"Content-Encoding": "gzip"}),
        ({429, by_size}, {"X-Forwarded-For": "203.0.113.7"}),
        ({431}, {"A": "a" * 40 * KB}),
    ]
    return [
        Upload(frozenset(statuses), headers, size, chunked, pause_seconds)
        for statuses, headers in reasons
    ]


def send_by_urllib(origin: str, upload: Upload) -> int:
    """Status of the response to urllib, which sends `Connection: close`; 0 without one."""
    request = urllib.request.Request(
        origin + upload.path, upload.parts(), upload.framed_headers(), method="POST"
    )
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        with error:
            error.read()
            return int(error.code)
    except OSError:
        return 0


def send_by_http_client(origin: str, upload: Upload) -> int:
    """Status of the response to http.client, which keeps the connection; 0 without one."""
    connection = http.client.HTTPConnection(urlsplit(origin).netloc, timeout=TIMEOUT_SECONDS)
    try:
        connection.request(
            "POST",
            upload.path,
            upload.parts(),
            upload.framed_headers(),
            encode_chunked=upload.chunked,
        )
        response = connection.getresponse()
        response.read()
    except (OSError, http.client.HTTPException):
        return 0
    else:
        return response.status
    finally:
        connection.close()


def send_by_httpx(origin: str, upload: Upload) -> int:
    """Status of the response to httpx; 0 without one."""
    try:
        return httpx.post(
            origin + upload.path,
            content=upload.parts(),
            headers=upload.framed_headers(),
            timeout=TIMEOUT_SECONDS,
        ).status_code
    except httpx.TransportError:
        return 0


def send_by_http10(origin: str, upload: Upload) -> int:
    """Status of the response to HTTP/1.0 over a socket; 0 without one."""
    headers = upload._replace(chunked=False).framed_headers()
    lines = [f"POST {upload.path} HTTP/1.0", *(f"{name}: {headers[name]}" for name in headers)]
    with RawConnection(origin, TIMEOUT_SECONDS) as connection:
        try:
            connection.socket.sendall("\r\n".join([*lines, "", ""]).encode())
            for part in upload.parts():
                connection.socket.sendall(part)
        except OSError:
            return 0
        answer = connection.read_response()
        is_complete = len(answer.body) == int(answer.headers.get("content-length", -1))
        return answer.status if is_complete else 0


SendUpload = Callable[[str, Upload], int]
PYTHON_CLIENTS: dict[str, SendUpload] = {
    "urllib": send_by_urllib,
    "http.client": send_by_http_client,
    "httpx": send_by_httpx,
    "HTTP/1.0": send_by_http10,
}
