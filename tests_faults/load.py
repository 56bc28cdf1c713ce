"""Load: clients that ask again and again, and count what they get."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Self
from urllib.parse import urlsplit

CUT = 0
"""The status of an answer that did not come, or not whole."""

PATHS = (
    "/v1/missions/iss-59",
    "/v1/missions/iss-59/page",
    "/v1/articles?limit=5",
    "/v1/launches?limit=5",
    "/v1/articles/archive?month=2019-04",
)


def is_stale(head: str) -> bool:
    """Whether an answer with this head says that the database was not asked."""
    return "cache-status: zarya; hit; detail=unverified" in head


@dataclass
class Tally:
    """What clients got."""

    statuses: Counter[int] = field(default_factory=Counter)
    seconds: dict[int, list[float]] = field(default_factory=dict)
    stale: int = 0
    unlike: Counter[int] = field(default_factory=Counter)
    """Refusals that are no problem, or do not say when to come again."""

    def add(self, status: int, seconds: float, head: str = "") -> None:
        """Count one answer, which has this head."""
        self.statuses[status] += 1
        self.seconds.setdefault(status, []).append(seconds)
        self.stale += is_stale(head)
        if status == 503 and not ("application/problem+json" in head and "retry-after: " in head):
            self.unlike[status] += 1

    def quantile(self, share: float, *statuses: int) -> float:
        """In how many ms this share of the answers came, or of those of some statuses."""
        wanted = statuses or tuple(self.seconds)
        found = sorted(s for status in wanted for s in self.seconds.get(status, ()))
        return found[min(int(len(found) * share), len(found) - 1)] * 1000 if found else 0.0

    def __str__(self) -> str:
        names = {CUT: "cut"}
        parts = (f"{n:,} × {names.get(s, s)}" for s, n in sorted(self.statuses.items()))
        return ", ".join(parts)


class Client:
    """A client that keeps its connection as long as it is let."""

    def __init__(self, origin: str) -> None:
        address = urlsplit(origin)
        self._address = address.hostname or "", address.port or 80
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self.head, self.body = "", b""
        """Of the last answer; the head in small letters."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def ask(self, path: str, method: str = "GET", *headers: str, body: bytes = b"") -> int:
        """The status of the answer; `CUT` where there is none."""
        lines = [f"{method} {path} HTTP/1.1", "Host: x", *headers]
        if body:
            lines.append(f"Content-Length: {len(body)}")
        return await self.send("\r\n".join([*lines, "", ""]).encode("latin-1") + body, method)

    async def send(self, data: bytes, method: str = "GET") -> int:
        """The status of the answer to these bytes."""
        used = self._streams is not None
        self.head, self.body = "", b""
        try:
            if self._streams is None:
                self._streams = await asyncio.open_connection(*self._address)
            reader, writer = self._streams
            writer.write(data)
            await writer.drain()
            return await asyncio.wait_for(self._answer(reader, method), 30)
        except (OSError, asyncio.IncompleteReadError, TimeoutError) as error:
            self.close()
            if used and method in {"GET", "HEAD"} and not getattr(error, "partial", b""):
                return await self.send(data, method)  # it was closed while it was idle
            return CUT

    async def _answer(self, reader: asyncio.StreamReader, method: str) -> int:
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
        """Let the connection go."""
        if self._streams is not None:
            self._streams[1].transport.abort()
            self._streams = None


async def readers(
    origin: str,
    number: int,
    until: Callable[[], bool],
    tally: Tally,
    paths: Sequence[str] = PATHS,
    pause: float = 0.0,
) -> None:
    """`number` clients that read, each one after the other, until it is over."""

    async def read(turn: int) -> None:
        with Client(origin) as client:
            while not until():
                begun = perf_counter()
                status = await client.ask(paths[turn % len(paths)])
                tally.add(status, perf_counter() - begun, client.head)
                turn += 1
                await asyncio.sleep(pause)

    await asyncio.gather(*map(read, range(number)))
    await asyncio.sleep(0.01)  # connections end in the next turn of the loop


async def steady(
    origin: str,
    per_second: float,
    seconds: float,
    tally: Tally,
    paths: Sequence[str] = PATHS,
    most: int = 10_000,
) -> None:
    """Requests at a steady rate, whether or not the ones before have been answered.

    Where `most` wait for their answer no more are sent: the client is not to be what is overloaded.
    """
    idle: list[Client] = []

    async def ask(path: str) -> None:
        client = idle.pop() if idle else Client(origin)
        begun = perf_counter()
        status = await client.ask(path)
        tally.add(status, perf_counter() - begun, client.head)
        idle.append(client)

    begun, sent, asked = perf_counter(), 0, set[asyncio.Task[None]]()
    while (passed := perf_counter() - begun) < seconds:
        while sent < passed * per_second and len(asked) < most:
            task = asyncio.ensure_future(ask(paths[sent % len(paths)]))
            asked.add(task)
            task.add_done_callback(asked.discard)
            sent += 1
        await asyncio.sleep(0.002)
    await asyncio.gather(*asked)
    for client in idle:
        client.close()
    await asyncio.sleep(0.01)


async def until(what: Callable[[], Awaitable[bool]]) -> None:
    """Wait until `what` answers that it is so."""
    while True:
        if await what():
            return
        await asyncio.sleep(0.02)


def lasting(seconds: float) -> Callable[[], bool]:
    """Whether so much time has passed since."""
    end = perf_counter() + seconds
    return lambda: perf_counter() > end
