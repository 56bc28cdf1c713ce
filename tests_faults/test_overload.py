"""Ten times as many requests as can be answered: those that can be, are."""

import asyncio
from time import perf_counter

import pytest

from tests_faults.load import Client, Tally, lasting, readers, steady
from tests_faults.services import Note, Service, Start

HEAVY = ("/v1/articles?limit=100", "/v1/launches?limit=100")
SECONDS = 10
AT_ONCE = 600
"""How many requests there are at once, more than twice as many as may wait."""


async def _overload(service: Service) -> tuple[float, Tally, Tally, float]:
    await readers(service.origin, 2, lasting(1), Tally(), HEAVY)  # whatever is made once
    begun, peak = perf_counter(), Tally()
    await readers(service.origin, 8, lasting(5), peak, HEAVY)
    capacity = peak.statuses[200] / (perf_counter() - begun)
    over, alive = Tally(), Tally()

    async def live() -> None:
        ended = lasting(SECONDS)
        with Client(service.origin) as client:
            while not ended():
                begun = perf_counter()
                alive.add(await client.ask("/health/live"), perf_counter() - begun)
                await asyncio.sleep(0.05)

    begun = perf_counter()
    await asyncio.gather(
        steady(service.origin, 10 * capacity, SECONDS, over, HEAVY, AT_ONCE), live()
    )
    return capacity, over, alive, over.statuses[200] / (perf_counter() - begun)


@pytest.mark.timeout(120)
def test_overload_is_shed(start: Start, note: Note) -> None:
    with start(cache_bytes=0) as service:  # what is kept costs too little to be overloaded with
        before = service.memory
        capacity, over, alive, goodput = asyncio.run(_overload(service))
        grown = service.memory - before
    note(
        "10 × overload",
        f"up to {10 * capacity:.0f} requests a second for {SECONDS} s, {AT_ONCE} at once; "
        f"the peak is {capacity:.0f}",
        f"{over}; `/health/live`: {alive}",
        f"goodput {goodput / capacity:.0%} of the peak; p99 of the answered "
        f"{over.quantile(0.99, 200):.0f} ms, p50 of the refused {over.quantile(0.5, 503):.0f} ms, "
        f"p99 of `/health/live` {alive.quantile(0.99):.0f} ms; memory +{grown:.0f} MB",
    )
    assert set(over.statuses) == {200, 503}
    assert set(alive.statuses) == {200}
