"""`make launch-day`: a day on which all look at once, before the service alone and behind a cache.

The counts decide: who answered what, and how much reached the service and its database.
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
from bench.machine import cpu_seconds
from bench.measure import console
from bench.stages import Figures, Setup, served
from bench.visitors import CUT, LENGTH, Day, Tally, arrivals, heard
from contract.servers import ROOT, Failed

SEED = 59
QUIET = 0.06
"""Visitors a second on a quiet day; fifty times as many when all come."""

EDITED = 7.0
"""Seconds between two commits of the editors."""

CROWD = 1000
"""Who listens to the changes at once, in the second part."""

SILENCE = 5.0
"""Seconds for which they hear nothing."""

PAGE = "/v1/missions/current/page?lang=en&language=en"
IDLE = 2.0
"""Seconds after which a connection is not used again: the service ends them after five."""


class Editors:
    """Those who keep the archive: the launch slips, and news comes."""

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
        answer = self._client.request(method, path, json=document)
        if answer.is_error:
            raise Failed(f"{method} {path} answers {answer.status_code}\n{answer.text}")
        self.commits += 1
        return answer.json()

    @property
    def planned(self) -> str:
        """When the launch is planned for."""
        return f"{self._at:%Y-%m-%dT%H:%M:%SZ}"

    def slip(self, day: Day | None = None) -> None:
        """Let the launch be a minute later."""
        self._at += timedelta(minutes=1)
        self._send("PATCH", f"/v1/launches/{self._launch}", {"launch_at": self.planned})
        if day:
            day.truth.told.append((monotonic(), self.planned))

    def publish(self) -> None:
        """A piece of news."""
        article: dict[str, object] = {
            "title": f"Countdown, note {self.commits}", "lead": "All goes well.", "body": "So far.",
            "language": "en", "source": {"name": "Press office"},
        }  # fmt: skip
        slug = self._send("POST", "/v1/articles", article)["slug"]
        self._send("POST", f"/v1/articles/{slug}/publish", {})

    async def work(self, day: Day) -> None:
        """Write by turns, until it is over."""
        while True:
            await asyncio.sleep(EDITED)
            await asyncio.to_thread(self.slip, day)
            await asyncio.sleep(EDITED)
            await asyncio.to_thread(self.publish)


async def lived(setup: Setup, editors: Editors) -> tuple[Tally, Counter[str]]:
    """The whole day: all visitors, and the editors meanwhile."""
    random = Random(SEED)
    origin = setup.front
    limits = httpx.Limits(max_connections=256, keepalive_expiry=IDLE)
    async with httpx.AsyncClient(base_url=origin, timeout=60, limits=limits) as client:
        page = (await client.get("/v1/missions/current/page")).json()
        script = (await client.get("/web/service-worker.js")).text
        found = re.match(r"const SHELL = (\{.+\});\n", script)
        shell = json.loads(found[1])["files"] if found else []
        day = Day(origin, page, shell)
        day.truth.told.append((monotonic(), page["launches"]["next"]["launch_at"]))
        figures = Figures(setup)
        writing = asyncio.ensure_future(editors.work(day))
        begun, visits = monotonic(), []
        for at in arrivals(random, QUIET):
            await asyncio.sleep(max(0.0, begun + at - monotonic()))
            visits.append(asyncio.ensure_future(day.visit(client, Random(random.random()))))
        await asyncio.sleep(max(0.0, begun + LENGTH - monotonic()))
        await asyncio.gather(*visits)
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
        return day.tally, figures.since()


@dataclass
class Herd:
    """What became of a crowd that listens, and is told of one change."""

    truth: Callable[[], str]
    """When the launch is planned for."""
    listening: Counter[int] = field(default_factory=Counter)
    idle: float = 0.0
    """The share of a core that listeners cost while there is nothing to hear."""
    told: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    right: int = 0
    reached: Counter[str] = field(default_factory=Counter)

    async def listen(self, client: httpx.AsyncClient, there: asyncio.Event) -> None:
        """One of the crowd: hear of a change, and look at once."""
        async with aclosing(heard(str(client.base_url), {})) as events:
            status = int(await anext(events))
            self.listening[status] += 1
            if self.listening.total() == CROWD:
                there.set()
            if status != 200 or not await anext(events, None):
                return
        self.told += 1
        try:
            answer = await client.get(PAGE, headers={"Cache-Control": "max-age=0"})
        except httpx.TransportError:
            self.statuses[CUT] += 1
            return
        self.statuses[answer.status_code] += 1
        if answer.status_code == 200:
            self.right += answer.json()["launches"]["next"]["launch_at"] == self.truth()


async def herd(setup: Setup, editors: Editors) -> Herd:
    """A crowd listens, the launch slips, and all who hear of it ask for the page at once."""
    found = Herd(lambda: editors.planned)
    there = asyncio.Event()
    limits = httpx.Limits(max_connections=64, keepalive_expiry=IDLE)
    async with httpx.AsyncClient(base_url=setup.front, timeout=60, limits=limits) as client:
        await client.get(PAGE)
        crowd = [asyncio.ensure_future(found.listen(client, there)) for _ in range(CROWD)]
        await there.wait()
        spent = cpu_seconds(setup.pid)
        await asyncio.sleep(SILENCE)
        found.idle = (cpu_seconds(setup.pid) - spent) / SILENCE
        figures = Figures(setup)
        await asyncio.to_thread(editors.slip)
        _, late = await asyncio.wait(crowd, timeout=60)
        for each in late:
            each.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        found.reached = figures.since()
    return found


def share(part: float, whole: float) -> str:
    """A number, and how much of a whole it is."""
    return f"{part:,.0f} ({part / whole:.1%})" if whole else f"{part:,.0f}"


def counts(found: Counter[int]) -> str:
    """How many of each status."""
    names = {CUT: "cut"}
    return ", ".join(f"{n:,} × {names.get(s, s)}" for s, n in sorted(found.items()))


def columns(setup: Setup, tally: Tally, reached: Counter[str], crowd: Herd) -> list[str]:
    """What a run came to, in the order of `ROWS`."""
    sent = sum(tally.statuses.values())
    asked = sent + tally.kept
    fresh = sum(tally.proxy[kind] for kind in ("HIT", "STALE", "UPDATING"))
    again = sum(tally.proxy[kind] for kind in ("REVALIDATED", "EXPIRED"))
    databases = f"{reached['primary']:,} / {reached['replica']:,}" if setup.databases else "–"
    return [
        f"{tally.visits:,}",
        f"{asked:,}",
        share(tally.kept, asked),
        counts(tally.statuses),
        share(fresh, sent) if setup.front != setup.service else "–",
        share(again, sent) if setup.front != setup.service else "–",
        share(reached["requests"], asked),
        share(reached["hit"] + reached["shared"], reached["requests"]),
        share(reached["miss"], asked),
        databases,
        counts(tally.listening),
        f"{len(tally.outdated):,} of {tally.told:,}"
        + (f", up to {max(tally.outdated):.0f} s" if tally.outdated else ""),
        counts(crowd.listening),
        f"{crowd.idle:.0%} of a core",
        f"{crowd.told:,}; {counts(crowd.statuses)}; {crowd.right:,} right",
        f"{crowd.reached['requests']:,}; {crowd.reached['miss']:,}",
    ]


ROWS = [
    "visits",
    "answers that pages and service workers wanted",
    "… kept by the browser, fresh",
    "… asked for, by status",
    "… of these answered by nginx alone",
    "… by nginx after asking whether it still holds",
    "… of all that reached the service",
    "… answered there from what it keeps",
    "… made anew, by the database",
    "transactions of primary / replica",
    "streams of changes opened",
    "told of a slip, and shown what was wrong then",
    f"{CROWD:,} listeners at once",
    "… while they hear nothing, the service takes",
    "told of one slip; how their next look was answered",
    "… looks that reached the service; made anew",
]

SETUPS = (
    ("alone: 1 process, SQLite", 1, False, False),
    ("behind nginx: 1 process, SQLite", 1, False, True),
    ("behind nginx: 2 processes, PostgreSQL with a replica", 2, True, True),
)


def main() -> None:
    """The command."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    found: dict[str, list[str]] = {}
    for name, workers, postgresql, proxied in SETUPS:
        with served(name, workers, postgresql, proxied) as setup:
            editors = Editors(setup)
            tally, reached = asyncio.run(lived(setup, editors))
            found[name] = columns(setup, tally, reached, asyncio.run(herd(setup, editors)))
            console.print(f"{name}: {dict(zip(ROWS, found[name], strict=True))}")
    rows: report.Rows = [("", *found)]
    rows += [(row, *(column[n] for column in found.values())) for n, row in enumerate(ROWS)]
    report.show(rows)
    report.write("launch-day", report.markdown(rows), ROOT / "docs" / "scaling.md")


if __name__ == "__main__":
    try:
        main()
    except Failed as failure:
        sys.exit(str(failure))
