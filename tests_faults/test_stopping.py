"""Stopping and reloading under load interrupt no request."""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from time import perf_counter

import pytest

from tests_faults.load import NO_RESPONSE, PATHS, Client, Tally, wait_until
from tests_faults.services import Note, Service, Start, worker_pids

pytestmark = pytest.mark.parametrize("create_database", ["sqlite"], indirect=True)
"""The database is not involved."""

PATHS_WITH_SLOW = ("/openapi.json", "/v1/articles?limit=100", *PATHS)
CLIENT_COUNT = 16
WORKER_COUNT = 2
MIN_REQUESTS = 5_000


async def _stop_behind_balancer(
    service: Service, signal_number: signal.Signals
) -> tuple[Tally, float, float]:
    """Run clients behind a load balancer that checks readiness, and send the signal.

    Returns their tally, and the seconds from the signal to unreadiness and to the process's end.
    """
    tally, ready, signalled_at, unready_at = Tally(), True, 0.0, 0.0

    async def run_balancer() -> None:
        nonlocal ready, unready_at
        with Client(service.origin) as client:
            while ready or not signalled_at:  # not ready only because of load
                ready = await client.request("/health/ready") == 200
                await asyncio.sleep(0.05)
        unready_at = perf_counter()

    async def run_client(index: int) -> None:
        with Client(service.origin) as client:
            while not unready_at:
                while ready and not unready_at:
                    start = perf_counter()
                    tally.add(
                        await client.request(PATHS_WITH_SLOW[index % len(PATHS_WITH_SLOW)]),
                        perf_counter() - start,
                    )
                    index += 1
                await asyncio.sleep(0.05)

    work = [
        asyncio.ensure_future(client)
        for client in (run_balancer(), *map(run_client, range(CLIENT_COUNT)))
    ]
    await asyncio.sleep(3)
    signalled_at = perf_counter()
    service.process.send_signal(signal_number)
    await asyncio.gather(*work)
    await asyncio.to_thread(service.process.wait, 30)
    return tally, unready_at - signalled_at, perf_counter() - signalled_at


@pytest.mark.timeout(180)
@pytest.mark.parametrize("workers", [1, 2])
def test_sigterm_interrupts_no_request(start: Start, note: Note, workers: int) -> None:
    with start(workers, drain_seconds=2) as service:
        tally, unready_at, ended = asyncio.run(_stop_behind_balancer(service, signal.SIGTERM))
    assert set(tally.statuses) == {200}
    assert sum(tally.statuses.values()) > CLIENT_COUNT
    note(
        f"SIGTERM, {workers} worker{'s' if workers > 1 else ''}",
        f"{CLIENT_COUNT} clients behind a load balancer that checks `/health/ready`",
        f"{tally}; not ready before the end",
        f"not ready after {unready_at:.2f} s, ended after {ended:.1f} s",
    )


@pytest.mark.timeout(180)
def test_sigkill_interrupts_requests(start: Start) -> None:
    with start() as service:
        tally, _, _ = asyncio.run(_stop_behind_balancer(service, signal.SIGKILL))
    assert tally.statuses[NO_RESPONSE] > 0


@pytest.mark.timeout(300)
def test_sighup_replaces_workers_without_a_failure(start: Start, note: Note) -> None:
    """Positive control: `test_sigkill_interrupts_requests`."""
    tally = Tally()

    async def work(service: Service) -> None:
        finished = False

        async def run_client() -> None:
            with Client(service.origin) as client:
                while not finished or tally.statuses.total() < MIN_REQUESTS:
                    start = perf_counter()
                    status = await client.request("/v1/missions/iss-59")
                    tally.add(status, perf_counter() - start)
                    await asyncio.sleep(0.005)  # leaves CPU time for starting workers

        async def reload() -> None:
            nonlocal finished
            for _ in range(3):
                await asyncio.sleep(1)
                before = set(worker_pids(service.process.pid))
                service.process.send_signal(signal.SIGHUP)
                await wait_until(all_replaced(before))
            finished = True

        def all_replaced(before: set[int]) -> Callable[[], Awaitable[bool]]:
            async def are_replaced() -> bool:
                current = set(worker_pids(service.process.pid))
                return len(current) == WORKER_COUNT and not current & before

            return are_replaced

        await asyncio.gather(reload(), *(run_client() for _ in range(8)))

    with start(WORKER_COUNT, drain_seconds=1) as service:
        asyncio.run(work(service))
    assert set(tally.statuses) == {200}
    assert tally.statuses.total() >= MIN_REQUESTS
    note(
        f"SIGHUP × 3, {WORKER_COUNT} workers",
        f"8 clients read until all workers have been replaced three times, "
        f"at least {MIN_REQUESTS:,} requests",
        f"{tally}",
    )
