"""Simulated visitors of a launch day: arrival times, requests, and browser caches."""

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

PEAK_FACTOR = 50
"""Peak arrival rate relative to the quiet rate."""

QUIET_SECONDS, RISE_SECONDS, PEAK_SECONDS, FALL_SECONDS = 15.0, 10.0, 15.0, 15.0
HALF_LIFE_SECONDS = 5.0
"""Time in which the arrival rate halves after the peak."""

DAY_SECONDS = QUIET_SECONDS + RISE_SECONDS + PEAK_SECONDS + FALL_SECONDS
VISIT_SECONDS_RANGE = 8.0, 25.0
RELOAD_DELAY_SECONDS, RELOAD_SPREAD_SECONDS = 0.5, 2.0
"""Wait from a change to the reload, as in `app/portal/web/refresh.js`."""

CONNECT_TIMEOUT_SECONDS = 20.0
"""Time after which a client of the change stream stops waiting for the response."""

NO_RESPONSE = 0
"""Status recorded when no response arrived."""

HTML = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
ACCEPT_LANGUAGE_PERCENTAGES = {
    "en-US,en;q=0.9": 40,
    "ru-RU,ru;q=0.9,en-US;q=0.8,en;q=0.7": 30,
    "en-GB,en;q=0.9": 12,
    "de-DE,de;q=0.9,en-US;q=0.8,en;q=0.7": 6,
    "ru,en;q=0.9": 6,
    "fr-FR,fr;q=0.9,en;q=0.8": 3,
    "ja,en-US;q=0.9,en;q=0.8": 3,
}
"""Percentage of browsers by their `Accept-Language`."""

ACCEPT_ENCODING_PERCENTAGES = {"gzip, deflate, br, zstd": 80, "gzip, deflate, br": 20}


def rate(at: float) -> float:
    """Return the arrival rate at a second of the day, relative to the quiet rate."""
    if at < QUIET_SECONDS:
        return 1.0
    if at < QUIET_SECONDS + RISE_SECONDS:
        return math.pow(PEAK_FACTOR, (at - QUIET_SECONDS) / RISE_SECONDS)
    return max(
        1.0,
        PEAK_FACTOR
        * math.pow(
            0.5, max(0.0, at - QUIET_SECONDS - RISE_SECONDS - PEAK_SECONDS) / HALF_LIFE_SECONDS
        ),
    )


def arrivals(random: Random, quiet: float) -> Iterator[float]:
    """Yield arrival times in seconds; `quiet` visitors per second arrive before the rise."""
    at = 0.0
    while (at := at + random.expovariate(quiet * PEAK_FACTOR)) < DAY_SECONDS:
        if random.random() < rate(at) / PEAK_FACTOR:
            yield at


@dataclass
class LaunchSchedule:
    """Planned times of the launch, in the order of the editors' changes."""

    history: list[tuple[float, str]] = field(default_factory=list)
    """Pairs of the monotonic time of the acknowledgement, and the planned time."""

    def age(self, shown: str, at: float) -> float:
        """Return for how many seconds `shown` had been outdated when requested at `at`."""
        times = [value for _, value in self.history]
        n = times.index(shown) + 1 if shown in times else len(times)
        return max(0.0, at - self.history[n][0]) if n < len(times) else 0.0


@dataclass
class Tally:
    """Counts of responses over all visitors, by origin and status."""

    visits: int = 0
    from_cache: int = 0
    """Responses from the browser's own cache."""
    statuses: Counter[int] = field(default_factory=Counter)
    proxy: Counter[str] = field(default_factory=Counter)
    """Responses by the proxy's `X-Cache` header."""
    bytes: int = 0
    stream_statuses: Counter[int] = field(default_factory=Counter)
    notified: int = 0
    """Reloads after a received change."""
    outdated: list[float] = field(default_factory=list)
    """Age in seconds of the outdated responses among these reloads."""


@dataclass
class CachedResponse:
    """Cached response: body, ETag, and the monotonic time until which it is fresh."""

    body: bytes
    etag: str
    until: float


class Browser:
    """Browser with its own cache."""

    def __init__(self, client: httpx.AsyncClient, random: Random, tally: Tally) -> None:
        (accept_language,) = random.choices(
            list(ACCEPT_LANGUAGE_PERCENTAGES), list(ACCEPT_LANGUAGE_PERCENTAGES.values())
        )
        (accept_encoding,) = random.choices(
            list(ACCEPT_ENCODING_PERCENTAGES), list(ACCEPT_ENCODING_PERCENTAGES.values())
        )
        self.language = "ru" if accept_language.startswith("ru") else "en"
        self.headers = {"Accept-Language": accept_language, "Accept-Encoding": accept_encoding}
        self._client, self._tally = client, tally
        self._cache: dict[str, CachedResponse] = {}

    async def get(self, path: str, accept: str = "*/*", renew: bool = False) -> bytes:
        """Return the body of `path`; `renew` revalidates even a fresh cached response."""
        cached = self._cache.get(path)
        if cached and monotonic() < cached.until and not renew:
            self._tally.from_cache += 1
            return cached.body
        headers = self.headers | {"Accept": accept}
        if cached:
            headers["If-None-Match"] = cached.etag
        if renew:
            headers["Cache-Control"] = "max-age=0"
        try:
            response = await self._client.get(path, headers=headers)
        except httpx.TransportError:
            self._tally.statuses[NO_RESPONSE] += 1
            return cached.body if cached else b""
        self._tally.statuses[response.status_code] += 1
        self._tally.proxy[response.headers.get("X-Cache", "")] += 1
        self._tally.bytes += response.num_bytes_downloaded
        body = cached.body if cached and response.status_code == 304 else response.content
        policy = response.headers.get("Cache-Control", "")
        max_age = re.match(r"public, max-age=(\d+)", policy)
        if response.status_code in {200, 304} and "no-store" not in policy:
            until = monotonic() + int(max_age[1]) if max_age else 0.0
            self._cache[path] = CachedResponse(body, response.headers.get("ETag", ""), until)
        return body

    async def all(self, paths: Sequence[str], renew: bool = False) -> None:
        """Request several paths at once, as browsers do for the assets of a page."""
        await asyncio.gather(*(self.get(path, renew=renew) for path in paths))


async def event_stream(origin: str, headers: dict[str, str]) -> AsyncGenerator[str, None]:
    """Yield the status of the change stream, then the type of each event."""
    address = urlsplit(origin)
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    try:
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
    except OSError:
        yield str(NO_RESPONSE)
        return
    try:
        request = f"GET /v1/events HTTP/1.1\r\nHost: {address.netloc}\r\n{lines}\r\n"
        writer.write(request.encode())
        first = await asyncio.wait_for(reader.readline(), CONNECT_TIMEOUT_SECONDS)
        yield first.split()[1].decode() if first else str(NO_RESPONSE)
        while line := await reader.readline():
            if line.startswith(b"event: "):
                yield line[7:].strip().decode()
    except TimeoutError:
        yield str(NO_RESPONSE)
    except OSError:
        return
    finally:
        writer.transport.abort()


class Day:
    """State shared by all visitors of a day: paths to visit, launch schedule, counts."""

    def __init__(self, origin: str, page: dict[str, Any], shell: Sequence[str]) -> None:
        self.origin = origin
        self.schedule = LaunchSchedule()
        self.tally = Tally()
        self._shell = [f"/{name}" for name in shell]
        launch = page["launches"]["next"]["slug"]
        self._linked_pages = [("launches", launch), ("launches", launch)]
        self._linked_pages += [
            ("people", item["person"]["slug"]) for item in page["mission"]["crew"]
        ]
        self._linked_pages += [("launches", item["slug"]) for item in page["launches"]["recent"]]
        self._linked_pages += [("articles", item["slug"]) for item in page["articles"]]

    def page(self, language: str) -> str:
        """Return the API path of the start page."""
        return f"/v1/missions/current/page?lang={language}&language={language}"

    def bar(self, language: str) -> list[str]:
        """Return the API paths of the pages in the navigation bar, which the portal prefetches."""
        return [
            self.page(language),
            f"/v1/missions?lang={language}&limit=100",
            f"/v1/launches?crewed=true&format=ndjson&lang={language}&view=full",
            f"/v1/articles/archive?lang={language}&language={language}",
        ]

    def screen(self, random: Random, language: str) -> list[str]:
        """Return the API paths of a random linked page; those linked first are more likely."""
        weights = [1 / rank for rank in range(1, len(self._linked_pages) + 1)]
        ((kind, slug),) = random.choices(self._linked_pages, weights)
        paths = [f"/v1/{kind}/{slug}?lang={language}"]
        if kind != "articles":
            about = "person" if kind == "people" else "launch"
            query = sorted([f"lang={language}", f"language={language}", "limit=10"])
            paths.append("/v1/articles?" + "&".join(sorted([*query, f"{about}={slug}"])))
        return paths

    async def visit(self, client: httpx.AsyncClient, random: Random) -> None:
        """Simulate one visit: load the page, listen for changes, open up to three more pages."""
        self.tally.visits += 1
        browser = Browser(client, random, self.tally)
        listening = asyncio.ensure_future(self._listen(browser, random))
        await browser.get("/", HTML)
        await browser.all(self._shell)
        await browser.get("/web/service-worker.js")
        offline_pages = [f"/offline?lang={language}" for language in ("en", "ru")]
        await browser.all(self._shell)  # requested again by the service worker, for offline use
        await browser.all(offline_pages, renew=True)
        await browser.all(self.bar(browser.language))
        clicks = random.choice((0, 0, 1, 1, 2, 3))
        pause = random.uniform(*VISIT_SECONDS_RANGE) / (clicks + 1)
        for _ in range(clicks):
            await asyncio.sleep(pause)
            await browser.all(self.screen(random, browser.language))
        await asyncio.sleep(pause)
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)

    async def _listen(self, browser: Browser, random: Random) -> None:
        reload: asyncio.Task[None] | None = None
        try:
            async with aclosing(event_stream(self.origin, browser.headers)) as events:
                self.tally.stream_statuses[int(await anext(events))] += 1
                async for _ in events:
                    if reload:
                        reload.cancel()
                    pause = RELOAD_DELAY_SECONDS + random.random() * RELOAD_SPREAD_SECONDS
                    reload = asyncio.ensure_future(self.reload_page(browser, pause))
        finally:
            if reload:
                reload.cancel()

    async def reload_page(self, browser: Browser, pause: float) -> None:
        """Reload the page after `pause` seconds, and record whether it is outdated."""
        await asyncio.sleep(pause)
        at = monotonic()
        body = await browser.get(self.page(browser.language), renew=True)
        self.tally.notified += 1
        if not body:
            return
        shown = json.loads(body)["launches"]["next"]["launch_at"]
        if age := self.schedule.age(shown, at):
            self.tally.outdated.append(age)
