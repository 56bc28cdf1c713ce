"""Overload: ten times the requests that the service can answer."""

import asyncio
from time import perf_counter

import pytest

from tests_faults.load import Client, Tally, deadline, run_readers, send_at_rate
from tests_faults.services import Note, Service, Start

HEAVY_PATHS = ("/v1/articles?limit=100", "/v1/launches?limit=100")
OVERLOAD_SECONDS = 10
MAX_PENDING = 600
"""Pending requests, more than twice as many as may wait in the service of this test."""


async def _overload(service: Service) -> tuple[float, Tally, Tally, float]:
    await run_readers(service.origin, 2, deadline(1), Tally(), HEAVY_PATHS)  # warm-up
    start, peak = perf_counter(), Tally()
    await run_readers(service.origin, 8, deadline(5), peak, HEAVY_PATHS)
    capacity = peak.statuses[200] / (perf_counter() - start)
    overload, liveness = Tally(), Tally()

    async def check_liveness() -> None:
        is_over = deadline(OVERLOAD_SECONDS)
        with Client(service.origin) as client:
            while not is_over():
                start = perf_counter()
                liveness.add(await client.request("/health/live"), perf_counter() - start)
                await asyncio.sleep(0.05)

    start = perf_counter()
    await asyncio.gather(
        send_at_rate(
            service.origin, 10 * capacity, OVERLOAD_SECONDS, overload, HEAVY_PATHS, MAX_PENDING
        ),
        check_liveness(),
    )
    return capacity, overload, liveness, overload.statuses[200] / (perf_counter() - start)


@pytest.mark.timeout(120)
def test_overload_is_shed(start: Start, note: Note) -> None:
    # Cached responses are too cheap to cause overload.
    with start(cache_bytes=0, max_waiting=MAX_PENDING // 2 - 1) as service:
        before = service.memory_mb
        capacity, overload, liveness, goodput = asyncio.run(_overload(service))
        growth_mb = service.memory_mb - before
    note(
        "10 × overload",
        f"up to {10 * capacity:.0f} requests per second for {OVERLOAD_SECONDS} s, "
        f"{MAX_PENDING} pending; capacity {capacity:.0f} per second",
        f"{overload}; `/health/live`: {liveness}",
        f"goodput {goodput / capacity:.0%} of the capacity; p99 of successful requests "
        f"{overload.quantile(0.99, 200):.0f} ms, "
        f"p50 of refused ones {overload.quantile(0.5, 503):.0f} ms, "
        f"p99 of `/health/live` {liveness.quantile(0.99):.0f} ms; memory +{growth_mb:.0f} MB",
    )
    assert set(overload.statuses) == {200, 503}
    assert set(liveness.statuses) == {200}
