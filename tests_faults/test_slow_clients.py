"""Clients that are slow on purpose are cut, and nobody else is held up."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from time import perf_counter
from urllib.parse import urlsplit

import pytest

from tests_faults.load import Tally, lasting, readers
from tests_faults.services import Note, Start

pytestmark = pytest.mark.parametrize("create_database", ["sqlite"], indirect=True)
"""No database is asked."""

EACH = 75
"""How many clients of one kind."""

BOUND = 60.0
"""Seconds in which all must be gone: 16 by the rules, and more where the machine is busy."""

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
HEAD = b"GET /v1/missions HTTP/1.1\r\nHost: x\r\n"
BODY = b"POST /v1/articles HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{"


@asynccontextmanager
async def _connected(origin: str, buffer: int = 0) -> AsyncIterator[Streams]:
    address = urlsplit(origin)
    sock = socket.socket()
    if buffer:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    sock.setblocking(False)
    await asyncio.get_running_loop().sock_connect(sock, (address.hostname, address.port))
    reader, writer = await asyncio.open_connection(sock=sock, limit=buffer or 2**16)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


async def _silent(origin: str) -> None:
    async with _connected(origin) as (reader, _):
        await reader.read()


async def _dripping(origin: str, first: bytes) -> None:
    """A byte now and then: of a head that never ends, or of a body."""
    async with _connected(origin) as (reader, writer):
        writer.write(first)
        while not reader.at_eof():
            writer.write(b"a")
            with suppress(TimeoutError):
                await asyncio.wait_for(reader.read(65536), 0.4)


async def _deaf(origin: str) -> None:
    """Asks for much and takes nothing of it."""
    async with _connected(origin, buffer=4096) as (_, writer):
        writer.write(b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n" * 5)
        while True:
            await asyncio.sleep(0.5)
            writer.write(b"\r\n")
            await writer.drain()  # which fails when the other side has gone


KINDS: dict[str, Callable[[str], Awaitable[None]]] = {
    "silent": _silent,
    "slow head": lambda origin: _dripping(origin, HEAD + b"A: "),
    "slow body": lambda origin: _dripping(origin, BODY),
    "never reading": _deaf,
}


async def _attack(origin: str, bound: float) -> tuple[Tally, dict[str, int], float]:
    """What readers got meanwhile, how many of each kind were left, and when all were gone."""
    good, left = Tally(), dict.fromkeys(KINDS, EACH)
    begun = perf_counter()
    gone = begun

    async def one(kind: str) -> None:
        nonlocal gone
        with suppress(OSError, asyncio.IncompleteReadError):
            await KINDS[kind](origin)
        left[kind] -= 1
        gone = perf_counter()

    slow = [asyncio.ensure_future(one(kind)) for kind in KINDS for _ in range(EACH)]
    over = lasting(bound)
    await asyncio.gather(
        readers(origin, 4, lambda: over() or not any(left.values()), good, pause=0.02),
        asyncio.wait(slow, timeout=bound),
    )
    for task in slow:
        task.cancel()
    await asyncio.gather(*slow, return_exceptions=True)
    await asyncio.sleep(0.01)
    return good, left, gone - begun


@pytest.mark.timeout(180)
def test_slow_clients_are_cut(start: Start, note: Note) -> None:
    with start() as service:
        calm = Tally()
        asyncio.run(readers(service.origin, 4, lasting(4), calm, pause=0.02))
        before = service.memory
        good, left, seconds = asyncio.run(_attack(service.origin, BOUND))
        grown = service.memory - before
    assert left == dict.fromkeys(KINDS, 0)
    assert set(good.statuses) == {200}
    note(
        "slow clients",
        f"{EACH} each silent, with slow heads, with slow bodies, never reading; 4 readers beside",
        f"{EACH * len(KINDS)} of {EACH * len(KINDS)} cut; readers: {good}",
        f"all gone after {seconds:.1f} s; readers' p99 {good.quantile(0.99):.0f} ms, "
        f"{calm.quantile(0.99):.0f} ms before; memory +{grown:.0f} MB",
    )


@pytest.mark.timeout(180)
def test_plain_uvicorn_holds_them(start_plain: Start) -> None:
    with start_plain() as service:
        _, left, _ = asyncio.run(_attack(service.origin, BOUND / 3))
    assert left["silent"] == left["slow head"] == left["slow body"] == EACH
