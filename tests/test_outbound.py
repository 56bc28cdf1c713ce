"""HTTP client: SSRF protection, limits of size and time."""

import socket
import ssl
from ipaddress import IPv4Network, IPv6Network, ip_address
from time import monotonic
from typing import Any

import httpcore2 as httpcore
import pytest

from app.http.client import (
    ForbiddenUrl,
    RequestFailed,
    check_url,
    send_request,
)
from app.http.special_addresses import SPECIAL_NETWORKS, is_public_address
from tests.support.loopback import LOOPBACK_HOSTS, OK_RESPONSE, fake_getaddrinfo, loopback_server


@pytest.mark.parametrize("host", LOOPBACK_HOSTS)
def test_loopback_address_in_any_spelling_is_refused(host: str) -> None:
    with loopback_server() as listener:
        with pytest.raises(ForbiddenUrl):
            send_request("GET", f"http://{host}:{listener.port}/")
        assert listener.requests == []


def test_loopback_is_reached_if_allowed() -> None:
    """Positive control of the SSRF protection."""
    with loopback_server() as listener:
        for host in ("127.0.0.1", "127.1", "localhost"):
            url = f"http://{host}:{listener.port}/path?a=b"
            answer = send_request("POST", url, {"X-Sent": "yes"}, b"body", allow_private=True)
            assert (answer.status, answer.body) == (200, b"hi")
            assert answer.headers["x-name"] == "Value"
        assert len(listener.requests) == 3
        assert listener.requests[0].startswith(b"POST /path?a=b HTTP/1.1\r\n")
        assert b"X-Sent: yes\r\n" in listener.requests[0]
        assert listener.requests[0].endswith(b"\r\n\r\nbody")


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd", "ftp://example.org/", "gopher://127.0.0.1:25/", "javascript:alert(1)",
        "http://user@example.org/", "http://user:password@example.org/", "http://@example.org/",
        "http://", "http:///path", "//example.org/", "example.org", "http://example.org:0/",
        "http://example.org:99999/", "http://[fe80::1%25eth0]/", "http://[::1", "http://a b/",
        "http://example.org/\r\nX: y", "http://exämple.org/", "http://example.org/" + "a" * 2000,
        "http://10.0.0.1/", "http://172.16.0.1/", "http://192.168.1.1/", "http://100.64.0.1/",
        "http://169.254.169.254/latest/meta-data/", "http://[fc00::1]/", "http://[fe80::1]/",
        "http://[ff02::1]/", "http://224.0.0.1/", "http://255.255.255.255/", "http://240.0.0.1/",
        "http://printer.local/", "http://metadata.google.internal/",
    ],
)  # fmt: skip
def test_invalid_urls_are_refused(url: str) -> None:
    with pytest.raises(ForbiddenUrl):
        check_url(url)


def test_public_urls_are_accepted() -> None:
    for url in (
        "https://example.org/hook?a=b",
        "http://8.8.8.8:8080/",
        "https://[2606:4700::1]/",
        "http://example.org./",
        "http://134744072/",
        "http://0x08.8.010.8/",
    ):
        check_url(url)


@pytest.mark.parametrize(
    "address",
    ["64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::", "2001:0:1::", "::127.0.0.1",
     "::ffff:10.0.0.1", "224.0.0.1", "ff02::1", "192.0.2.1", "198.18.0.1",
     "192.88.99.1", "fec0::1", "3fff::1", "fd00:ec2::254", "::ffff:0:127.0.0.1",
     "169.254.169.254", "168.63.129.16", "192.0.0.192", "100.100.100.200", "fd20:ce::254",
     "192.0.0.8", "192.0.0.170", "192.88.99.2", "255.255.255.255", "5f00::1", "100:0:0:1::1",
     "2001:2::1", "2001:10::1", "2001:1ff:ffff::1", "::ffff:168.63.129.16", "200::1"],
)  # fmt: skip
def test_special_addresses_are_not_public(address: str) -> None:
    assert not is_public_address(ip_address(address))
    host = f"[{address}]" if ":" in address else address
    with pytest.raises(ForbiddenUrl):
        check_url(f"https://{host}/")


@pytest.mark.parametrize("network", SPECIAL_NETWORKS, ids=str)
def test_first_and_last_address_of_special_network_are_not_public(
    network: IPv4Network | IPv6Network,
) -> None:
    for address in (network[0], network[-1]):
        assert not is_public_address(address), address
        if address.version == 4:
            assert not is_public_address(ip_address(f"::ffff:{address}")), address


PUBLIC_NEIGHBOURS = """
    1.0.0.0 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0
    169.253.255.255 169.255.0.0 172.15.255.255 172.32.0.0 191.255.255.255 192.0.1.0 192.0.1.255
    192.0.3.0 192.88.98.255 192.88.100.0 192.167.255.255 192.169.0.0 198.17.255.255 198.20.0.0
    198.51.99.255 198.51.101.0 203.0.112.255 203.0.114.0 223.255.255.255
    168.63.129.15 168.63.129.17
    2000:: 2001:200:: 2001:db7:ffff:ffff:ffff:ffff:ffff:ffff 2001:db9::
    2001:ffff:ffff:ffff:ffff:ffff:ffff:ffff 2003:: 3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff
    3fff:1000:: 2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff 3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff
    ::ffff:8.8.8.8
""".split()


def test_neighbours_of_special_networks_are_public() -> None:
    """Positive control: every address next to a special network that is in none, and others."""
    neighbours = set()
    for network in SPECIAL_NETWORKS:
        bits = 32 if network.version == 4 else 128
        for number in (int(network[0]) - 1, int(network[-1]) + 1):
            if 0 <= number < 2**bits:
                address = type(network[0])(number)
                if not any(address in n for n in SPECIAL_NETWORKS if n.version == network.version):
                    neighbours.add(address)
    listed = set(map(ip_address, PUBLIC_NEIGHBOURS))
    assert neighbours <= listed
    assert [str(address) for address in listed if not is_public_address(address)] == []


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1.", "127.0.0.1..", "0177.0.0.1", "0177.1", "0x7f.1", "0x7F000001", "2130706433.",
     "127.0.1", "168.63.33040", "0xa83f8110", "0250.077.0201.020", "192.192", "[::ffff:7f00:1]",
     "[::ffff:127.0.0.1%25lo]", "[fe80::1%25eth0]", "[fe80::1%eth0]", "user@8.8.8.8",
     "8.8.8.8@127.0.0.1", "localhost.", "metadata.google.internal.", ".", "..", "%31%32%37.0.0.1"],
)  # fmt: skip
def test_disguised_hosts_are_refused_at_entry(host: str) -> None:
    """Positive control: `test_public_urls_are_accepted`."""
    if host == "192.192":  # 192.0.0.192, metadata of Oracle's cloud
        assert socket.inet_aton(host) == bytes([192, 0, 0, 192])
    with pytest.raises(ForbiddenUrl):
        check_url(f"http://{host}/")


@pytest.mark.parametrize("network", SPECIAL_NETWORKS, ids=str)
def test_host_that_resolves_to_special_network_is_not_connected(
    network: IPv4Network | IPv6Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same table is used after DNS. Positive control: `test_host_is_resolved_once`."""
    monkeypatch.setattr(socket, "getaddrinfo", fake_getaddrinfo(f"8.8.8.8 {network[-1]}"))
    monkeypatch.setattr(socket, "create_connection", lambda *_, **__: pytest.fail("connected"))
    with pytest.raises(ForbiddenUrl):
        send_request("GET", "http://innocent.example/", timeout=1)


def test_host_with_private_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with loopback_server() as listener:
        monkeypatch.setattr(socket, "getaddrinfo", fake_getaddrinfo("8.8.8.8 127.0.0.1"))
        with pytest.raises(ForbiddenUrl):
            send_request("GET", f"http://innocent.example:{listener.port}/")
        assert listener.requests == []


def test_host_is_resolved_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """DNS rebinding: public when checked, loopback when connected."""
    with loopback_server() as listener:
        monkeypatch.setattr(socket, "getaddrinfo", fake_getaddrinfo("203.0.114.7", "127.0.0.1"))
        connected: list[str] = []

        def connect(address: tuple[str, int], *_: Any, **__: Any) -> Any:
            connected.append(address[0])
            raise OSError("no way out")

        monkeypatch.setattr(socket, "create_connection", connect)
        with pytest.raises((RequestFailed, ForbiddenUrl)):
            send_request("GET", f"http://flipping.example:{listener.port}/", timeout=1)
        assert set(connected) == {"203.0.114.7"}
        assert listener.requests == []


def test_certificates_are_verified_for_the_host_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", fake_getaddrinfo("203.0.114.7"))
    seen: list[tuple[ssl.SSLContext, str | None]] = []

    class Stream(httpcore.NetworkStream):
        def start_tls(
            self,
            ssl_context: ssl.SSLContext,
            server_hostname: str | None = None,
            timeout: float | None = None,
        ) -> httpcore.NetworkStream:
            seen.append((ssl_context, server_hostname))
            raise httpcore.ConnectError("no way out")

        def close(self) -> None: ...

    monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", lambda *_: Stream())
    with pytest.raises(RequestFailed):
        send_request("GET", "https://named.example/")
    ((context, name),) = seen
    assert name == "named.example"  # not the address, to which the connection was made
    assert context.check_hostname
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2


def test_redirect_is_not_followed() -> None:
    with loopback_server() as inside:
        there = f"Location: http://127.0.0.1:{inside.port}/"
        moved = f"HTTP/1.1 302 Found\r\n{there}\r\nContent-Length: 0\r\n\r\n"
        with loopback_server(moved.encode()) as outside:
            answer = send_request("GET", f"http://127.0.0.1:{outside.port}/", allow_private=True)
        assert answer.status == 302
        assert inside.requests == []


def test_slow_response_is_cut_at_deadline() -> None:
    with loopback_server(OK_RESPONSE, pause=0.1) as listener:
        began = monotonic()
        with pytest.raises(RequestFailed):
            send_request(
                "GET", f"http://127.0.0.1:{listener.port}/", allow_private=True, timeout=0.5
            )
        assert monotonic() - began < 2


@pytest.mark.parametrize(
    "reply",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + b"a" * 5000,
        b"HTTP/1.1 200 OK\r\nX: " + b"a" * 200_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhi",
        b"not HTTP at all\r\n\r\n",
        b"",
    ],
)
def test_invalid_response_fails(reply: bytes) -> None:
    with loopback_server(reply) as listener:
        url = f"http://127.0.0.1:{listener.port}/"
        with pytest.raises(RequestFailed):
            send_request("GET", url, allow_private=True, max_bytes=1000, timeout=3)


def test_unreachable_host_fails() -> None:
    with loopback_server() as listener:
        port = listener.port
    with pytest.raises(RequestFailed):
        send_request("GET", f"http://127.0.0.1:{port}/", allow_private=True, timeout=2)
    with pytest.raises(RequestFailed):
        send_request("GET", "http://nowhere.invalid/", timeout=3)
