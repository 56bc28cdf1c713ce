"""Requests to other hosts: only to addresses of the public Internet, bounded in size and time.

A name is looked up once. Each address that it has is judged, and the connection is made to one of
these very addresses, so that no second look-up can lead elsewhere.
"""

import socket
import ssl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import httpcore2 as httpcore

OUTBOUND_TIMEOUT_SECONDS = 10.0
"""Seconds that a whole request may take, however it trickles in."""

MAX_OUTBOUND_RESPONSE_BYTES = 5 * 2**20
"""Bytes that an answer may have."""

_MAX_URL_CHARS = 2000

_FORBIDDEN_NETWORKS = [
    ip_network(network)
    for network in (
        "100.64.0.0/10",  # between a provider and its customers
        "192.88.99.0/24",  # leads on to 2002::/16
        "64:ff9b::/96",  # these lead to IPv4 addresses of any kind
        "64:ff9b:1::/48",
        "2001::/32",
        "2002::/16",
        "::/96",
        "3fff::/20",  # of documentation
        "fec0::/10",  # of sites, once
    )
]
_FORBIDDEN_HOST_SUFFIXES = (".localhost", ".local", ".internal")

IPAddress = IPv4Address | IPv6Address


class ForbiddenUrl(Exception):
    """The address is none that may be asked."""


class RequestFailed(Exception):
    """The other side did not answer as it should."""


@dataclass(frozen=True)
class OutboundResponse:
    """What the other side answered."""

    status: int
    headers: Mapping[str, str]
    """By name, in lower case."""
    body: bytes


def is_forbidden_address(address: IPAddress) -> bool:
    """Whether an address is none of the public Internet's."""
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        return is_forbidden_address(address.ipv4_mapped)
    # `is_global` alone holds several of these for global.
    odd = address.is_multicast or address.is_reserved or address.is_unspecified
    listed = any(
        address in network for network in _FORBIDDEN_NETWORKS if network.version == address.version
    )
    return odd or listed or not address.is_global


def check_url(url: str, allow_private: bool = False) -> None:
    """Raise `ForbiddenUrl` where `url` is to be refused by its look alone."""
    if len(url) > _MAX_URL_CHARS or not url.isascii() or any(c <= " " or c == "\x7f" for c in url):
        raise ForbiddenUrl("The address is too long, or holds what has to be percent-encoded.")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise ForbiddenUrl("This is no address.") from error
    if parts.scheme not in {"http", "https"}:
        raise ForbiddenUrl("Only http and https are asked.")
    if parts.username is not None or parts.password is not None:
        raise ForbiddenUrl("Leave the user name and password out.")
    if not host or "%" in host or port == 0:
        raise ForbiddenUrl("The address names no host.")
    if not allow_private and (f".{host.rstrip('.')}".endswith(_FORBIDDEN_HOST_SUFFIXES)):
        raise ForbiddenUrl(f"{host} is no host of the public Internet.")
    if not allow_private and (literal := _parse_ip_literal(host)) and is_forbidden_address(literal):
        raise ForbiddenUrl(f"{host} is no address of the public Internet.")


def _parse_ip_literal(host: str) -> IPAddress | None:
    """The address that `host` spells, in any of the ways that systems read one."""
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
    """The answer of another host; a redirection is an answer, and is not followed.

    Raises `ForbiddenUrl` where it may not be asked, `RequestFailed` where it does not answer well.
    """
    check_url(url, allow_private)
    backend = _PublicNetworkBackend(monotonic() + timeout, allow_private)
    sent = list(
        ({"User-Agent": "Zarya", "Accept-Encoding": "identity"} | dict(headers or {})).items()
    )
    try:
        with (
            httpcore.ConnectionPool(network_backend=backend) as pool,
            pool.stream(method, url, headers=sent, content=content) as answer,
        ):
            body = b""
            for part in answer.iter_stream():
                body += part
                if len(body) > max_bytes:
                    raise RequestFailed(f"The answer has more than {max_bytes} bytes.")
            names = {name.decode("latin-1").lower(): value for name, value in answer.headers}
            told = {name: value.decode("latin-1") for name, value in names.items()}
            return OutboundResponse(answer.status, told, body)
    except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException) as error:
        raise RequestFailed(f"{type(error).__name__}: {error}".rstrip(": ")) from error
    except (OSError, ValueError) as error:
        raise RequestFailed(f"{type(error).__name__}: {error}") from error


class _PublicNetworkBackend(httpcore.NetworkBackend):
    """Connects to what may be connected to, and lets nothing last beyond the deadline."""

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
        if not self._allow_private and any(map(is_forbidden_address, addresses)):
            raise ForbiddenUrl(f"{host} is no host of the public Internet.")
        left = _remaining_seconds(self._deadline)
        stream = self._backend.connect_tcp(
            str(addresses[0]), port, left, local_address, socket_options
        )
        return _DeadlineStream(stream, self._deadline)


def _resolve_host(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise RequestFailed(f"{host} cannot be found.") from error
    addresses = [str(sockaddr[0]) for *_, sockaddr in found]
    if any("%" in address for address in addresses) or not addresses:
        raise ForbiddenUrl(f"{host} is no host of the public Internet.")
    return addresses


def _remaining_seconds(deadline: float) -> float:
    if (left := deadline - monotonic()) <= 0:
        raise RequestFailed("It took too long.")
    return left


class _DeadlineStream(httpcore.NetworkStream):
    """A stream of which no part, nor all of them together, lasts beyond the deadline."""

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
        left = _remaining_seconds(self._deadline)
        return _DeadlineStream(
            self._stream.start_tls(ssl_context, server_hostname, left), self._deadline
        )

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
