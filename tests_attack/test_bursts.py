"""Bursts: as many requests at once as a class of schools sends, right after a start."""

import asyncio
from collections import Counter
from time import perf_counter
from typing import Any

import pytest

from app.api.api_key_format import generate_api_key
from tests_attack.scale import Note, scaled
from tests_faults.load import Client
from tests_faults.services import Service, Start

REQUEST_COUNT = scaled(1000, 300)
ADDRESS_LIMIT = REQUEST_COUNT * 6 // 10
"""Limit of an address: the default for 1,000 requests."""

UNKNOWN_KEY = generate_api_key("Unknown", [])[1]
FORWARDED = "X-Forwarded-For: 203.0.113.7"


def distinct_paths() -> list[str]:
    """Paths of REQUEST_COUNT reads that share no response."""
    instants = [f"2019-04-01T{n // 60 % 24:02}:{n % 60:02}:00Z" for n in range(REQUEST_COUNT)]
    return [f"/v1/articles?limit=5&published_at_gte={instant}" for instant in instants]


def send_at_once(service: Service, note: Note, *headers: str) -> Counter[int]:
    """Statuses of one request for each path, each on a new connection."""

    async def send(path: str) -> int:
        with Client(service.origin) as client:
            return await client.request(path, "GET", *headers)

    async def send_all() -> Counter[int]:
        statuses = Counter(await asyncio.gather(*map(send, distinct_paths())))
        await asyncio.sleep(0.01)  # connections are closed in the next iteration of the loop
        return statuses

    before, started_at = service.memory_mb, perf_counter()
    statuses = asyncio.run(send_all())
    seconds, growth_mb = perf_counter() - started_at, service.memory_mb - before
    note(f"{dict(statuses)} in {seconds:.1f} s, memory +{growth_mb:.0f} MB")
    return statuses


LIMITS: dict[str, Any] = {
    "rate_limit": ADDRESS_LIMIT,
    "wrong_keys": 20,
    "trusted_proxies": "127.0.0.1",
}


@pytest.mark.timeout(120)
@pytest.mark.parametrize("workers", [1, 2])
def test_burst_with_a_valid_key_is_answered(start: Start, note: Note, workers: int) -> None:
    with start(workers, **LIMITS) as service:
        statuses = send_at_once(service, note, FORWARDED, f"Authorization: Bearer {service.key}")
    assert statuses == {200: REQUEST_COUNT}


@pytest.mark.timeout(120)
@pytest.mark.parametrize("headers", [(), (f"Authorization: Bearer {UNKNOWN_KEY}",)])
def test_burst_without_a_valid_key_is_answered_up_to_the_limit(
    start: Start, note: Note, headers: tuple[str, ...]
) -> None:
    """Positive control: the limit applies to the address."""
    with start(**LIMITS) as service:
        statuses = send_at_once(service, note, FORWARDED, *headers)
    assert set(statuses) == {200, 429}
    assert statuses[200] >= ADDRESS_LIMIT  # twice as many if a minute begins meanwhile


@pytest.mark.timeout(120)
def test_burst_beyond_the_queue_is_refused(start: Start, note: Note) -> None:
    """Positive control: the requests arrive at once."""
    with start(**LIMITS, max_waiting=50) as service:
        statuses = send_at_once(service, note, FORWARDED, f"Authorization: Bearer {service.key}")
    assert set(statuses) == {200, 503}
