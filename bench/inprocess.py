"""The CPU time of a request without sockets: ASGI applications driven in this process.

Where requests a second follow whatever else the machine does, this repeats within a few percent:
the applications take turns in short windows, and of each the quick windows count.
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

TASKS = 4
WINDOW = 0.03
"""Seconds of CPU time."""

ASGI = Callable[..., Awaitable[None]]


@dataclass(frozen=True)
class Route:
    """A request of an application, by a name; `headers` as sent."""

    name: str
    app: ASGI
    path: str
    headers: Mapping[str, str]
    status: int = 200

    def scope(self) -> dict[str, Any]:
        """What a server would hand to the application."""
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

    async def ask(self) -> tuple[Mapping[str, str], bytes]:
        """One answer: its headers and body. Fails where it has another status."""
        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        await self.app(self.scope(), _receive, send)
        if sent[0]["status"] != self.status:
            raise Failed(f"{self.name}: {self.path} answers {sent[0]['status']}")
        headers = {name.decode().lower(): value.decode() for name, value in sent[0]["headers"]}
        return headers, b"".join(message.get("body", b"") for message in sent[1:])


async def _receive() -> dict[str, Any]:
    return {"type": "http.request", "body": b"", "more_body": False}


async def _send(_message: Any) -> None:
    """Nobody listens."""


async def window(route: Route, number: int) -> float:
    """The CPU seconds of a request, when `TASKS` at once make `number` requests each."""
    scope = route.scope()

    async def task() -> None:
        for _ in range(number):
            await route.app(dict(scope), _receive, _send)

    start = process_time()
    await asyncio.gather(*(task() for _ in range(TASKS)))
    return (process_time() - start) / number / TASKS


async def filling(route: Route) -> int:
    """How many requests a task makes in a window."""
    await route.ask()
    rough = await window(route, 2)
    return max(1, round(WINDOW / TASKS / min(rough, await window(route, 2))))


async def ratios(routes: Sequence[Route], ref: Route, rounds: int) -> dict[str, float]:
    """The CPU time of each route in times that of `ref`, by the tenth part of quickest windows."""
    found: dict[str, float] = {}
    in_ref = await filling(ref)
    for route in routes:
        number = await filling(route)
        own, reference = [], []
        for _ in range(rounds):
            own.append(await window(route, number))
            reference.append(await window(ref, in_ref))
        found[route.name] = _quick(own) / _quick(reference)
        console.print(
            f"{route.name:<20} {_quick(own) * 1e6:>9,.1f} µs, REF {_quick(reference) * 1e6:,.1f}"
        )
    return found


def _quick(windows: Sequence[float]) -> float:
    return quantiles(windows, n=10, method="inclusive")[0]


@asynccontextmanager
async def service(database_url: str, cache_bytes: int | None) -> AsyncIterator[FastAPI]:
    """The service at work in this process."""
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
    """REF, returning the list that `app` returns."""
    _, content = await Route("list", app, LIST, {}).ask()
    path = "/ref?limit=20&language=en&sort=-published_at"
    return Route("REF", constant.create(content), path, {})


def pin() -> None:
    """Keep this process on one core: handing the interpreter's lock between two costs by itself."""
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
