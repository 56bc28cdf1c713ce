"""Idle connections in large numbers."""

import asyncio
import resource
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter
from urllib.parse import urlsplit

import pytest

from tests_faults.load import Tally, deadline, run_readers
from tests_faults.services import Note, Start

pytestmark = pytest.mark.parametrize("create_database", ["sqlite"], indirect=True)
"""The database is not involved."""

MAX_CONNECTION_COUNT = 10_000


@contextmanager
def open_idle_connections(origin: str, number: int) -> Iterator[list[socket.socket]]:
    """Open `number` connections, over which nothing is sent."""
    url = urlsplit(origin)
    sockets: list[socket.socket] = []
    try:
        address = url.hostname, url.port
        sockets.extend(socket.create_connection(address, 10) for _ in range(number))
        yield sockets
    finally:
        for sock in sockets:
            sock.close()


@pytest.mark.timeout(120)
def test_idle_connections_delay_no_reader(start: Start, note: Note) -> None:
    open_files_limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (open_files_limit[1], open_files_limit[1]))
    connection_count = min(MAX_CONNECTION_COUNT, open_files_limit[1] - 1000)
    with start() as service:
        baseline, during = Tally(), Tally()
        asyncio.run(run_readers(service.origin, 4, deadline(4), baseline, pause=0.02))
        before, started = service.memory_mb, perf_counter()
        with open_idle_connections(service.origin, connection_count):
            opening_seconds = perf_counter() - started
            added_mb = service.memory_mb - before
            asyncio.run(run_readers(service.origin, 4, deadline(6), during, pause=0.02))
    resource.setrlimit(resource.RLIMIT_NOFILE, open_files_limit)
    assert set(during.statuses) == {200}
    note(
        "idle connections",
        f"{connection_count:,} connections opened in {opening_seconds:.0f} s, nothing sent; "
        "4 readers",
        f"readers: {during}",
        f"readers' p99 {during.quantile(0.99):.0f} ms, {baseline.quantile(0.99):.0f} ms before; "
        f"memory +{added_mb:.0f} MB",
    )


@pytest.mark.timeout(60)
def test_idle_connections_are_closed_at_the_limit(start: Start, note: Note) -> None:
    with start(max_connections=50) as service, open_idle_connections(service.origin, 500):
        during = Tally()
        asyncio.run(run_readers(service.origin, 4, deadline(3), during))
        assert set(during.statuses) == {200}
    note("connection limit reached", "500 idle connections, limit 50; 4 readers", f"{during}")
