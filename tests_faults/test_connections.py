"""More connections than anybody needs."""

import asyncio
import resource
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter
from urllib.parse import urlsplit

import pytest

from tests_faults.load import Tally, lasting, readers
from tests_faults.services import Note, Start

pytestmark = pytest.mark.parametrize("create_database", ["sqlite"], indirect=True)
"""No database is asked."""

MANY = 10_000


@contextmanager
def idle(origin: str, number: int) -> Iterator[list[socket.socket]]:
    """So many connections, over which nothing is sent."""
    address = urlsplit(origin)
    sockets: list[socket.socket] = []
    try:
        place = address.hostname, address.port
        sockets.extend(socket.create_connection(place, 10) for _ in range(number))
        yield sockets
    finally:
        for sock in sockets:
            sock.close()


@pytest.mark.timeout(120)
def test_idle_connections_hold_nobody_up(start: Start, note: Note) -> None:
    files = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (files[1], files[1]))
    many = min(MANY, files[1] - 1000)
    with start() as service:
        calm, good = Tally(), Tally()
        asyncio.run(readers(service.origin, 4, lasting(4), calm, pause=0.02))
        before, begun = service.memory, perf_counter()
        with idle(service.origin, many):
            opened = perf_counter() - begun
            held = service.memory - before
            asyncio.run(readers(service.origin, 4, lasting(6), good, pause=0.02))
    resource.setrlimit(resource.RLIMIT_NOFILE, files)
    assert set(good.statuses) == {200}
    note(
        "idle connections",
        f"{many:,} connections opened in {opened:.0f} s, nothing sent; 4 readers beside",
        f"readers: {good}",
        f"readers' p99 {good.quantile(0.99):.0f} ms, {calm.quantile(0.99):.0f} ms before; "
        f"memory +{held:.0f} MB",
    )


@pytest.mark.timeout(60)
def test_at_the_limit_idle_connections_make_room(start: Start, note: Note) -> None:
    with start(max_connections=50) as service, idle(service.origin, 500):
        good = Tally()
        asyncio.run(readers(service.origin, 4, lasting(3), good))
        assert set(good.statuses) == {200}
    note("all connections taken", "500 idle ones where there may be 50; 4 readers", f"{good}")
