"""The HTTP protocol: malformed and oversized requests are refused with a problem."""

from collections.abc import Iterator
from inspect import signature

import pytest
import uvicorn
from alembic import command
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from tests.support.databases import alembic_config
from tests.support.raw_http import RawConnection, request_head, send_raw
from tests.support.servers import run_server

POST = "POST /v1/missions HTTP/1.1\r\nHost: x\r\n"


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    url = f"sqlite:///{tmp_path_factory.mktemp('guard')}/guard.db"
    command.upgrade(alembic_config(url), "head")
    with run_server(url) as origin:
        yield origin


def test_valid_requests_are_answered(origin: str) -> None:
    assert send_raw(origin, request_head()).status == 200
    assert send_raw(origin, b"GET /health/live HTTP/1.0\r\n\r\n").status == 200
    upgrade = ("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk")
    assert send_raw(origin, request_head("/health/live", *upgrade)).status == 200


@pytest.mark.parametrize(
    "sent",
    [
        f"{POST}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        f"{POST}Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        f"{POST}Content-Length: -1\r\n\r\n",
        f"{POST}Content-Length: +3\r\n\r\nabc",
        f"{POST}Content-Length: {'9' * 40}\r\n\r\n",
        f"{POST}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        f"{POST}Transfer-Encoding: chunked\r\n\r\nxyz\r\n",
        f"{POST}Transfer-Encoding: chunked\r\n\r\n{'f' * 17}\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n",
        "GET / HTTP/1.1\nHost: x\n\n",
        "GET / HTTP/1.1\r\nHost: x\r\nA: \x01\x00b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nA b: c\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nA : b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\rA: b\r\n\r\n",
        "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n",
        "GET / HTTP/1.0\r\nHost: a@b\r\n\r\n",
        f"{POST}Content-Length: 2, 2\r\n\r\n{{}}",
        f"{POST}Content-Length: 2\r\nContent-Length: 2\r\n\r\n{{}}",
        f"{POST}Content-Length: 0x2\r\n\r\n{{}}",
        f"{POST}Content-Length:\r\n\r\n{{}}",
        f"{POST}Transfer-Encoding: chunked\r\n\r\n2;a\n{{}}\r\n0\r\n\r\n",
        f"{POST}Transfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: 5\r\n\r\n",
        "GET v1/missions HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET %2Fv1/missions HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET ?limit=1 HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET http://x HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET / HTTP/x.y\r\nHost: x\r\n\r\n",
        "GET / HTTP/11.1\r\nHost: x\r\n\r\n",
        "GET / http/1.1\r\nHost: x\r\n\r\n",
        "GET / HTTX/1.1\r\nHost: x\r\n\r\n",
        "GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n",
        "CONNECT x:443 HTTP/1.1\r\nHost: x\r\n\r\n",
        "FETCH / HTTP/1.1\r\nHost: x\r\n\r\n",
        "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)
def test_malformed_http_is_refused(origin: str, sent: str) -> None:
    answer = send_raw(origin, sent.encode("latin-1"))
    assert answer.status == 400
    assert answer.headers["connection"] == "close"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.problem()["type"].endswith("/problems/bad-request")


def test_other_transfer_codings_are_refused(origin: str) -> None:
    """Positive control: `test_expectation_is_met_unless_the_body_is_refused` sends chunks."""
    for codings in ("gzip, chunked", "deflate", "identity"):
        sent = f"{POST}Transfer-Encoding: {codings}\r\n\r\n0\r\n\r\n"
        assert send_raw(origin, sent.encode()).status == 501, codings


def test_expectation_is_met_unless_the_body_is_refused(origin: str) -> None:
    expect = "Expect: 100-continue"
    for version, headers, statuses in (
        ("1.1", ("Transfer-Encoding: chunked",), [100, 401]),
        ("1.1", ("Content-Length: 5",), [100, 401]),
        ("1.0", ("Content-Length: 5",), [401]),
        ("1.1", ("Content-Length: 2000000",), [413, 0]),
        ("1.1", ("Content-Length: 5", "Content-Encoding: gzip"), [415, 0]),
    ):
        head = request_head("/v1/missions", expect, *headers, method="POST")
        with RawConnection(origin) as wire:
            wire.send(head.replace(b"HTTP/1.1", f"HTTP/{version}".encode()))
            if 100 in statuses:
                assert wire.read_response().status == statuses.pop(0)
            wire.send(b"0\r\n\r\n")
            assert [wire.read_response().status for _ in statuses] == statuses, headers


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("http://x/v1/missions", 200),
        ("https://user:secret@other:81/v1/missions?limit=1", 200),
        ("http://x/v1%2Fmissions", 404),
        ("http://x/v1/missions/iss%2f59", 422),
        ("//x/v1/missions", 404),
        ("//v1/missions", 404),
        ("/v1%252Fmissions", 404),
        ("/v1%5Cmissions", 404),
        ("/v1/missions%2F", 404),
        ("/health%2Flive", 404),
        ("/docs%2fswagger", 404),
        ("/missions%2Fiss-59", 404),
        ("/v1/%2e%2e/v1/missions", 404),
        ("*", 404),
    ],
)
def test_target_in_any_form_is_one_path(origin: str, target: str, status: int) -> None:
    for _ in range(2):  # the second may be cached
        assert send_raw(origin, request_head(target)).status == status


@pytest.mark.parametrize("framing", ["Content-Length: 2", "Transfer-Encoding: chunked"])
def test_upgrade_is_ignored_and_ends_the_connection(origin: str, framing: str) -> None:
    """Also with a body; a request after it is not answered, since it could be another protocol."""
    body = b"{}" if "Length" in framing else b"2\r\n{}\r\n0\r\n\r\n"
    for upgrade, statuses in (
        (("Connection: Upgrade", "Upgrade: h2c"), [401, 0]),
        (("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"), [401, 0]),
        (("Upgrade: h2c",), [401, 200]),
    ):
        head = request_head("/v1/missions", framing, *upgrade, method="POST")
        with RawConnection(origin) as wire:
            wire.send(head + body + request_head())
            assert [wire.read_response().status for _ in range(2)] == statuses, upgrade


@pytest.mark.parametrize("version", ["0.9", "1.2", "2.0", "3.7", "9.9"])
def test_other_http_versions_are_refused(origin: str, version: str) -> None:
    """Positive control: `test_valid_requests_are_answered`."""
    answer = send_raw(origin, f"GET /health/live HTTP/{version}\r\nHost: x\r\n\r\n".encode())
    assert answer.status == 505
    assert answer.headers["connection"] == "close"
    assert answer.problem()["type"].endswith("/problems/http-version-not-supported")


def test_request_without_a_version_is_refused(origin: str) -> None:
    assert send_raw(origin, b"GET /health/live\r\n\r\n").status == 505


def test_http2_preface_is_refused_as_a_version(origin: str) -> None:
    assert send_raw(origin, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(9)).status == 505


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (request_head("/" + "a" * 8 * 1024), 414),
        (request_head("/health/live", f"A: {'a' * 33 * 1024}"), 431),
        (request_head("/health/live", *(f"A{n}: a" for n in range(101))), 431),
        (request_head("/health/live", *(f"A{n}: a" for n in range(99))), 200),
        (request_head("/health/live", *(f"A{n}: {'a' * 4096}" for n in range(7))), 200),
        (b"GET /" + b"a" * 2**20, 414),
        (b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"a" * 2**20, 431),
        (request_head(), 200),
    ],
)
def test_head_size_is_limited(origin: str, sent: bytes, status: int) -> None:
    answer = send_raw(origin, sent)
    assert answer.status == status
    if status >= 400:
        answer.problem()


@pytest.mark.parametrize("step", [1, 7, 100_000])
def test_request_may_arrive_in_any_chunks(origin: str, step: int) -> None:
    sent = request_head() * 2 + request_head("/nowhere")
    with RawConnection(origin) as wire:
        for at in range(0, len(sent), step):
            wire.send(sent[at : at + step])
        assert [wire.read_response().status for _ in range(3)] == [200, 200, 404]
        wire.send(b"nonsense\r\n\r\n")
        assert [wire.read_response().status for _ in range(2)] == [400, 0]


def test_pipelined_error_does_not_truncate_the_previous_response(origin: str) -> None:
    with RawConnection(origin) as wire:
        wire.send(request_head("/openapi.json") + b"nonsense\r\n\r\n")
        answer = wire.read_response()
        assert answer.status == 200
        assert len(answer.body) == int(answer.headers["content-length"])
        assert [wire.read_response().status for _ in range(2)] == [400, 0]


def test_body_too_large_is_refused_by_its_content_length(origin: str) -> None:
    head = request_head("/v1/missions", "Content-Length: 200000000", method="POST")
    assert send_raw(origin, head).problem()["type"].endswith("/problems/content-too-large")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_refusal_of_head_has_no_body(origin: str, method: str) -> None:
    with RawConnection(origin) as wire:
        wire.send(request_head("/" + "a" * 8 * 1024, method=method))
        answer = wire.read_response(method)
        assert answer.status == 414
        assert int(answer.headers["content-length"]) > 0
        rest = b"".join(iter(lambda: wire.socket.recv(4096), b""))
        assert (answer.body + wire.received + rest == b"") is (method == "HEAD")


def test_encoded_slash_is_another_path(origin: str) -> None:
    for path, status in (("/v1/missions", 200), ("/v1%2Fmissions", 404), ("/%761/missions", 200)):
        for _ in range(2):  # the second may be cached
            assert send_raw(origin, request_head(path)).status == status


def test_trailers_are_not_headers(origin: str) -> None:
    sent = (
        request_head("/v1/me", "Transfer-Encoding: chunked")
        + b"0\r\nAuthorization: Bearer x\r\n\r\n"
    )
    assert send_raw(origin, sent).problem()["detail"].startswith("Send an API key")


def test_uvicorn_has_the_internals_that_protocol_uses() -> None:
    version = f"uvicorn {uvicorn.__version__}"
    for name in (
        "connection_made", "connection_lost", "data_received", "on_message_begin", "on_header",
        "on_headers_complete", "on_message_complete", "pause_writing", "resume_writing",
        "_start_asgi_task", "on_response_complete", "eof_received", "shutdown",
    ):  # fmt: skip
        assert callable(getattr(HttpToolsProtocol, name, None)), f"{version}: no {name}"
    protocol_names = HttpToolsProtocol.__init__.__code__.co_names
    for name in (
        "server_state", "timeout_keep_alive", "connections", "parser", "flow", "cycle", "pipeline",
        "headers", "expect_100_continue", "client", "transport", "loop",
    ):  # fmt: skip
        assert name in protocol_names, f"{version}: no attribute {name}"
    cycle_names = RequestResponseCycle.__init__.__code__.co_names
    for name in (
        "disconnected", "message_event", "keep_alive", "response_started", "response_complete",
        "more_body",
    ):  # fmt: skip
        assert name in cycle_names, f"{version}: no attribute {name}"
    parameters = list(signature(HttpToolsProtocol._start_asgi_task).parameters)
    assert parameters == ["self", "cycle", "app"], version
