"""CPU time per request without sockets: ASGI applications called in this process.

Unlike requests per second, it is repeatable within a few percent on a busy machine. Applications
are measured in turn in short windows, and the fastest windows of each count.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from statistics import quantiles
from time import process_time
from typing import Any
from urllib.parse import urlsplit

from fastapi import FastAPI
from rich.console import Console

from app.config import Settings
from app.main import create_app
from bench.peers import constant
from bench.reads import LIST
from contract.servers import Failed

console = Console(stderr=True, highlight=False, soft_wrap=True)

TASK_COUNT = 4
WINDOW_SECONDS = 0.03
"""CPU time of one measurement."""

ASGI = Callable[..., Awaitable[None]]


@dataclass(frozen=True)
class Route:
    """Request to an application, with its expected status."""

    name: str
    app: ASGI
    path: str
    headers: Mapping[str, str]
    status: int = 200

    def scope(self) -> dict[str, Any]:
        """Return the ASGI scope that a server would create."""
        address = urlsplit(self.path)
        headers = {"host": "127.0.0.1:8000", "user-agent": "bench", "accept": "*/*", **self.headers}
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": address.path,
            "raw_path": address.path.encode(),
            "query_string": address.query.encode(),
            "root_path": "",
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
            "client": ("127.0.0.1", 50_000),
            "server": ("127.0.0.1", 8000),
            "state": {},
        }

    async def request(self) -> tuple[Mapping[str, str], bytes]:
        """Send the request; return headers and body. Raises Failed if the status differs."""
        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        await self.app(self.scope(), _receive, send)
        if sent[0]["status"] != self.status:
            raise Failed(f"{self.name}: {self.path} returned {sent[0]['status']}")
        headers = {name.decode().lower(): value.decode() for name, value in sent[0]["headers"]}
        return headers, b"".join(message.get("body", b"") for message in sent[1:])


async def _receive() -> dict[str, Any]:
    return {"type": "http.request", "body": b"", "more_body": False}


async def _send(_message: Any) -> None:
    """Discard the message."""


async def measure_window(route: Route, number: int) -> float:
    """Return the CPU seconds per request when `TASK_COUNT` tasks send `number` requests each."""
    scope = route.scope()

    async def task() -> None:
        for _ in range(number):
            await route.app(dict(scope), _receive, _send)

    start = process_time()
    await asyncio.gather(*(task() for _ in range(TASK_COUNT)))
    return (process_time() - start) / number / TASK_COUNT


async def window_size(route: Route) -> int:
    """Return how many requests per task fit into a window."""
    await route.request()
    estimate = await measure_window(route, 2)
    return max(
        1, round(WINDOW_SECONDS / TASK_COUNT / min(estimate, await measure_window(route, 2)))
    )


async def ratios(routes: Sequence[Route], ref: Route, rounds: int) -> dict[str, float]:
    """Return each route's CPU time relative to `ref`: the first deciles of its windows' times."""
    results: dict[str, float] = {}
    ref_number = await window_size(ref)
    for route in routes:
        number = await window_size(route)
        route_times, ref_times = [], []
        for _ in range(rounds):
            route_times.append(await measure_window(route, number))
            ref_times.append(await measure_window(ref, ref_number))
        results[route.name] = _first_decile(route_times) / _first_decile(ref_times)
        console.print(
            f"{route.name:<20} {_first_decile(route_times) * 1e6:>9,.1f} µs, "
            f"REF {_first_decile(ref_times) * 1e6:,.1f}"
        )
    return results


def _first_decile(windows: Sequence[float]) -> float:
    return quantiles(windows, n=10, method="inclusive")[0]


@asynccontextmanager
async def service(database_url: str, cache_bytes: int | None) -> AsyncIterator[FastAPI]:
    """Run the service in this process, without rate limit and access log."""
    env = {"ZARYA_RATE_LIMIT": "0", "ZARYA_LOG_REQUESTS": "false"}
    if cache_bytes is not None:
        env["ZARYA_CACHE_BYTES"] = str(cache_bytes)
    before = dict(os.environ)
    os.environ.update(env)
    try:
        app = create_app(Settings(database_url=database_url))
    finally:
        os.environ.clear()
        os.environ.update(before)
    async with app.router.lifespan_context(app):
        yield app


async def reference(app: ASGI) -> Route:
    """Return REF, with the list that `app` returns as its content."""
    _, content = await Route("list", app, LIST, {}).request()
    path = "/ref?limit=20&language=en&sort=-published_at"
    return Route("REF", constant.create(content), path, {})


def pin() -> None:
    """Pin this process to one core: passing the interpreter lock between cores costs CPU time."""
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
