"""The price of public reads: CPU time of each, uncached, compared with the median."""

from collections.abc import Sequence
from time import thread_time
from typing import Any

import pytest
from anyio.from_thread import BlockingPortal
from fastapi import FastAPI
from starlette.testclient import TestClient

from bench.prices import find_dear, measure_prices
from bench.public_reads import PublicRead, public_reads


def application(client: TestClient) -> FastAPI:
    app = client.app
    assert isinstance(app, FastAPI)
    return app


def find_dear_reads(client: TestClient, reads: Sequence[PublicRead]) -> dict[str, float]:
    """Prices of the reads above the limit, in medians."""
    assert isinstance(client.portal, BlockingPortal)
    return find_dear(reads, client.portal.call(measure_prices, application(client), reads))


@pytest.mark.slow
def test_public_reads_have_a_bounded_price(archive: TestClient) -> None:
    """Each parameter once, with the last of its values.

    Except for filtered calendars, whose price grows with the archive: see `python -m bench.prices`.
    """
    reads = {
        (read.path, *read.query): read
        for read in public_reads(application(archive))
        if not read.is_filtered_calendar
    }
    assert len(reads) > 200
    assert find_dear_reads(archive, list(reads.values())) == {}


@pytest.mark.slow
def test_dear_read_is_found(archive: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def burn(*_: Any) -> Any:
        end = thread_time() + 0.5
        while thread_time() < end:
            pass
        return []

    monkeypatch.setattr("app.resources.search.queries.load_search_hits", burn)
    reads = [read for read in public_reads(application(archive)) if read.query == {}]
    search = PublicRead("/v1/search", {"q": "station"})
    assert list(find_dear_reads(archive, [*reads, search])) == [search.address]
