"""The price of public reads: CPU time of each, uncached, compared with the median."""

import gc
from collections.abc import Iterator
from statistics import median
from time import process_time, thread_time
from typing import Any
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from tests.support.clients import clear_response_cache, public_paths

MAX_PRICE = 30
"""Limit in medians. The goal is 20, and the dearest read costs 15: the rest is for noise."""

_ATTEMPT_COUNT = 5

LARGE_PAGES = [
    f"/v1/{name}?limit=100&view=full" for name in ("articles", "launches", "missions", "people")
]

SEARCHES = [
    "station",
    "station " * 25,
    "soyuz crew station launch russian nasa progress dragon mission space cargo docking",
    "statoin sojuzz progres dragoon misson lanuch",
    '"a" ' * 50,
]


def public_reads(client: TestClient) -> Iterator[str]:
    """Paths of public reads with the largest pages; whole lists are read in batches."""
    yield from public_paths(client)
    yield from LARGE_PAGES
    yield from (f"/v1/search?q={quote(text.strip())}&limit=100" for text in SEARCHES)


def cpu_seconds(client: TestClient, path: str) -> float:
    """CPU time of the process for one uncached read, the least of several."""
    seconds = []
    for _ in range(_ATTEMPT_COUNT):
        clear_response_cache(client)
        started_at = process_time()
        assert client.get(path).status_code < 500, path
        seconds.append(process_time() - started_at)
    return min(seconds)


def find_dear_reads(client: TestClient) -> dict[str, float]:
    """Prices of the reads above the limit, in medians."""
    gc.disable()
    try:
        prices = {path: cpu_seconds(client, path) for path in public_reads(client)}
    finally:
        gc.enable()
    unit = median(prices.values())
    return {path: price / unit for path, price in prices.items() if price > MAX_PRICE * unit}


def test_public_reads_have_a_bounded_price(archive: TestClient) -> None:
    assert find_dear_reads(archive) == {}


def test_dear_read_is_found(archive: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def burn(*_: Any) -> Any:
        end = thread_time() + 0.5
        while thread_time() < end:
            pass
        return []

    monkeypatch.setattr("app.resources.search.queries.load_search_hits", burn)
    monkeypatch.setattr(f"{__name__}._ATTEMPT_COUNT", 1)
    assert any("/v1/search" in path for path in find_dear_reads(archive))
