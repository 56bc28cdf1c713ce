"""Deliberately slow clients are disconnected, and delay no other client."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from time import perf_counter
from urllib.parse import urlsplit

import pytest

from tests_faults.load import Tally, deadline, run_readers
from tests_faults.services import Note, Start

pytestmark = pytest.mark.parametrize("create_database", ["sqlite"], indirect=True)
"""The database is not involved."""

CLIENTS_PER_KIND = 75

DISCONNECT_LIMIT_SECONDS = 60.0
"""Time in which all must be disconnected: 16 s by the settings, more on a busy machine."""

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
HEAD = b"GET /v1/missions HTTP/1.1\r\nHost: x\r\n"
BODY = b"POST /v1/articles HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{"


@asynccontextmanager
async def _connect(origin: str, buffer: int = 0) -> AsyncIterator[Streams]:
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


async def _send_nothing(origin: str) -> None:
    async with _connect(origin) as (reader, _):
        await reader.read()


async def _send_slowly(origin: str, first_bytes: bytes) -> None:
    """Send one byte at a time, of a head or body that never ends."""
    async with _connect(origin) as (reader, writer):
        writer.write(first_bytes)
        while not reader.at_eof():
            writer.write(b"a")
            with suppress(TimeoutError):
                await asyncio.wait_for(reader.read(65536), 0.4)


async def _never_read(origin: str) -> None:
    """Send requests but never read the responses."""
    async with _connect(origin, buffer=4096) as (_, writer):
        writer.write(b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n" * 5)
        while True:
            await asyncio.sleep(0.5)
            writer.write(b"\r\n")
            await writer.drain()  # fails once the server has closed the connection


BEHAVIOURS: dict[str, Callable[[str], Awaitable[None]]] = {
    "silent": _send_nothing,
    "slow head": lambda origin: _send_slowly(origin, HEAD + b"A: "),
    "slow body": lambda origin: _send_slowly(origin, BODY),
    "never reading": _never_read,
}


async def _attack(origin: str, limit_seconds: float) -> tuple[Tally, dict[str, int], float]:
    """Run slow clients with readers beside; return their tally, connected clients, and seconds."""
    during, connected = Tally(), dict.fromkeys(BEHAVIOURS, CLIENTS_PER_KIND)
    start = perf_counter()
    last_disconnect = start

    async def run_client(kind: str) -> None:
        nonlocal last_disconnect
        with suppress(OSError, asyncio.IncompleteReadError):
            await BEHAVIOURS[kind](origin)
        connected[kind] -= 1
        last_disconnect = perf_counter()

    clients = [
        asyncio.ensure_future(run_client(kind))
        for kind in BEHAVIOURS
        for _ in range(CLIENTS_PER_KIND)
    ]
    timed_out = deadline(limit_seconds)
    await asyncio.gather(
        run_readers(
            origin, 4, lambda: timed_out() or not any(connected.values()), during, pause=0.02
        ),
        asyncio.wait(clients, timeout=limit_seconds),
    )
    for task in clients:
        task.cancel()
    await asyncio.gather(*clients, return_exceptions=True)
    await asyncio.sleep(0.01)
    return during, connected, last_disconnect - start


@pytest.mark.timeout(180)
def test_slow_clients_are_disconnected(start: Start, note: Note) -> None:
    with start() as service:
        baseline = Tally()
        asyncio.run(run_readers(service.origin, 4, deadline(4), baseline, pause=0.02))
        before = service.memory_mb
        during, connected, seconds = asyncio.run(_attack(service.origin, DISCONNECT_LIMIT_SECONDS))
        growth_mb = service.memory_mb - before
    assert connected == dict.fromkeys(BEHAVIOURS, 0)
    assert set(during.statuses) == {200}
    total = CLIENTS_PER_KIND * len(BEHAVIOURS)
    note(
        "slow clients",
        f"{CLIENTS_PER_KIND} clients each: silent, slow head, slow body, never reading; 4 readers",
        f"{total} of {total} disconnected; readers: {during}",
        f"all disconnected after {seconds:.1f} s; readers' p99 {during.quantile(0.99):.0f} ms, "
        f"{baseline.quantile(0.99):.0f} ms before; memory +{growth_mb:.0f} MB",
    )


@pytest.mark.timeout(180)
def test_plain_uvicorn_keeps_slow_clients_connected(start_plain: Start) -> None:
    with start_plain() as service:
        _, connected, _ = asyncio.run(_attack(service.origin, DISCONNECT_LIMIT_SECONDS / 3))
    assert (
        connected["silent"] == connected["slow head"] == connected["slow body"] == CLIENTS_PER_KIND
    )
