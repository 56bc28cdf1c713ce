"""`make bench-check`: detect routes whose CPU cost, relative to a constant route, has grown.

The expected ratios are in `bench/ratios.json`. CPU time in this process, measured in turn with the
constant route, hardly depends on the load of the machine or on its model. A route that seems slower
is measured several more times, and the median counts. `--update` rewrites the file; `--control`
slows each route by a fifth and fails unless all of them are detected.
"""

import asyncio
import json
import sys
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from statistics import median
from time import thread_time
from typing import Any

from bench import archives, inprocess
from bench.inprocess import ASGI, Route
from bench.reads import ARCHIVE, LIST, PAGE, STATION, TIMELINE

RATIOS_FILE = Path(__file__).parent / "ratios.json"
ARTICLE_COUNT = 10_000
MAX_INCREASE, REMEASURE_INCREASE = 1.15, 1.05
CONTROL_SLOWDOWN = 0.2
ROUNDS, EXTRA_RUNS = 30, 4
READS = {
    "list": LIST,
    "page": PAGE,
    "archive month": ARCHIVE,
    "mission": "/v1/missions/iss-59",
    "launches": "/v1/launches?limit=20",
    "station": STATION,
    "timeline": TIMELINE,
}


async def routes(app: ASGI, kind: str) -> list[Route]:
    """Return reads of an application: responses with a body, and a 304."""
    results = [Route(f"{kind} {name}", app, path, {}) for name, path in READS.items()]
    headers, _ = await results[0].request()
    tag = {"if-none-match": headers["etag"]}
    return [*results, replace(results[0], name=f"{kind} 304", headers=tag, status=304)]


async def measure(known: Mapping[str, float] | None, slowdown: float = 0) -> dict[str, float]:
    """Return the ratio of each route: the median of several if slower than `known`, or new."""
    address = archives.sqlite(ARTICLE_COUNT)
    async with AsyncExitStack() as stack:
        hot = await stack.enter_async_context(inprocess.service(address, None))
        cold = await stack.enter_async_context(inprocess.service(address, 0))
        all_routes = [*await routes(hot, "hot"), *await routes(cold, "cold")]
        ref = await inprocess.reference(hot)
        if slowdown:
            all_routes = [await _slow_down(route, slowdown) for route in all_routes]
        results = await inprocess.ratios(all_routes, ref, ROUNDS)
        runs = {name: [ratio] for name, ratio in results.items()}
        for _ in range(EXTRA_RUNS):
            suspects = [
                r
                for r in all_routes
                if not known or is_slower(results, known, r.name, REMEASURE_INCREASE)
            ]
            for name, ratio in (await inprocess.ratios(suspects, ref, ROUNDS)).items():
                runs[name].append(ratio)
    return {name: median(ratios) for name, ratios in runs.items()}


def is_slower(
    results: Mapping[str, float],
    known: Mapping[str, float],
    name: str,
    max_increase: float = MAX_INCREASE,
) -> bool:
    """Return whether a route costs more than `max_increase` times its known ratio."""
    return results[name] > known[name] * max_increase


async def _slow_down(route: Route, share: float) -> Route:
    """Return the same route with its CPU time increased by `share`."""
    number = await inprocess.window_size(route)
    base_seconds = min([await inprocess.measure_window(route, number) for _ in range(ROUNDS)])

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await route.app(scope, receive, send)
        end = thread_time() + base_seconds * share
        while thread_time() < end:
            pass

    return replace(route, app=app)


def format_lines(results: Mapping[str, float], known: Mapping[str, float]) -> list[str]:
    """Return one line per route."""
    return [
        f"{name:<20} {ratio:7.3f} × REF, expected {known[name]:7.3f} "
        f"({ratio / known[name] - 1:+.0%})"
        for name, ratio in results.items()
    ]


def main(arguments: Sequence[str]) -> int:
    """Run the command and return its exit status."""
    inprocess.pin()
    if "--update" in arguments:
        results = {name: round(ratio, 4) for name, ratio in asyncio.run(measure(None)).items()}
        RATIOS_FILE.write_text(json.dumps(results, indent=2) + "\n")
        print(f"{len(results)} ratios in {RATIOS_FILE}")
        return 0
    known: dict[str, float] = json.loads(RATIOS_FILE.read_text())
    control = "--control" in arguments
    results = asyncio.run(measure(known, CONTROL_SLOWDOWN if control else 0))
    print("\n".join(format_lines(results, known)))
    slower = [name for name in results if is_slower(results, known, name)]
    if control:
        missed = [name for name in results if name not in slower]
        print(f"Slowed by {CONTROL_SLOWDOWN:.0%}: {len(slower)} of {len(results)} detected")
        return 1 if missed else 0
    if slower:
        print(f"More than {MAX_INCREASE - 1:.0%} slower: {', '.join(slower)}")
        print("If intended, run make bench-check UPDATE=1 and state the reason in the commit.")
    return 1 if slower else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
