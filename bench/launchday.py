"""`make launch-day`: simulation of a launch day, with the service alone and behind a cache.

It reports counts, not times: responses by origin, and the load of the service and database.
"""

import asyncio
import json
import re
import resource
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from time import monotonic
from typing import Any

import httpx2 as httpx

from bench import report
from bench.deployment import MetricsDelta, Setup, run_service
from bench.machine import cpu_seconds
from bench.measure import console
from bench.visitors import DAY_SECONDS, NO_RESPONSE, Day, Tally, arrivals, event_stream
from contract.servers import ROOT, Failed

SEED = 59
QUIET_VISITORS_PER_SECOND = 0.06
"""Arrival rate on a quiet day; the peak rate is fifty times as high."""

EDIT_INTERVAL_SECONDS = 7.0
"""Time between two commits of the editors."""

LISTENER_COUNT = 1000
"""Simultaneous clients of the change stream, in the second part."""

IDLE_SECONDS = 5.0
"""Time during which the listeners receive no change, to measure their idle cost."""

PAGE = "/v1/missions/current/page?lang=en&language=en"
KEEPALIVE_SECONDS = 2.0
"""Idle time after which a connection is not reused: the service closes it after five."""


class Editors:
    """Editors, who delay the launch and publish articles in turn."""

    def __init__(self, setup: Setup) -> None:
        self.commits = 0
        self._at = datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=30)
        self._client = httpx.Client(
            base_url=setup.service,
            headers={"Authorization": f"Bearer {setup.key}", "If-Match": "*"},
            timeout=30,
        )
        launch: dict[str, object] = {
            "status": "planned",
            "launch_at": self.planned,
            "launch_at_precision": "second",
            "vehicle": {"name": "Soyuz-2.1a", "family": "Soyuz"},
            "site": {"name": "Baikonur Cosmodrome", "country": "KZ"},
            "spacecraft": [{"name": "Soyuz Example", "kind": "SC"}],
            "crewed": True,
        }
        self._launch = self._send("POST", "/v1/launches", launch)["slug"]

    def _send(self, method: str, path: str, document: dict[str, object]) -> Any:
        response = self._client.request(method, path, json=document)
        if response.is_error:
            raise Failed(f"{method} {path} returned {response.status_code}\n{response.text}")
        self.commits += 1
        return response.json()

    @property
    def planned(self) -> str:
        """Planned time of the launch, as in the API."""
        return f"{self._at:%Y-%m-%dT%H:%M:%SZ}"

    def delay_launch(self, day: Day | None = None) -> None:
        """Delay the launch by a minute, and record it in `day`."""
        self._at += timedelta(minutes=1)
        self._send("PATCH", f"/v1/launches/{self._launch}", {"launch_at": self.planned})
        if day:
            day.schedule.history.append((monotonic(), self.planned))

    def publish(self) -> None:
        """Publish an article."""
        article: dict[str, object] = {
            "title": f"Countdown, note {self.commits}", "lead": "All goes well.", "body": "So far.",
            "language": "en", "source": {"name": "Press office"},
        }  # fmt: skip
        slug = self._send("POST", "/v1/articles", article)["slug"]
        self._send("POST", f"/v1/articles/{slug}/publish", {})

    async def work(self, day: Day) -> None:
        """Delay the launch and publish articles in turn, until cancelled."""
        while True:
            await asyncio.sleep(EDIT_INTERVAL_SECONDS)
            await asyncio.to_thread(self.delay_launch, day)
            await asyncio.sleep(EDIT_INTERVAL_SECONDS)
            await asyncio.to_thread(self.publish)


async def simulate_day(setup: Setup, editors: Editors) -> tuple[Tally, Counter[str]]:
    """Simulate all visitors of the day, with the editors writing at the same time."""
    random = Random(SEED)
    origin = setup.front
    limits = httpx.Limits(max_connections=256, keepalive_expiry=KEEPALIVE_SECONDS)
    async with httpx.AsyncClient(base_url=origin, timeout=60, limits=limits) as client:
        page = (await client.get("/v1/missions/current/page")).json()
        script = (await client.get("/web/service-worker.js")).text
        match = re.match(r"const SHELL = (\{.+\});\n", script)
        shell = json.loads(match[1])["files"] if match else []
        day = Day(origin, page, shell)
        day.schedule.history.append((monotonic(), page["launches"]["next"]["launch_at"]))
        metrics = MetricsDelta(setup)
        editing = asyncio.ensure_future(editors.work(day))
        started, visits = monotonic(), []
        for at in arrivals(random, QUIET_VISITORS_PER_SECOND):
            await asyncio.sleep(max(0.0, started + at - monotonic()))
            visits.append(asyncio.ensure_future(day.visit(client, Random(random.random()))))
        await asyncio.sleep(max(0.0, started + DAY_SECONDS - monotonic()))
        await asyncio.gather(*visits)
        editing.cancel()
        await asyncio.gather(editing, return_exceptions=True)
        return day.tally, metrics.since()


@dataclass
class ListenerResults:
    """Results of many listeners that receive one change and reload the page."""

    planned: Callable[[], str]
    """Function that returns the planned time of the launch."""
    stream_statuses: Counter[int] = field(default_factory=Counter)
    idle_cpu: float = 0.0
    """Share of a core used while no changes are sent."""
    notified: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    correct: int = 0
    metrics: Counter[str] = field(default_factory=Counter)

    async def listen(self, client: httpx.AsyncClient, all_connected: asyncio.Event) -> None:
        """Wait for a change, then request the page at once."""
        async with aclosing(event_stream(str(client.base_url), {})) as events:
            status = int(await anext(events))
            self.stream_statuses[status] += 1
            if self.stream_statuses.total() == LISTENER_COUNT:
                all_connected.set()
            if status != 200 or not await anext(events, None):
                return
        self.notified += 1
        try:
            response = await client.get(PAGE, headers={"Cache-Control": "max-age=0"})
        except httpx.TransportError:
            self.statuses[NO_RESPONSE] += 1
            return
        self.statuses[response.status_code] += 1
        if response.status_code == 200:
            self.correct += response.json()["launches"]["next"]["launch_at"] == self.planned()


async def notify_listeners(setup: Setup, editors: Editors) -> ListenerResults:
    """Connect all listeners, delay the launch, and let all of them reload the page at once."""
    results = ListenerResults(lambda: editors.planned)
    all_connected = asyncio.Event()
    limits = httpx.Limits(max_connections=64, keepalive_expiry=KEEPALIVE_SECONDS)
    async with httpx.AsyncClient(base_url=setup.front, timeout=60, limits=limits) as client:
        await client.get(PAGE)
        listeners = [
            asyncio.ensure_future(results.listen(client, all_connected))
            for _ in range(LISTENER_COUNT)
        ]
        await all_connected.wait()
        cpu_before = cpu_seconds(setup.pid)
        await asyncio.sleep(IDLE_SECONDS)
        results.idle_cpu = (cpu_seconds(setup.pid) - cpu_before) / IDLE_SECONDS
        metrics = MetricsDelta(setup)
        await asyncio.to_thread(editors.delay_launch)
        _, unfinished = await asyncio.wait(listeners, timeout=60)
        for listener in unfinished:
            listener.cancel()
        await asyncio.gather(*unfinished, return_exceptions=True)
        results.metrics = metrics.since()
    return results


def with_share(part: float, whole: float) -> str:
    """Format a number with its share of a whole."""
    return f"{part:,.0f} ({part / whole:.1%})" if whole else f"{part:,.0f}"


def format_statuses(statuses: Counter[int]) -> str:
    """Format the number of responses by status."""
    names = {NO_RESPONSE: "cut"}
    return ", ".join(f"{n:,} × {names.get(s, s)}" for s, n in sorted(statuses.items()))


def column(
    setup: Setup, tally: Tally, metrics: Counter[str], listeners: ListenerResults
) -> list[str]:
    """Return the figures of a run, in the order of `ROWS`."""
    sent = sum(tally.statuses.values())
    needed = sent + tally.from_cache
    fresh = sum(tally.proxy[kind] for kind in ("HIT", "STALE", "UPDATING"))
    revalidated = sum(tally.proxy[kind] for kind in ("REVALIDATED", "EXPIRED"))
    databases = f"{metrics['primary']:,} / {metrics['replica']:,}" if setup.databases else "–"
    return [
        f"{tally.visits:,}",
        f"{needed:,}",
        with_share(tally.from_cache, needed),
        format_statuses(tally.statuses),
        with_share(fresh, sent) if setup.front != setup.service else "–",
        with_share(revalidated, sent) if setup.front != setup.service else "–",
        with_share(metrics["requests"], needed),
        with_share(metrics["hit"] + metrics["shared"], metrics["requests"]),
        with_share(metrics["miss"], needed),
        databases,
        format_statuses(tally.stream_statuses),
        f"{len(tally.outdated):,} of {tally.notified:,}"
        + (f", up to {max(tally.outdated):.0f} s" if tally.outdated else ""),
        format_statuses(listeners.stream_statuses),
        f"{listeners.idle_cpu:.0%} of a core",
        f"{listeners.notified:,}; {format_statuses(listeners.statuses)}; "
        f"{listeners.correct:,} correct",
        f"{listeners.metrics['requests']:,}; {listeners.metrics['miss']:,}",
    ]


ROWS = [
    "visits",
    "responses needed by pages and service workers",
    "… served from the browser's cache",
    "… requested, by status",
    "… of these served by nginx alone",
    "… served by nginx after revalidation",
    "… of all, requests that reached the service",
    "… of these served from its cache",
    "… of all, read from the database",
    "transactions of primary / replica",
    "change streams opened",
    "reloads after a delay of the launch that returned an outdated time",
    f"{LISTENER_COUNT:,} simultaneous listeners",
    "… CPU use of the service while no changes are sent",
    "listeners notified of one delay; their next request",
    "… requests that reached the service; read from the database",
]

SETUPS = (
    ("alone: 1 process, SQLite", 1, False, False),
    ("behind nginx: 1 process, SQLite", 1, False, True),
    ("behind nginx: 2 processes, PostgreSQL with a replica", 2, True, True),
)


def main() -> None:
    """Run the command."""
    _, hard_limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard_limit, hard_limit))
    results: dict[str, list[str]] = {}
    for name, workers, postgresql, proxied in SETUPS:
        with run_service(name, workers, postgresql, proxied) as setup:
            editors = Editors(setup)
            tally, metrics = asyncio.run(simulate_day(setup, editors))
            listeners = asyncio.run(notify_listeners(setup, editors))
            results[name] = column(setup, tally, metrics, listeners)
            console.print(f"{name}: {dict(zip(ROWS, results[name], strict=True))}")
    rows: report.Rows = [("", *results)]
    rows += [(row, *(cells[n] for cells in results.values())) for n, row in enumerate(ROWS)]
    report.show(rows)
    report.write("launch-day", report.markdown(rows), ROOT / "docs" / "scaling.md")


if __name__ == "__main__":
    try:
        main()
    except Failed as failure:
        sys.exit(str(failure))
