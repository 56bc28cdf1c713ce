"""The end of a connection: no response is lost, whatever the client still sends or has closed."""

import gc
import socket
from collections.abc import Iterator
from time import sleep
from weakref import WeakSet

import pytest
from alembic import command

from app.http import deadlines, protocol
from app.http.protocol import LimitedHttpProtocol
from tests.support.databases import alembic_config
from tests.support.protocol_servers import serve_in_thread
from tests.support.raw_http import RawConnection, request_head, send_raw
from tests.support.servers import run_server, wait_for
from tests.support.uploads import (
    KB,
    MB,
    PYTHON_CLIENTS,
    SendUpload,
    Upload,
    refused_uploads,
)

CACHED = "/v1/missions"
every_client = pytest.mark.parametrize("send", PYTHON_CLIENTS.values(), ids=PYTHON_CLIENTS)


class ClosingAtOnce(LimitedHttpProtocol):
    """The protocol without a lingering close."""

    def end(self) -> None:
        self._socket.close()


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    url = f"sqlite:///{tmp_path_factory.mktemp('end')}/end.db"
    command.upgrade(alembic_config(url), "head")
    with run_server(url, rate_limit=1, trusted_proxies="127.0.0.1") as origin:
        yield origin


@pytest.fixture(scope="module")
def plain_origin() -> Iterator[str]:
    """Origin of a small application without a cache."""
    with serve_in_thread() as origin:
        yield origin


def short_deadlines(monkeypatch: pytest.MonkeyPatch, **seconds: float) -> None:
    monkeypatch.setattr(deadlines, "DEADLINE_CHECK_SECONDS", 0.05)
    for name, value in seconds.items():
        monkeypatch.setattr(protocol, f"{name.upper()}_SECONDS", value)


def can_send(connection: RawConnection, size: int = 4) -> bool:
    try:
        connection.socket.sendall(bytes(size))
    except OSError:
        return False
    return True


def half_close(connection: RawConnection) -> None:
    connection.socket.shutdown(socket.SHUT_WR)


@pytest.mark.slow
@every_client
def test_refused_bodies_are_answered(origin: str, send: SendUpload) -> None:
    uploads = [
        upload
        for size, chunked in ((KB, True), (64 * KB, False), (2 * MB, True), (20 * MB, False))
        for upload in [*refused_uploads(size, chunked), Upload(frozenset({404}), {}, KB, path="/x")]
    ]
    assert len(uploads) == 20
    wrong = [
        (status, upload)
        for upload in uploads
        if (status := send(origin, upload)) not in upload.statuses
    ]
    assert wrong == []


@pytest.mark.parametrize(
    "name", sorted(PYTHON_CLIENTS.keys() - {"httpx"})
)  # it reads the response although it cannot send
def test_refused_bodies_are_not_answered_without_a_lingering_close(name: str) -> None:
    send = PYTHON_CLIENTS[name]
    with serve_in_thread(ClosingAtOnce) as plain_origin:
        upload = Upload(frozenset(), {}, 20 * MB, path="/refuse")
        assert 0 in {send(plain_origin, upload) for _ in range(5)}


@pytest.mark.slow
@every_client
def test_slow_upload_is_answered(monkeypatch: pytest.MonkeyPatch, send: SendUpload) -> None:
    short_deadlines(monkeypatch, body_timeout=0.1)
    with serve_in_thread() as plain_origin:
        for path, status in (("/body", 408), ("/refuse", 413)):
            upload = Upload(frozenset(), {}, 256 * KB, pause_seconds=0.3, path=path)
            assert send(plain_origin, upload) == status


@every_client
def test_connection_beyond_the_limit_is_answered(
    monkeypatch: pytest.MonkeyPatch, send: SendUpload
) -> None:
    monkeypatch.setenv("ZARYA_MAX_CONNECTIONS", "1")
    upload = Upload(frozenset(), {}, 2 * MB, path="/body")
    with serve_in_thread() as plain_origin, RawConnection(plain_origin) as busy:
        busy.send(request_head("/slow") * 20)
        assert busy.read_response().status == 200
        assert send(plain_origin, upload) == 503


def test_response_before_the_body_closes_the_connection(plain_origin: str) -> None:
    head = request_head("/refuse", "Content-Length: 3", method="POST")
    with RawConnection(plain_origin) as wire:
        wire.send(head + b"abc")
        assert "connection" not in wire.read_response("POST").headers
        wire.send(head)
        assert wire.read_response("POST").headers["connection"] == "close"


@pytest.mark.parametrize(("name", "value"), [("LINGER_SECONDS", 0.3), ("MAX_LINGER_BYTES", MB)])
def test_lingering_is_bounded(monkeypatch: pytest.MonkeyPatch, name: str, value: float) -> None:
    short_deadlines(monkeypatch)
    with serve_in_thread() as plain_origin:
        upload = Upload(frozenset(), {}, 8 * MB, pause_seconds=0.01, path="/refuse")
        assert PYTHON_CLIENTS["HTTP/1.0"](plain_origin, upload) == 413
        monkeypatch.setattr(protocol, name, value)
        assert PYTHON_CLIENTS["HTTP/1.0"](plain_origin, upload) == 0


def test_silent_client_is_closed_after_the_last_response(monkeypatch: pytest.MonkeyPatch) -> None:
    short_deadlines(monkeypatch, linger_idle=0.2)
    protocol_connections = protocol._lingering_connections
    with serve_in_thread() as plain_origin, RawConnection(plain_origin) as wire:
        wire.send(request_head("/", "Connection: close"))
        assert [wire.read_response().status for _ in range(2)] == [200, 0]
        wait_for(lambda: not protocol_connections, 10)


def test_trickle_does_not_keep_an_ending_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    short_deadlines(monkeypatch, linger_idle=2)
    with serve_in_thread() as plain_origin, RawConnection(plain_origin) as wire:
        wire.send(request_head("/", "Connection: close"))
        assert wire.read_response().status == 200
        for _ in range(60):
            assert can_send(wire, protocol.MIN_LINGER_BYTES)
            sleep(0.05)
        wait_for(lambda: not can_send(wire, 1), 10)


def test_lingering_connections_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "MAX_LINGERING_CONNECTIONS", 2)
    with serve_in_thread() as plain_origin:
        connections = [RawConnection(plain_origin) for _ in range(3)]
        for connection in connections:
            connection.send(request_head("/", "Connection: close"))
            assert connection.read_response().status == 200
        addresses = [connection.socket.getsockname() for connection in connections]
        assert [each.client for each in protocol._lingering_connections] == addresses[1:]
        wait_for(lambda: not can_send(connections[0]), 10)
        assert can_send(connections[1])
        for connection in connections:
            connection.socket.close()


def test_ended_connection_is_freed_without_garbage_collection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    alive: WeakSet[LimitedHttpProtocol] = WeakSet()
    made_count = 0
    connection_made = LimitedHttpProtocol.connection_made

    def record(self: LimitedHttpProtocol, transport: object) -> None:
        nonlocal made_count
        alive.add(self)
        made_count += 1
        connection_made(self, transport)  # type: ignore[arg-type]  # passed on

    monkeypatch.setattr(LimitedHttpProtocol, "connection_made", record)
    with serve_in_thread() as plain_origin:
        gc.disable()
        try:
            for headers in ((), ("Connection: close",)):
                assert send_raw(plain_origin, request_head("/", *headers)).status == 200
                wait_for(lambda: not alive, 10)
            assert made_count >= 2
        finally:
            gc.enable()


@pytest.mark.slow
@pytest.mark.parametrize("path", [CACHED, "/health/live", "/nowhere"])
def test_pipeline_with_an_incomplete_last_head_is_answered(origin: str, path: str) -> None:
    heads = request_head(path) * 3000
    assert len(heads) > 2 * protocol.MAX_HEAD_BYTES
    status = send_raw(origin, request_head(path)).status
    with RawConnection(origin, 60) as wire:
        wire.send(heads + request_head("/openapi.json")[:-4])
        assert {wire.read_response().status for _ in range(3000)} == {status}
        wire.send(b"\r\n\r\n")
        assert b'"openapi"' in wire.read_response().body


def test_incomplete_head_in_one_piece_is_limited(origin: str) -> None:
    """Positive control: `test_pipeline_with_an_incomplete_last_head_is_answered`."""
    sent = request_head(CACHED) + request_head("/", f"A: {'a' * 48 * KB}")[:-4]
    with RawConnection(origin) as wire:
        wire.send(sent)
        assert [wire.read_response().status for _ in range(3)] == [200, 431, 0]


def test_refused_upload_in_a_pipeline_is_the_last_response(origin: str) -> None:
    """The requests before it are answered, those after it are not."""
    chunks = b"10000\r\n" + bytes(64 * KB) + b"\r\n"
    for headers, status in (
        (("Content-Encoding: gzip",), 415),
        (("Connection: close",), 413),
        (("Expect: 100-continue", "Content-Encoding: gzip"), 415),
    ):
        head = request_head("/x", "Transfer-Encoding: chunked", *headers, method="POST")
        with RawConnection(origin) as wire:
            wire.send(request_head(CACHED) + request_head("/nowhere") + head)
            wire.send(chunks * 40 + b"0\r\n\r\n" + request_head(CACHED))
            statuses = [wire.read_response("POST").status for _ in range(4)]
        assert statuses == [200, 404, status, 0], headers


def test_slow_response_is_not_lost_to_the_next_request(monkeypatch: pytest.MonkeyPatch) -> None:
    short_deadlines(monkeypatch, head_timeout=0.2, body_timeout=0.2)
    post = request_head("/body", "Transfer-Encoding: chunked", method="POST")
    with serve_in_thread() as plain_origin:
        for rest, status in (
            (request_head("/")[:-4], 408),
            (post, 408),
            (post + b"xyz\r\n", 400),
            (b"nonsense\r\n\r\n", 400),
            (b"GET / HTTP/2.0\r\n\r\n", 505),
            (request_head("/"), 200),
        ):
            with RawConnection(plain_origin) as wire:
                wire.send(request_head("/") + request_head("/slow") + rest)
                assert [wire.read_response().status for _ in range(3)] == [200, 200, status], rest


@pytest.mark.parametrize(
    ("path", "status"), [(CACHED, 200), (f"{CACHED}?format=csv", 200), ("/nowhere", 404)]
)
def test_half_closing_client_is_answered(origin: str, path: str, status: int) -> None:
    for _ in range(2):  # the second is cached
        with RawConnection(origin) as wire:
            wire.send(request_head(path, "Accept-Encoding: identity"))
            half_close(wire)
            assert wire.read_response().status == status


def test_half_closing_client_gets_all_responses(plain_origin: str) -> None:
    post = request_head("/body", "Content-Length: 3", method="POST")
    for rest, status in ((b"abc", 200), (b"ab", 400), (b"", 400)):
        with RawConnection(plain_origin) as wire:
            wire.send(request_head("/slow") * 2 + post + rest)
            half_close(wire)
            assert [wire.read_response().status for _ in range(4)] == [200, 200, status, 0]


def test_half_closing_client_is_not_answered_if_the_connection_ends_at_once() -> None:
    class EndingAtEof(LimitedHttpProtocol):
        def eof_received(self) -> bool:  # type: ignore[override]  # as in asyncio
            return False

    with serve_in_thread(EndingAtEof) as plain_origin, RawConnection(plain_origin) as wire:
        wire.send(request_head("/slow"))
        half_close(wire)
        assert wire.read_response().status == 0


def test_half_closed_connection_without_a_request_is_closed(plain_origin: str) -> None:
    post = request_head("/body", "Content-Length: 3", method="POST")
    for sent, statuses in ((b"", [0]), (b"\r\n", [0]), (b"GET", [400, 0]), (post, [400, 0])):
        with RawConnection(plain_origin) as wire:
            wire.send(sent)
            half_close(wire)
            assert [wire.read_response().status for _ in statuses] == statuses
