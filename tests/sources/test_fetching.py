"""Conditional GET: validators, redirects with SSRF checks, limits of size and time."""

import gzip
import socket
import tracemalloc
from time import monotonic

import pytest

from app.http.client import MAX_OUTBOUND_RESPONSE_BYTES, ForbiddenUrl, RequestFailed
from app.ingest.fetching import FetchResult, fetch_url, resolve_redirect
from tests.support.fake_sites import FakeSite, Reply, dripping_server, rss_feed
from tests.support.loopback import LOOPBACK_HOSTS, fake_getaddrinfo, loopback_server


def ask(url: str, etag: str | None = None, last_modified: str | None = None) -> FetchResult:
    return fetch_url(url, etag, last_modified, allow_private=True)


def test_request_headers_and_validators_are_sent(fake_site: FakeSite) -> None:
    url = fake_site.add("/feed", Reply(headers={"ETag": '"one"'}, body=rss_feed()))
    assert ask(url).body == rss_feed()
    assert ask(url, '"one"', "Thu, 04 Apr 2019 12:00:00 GMT").status == 304
    (_, first), (_, second) = fake_site.requests
    assert first["user-agent"] == "Zarya (+http://127.0.0.1:8000)"
    assert first["accept-encoding"] == "gzip"
    assert "if-none-match" not in first
    assert "if-modified-since" not in first
    assert second["if-none-match"] == '"one"'
    assert second["if-modified-since"] == "Thu, 04 Apr 2019 12:00:00 GMT"


def test_redirects_are_limited_to_three(fake_site: FakeSite) -> None:
    for hop in range(4):
        fake_site.add(f"/{hop}", Reply(301 + hop % 2, {"Location": f"{hop + 1}"}))
    fake_site.add("/4", Reply(body=b"there"))
    assert ask(f"{fake_site.origin}/1").body == b"there"
    with pytest.raises(RequestFailed, match="more than 3"):
        ask(f"{fake_site.origin}/0")
    assert [path for path, _ in fake_site.requests] == [
        "/1",
        "/2",
        "/3",
        "/4",
        "/0",
        "/1",
        "/2",
        "/3",
    ]


@pytest.mark.parametrize("host", [*LOOPBACK_HOSTS, "[::ffff:7f00:1]"])
def test_redirect_to_loopback_is_refused(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first host has a public address."""
    with loopback_server() as inside:
        there = f"HTTP/1.1 302 Found\r\nLocation: http://{host}:{inside.port}/\r\n"
        with loopback_server(f"{there}Content-Length: 0\r\n\r\n".encode()) as outside:
            let_out(monkeypatch, outside.port)
            with pytest.raises(ForbiddenUrl):
                fetch_url(f"http://203.0.114.7:{outside.port}/")
            assert len(outside.requests) == 1
        assert inside.requests == []


def test_redirect_to_loopback_works_if_allowed() -> None:
    """Positive control: the redirect is followed if private addresses are allowed."""
    with loopback_server() as inside:
        there = f"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:{inside.port}/\r\n"
        with loopback_server(f"{there}Content-Length: 0\r\n\r\n".encode()) as outside:
            assert ask(f"http://127.0.0.1:{outside.port}/").body == b"hi"
        assert len(inside.requests) == 1


def let_out(monkeypatch: pytest.MonkeyPatch, port: int) -> None:
    """Route connections to the public address 203.0.114.7 to a local listener."""

    def lead(address: tuple[str, int], *_: object, **__: object) -> socket.socket:
        assert address == ("203.0.114.7", port)
        connection = socket.socket()
        connection.connect(("127.0.0.1", port))
        return connection

    monkeypatch.setattr(socket, "create_connection", lead)


def test_dns_rebinding_on_redirect_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The name resolves to a public address first, and to loopback at its own redirect."""
    with loopback_server() as inside:
        there = f"HTTP/1.1 302 Found\r\nLocation: http://desk.example:{inside.port}/\r\n"
        with loopback_server(f"{there}Content-Length: 0\r\n\r\n".encode()) as outside:
            let_out(monkeypatch, outside.port)
            monkeypatch.setattr(socket, "getaddrinfo", fake_getaddrinfo("203.0.114.7", "127.0.0.1"))
            with pytest.raises(ForbiddenUrl, match=r"desk\.example is not a public host"):
                fetch_url(f"http://desk.example:{outside.port}/")
            assert len(outside.requests) == 1
        assert inside.requests == []


@pytest.mark.parametrize(
    "target",
    ["file:///etc/passwd", "ftp://desk.example/", "http://[::1", "http://a:b@desk.example/",
     "javascript:alert(1)", "http://desk.example:99999/"],
)  # fmt: skip
def test_redirect_to_invalid_url_is_refused(fake_site: FakeSite, target: str) -> None:
    url = fake_site.add("/", Reply(302, {"Location": target}))
    with pytest.raises(ForbiddenUrl):
        ask(url)


def test_redirect_from_https_to_http_is_refused() -> None:
    for url in ("https://desk.example/a/b", "HTTPS://desk.example/a/b"):
        for target in ("http://desk.example/", "HTTP://desk.example/", "ftp://desk.example/"):
            with pytest.raises(ForbiddenUrl, match="refused"):
                resolve_redirect(url, target)
        assert resolve_redirect(url, "c").lower() == "https://desk.example/a/c"
        assert resolve_redirect(url, "HTTPS://other.example/").lower() == "https://other.example/"
    assert resolve_redirect("http://desk.example/", "//other.example/") == "http://other.example/"


@pytest.mark.parametrize("status", [404, 410, 429, 503])
def test_body_of_other_statuses_is_ignored(fake_site: FakeSite, status: int) -> None:
    headers = {"Content-Encoding": "br", "Retry-After": "9"}
    answer = ask(fake_site.add("/", Reply(status, headers, b"what is this")))
    assert (answer.status, answer.headers["retry-after"], answer.body) == (status, "9", b"")


def test_gzip_members_are_all_decompressed(fake_site: FakeSite) -> None:
    both = gzip.compress(b"hello, ") + gzip.compress(b"world")
    assert (
        ask(fake_site.add("/", Reply(200, {"Content-Encoding": "gzip"}, both))).body
        == b"hello, world"
    )


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", b"no gzip"),
        ("gzip", gzip.compress(b"hello" * 1000, mtime=0)[:-9]),
        ("gzip", gzip.compress(b"hello", mtime=0) + b"and more"),
        ("br", b"whatever"),
        ("gzip, gzip", gzip.compress(gzip.compress(b"hello", mtime=0), mtime=0)),
    ],
    ids=[
        "no gzip",
        "cut off",
        "with more",
        "brotli",
        "twice",
    ],  # the number of bytes shows the elapsed time
)
def test_invalid_content_encoding_fails(fake_site: FakeSite, coding: str, body: bytes) -> None:
    url = fake_site.add("/", Reply(200, {"Content-Encoding": coding}, body))
    with pytest.raises(RequestFailed):
        ask(url)


def test_gzip_bomb_is_bounded(fake_site: FakeSite) -> None:
    bomb = gzip.compress(bytes(300_000_000), compresslevel=1)
    url = fake_site.add("/", Reply(200, {"Content-Encoding": "gzip"}, bomb))
    tracemalloc.start()
    try:
        with pytest.raises(RequestFailed, match="decompressed"):
            ask(url)
        assert tracemalloc.get_traced_memory()[1] < 30e6
    finally:
        tracemalloc.stop()


def test_body_at_size_limit_is_accepted(fake_site: FakeSite) -> None:
    """Positive control of the bomb: the limit, and one byte more."""
    fits = fake_site.add(
        "/1",
        Reply(200, {"Content-Encoding": "gzip"}, gzip.compress(bytes(MAX_OUTBOUND_RESPONSE_BYTES))),
    )
    assert len(ask(fits).body) == MAX_OUTBOUND_RESPONSE_BYTES
    more = gzip.compress(bytes(MAX_OUTBOUND_RESPONSE_BYTES + 1))
    with pytest.raises(RequestFailed):
        ask(fake_site.add("/2", Reply(200, {"Content-Encoding": "gzip"}, more)))
    with pytest.raises(RequestFailed):
        ask(fake_site.add("/3", Reply(200, {}, bytes(MAX_OUTBOUND_RESPONSE_BYTES + 1))))


def test_slow_response_ends_at_deadline() -> None:
    began = monotonic()
    with dripping_server(0.05) as url, pytest.raises(RequestFailed):
        fetch_url(url, allow_private=True, timeout=0.5)
    assert monotonic() - began < 10


def test_deadline_covers_all_redirects(fake_site: FakeSite) -> None:
    """Each request alone is within the deadline."""
    for hop in range(3):
        fake_site.add(f"/{hop}", Reply(302, {"Location": f"/{hop + 1}"}, delay_seconds=0.4))
    fake_site.add("/3", Reply(body=b"there"))
    assert ask(f"{fake_site.origin}/0").body == b"there"
    with pytest.raises(RequestFailed):
        fetch_url(f"{fake_site.origin}/0", allow_private=True, timeout=1)
