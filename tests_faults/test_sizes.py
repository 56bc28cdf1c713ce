"""What is larger than anything has to be: refused, and nobody notices."""

import asyncio
import gzip
from collections.abc import Iterator
from itertools import chain
from threading import Thread
from time import perf_counter

import pytest

from tests.support.raw_http import RawConnection, request_head
from tests_faults.load import Tally, readers
from tests_faults.services import Note, Service, Start

pytestmark = pytest.mark.parametrize("create_database", ["sqlite"], indirect=True)
"""No database is asked."""

MB = 2**20
POST = "POST"


def _chunks(size: int) -> Iterator[bytes]:
    part = b" " * 65536
    for _ in range(size // len(part)):
        yield b"%x\r\n%b\r\n" % (len(part), part)
    yield b"0\r\n\r\n"


def _whole(size: int) -> Iterator[bytes]:
    for _ in range(size // MB):
        yield b" " * MB


def cases(key: str) -> dict[str, tuple[int, bytes, Iterator[bytes]]]:
    """By name: the status that is due, a head, and what comes after it."""
    keyed = f"Authorization: Bearer {key}", "Content-Type: application/json"
    chunked = request_head("/v1/articles", *keyed, "Transfer-Encoding: chunked", method=POST)

    def sized(size: int, *more: str) -> bytes:
        return request_head("/v1/articles", *keyed, *more, f"Content-Length: {size}", method=POST)

    bomb = gzip.compress(bytes(100 * MB))
    deep = b"[" * (MB // 2) + b"]" * (MB // 2)
    return {
        "a body of 10 MB": (413, sized(10 * MB), _whole(10 * MB)),
        "a body of 200 MB": (413, sized(200 * MB), _whole(200 * MB)),
        "200 MB in chunks": (413, chunked, _chunks(200 * MB)),
        "a header of 50 MB": (431, b"GET / HTTP/1.1\r\nHost: x\r\nA: ", _whole(50 * MB)),
        "100,000 headers": (
            431,
            request_head("/", *(f"A{n}: b" for n in range(100_000))),
            iter(()),
        ),
        "a URL of 1 MB": (414, request_head("/" + "a" * MB), iter(())),
        "100,000 parameters": (414, request_head("/v1/articles?" + "a=b&" * 100_000), iter(())),
        "a gzip bomb of 100 MB": (415, sized(len(bomb), "Content-Encoding: gzip"), iter([bomb])),
        "JSON 500,000 deep": (400, sized(len(deep)), iter([deep])),
        "a million digits": (400, sized(10**6), iter([b"9" * 10**6])),
    }


def _send_all(wire: RawConnection, head: bytes, rest: Iterator[bytes]) -> None:
    for part in chain([head], rest):
        wire.send(part)


def _send(service: Service, statuses: dict[str, tuple[int, int]]) -> None:
    for name, (due, head, rest) in cases(service.key).items():
        with RawConnection(service.origin) as wire:
            # Sent beside: who is refused early may go on sending for a while.
            sender = Thread(target=_send_all, args=(wire, head, rest), daemon=True)
            sender.start()
            statuses[name] = due, wire.read_response().status
            wire.socket.close()
            sender.join(30)


@pytest.mark.timeout(180)
def test_what_is_too_large_is_refused(start: Start, note: Note) -> None:
    statuses: dict[str, tuple[int, int]] = {}
    with start() as service:
        good, before = Tally(), service.memory
        sender = Thread(target=_send, args=(service, statuses))
        sender.start()
        begun = perf_counter()
        asyncio.run(readers(service.origin, 2, lambda: not sender.is_alive(), good, pause=0.01))
        seconds, grown = perf_counter() - begun, service.memory - before
    assert {name: got for name, (_, got) in statuses.items()} == {
        name: due for name, (due, _) in statuses.items()
    }
    assert len(statuses) == 10
    assert set(good.statuses) == {200}
    assert grown < 100
    note(
        "sizes",
        "; ".join(f"{name}: {got}" for name, (_, got) in statuses.items()),
        f"all refused; 2 readers beside: {good}",
        f"{seconds:.0f} s; the slowest answer to a reader {good.quantile(1):.0f} ms; "
        f"memory +{grown:.0f} MB",
    )


@pytest.mark.timeout(120)
def test_plain_uvicorn_takes_a_header_of_50_mb(start_plain: Start) -> None:
    with start_plain() as service, RawConnection(service.origin, 60) as wire:
        wire.send(b"GET /health/live HTTP/1.1\r\nHost: x\r\nA: ")
        for part in _whole(50 * MB):
            wire.send(part.replace(b" ", b"a"))
        wire.send(b"\r\n\r\n")
        assert wire.read_response().status == 200
