"""The end of a process under load: nothing that was begun is cut."""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from time import perf_counter

import pytest

from tests_faults.load import CUT, PATHS, Client, Tally, until
from tests_faults.services import Note, Service, Start, worker_pids

pytestmark = pytest.mark.parametrize("create_database", ["sqlite"], indirect=True)
"""How a process ends has nothing to do with its database."""

SLOW = ("/openapi.json", "/v1/articles?limit=100", *PATHS)
CLIENTS = 16
WORKERS = 2
LEAST = 5_000


async def _balanced(service: Service, sent: signal.Signals) -> tuple[Tally, float, float]:
    """Clients behind a balancer, which asks whether the service is ready, and what they got."""
    tally, ready, told, flipped = Tally(), True, 0.0, 0.0

    async def balancer() -> None:
        nonlocal ready, flipped
        with Client(service.origin) as client:
            while ready or not told:  # what is too busy to be ready comes back
                ready = await client.ask("/health/ready") == 200
                await asyncio.sleep(0.05)
        flipped = perf_counter()

    async def one(turn: int) -> None:
        with Client(service.origin) as client:
            while not flipped:
                while ready and not flipped:
                    begun = perf_counter()
                    tally.add(await client.ask(SLOW[turn % len(SLOW)]), perf_counter() - begun)
                    turn += 1
                await asyncio.sleep(0.05)

    work = [asyncio.ensure_future(each) for each in (balancer(), *map(one, range(CLIENTS)))]
    await asyncio.sleep(3)
    told = perf_counter()
    service.process.send_signal(sent)
    await asyncio.gather(*work)
    await asyncio.to_thread(service.process.wait, 30)
    return tally, flipped - told, perf_counter() - told


@pytest.mark.timeout(180)
@pytest.mark.parametrize("workers", [1, 2])
def test_sigterm_cuts_no_request(start: Start, note: Note, workers: int) -> None:
    with start(workers, drain_seconds=2) as service:
        tally, flipped, ended = asyncio.run(_balanced(service, signal.SIGTERM))
    assert set(tally.statuses) == {200}
    assert sum(tally.statuses.values()) > CLIENTS
    note(
        f"SIGTERM, {workers} worker{'s' if workers > 1 else ''}",
        f"{CLIENTS} clients behind a balancer that asks `/health/ready`",
        f"{tally}; readiness flipped first",
        f"flipped after {flipped:.2f} s, ended after {ended:.1f} s",
    )


@pytest.mark.timeout(180)
def test_clients_of_a_process_that_is_killed_are_cut(start: Start) -> None:
    with start() as service:
        tally, _, _ = asyncio.run(_balanced(service, signal.SIGKILL))
    assert tally.statuses[CUT] > 0


@pytest.mark.timeout(300)
def test_sighup_changes_workers_without_a_failure(start: Start, note: Note) -> None:
    """The control is the test before: a process that ends otherwise cuts its clients."""
    tally = Tally()

    async def work(service: Service) -> None:
        over = False

        async def one() -> None:
            with Client(service.origin) as client:
                while not over or tally.statuses.total() < LEAST:
                    begun = perf_counter()
                    status = await client.ask("/v1/missions/iss-59")
                    tally.add(status, perf_counter() - begun)
                    await asyncio.sleep(0.005)  # workers that begin are to get on as well

        async def change() -> None:
            nonlocal over
            for _ in range(3):
                await asyncio.sleep(1)
                before = set(worker_pids(service.process.pid))
                service.process.send_signal(signal.SIGHUP)
                await until(others_than(before))
            over = True

        def others_than(before: set[int]) -> Callable[[], Awaitable[bool]]:
            async def there() -> bool:
                now = set(worker_pids(service.process.pid))
                return len(now) == WORKERS and not now & before

            return there

        await asyncio.gather(change(), *(one() for _ in range(8)))

    with start(WORKERS, drain_seconds=1) as service:
        asyncio.run(work(service))
    assert set(tally.statuses) == {200}
    assert tally.statuses.total() >= LEAST
    note(
        f"SIGHUP × 3, {WORKERS} workers",
        f"8 clients ask until all workers have been changed three times, {LEAST:,} times at least",
        f"{tally}",
    )
