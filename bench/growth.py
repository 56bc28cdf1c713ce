"""`python -m bench.growth`: CPU time of each public read by the size of the archive.

Reads each public address, and each filter in each order of its list, with 10,000 and with 1,000,000
articles in turn, in this process, on SQLite, without cached responses. Prints the reads that grow
more than `MAX_GROWTH`, or cost more than `MAX_SECONDS`. `--events` compares archives with that many
events of the timeline instead of articles. `--quick` compares with 100,000.
"""

import asyncio
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from http import HTTPStatus
from math import inf

from fastapi import FastAPI

from bench import archives, inprocess
from bench.prices import measure_cost
from bench.public_reads import PublicRead, public_reads

SMALL, LARGE, QUICK = 10_000, 1_000_000, 100_000
"""Numbers of articles, or of events."""

MAX_GROWTH = 1.5
MAX_INDEX_GROWTH = 3
"""Limit of an index of months."""
MAX_SECONDS = 0.03

_ATTEMPTS = 3


def in_each_order(reads: Sequence[PublicRead]) -> Iterator[PublicRead]:
    """Yield `reads`, and those of a list with filters in each other order of the list."""
    for read in reads:
        yield read
        orders = {
            r.query["sort"] for r in reads if r.path == read.path and list(r.query) == ["sort"]
        }
        if read.query and "sort" not in read.query:
            for order in sorted(orders):
                yield PublicRead(read.path, read.query | {"sort": order})


def find_growing(
    reads: Sequence[PublicRead], small: Mapping[str, float], large: Mapping[str, float]
) -> dict[str, tuple[float, float]]:
    """Seconds in a small and a large archive, by address, of reads above a limit."""

    def is_above(read: PublicRead) -> bool:
        is_index = read.path.endswith("/archive") and "month" not in read.query
        limit = MAX_INDEX_GROWTH if is_index else MAX_GROWTH
        seconds = large[read.address]
        return seconds > MAX_SECONDS or seconds > limit * small[read.address]

    growing = {r.address: (small[r.address], large[r.address]) for r in reads if is_above(r)}
    return dict(sorted(growing.items(), key=lambda item: -item[1][1]))


async def _measure(app: FastAPI, address: str) -> float:
    costs = [await measure_cost(app, address) for _ in range(_ATTEMPTS)]
    failed = any(cost.status >= HTTPStatus.INTERNAL_SERVER_ERROR for cost in costs)
    return inf if failed else min(costs).work


async def _measure_growth(small_url: str, large_url: str) -> int:
    async with AsyncExitStack() as stack:
        small_app, large_app = [
            await stack.enter_async_context(inprocess.service(url, 0))
            for url in (small_url, large_url)
        ]
        reads = list(in_each_order(public_reads(small_app)))
        small, large = dict[str, float](), dict[str, float]()
        for read in reads:
            small[read.address] = await _measure(small_app, read.address)
            large[read.address] = await _measure(large_app, read.address)
    growing = find_growing(reads, small, large)
    for address, (before, after) in growing.items():
        print(f"{before * 1000:8.1f} ms {after * 1000:8.1f} ms  {address[:120]}")
    print(f"{len(growing)} of {len(reads)} reads grow or cost more than the limits")
    return 1 if growing else 0


def main(arguments: Sequence[str]) -> int:
    """Run the command and return its exit status: 1 if a read grows or costs too much."""
    numbers = SMALL, QUICK if "--quick" in arguments else LARGE
    if "--events" in arguments:
        urls = [archives.sqlite(SMALL, number) for number in numbers]
    else:
        urls = [archives.sqlite(number) for number in numbers]
    return asyncio.run(_measure_growth(*urls))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
