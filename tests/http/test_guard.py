"""What is malformed or too large is refused with a problem, before the application hears of it."""

from collections.abc import Iterator

import pytest
from alembic import command

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


def test_what_is_right_is_answered(origin: str) -> None:
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
        "GET / HTTP/3.7\r\nHost: x\r\n\r\n",
        "GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n",
        "CONNECT x:443 HTTP/1.1\r\nHost: x\r\n\r\n",
        "FETCH / HTTP/1.1\r\nHost: x\r\n\r\n",
        "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)
def test_what_is_no_http_is_a_problem(origin: str, sent: str) -> None:
    answer = send_raw(origin, sent.encode("latin-1"))
    assert answer.status == 400
    assert answer.headers["connection"] == "close"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.problem()["type"].endswith("/problems/bad-request")


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
def test_heads_have_bounds(origin: str, sent: bytes, status: int) -> None:
    answer = send_raw(origin, sent)
    assert answer.status == status
    if status >= 400:
        answer.problem()


@pytest.mark.parametrize("step", [1, 7, 100_000])
def test_however_it_is_cut_it_means_the_same(origin: str, step: int) -> None:
    sent = request_head() * 2 + request_head("/nowhere")
    with RawConnection(origin) as wire:
        for at in range(0, len(sent), step):
            wire.send(sent[at : at + step])
        assert [wire.read_response().status for _ in range(3)] == [200, 200, 404]
        wire.send(b"nonsense\r\n\r\n")
        assert [wire.read_response().status for _ in range(2)] == [400, 0]


def test_nonsense_does_not_cut_the_answer_before_it(origin: str) -> None:
    with RawConnection(origin) as wire:
        wire.send(request_head("/openapi.json") + b"nonsense\r\n\r\n")
        answer = wire.read_response()
        assert answer.status == 200
        assert len(answer.body) == int(answer.headers["content-length"])
        assert wire.read_response().status == 0


def test_a_body_too_large_is_refused_before_it_is_sent(origin: str) -> None:
    head = request_head("/v1/missions", "Content-Length: 200000000", method="POST")
    assert send_raw(origin, head).problem()["type"].endswith("/problems/content-too-large")


def test_what_follows_a_body_is_no_header(origin: str) -> None:
    sent = (
        request_head("/v1/me", "Transfer-Encoding: chunked")
        + b"0\r\nAuthorization: Bearer x\r\n\r\n"
    )
    assert send_raw(origin, sent).problem()["detail"].startswith("Send an API key")
