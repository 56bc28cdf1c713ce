"""Oversized requests are refused without effect on other clients."""

import asyncio
import gzip
from collections.abc import Iterator
from itertools import chain
from threading import Thread
from time import perf_counter

import pytest

from tests.support.raw_http import RawConnection, request_head
from tests_faults.load import Tally, run_readers
from tests_faults.services import Note, Service, Start

pytestmark = pytest.mark.parametrize("create_database", ["sqlite"], indirect=True)
"""The database is not involved."""

MB = 2**20
POST = "POST"


def _chunked_body(size: int) -> Iterator[bytes]:
    part = b" " * 65536
    for _ in range(size // len(part)):
        yield b"%x\r\n%b\r\n" % (len(part), part)
    yield b"0\r\n\r\n"


def _plain_body(size: int) -> Iterator[bytes]:
    for _ in range(size // MB):
        yield b" " * MB


def oversized_requests(key: str) -> dict[str, tuple[int, bytes, Iterator[bytes]]]:
    """Return expected status, request head and remaining bytes by name."""
    headers = f"Authorization: Bearer {key}", "Content-Type: application/json"
    chunked = request_head("/v1/articles", *headers, "Transfer-Encoding: chunked", method=POST)

    def head_with_length(size: int, *more: str) -> bytes:
        return request_head("/v1/articles", *headers, *more, f"Content-Length: {size}", method=POST)

    bomb = gzip.compress(bytes(100 * MB))
    nested = b"[" * (MB // 2) + b"]" * (MB // 2)
    return {
        "a body of 10 MB": (413, head_with_length(10 * MB), _plain_body(10 * MB)),
        "a body of 200 MB": (413, head_with_length(200 * MB), _plain_body(200 * MB)),
        "200 MB in chunks": (413, chunked, _chunked_body(200 * MB)),
        "a header of 50 MB": (431, b"GET / HTTP/1.1\r\nHost: x\r\nA: ", _plain_body(50 * MB)),
        "100,000 headers": (
            431,
            request_head("/", *(f"A{n}: b" for n in range(100_000))),
            iter(()),
        ),
        "a URL of 1 MB": (414, request_head("/" + "a" * MB), iter(())),
        "100,000 parameters": (414, request_head("/v1/articles?" + "a=b&" * 100_000), iter(())),
        "a gzip bomb of 100 MB": (
            415,
            head_with_length(len(bomb), "Content-Encoding: gzip"),
            iter([bomb]),
        ),
        "JSON nested 500,000 levels deep": (422, head_with_length(len(nested)), iter([nested])),
        "a number of a million digits": (400, head_with_length(10**6), iter([b"9" * 10**6])),
    }


def _send_all(connection: RawConnection, head: bytes, rest: Iterator[bytes]) -> None:
    for part in chain([head], rest):
        connection.send(part)


def _send(service: Service, statuses: dict[str, tuple[int, int]]) -> None:
    for name, (expected, head, rest) in oversized_requests(service.key).items():
        with RawConnection(service.origin) as connection:
            # Sent in a thread, because the response may arrive before the request is complete.
            sender = Thread(target=_send_all, args=(connection, head, rest), daemon=True)
            sender.start()
            statuses[name] = expected, connection.read_response().status
            connection.socket.close()
            sender.join(30)


@pytest.mark.timeout(180)
def test_oversized_requests_are_refused(start: Start, note: Note) -> None:
    statuses: dict[str, tuple[int, int]] = {}
    with start() as service:
        readers_tally, before = Tally(), service.memory_mb
        sender = Thread(target=_send, args=(service, statuses))
        sender.start()
        started = perf_counter()
        asyncio.run(
            run_readers(service.origin, 2, lambda: not sender.is_alive(), readers_tally, pause=0.01)
        )
        seconds, growth_mb = perf_counter() - started, service.memory_mb - before
    assert {name: status for name, (_, status) in statuses.items()} == {
        name: expected for name, (expected, _) in statuses.items()
    }
    assert len(statuses) == 10
    assert set(readers_tally.statuses) == {200}
    assert growth_mb < 100
    note(
        "oversized requests",
        "; ".join(f"{name}: {status}" for name, (_, status) in statuses.items()),
        f"all refused; 2 readers: {readers_tally}",
        f"{seconds:.0f} s; slowest response to a reader {readers_tally.quantile(1):.0f} ms; "
        f"memory +{growth_mb:.0f} MB",
    )


@pytest.mark.timeout(120)
def test_plain_uvicorn_accepts_a_header_of_50_mb(start_plain: Start) -> None:
    with start_plain() as service, RawConnection(service.origin, 60) as connection:
        connection.send(b"GET /health/live HTTP/1.1\r\nHost: x\r\nA: ")
        for part in _plain_body(50 * MB):
            connection.send(part.replace(b" ", b"a"))
        connection.send(b"\r\n\r\n")
        assert connection.read_response().status == 200
