"""Load generation: clients that send requests repeatedly and count the responses."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Self
from urllib.parse import urlsplit

NO_RESPONSE = 0
"""Status recorded when no complete response arrived."""

PATHS = (
    "/v1/missions/iss-59",
    "/v1/missions/iss-59/page",
    "/v1/articles?limit=5",
    "/v1/launches?limit=5",
    "/v1/articles/archive?month=2019-04",
)


def is_stale(head: str) -> bool:
    """Return whether this response head marks the response as served without a database check."""
    return "cache-status: zarya; hit; detail=unverified" in head


@dataclass
class Tally:
    """Responses counted by status, with their times."""

    statuses: Counter[int] = field(default_factory=Counter)
    seconds: dict[int, list[float]] = field(default_factory=dict)
    stale: int = 0
    malformed: Counter[int] = field(default_factory=Counter)
    """Responses with status 503 that are no problem document or lack `Retry-After`."""

    def add(self, status: int, seconds: float, head: str = "") -> None:
        """Count one response with this head."""
        self.statuses[status] += 1
        self.seconds.setdefault(status, []).append(seconds)
        self.stale += is_stale(head)
        if status == 503 and not ("application/problem+json" in head and "retry-after: " in head):
            self.malformed[status] += 1

    def quantile(self, share: float, *statuses: int) -> float:
        """Return the quantile of response times in ms, of all responses or of some statuses."""
        wanted = statuses or tuple(self.seconds)
        times = sorted(s for status in wanted for s in self.seconds.get(status, ()))
        return times[min(int(len(times) * share), len(times) - 1)] * 1000 if times else 0.0

    def __str__(self) -> str:
        names = {NO_RESPONSE: "cut"}
        parts = (f"{n:,} × {names.get(s, s)}" for s, n in sorted(self.statuses.items()))
        return ", ".join(parts)


class Client:
    """HTTP client with a persistent connection."""

    def __init__(self, origin: str) -> None:
        address = urlsplit(origin)
        self._address = address.hostname or "", address.port or 80
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self.head, self.body = "", b""
        """Head, in lower case, and body of the last response."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def request(
        self, path: str, method: str = "GET", *headers: str, body: bytes = b""
    ) -> int:
        """Send a request; return the status, or NO_RESPONSE."""
        lines = [f"{method} {path} HTTP/1.1", "Host: x", *headers]
        if body:
            lines.append(f"Content-Length: {len(body)}")
        return await self.send("\r\n".join([*lines, "", ""]).encode("latin-1") + body, method)

    async def send(self, data: bytes, method: str = "GET") -> int:
        """Send these bytes; return the status of the response, or NO_RESPONSE."""
        reused = self._streams is not None
        self.head, self.body = "", b""
        try:
            if self._streams is None:
                self._streams = await asyncio.open_connection(*self._address)
            reader, writer = self._streams
            writer.write(data)
            await writer.drain()
            return await asyncio.wait_for(self._read_response(reader, method), 30)
        except (OSError, asyncio.IncompleteReadError, TimeoutError) as error:
            self.close()
            if reused and method in {"GET", "HEAD"} and not getattr(error, "partial", b""):
                return await self.send(data, method)  # closed while idle
            return NO_RESPONSE

    async def _read_response(self, reader: asyncio.StreamReader, method: str) -> int:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        status, body = int(head[9:12]), b""
        if "content-length: " in head and method != "HEAD" and status != 304:
            length = int(head.partition("content-length: ")[2].split("\r")[0])
            body = await reader.readexactly(length)
        elif "transfer-encoding: chunked" in head and method != "HEAD":
            while size := int(await reader.readline(), 16):
                body += await reader.readexactly(size + 2)
            await reader.readline()
        self.head, self.body = head, body
        if "connection: close" in head:
            self.close()
        return status

    def close(self) -> None:
        """Close the connection."""
        if self._streams is not None:
            self._streams[1].transport.abort()
            self._streams = None


async def run_readers(
    origin: str,
    number: int,
    until: Callable[[], bool],
    tally: Tally,
    paths: Sequence[str] = PATHS,
    pause: float = 0.0,
) -> None:
    """Run `number` clients that send requests one after the other until `until` returns true."""

    async def read(index: int) -> None:
        with Client(origin) as client:
            while not until():
                start = perf_counter()
                status = await client.request(paths[index % len(paths)])
                tally.add(status, perf_counter() - start, client.head)
                index += 1
                await asyncio.sleep(pause)

    await asyncio.gather(*map(read, range(number)))
    await asyncio.sleep(0.01)  # connections are closed in the next iteration of the loop


async def send_at_rate(
    origin: str,
    per_second: float,
    seconds: float,
    tally: Tally,
    paths: Sequence[str] = PATHS,
    max_pending: int = 10_000,
) -> None:
    """Send requests at a constant rate, without waiting for earlier responses.

    At most `max_pending` are pending, so that the client itself is not overloaded.
    """
    idle: list[Client] = []

    async def request(path: str) -> None:
        client = idle.pop() if idle else Client(origin)
        start = perf_counter()
        status = await client.request(path)
        tally.add(status, perf_counter() - start, client.head)
        idle.append(client)

    start, sent, pending = perf_counter(), 0, set[asyncio.Task[None]]()
    while (elapsed := perf_counter() - start) < seconds:
        while sent < elapsed * per_second and len(pending) < max_pending:
            task = asyncio.ensure_future(request(paths[sent % len(paths)]))
            pending.add(task)
            task.add_done_callback(pending.discard)
            sent += 1
        await asyncio.sleep(0.002)
    await asyncio.gather(*pending)
    for client in idle:
        client.close()
    await asyncio.sleep(0.01)


async def wait_until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Wait until `condition` returns true."""
    while True:
        if await condition():
            return
        await asyncio.sleep(0.02)


def deadline(seconds: float) -> Callable[[], bool]:
    """Return a function that returns true once `seconds` have passed."""
    end = perf_counter() + seconds
    return lambda: perf_counter() > end
