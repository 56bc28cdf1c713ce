"""HTTP client for untrusted URLs: public addresses only (SSRF protection), limited size and time.

A host name is resolved once. All its addresses are checked, and the connection is made to one of
them, so that a second resolution (DNS rebinding) cannot lead elsewhere.
"""

import socket
import ssl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, ip_address
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import httpcore2 as httpcore

from app.http.special_addresses import IPAddress, is_public_address

OUTBOUND_TIMEOUT_SECONDS = 10.0
"""Deadline of a whole request, including the response body."""

MAX_OUTBOUND_RESPONSE_BYTES = 5 * 2**20
"""Maximum size of a response body."""

_MAX_URL_CHARS = 2000

_FORBIDDEN_HOST_SUFFIXES = (".localhost", ".local", ".internal")


class ForbiddenUrl(Exception):
    """The URL may not be requested. The message is the reason."""


class RequestFailed(Exception):
    """There was no valid response. The message is the reason."""


@dataclass(frozen=True)
class OutboundResponse:
    """Response of another host."""

    status: int
    headers: Mapping[str, str]
    """By name, in lower case."""
    body: bytes


def check_url(url: str, allow_private: bool = False) -> None:
    """Raise `ForbiddenUrl` if `url` is invalid, or names a private host or address."""
    if len(url) > _MAX_URL_CHARS or not url.isascii() or any(c <= " " or c == "\x7f" for c in url):
        raise ForbiddenUrl("The URL is too long, or has characters that must be percent-encoded.")
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError as error:
        raise ForbiddenUrl("This is not a valid URL.") from error
    if parts.scheme not in {"http", "https"}:
        raise ForbiddenUrl("The URL scheme must be http or https.")
    if parts.username is not None or parts.password is not None:
        raise ForbiddenUrl("The URL must not have a user name or password.")
    if not host or "%" in host or port == 0:
        raise ForbiddenUrl("The URL has no host.")
    if not allow_private and f".{host}".endswith(_FORBIDDEN_HOST_SUFFIXES):
        raise ForbiddenUrl(f"{host} is not a public host.")
    literal = _parse_ip_literal(host)
    if not allow_private and literal is not None and not is_public_address(literal):
        raise ForbiddenUrl(f"{host} is not a public address.")


def _parse_ip_literal(host: str) -> IPAddress | None:
    """Parse an IP address in any notation that operating systems accept."""
    try:
        return ip_address(host)
    except ValueError:
        pass
    try:
        return IPv4Address(socket.inet_aton(host))  # 127.1, 0x7f000001, 2130706433
    except (OSError, ValueError):
        return None


def send_request(
    method: str,
    url: str,
    headers: Mapping[str, str] | None = None,
    content: bytes = b"",
    *,
    allow_private: bool = False,
    timeout: float = OUTBOUND_TIMEOUT_SECONDS,
    max_bytes: int = MAX_OUTBOUND_RESPONSE_BYTES,
) -> OutboundResponse:
    """Send a request and return the response. Redirects are not followed.

    Raises `ForbiddenUrl` if the URL is not allowed, `RequestFailed` if there is no valid response.
    """
    check_url(url, allow_private)
    backend = _PublicNetworkBackend(monotonic() + timeout, allow_private)
    all_headers = {"User-Agent": "Zarya", "Accept-Encoding": "identity"} | dict(headers or {})
    try:
        with (
            httpcore.ConnectionPool(network_backend=backend) as pool,
            pool.stream(
                method, url, headers=list(all_headers.items()), content=content
            ) as response,
        ):
            body = b""
            for chunk in response.iter_stream():
                body += chunk
                if len(body) > max_bytes:
                    raise RequestFailed(f"The response has more than {max_bytes} bytes.")
            response_headers = {
                name.decode("latin-1").lower(): value.decode("latin-1")
                for name, value in response.headers
            }
            return OutboundResponse(response.status, response_headers, body)
    except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException) as error:
        raise RequestFailed(f"{type(error).__name__}: {error}".rstrip(": ")) from error
    except (OSError, ValueError) as error:
        raise RequestFailed(f"{type(error).__name__}: {error}") from error


class _PublicNetworkBackend(httpcore.NetworkBackend):
    """Network backend that connects to public addresses only, until a deadline."""

    def __init__(self, deadline: float, allow_private: bool) -> None:
        self._deadline = deadline
        self._allow_private = allow_private
        self._backend = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        addresses = [ip_address(address) for address in _resolve_host(host, port)]
        if not self._allow_private and not all(map(is_public_address, addresses)):
            raise ForbiddenUrl(f"{host} is not a public host.")
        remaining = _remaining_seconds(self._deadline)
        stream = self._backend.connect_tcp(
            str(addresses[0]), port, remaining, local_address, socket_options
        )
        return _DeadlineStream(stream, self._deadline)


def _resolve_host(host: str, port: int) -> list[str]:
    try:
        results = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise RequestFailed(f"The host {host} cannot be resolved.") from error
    addresses = [str(sockaddr[0]) for *_, sockaddr in results]
    if any("%" in address for address in addresses) or not addresses:
        raise ForbiddenUrl(f"{host} is not a public host.")
    return addresses


def _remaining_seconds(deadline: float) -> float:
    if (remaining := deadline - monotonic()) <= 0:
        raise RequestFailed("The request timed out.")
    return remaining


class _DeadlineStream(httpcore.NetworkStream):
    """Network stream whose operations all end at one deadline."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: float) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _remaining_seconds(self._deadline))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _remaining_seconds(self._deadline))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        remaining = _remaining_seconds(self._deadline)
        return _DeadlineStream(
            self._stream.start_tls(ssl_context, server_hostname, remaining), self._deadline
        )

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
