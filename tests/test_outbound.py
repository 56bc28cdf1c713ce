"""HTTP client: SSRF protection, limits of size and time."""

import socket
from ipaddress import ip_address
from time import monotonic
from typing import Any

import pytest

from app.http.client import (
    ForbiddenUrl,
    RequestFailed,
    check_url,
    is_forbidden_address,
    send_request,
)
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
    for url in ("https://example.org/hook?a=b", "http://8.8.8.8:8080/", "https://[2606:4700::1]/"):
        check_url(url)


@pytest.mark.parametrize(
    "address",
    ["64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::", "2001:0:1::", "::127.0.0.1",
     "::ffff:10.0.0.1", "224.0.0.1", "ff02::1", "192.0.2.1", "198.18.0.1",
     "192.88.99.1", "fec0::1", "3fff::1", "fd00:ec2::254", "::ffff:0:127.0.0.1"],
)  # fmt: skip
def test_special_addresses_are_forbidden(address: str) -> None:
    assert is_forbidden_address(ip_address(address))


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
