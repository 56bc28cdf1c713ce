"""Refusals of the protocol: each has one line in the access log, and is counted, as any request."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from prometheus_client import REGISTRY
from starlette.testclient import TestClient

from app.api.api_key_format import generate_api_key
from app.http import deadlines, protocol
from tests.support.clients import second_app
from tests.support.protocol_servers import serve_in_thread
from tests.support.raw_http import RawConnection, RawResponse, request_head
from tests.support.servers import wait_for
from tests.support.uploads import KB, MB

ID = "0b8e5a0e-5b0e-4b0e-8b0e-0b8e5a0e5b0e"
pytestmark = pytest.mark.parametrize("create_database", ["sqlite"], indirect=True)
"""The database is not involved."""

KEY = generate_api_key("Refused", [])[1]
POST = request_head("/v1/missions?a=secret", "Transfer-Encoding: chunked", method="POST")
CHUNK = b"1;" + b"a" * 8 * KB + b"\r\n \r\n"
UNKNOWN = (None, None)
"""Method and path of a request whose first line could not be read."""


@contextmanager
def serve_archive(archive: TestClient, **settings: object) -> Iterator[str]:
    """Serve an application over the database of `archive` in a thread; yields its origin."""
    app = second_app(archive, log_requests=True, **settings)
    app.middleware_stack = app.build_middleware_stack()
    with serve_in_thread(app=app) as origin:
        yield origin
    app.state.services.database.close()


@pytest.fixture(scope="module")
def origin(archive_client: TestClient) -> Iterator[str]:
    with serve_archive(archive_client, trusted_proxies="127.0.0.1") as origin:
        yield origin


def exchange(origin: str, sent: bytes, *, half_close: bool = False) -> list[RawResponse]:
    """Responses to `sent` on one connection, until the server ends it."""
    responses = []
    with RawConnection(origin) as wire:
        wire.send(sent)
        if half_close:
            wire.socket.shutdown(socket.SHUT_WR)
        while (response := wire.read_response()).status:
            responses.append(response)
    return responses


def read_lines(capsys: pytest.CaptureFixture[str], number: int) -> list[dict[str, object]]:
    """Lines of the access log, at least `number`."""
    text = ""

    def is_complete() -> bool:
        nonlocal text
        text += capsys.readouterr().out
        return text.count("\n") >= number

    wait_for(is_complete, 10)
    return [json.loads(line) for line in text.splitlines()]


def refusal_count() -> float:
    return REGISTRY.get_sample_value("zarya_http_refused_total", {"reason": "protocol"}) or 0


def request_count(method: str, status: int) -> float:
    labels = {"route": "none", "method": method, "status": f"{status // 100}xx"}
    return REGISTRY.get_sample_value("zarya_http_request_seconds_count", labels) or 0


REFUSED: dict[str, tuple[bytes, int, tuple[str | None, str | None]]] = {
    "no http": (b"nonsense\r\n\r\n", 400, UNKNOWN),
    "tls": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400, UNKNOWN),
    "key as method": (f"{KEY} / HTTP/1.1\r\n\r\n".encode(), 400, UNKNOWN),
    "no host": (b"GET /v1/me?a=secret HTTP/1.1\r\n\r\n", 400, ("GET", "/v1/me")),
    "credentials": (b"GET http://user:secret@x/v1/me HTTP/1.1\r\n\r\n", 400, ("GET", "/v1/me")),
    "no chunk size": (POST + b"xyz\r\n", 400, ("POST", "/v1/missions")),
    "large body": (POST + CHUNK * (25 * MB // len(CHUNK)), 413, ("POST", "/v1/missions")),
    "long path": (request_head("/" + "a/" * 5 * KB), 414, ("GET", ("/" + "a/" * 5 * KB)[:200])),
    "endless path": (b"GET /" + b"a/" * 20 * KB, 414, ("GET", ("/" + "a/" * 5 * KB)[:200])),
    "long header": (request_head("/a", f"A: {'a' * 33 * KB}"), 431, ("GET", "/a")),
    "http 2": (b"PUT /v1/me HTTP/2.0\r\nHost: x\r\n\r\n", 505, ("PUT", "/v1/me")),
    "no body": (POST, 408, ("POST", "/v1/missions")),
    "half a head": (b"DELETE /v1/me HTTP/1.1\r\nA", 408, ("DELETE", "/v1/me")),
}  # fmt: skip
"""Input, status, method and path of refused requests, by name."""


@pytest.mark.parametrize(("sent", "status", "request_line"), REFUSED.values(), ids=REFUSED)
def test_refusal_is_logged_and_counted_once(
    origin: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    sent: bytes,
    status: int,
    request_line: tuple[str | None, str | None],
) -> None:
    monkeypatch.setattr(deadlines, "DEADLINE_CHECK_SECONDS", 0.05)
    for name in ("HEAD", "BODY"):
        monkeypatch.setattr(protocol, f"{name}_TIMEOUT_SECONDS", 1)
    method, path = request_line
    refused, requests = refusal_count(), request_count(method or "other", status)
    (response,) = exchange(origin, sent)
    assert response.status == status
    assert refusal_count() == refused + 1
    assert request_count(method or "other", status) == requests + 1
    id_ = response.headers["x-request-id"]
    assert response.problem()["instance"] == f"urn:uuid:{id_}"
    assert send_control(origin) == 404
    line, control = read_lines(capsys, 2)
    assert control["path"] == "/nowhere"
    assert line.keys() == control.keys()
    assert (line["method"], line["path"]) == (method, path)
    assert (line["id"], line["client"], line["route"]) == (id_, "127.0.0.1", None)
    assert (line["status"], line["bytes"]) == (status, len(response.body))
    assert isinstance(line["ms"], float)
    assert line["ms"] >= (900 if status == 408 else 0)


def send_control(origin: str) -> int:
    """Status of a request that the application refuses."""
    (response,) = exchange(origin, request_head("/nowhere", "Connection: close"))
    return response.status


def test_request_of_the_application_is_no_refusal(
    origin: str, capsys: pytest.CaptureFixture[str]
) -> None:
    refused, requests = refusal_count(), request_count("GET", 404)
    assert send_control(origin) == 404
    assert len(read_lines(capsys, 1)) == 1
    assert (refusal_count(), request_count("GET", 404)) == (refused, requests + 1)


def test_refusal_has_the_id_and_the_client_of_its_request(
    origin: str, capsys: pytest.CaptureFixture[str]
) -> None:
    headers = (f"X-Request-ID: {ID}", "X-Forwarded-For: 203.0.113.7", "X-Forwarded-For: 127.0.0.1")
    (response,) = exchange(origin, request_head(f"/v1/{KEY}", *headers, "Host: twice"))
    assert response.headers["x-request-id"] == ID
    (line,) = read_lines(capsys, 1)
    assert (line["id"], line["client"]) == (ID, "203.0.113.7")
    assert line["path"] == f"/v1/{KEY[:15]}…"  # the key id is not secret


def test_refused_request_in_a_pipeline_is_logged_by_itself(
    origin: str, capsys: pytest.CaptureFixture[str]
) -> None:
    sent = request_head("/nowhere") * 2 + b"PUT /v1/me HTTP/2.0\r\n\r\n" + request_head("/nowhere")
    assert [response.status for response in exchange(origin, sent)] == [404, 404, 505]
    assert sorted(str(line["status"]) for line in read_lines(capsys, 3)) == ["404", "404", "505"]


def test_incomplete_request_is_logged_once(origin: str, capsys: pytest.CaptureFixture[str]) -> None:
    for sent in (POST, b"POST /v1/missions HTTP/1.1\r\nHost"):
        (response,) = exchange(origin, sent, half_close=True)
        assert response.status == 400
        assert send_control(origin) == 404
        line, control = read_lines(capsys, 2)
        assert (line["path"], line["status"]) == ("/v1/missions", 400)
        assert control["path"] == "/nowhere"


def test_connection_beyond_the_limit_is_logged(
    archive: TestClient, capsys: pytest.CaptureFixture[str]
) -> None:
    with serve_archive(archive, max_connections=1) as origin, RawConnection(origin) as busy:
        busy.send(request_head("/v1/me", "Expect: 100-continue", "Content-Length: 1"))
        assert busy.read_response().status == 100
        (response,) = exchange(origin, b"")
        (line,) = read_lines(capsys, 1)
    assert response.status == line["status"] == 503
    assert (line["method"], line["path"]) == UNKNOWN
