"""Visitors of a launch day: when they come, what their browsers ask for, and what these keep."""

import asyncio
import json
import math
import re
from collections import Counter
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from random import Random
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import httpx2 as httpx

SPIKE = 50
"""How many times as many come when all come."""

QUIET, RISE, PEAK, FALL, HALF = 15.0, 10.0, 15.0, 15.0, 5.0
"""Seconds of each part of the day, and in which the crowd halves at its end."""

LENGTH = QUIET + RISE + PEAK + FALL
STAY = 8.0, 25.0
CALM, SPREAD = 0.5, 2.0
"""Seconds: as `app/portal/web/fresh.js` waits before it asks for what has changed."""

PATIENCE = 20.0
"""Seconds after which nobody waits any longer to be let in."""

CUT = 0
"""The status of an answer that did not come."""

HTML = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
SPEECH = {
    "en-US,en;q=0.9": 40,
    "ru-RU,ru;q=0.9,en-US;q=0.8,en;q=0.7": 30,
    "en-GB,en;q=0.9": 12,
    "de-DE,de;q=0.9,en-US;q=0.8,en;q=0.7": 6,
    "ru,en;q=0.9": 6,
    "fr-FR,fr;q=0.9,en;q=0.8": 3,
    "ja,en-US;q=0.9,en;q=0.8": 3,
}
"""What browsers send as Accept-Language, and how many of a hundred."""

CODINGS = {"gzip, deflate, br, zstd": 80, "gzip, deflate, br": 20}


def rate(at: float) -> float:
    """How many times as many as on a quiet day come at a second of the day."""
    if at < QUIET:
        return 1.0
    if at < QUIET + RISE:
        return math.pow(SPIKE, (at - QUIET) / RISE)
    return max(1.0, SPIKE * math.pow(0.5, max(0.0, at - QUIET - RISE - PEAK) / HALF))


def arrivals(random: Random, quiet: float) -> Iterator[float]:
    """The seconds at which somebody comes, `quiet` of them a second while it is."""
    at = 0.0
    while (at := at + random.expovariate(quiet * SPIKE)) < LENGTH:
        if random.random() < rate(at) / SPIKE:
            yield at


@dataclass
class Truth:
    """When the launch of the day is planned for, as its editors know it."""

    told: list[tuple[float, str]] = field(default_factory=list)
    """When each time was acknowledged, and the time."""

    def age(self, shown: str, at: float) -> float:
        """For how many seconds what was `shown` for a question asked `at` had been wrong."""
        times = [value for _, value in self.told]
        n = times.index(shown) + 1 if shown in times else len(times)
        return max(0.0, at - self.told[n][0]) if n < len(times) else 0.0


@dataclass
class Tally:
    """What the browsers of all visitors got, and from where."""

    visits: int = 0
    kept: int = 0
    """Answered by the browser itself: what it had was fresh."""
    statuses: Counter[int] = field(default_factory=Counter)
    proxy: Counter[str] = field(default_factory=Counter)
    """What a proxy says of each answer."""
    bytes: int = 0
    listening: Counter[int] = field(default_factory=Counter)
    told: int = 0
    """Answers to who had heard of a change."""
    outdated: list[float] = field(default_factory=list)
    """Of those, what was wrong, for how many seconds."""


@dataclass
class Kept:
    """What a browser has: the body, its tag, and until when it need not ask."""

    body: bytes
    tag: str
    until: float


class Browser:
    """A browser with a cache of its own."""

    def __init__(self, client: httpx.AsyncClient, random: Random, tally: Tally) -> None:
        (accepts,) = random.choices(list(SPEECH), list(SPEECH.values()))
        (codings,) = random.choices(list(CODINGS), list(CODINGS.values()))
        self.language = "ru" if accepts.startswith("ru") else "en"
        self.headers = {"Accept-Language": accepts, "Accept-Encoding": codings}
        self._client, self._tally = client, tally
        self._kept: dict[str, Kept] = {}

    async def get(self, path: str, accept: str = "*/*", renew: bool = False) -> bytes:
        """What `path` answers; `renew`: asked for even where what is kept is fresh."""
        kept = self._kept.get(path)
        if kept and monotonic() < kept.until and not renew:
            self._tally.kept += 1
            return kept.body
        headers = self.headers | {"Accept": accept}
        if kept:
            headers["If-None-Match"] = kept.tag
        if renew:
            headers["Cache-Control"] = "max-age=0"
        try:
            answer = await self._client.get(path, headers=headers)
        except httpx.TransportError:
            self._tally.statuses[CUT] += 1
            return kept.body if kept else b""
        self._tally.statuses[answer.status_code] += 1
        self._tally.proxy[answer.headers.get("X-Cache", "")] += 1
        self._tally.bytes += answer.num_bytes_downloaded
        body = kept.body if kept and answer.status_code == 304 else answer.content
        policy = answer.headers.get("Cache-Control", "")
        age = re.match(r"public, max-age=(\d+)", policy)
        if answer.status_code in {200, 304} and "no-store" not in policy:
            until = monotonic() + int(age[1]) if age else 0.0
            self._kept[path] = Kept(body, answer.headers.get("ETag", ""), until)
        return body

    async def all(self, paths: Sequence[str], renew: bool = False) -> None:
        """Ask for several at once, as browsers do for what a page is made of."""
        await asyncio.gather(*(self.get(path, renew=renew) for path in paths))


async def heard(origin: str, headers: dict[str, str]) -> AsyncGenerator[str, None]:
    """The status of the stream of changes, then the kind of each as it comes."""
    address = urlsplit(origin)
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    try:
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
    except OSError:
        yield str(CUT)
        return
    try:
        asked = f"GET /v1/events HTTP/1.1\r\nHost: {address.netloc}\r\n{lines}\r\n"
        writer.write(asked.encode())
        first = await asyncio.wait_for(reader.readline(), PATIENCE)
        yield first.split()[1].decode() if first else str(CUT)
        while line := await reader.readline():
            if line.startswith(b"event: "):
                yield line[7:].strip().decode()
    except TimeoutError:
        yield str(CUT)
    except OSError:
        return
    finally:
        writer.transport.abort()


class Day:
    """What all visitors of a day share: where they go, and what is true."""

    def __init__(self, origin: str, page: dict[str, Any], shell: Sequence[str]) -> None:
        self.origin = origin
        self.truth = Truth()
        self.tally = Tally()
        self._shell = [f"/{name}" for name in shell]
        launch = page["launches"]["next"]["slug"]
        self._places = [("launches", launch), ("launches", launch)]
        self._places += [("people", each["person"]["slug"]) for each in page["mission"]["crew"]]
        self._places += [("launches", each["slug"]) for each in page["launches"]["recent"]]
        self._places += [("articles", each["slug"]) for each in page["articles"]]

    def page(self, language: str) -> str:
        """What the first screen is made of."""
        return f"/v1/missions/current/page?lang={language}&language={language}"

    def bar(self, language: str) -> list[str]:
        """What the screens that the bar leads to are made of, which the portal fetches before."""
        return [
            self.page(language),
            f"/v1/missions?lang={language}&limit=100",
            f"/v1/launches?crewed=true&format=ndjson&lang={language}&view=full",
            f"/v1/articles/archive?lang={language}&language={language}",
        ]

    def screen(self, random: Random, language: str) -> list[str]:
        """What somewhere else is made of: of what the page names, the first is liked best."""
        weights = [1 / rank for rank in range(1, len(self._places) + 1)]
        ((kind, slug),) = random.choices(self._places, weights)
        asked = [f"/v1/{kind}/{slug}?lang={language}"]
        if kind != "articles":
            about = "person" if kind == "people" else "launch"
            query = sorted([f"lang={language}", f"language={language}", "limit=10"])
            asked.append("/v1/articles?" + "&".join(sorted([*query, f"{about}={slug}"])))
        return asked

    async def visit(self, client: httpx.AsyncClient, random: Random) -> None:
        """Come, look, hear of changes, look at some more, and go."""
        self.tally.visits += 1
        browser = Browser(client, random, self.tally)
        listening = asyncio.ensure_future(self._listen(browser, random))
        await browser.get("/", HTML)
        await browser.all(self._shell)
        await browser.get("/web/service-worker.js")
        empty = [f"/offline?lang={language}" for language in ("en", "ru")]
        await browser.all(self._shell)  # again: the service worker's, for later
        await browser.all(empty, renew=True)
        await browser.all(self.bar(browser.language))
        clicks = random.choice((0, 0, 1, 1, 2, 3))
        pause = random.uniform(*STAY) / (clicks + 1)
        for _ in range(clicks):
            await asyncio.sleep(pause)
            await browser.all(self.screen(random, browser.language))
        await asyncio.sleep(pause)
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)

    async def _listen(self, browser: Browser, random: Random) -> None:
        soon: asyncio.Task[None] | None = None
        try:
            async with aclosing(heard(self.origin, browser.headers)) as events:
                self.tally.listening[int(await anext(events))] += 1
                async for _ in events:
                    if soon:
                        soon.cancel()
                    pause = CALM + random.random() * SPREAD
                    soon = asyncio.ensure_future(self.look(browser, pause))
        finally:
            if soon:
                soon.cancel()

    async def look(self, browser: Browser, pause: float) -> None:
        """Ask again for the page that a change was told of, and see whether it shows it."""
        await asyncio.sleep(pause)
        at = monotonic()
        body = await browser.get(self.page(browser.language), renew=True)
        self.tally.told += 1
        if not body:
            return
        shown = json.loads(body)["launches"]["next"]["launch_at"]
        if age := self.truth.age(shown, at):
            self.tally.outdated.append(age)
