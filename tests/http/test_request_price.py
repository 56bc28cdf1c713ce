"""The price of public reads: function calls of each, uncached, compared with the median.

Calls, not seconds: a busy machine does not change their number. Of Python functions only: whether
the interpreter reports a call of a C function depends on how often the caller ran before.
"""

import asyncio
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, nullcontext
from itertools import count
from multiprocessing import get_context
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from bench import inprocess
from bench.prices import Meter, find_dear, measure_prices
from bench.public_reads import PublicRead, public_reads
from tests.support.clients import database_url_of


@contextmanager
def without_background_work() -> Iterator[None]:
    """Services do nothing beside requests: on a busy machine, more of it falls into each."""

    async def do_nothing(*_: Any) -> None:
        pass

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("app.main.run_watchdog", nullcontext)
        patch.setattr("app.main.run_gauge_sampler", do_nothing)
        patch.setattr("app.main.PeriodicJobs.run", do_nothing)
        yield


@contextmanager
def count_calls() -> Iterator[Meter]:
    """Count the calls of Python functions of this thread, and of the threads that it starts."""
    calls = count()
    tracers = sys.getprofile(), threading.getprofile()

    def profile(_frame: Any, event: str, _argument: Any) -> None:
        if event == "call":
            next(calls)

    threading.setprofile(profile)
    sys.setprofile(profile)
    try:
        yield lambda: next(calls)
    finally:
        sys.setprofile(tracers[0])
        threading.setprofile(tracers[1])


def find_dear_reads(
    url: str, select: Callable[[FastAPI], Sequence[PublicRead]]
) -> dict[str, float]:
    """Prices of the selected reads above the limit, in medians."""

    async def measure() -> dict[str, float]:
        with without_background_work(), count_calls() as meter:  # before threads are started
            async with inprocess.service(url, 0) as app:
                reads = select(app)
                return find_dear(reads, await measure_prices(app, reads, meter, extra_attempts=4))

    return asyncio.run(measure())


def select_reads(app: FastAPI) -> list[PublicRead]:
    """Each parameter once, with the last of its values.

    Except for filtered calendars, whose price grows with the archive: see `python -m bench.prices`.
    """
    reads = {
        (read.path, *read.query): read
        for read in public_reads(app)
        if not read.is_filtered_calendar
    }
    assert len(reads) > 200
    return list(reads.values())


@pytest.mark.slow
@pytest.mark.timeout(400)  # counting takes ten times as long as the calls
def test_public_reads_have_a_bounded_price(archive: TestClient) -> None:
    # In a new process: statements compiled by other tests would make most reads cheaper.
    with ProcessPoolExecutor(1, get_context("spawn")) as new_process:
        measured = new_process.submit(find_dear_reads, database_url_of(archive), select_reads)
        assert measured.result() == {}


@pytest.mark.slow
def test_dear_read_is_found(archive: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def cost(_: int) -> None:
        pass

    def call_often(*_: Any) -> Any:
        for number in range(200_000):
            cost(number)
        return []

    monkeypatch.setattr("app.resources.search.queries.load_search_hits", call_often)
    search = PublicRead("/v1/search", {"q": "station"})

    def select_with_search(app: FastAPI) -> list[PublicRead]:
        return [search, *(read for read in public_reads(app) if not read.query)]

    dearest = next(iter(find_dear_reads(database_url_of(archive), select_with_search)))
    assert dearest == search.address
