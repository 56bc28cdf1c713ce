"""`python -m bench.prices`: CPU time of each public read, in medians of all of them.

With 100,000 articles no read may cost more than `MAX_PRICE` medians. Reads run in this process, on
both databases, without cached responses; of a streamed response the first batch counts. `--update`
writes the prices to `bench/prices.json`, null for a server error.
"""

import asyncio
import gc
import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from http import HTTPStatus
from math import inf
from pathlib import Path
from statistics import median
from time import process_time
from typing import Any, NamedTuple

from fastapi import FastAPI
from sqlalchemy.exc import DBAPIError

from bench import archives, inprocess, machine
from bench.public_reads import PublicRead, public_reads
from bench.suite import POSTGRESQL, SQLITE

PRICES_FILE = Path(__file__).parent / "prices.json"
ARTICLE_COUNT = 100_000
MAX_PRICE = 20
MAX_BATCH_PRICE = 30
"""Limit of the largest page of full records, and of a batch of a whole list: paged or streamed."""

_ATTEMPTS = 2
_SUSPICIOUS_PRICE = MAX_PRICE / 2
"""Price from which a read is measured several times more."""

Meter = Callable[[], float]
"""Work done so far, in any unit: CPU seconds, or a count."""


class Cost(NamedTuple):
    """Work for a response, in the unit of the meter, and its status."""

    work: float
    status: int


class _Prices(NamedTuple):
    table: dict[str, float]
    dear: dict[str, float]


async def measure_cost(app: FastAPI, address: str, meter: Meter = process_time) -> Cost:
    """Cost of a read without a cached response, until the first batch of the body."""
    app.state.services.response_cache.clear()
    has_batch = asyncio.Event()
    status, end = 0, 0.0

    async def receive() -> dict[str, Any]:
        await has_batch.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        nonlocal status, end
        if message["type"] == "http.response.start":
            status = message["status"]
        elif not has_batch.is_set():
            end = meter()
            has_batch.set()

    scope = inprocess.Route("", app, address, {}).scope()
    start = meter()
    with suppress(DBAPIError):  # raised again after the response
        await app(scope, receive, send)
    return Cost(end - start, status)


async def measure_prices(
    app: FastAPI,
    reads: Iterable[PublicRead],
    meter: Meter = process_time,
    extra_attempts: int = 8,
) -> dict[str, float]:
    """Prices of reads by address: work in medians of the successful ones.

    The least of several attempts counts, for a suspicious read that of `extra_attempts` more. A
    server error has an infinite price.
    """

    async def measure(address: str, attempts: int) -> Cost:
        gc.collect(0)
        return min([await measure_cost(app, address, meter) for _ in range(attempts)])

    gc.disable()
    try:
        costs = {read.address: await measure(read.address, _ATTEMPTS) for read in reads}
        unit = median(cost.work for cost in costs.values() if cost.status == HTTPStatus.OK)
        for address, cost in costs.items():
            if cost.work > _SUSPICIOUS_PRICE * unit:
                costs[address] = min(cost, await measure(address, extra_attempts))
    finally:
        gc.enable()
    return {
        address: cost.work / unit if cost.status < HTTPStatus.INTERNAL_SERVER_ERROR else inf
        for address, cost in costs.items()
    }


def find_dear(reads: Iterable[PublicRead], prices: Mapping[str, float]) -> dict[str, float]:
    """Prices above the limit, by address, the highest first."""
    limits = {
        read.address: MAX_BATCH_PRICE if read.is_largest_batch else MAX_PRICE for read in reads
    }
    dear = {address: price for address, price in prices.items() if price > limits[address]}
    return dict(sorted(dear.items(), key=lambda item: -item[1]))


def tabulate(reads: Iterable[PublicRead], prices: Mapping[str, float]) -> dict[str, float]:
    """The highest price of each route by the names of its parameters: `/v1/articles tag`."""
    table: dict[str, float] = {}
    for read in reads:
        name = " ".join([read.path, *read.query])
        table[name] = max(table.get(name, 0), round(prices[read.address], 1))
    return table


async def _measure_archive(url: str, meter: Meter = process_time) -> _Prices:
    async with inprocess.service(url, 0) as app:
        reads = public_reads(app)
        prices = await measure_prices(app, reads, meter)
    return _Prices(tabulate(reads, prices), find_dear(reads, prices))


def main(arguments: Sequence[str]) -> int:
    """Run the command and return its exit status: 1 if a price is above its limit."""
    prices = {SQLITE: asyncio.run(_measure_archive(archives.sqlite(ARTICLE_COUNT)))}
    with archives.postgresql() as server:
        url = server.archive_url(ARTICLE_COUNT)

        def meter() -> float:
            return process_time() + machine.cpu_seconds(server.pid)

        prices[POSTGRESQL] = asyncio.run(_measure_archive(url, meter))
    if "--update" in arguments:
        tables = {
            kind: {name: None if price == inf else price for name, price in each.table.items()}
            for kind, each in prices.items()
        }
        PRICES_FILE.write_text(json.dumps(tables, indent=2) + "\n")
    for kind, each in prices.items():
        for address, price in each.dear.items():
            print(f"{price:8.1f} medians, {kind}: {address[:120]}")
        print(f"{kind}: {len(each.dear)} reads cost more than {MAX_PRICE} medians")
    return 1 if any(each.dear for each in prices.values()) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
