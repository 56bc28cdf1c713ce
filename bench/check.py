"""`make bench-check`: whether any route costs more than it did, in times of a constant route.

The costs are kept in `bench/ratios.json`. CPU time in this process, by turns with the constant
route, hardly depends on what else the machine does, nor much on which machine it is; a route that
seems dearer is measured several times more, and the middle counts. `--update` writes the file anew;
`--control` slows every route by a fifth and expects all of them to be noticed.
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
from bench.reads import ARCHIVE, LIST, PAGE

KEPT = Path(__file__).parent / "ratios.json"
ARTICLES = 10_000
ALLOWED, DOUBTED = 1.15, 1.05
SLOWED = 0.2
ROUNDS, AGAIN = 30, 4
READS = {
    "list": LIST,
    "page": PAGE,
    "archive month": ARCHIVE,
    "mission": "/v1/missions/iss-59",
    "launches": "/v1/launches?limit=20",
}


async def routes(ours: ASGI, kind: str) -> list[Route]:
    """Six reads of an application: five answers, and a 304."""
    found = [Route(f"{kind} {name}", ours, path, {}) for name, path in READS.items()]
    headers, _ = await found[0].ask()
    tag = {"if-none-match": headers["etag"]}
    return [*found, replace(found[0], name=f"{kind} 304", headers=tag, status=304)]


async def measure(known: Mapping[str, float] | None, slowed: float = 0) -> dict[str, float]:
    """The ratio of each route; the middle of several where it is dearer than `known`, or new."""
    address = archives.sqlite(ARTICLES)
    async with AsyncExitStack() as stack:
        hot = await stack.enter_async_context(inprocess.service(address, None))
        cold = await stack.enter_async_context(inprocess.service(address, 0))
        every = [*await routes(hot, "hot"), *await routes(cold, "cold")]
        ref = await inprocess.reference(hot)
        if slowed:
            every = [await _slower(route, slowed) for route in every]
        found = await inprocess.ratios(every, ref, ROUNDS)
        runs = {name: [ratio] for name, ratio in found.items()}
        for _ in range(AGAIN):
            doubted = [r for r in every if not known or dearer(found, known, r.name, DOUBTED)]
            for name, ratio in (await inprocess.ratios(doubted, ref, ROUNDS)).items():
                runs[name].append(ratio)
    return {name: median(ratios) for name, ratios in runs.items()}


def dearer(
    found: Mapping[str, float], known: Mapping[str, float], name: str, allowed: float = ALLOWED
) -> bool:
    """Whether a route costs more than is allowed."""
    return found[name] > known[name] * allowed


async def _slower(route: Route, share: float) -> Route:
    """The same route with so much more to do."""
    number = await inprocess.filling(route)
    alone = min([await inprocess.window(route, number) for _ in range(ROUNDS)])

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await route.app(scope, receive, send)
        end = thread_time() + alone * share
        while thread_time() < end:
            pass

    return replace(route, app=app)


def told(found: Mapping[str, float], known: Mapping[str, float]) -> list[str]:
    """A line a route."""
    return [
        f"{name:<20} {ratio:7.3f} × REF, kept {known[name]:7.3f} ({ratio / known[name] - 1:+.0%})"
        for name, ratio in found.items()
    ]


def main(arguments: Sequence[str]) -> int:
    """The command; its exit status."""
    inprocess.pin()
    if "--update" in arguments:
        found = {name: round(ratio, 4) for name, ratio in asyncio.run(measure(None)).items()}
        KEPT.write_text(json.dumps(found, indent=2) + "\n")
        print(f"{len(found)} ratios in {KEPT}")
        return 0
    known: dict[str, float] = json.loads(KEPT.read_text())
    control = "--control" in arguments
    found = asyncio.run(measure(known, SLOWED if control else 0))
    print("\n".join(told(found, known)))
    dear = [name for name in found if dearer(found, known, name)]
    if control:
        missed = [name for name in found if name not in dear]
        print(f"Slowed by {SLOWED:.0%}: {len(dear)} of {len(found)} noticed")
        return 1 if missed else 0
    if dear:
        print(f"More than {ALLOWED - 1:.0%} dearer: {', '.join(dear)}")
        print("If that is meant: make bench-check UPDATE=1, and say why in the commit.")
    return 1 if dear else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
