"""Faults of a cluster under load: no write lost or doubled, no draft shown, each job done once."""

import asyncio
import json
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from time import monotonic

import httpx2 as httpx
import pytest

from tests.support.fake_sites import FakeSite, Reply
from tests.support.servers import wait_for
from tests.support.webhook_receivers import WebhookReceiver
from tests_cluster.conftest import REQUESTS_PER_SECOND
from tests_cluster.faults import FAULTS, QUICK_FAULTS, Fault
from tests_cluster.machines import ORIGIN, Cluster, connect
from tests_cluster.traffic import (
    READS_PER_WRITE,
    SCHEDULED_ARTICLE_DELAY_SECONDS,
    Traffic,
    Window,
)
from tests_faults.services import Note

RECOVERY_SECONDS = 15.0
"""Time after a fault within which no request may be refused any more."""

_STEADY_SECONDS = 5.0
_JOBS_TIMEOUT_SECONDS = 90.0
"""Longer than the lease of a webhook that a lost machine held."""

NAMES = QUICK_FAULTS if os.environ.get("QUICK") else tuple(FAULTS)


@dataclass(frozen=True)
class Jobs:
    """Webhook and source of the cluster, and what they have done."""

    receiver: WebhookReceiver
    site: FakeSite
    key: str
    source_id: int

    def request_poll(self) -> None:
        """Let the cluster poll the source, whose feed is unchanged."""
        self._post(f"/v1/sources/{self.source_id}/poll")

    def _post(self, path: str, document: object = None) -> dict[str, object]:
        headers = {"Authorization": f"Bearer {self.key}"}
        answer = httpx.post(ORIGIN + path, json=document, headers=headers, timeout=10)
        assert answer.is_success, answer.text
        content: dict[str, object] = answer.json()
        return content

    def messages_of(self, slugs: Sequence[str]) -> dict[str, Counter[str]]:
        """Deliveries of each message about articles, by slug and id of the message."""
        found: dict[str, Counter[str]] = {slug: Counter() for slug in slugs}
        for headers, body in list(self.receiver.messages):
            slug = json.loads(body)["data"]["data"]["slug"]
            if slug in found:
                found[slug][headers["webhook-id"]] += 1
        return found


@pytest.fixture(scope="session")
def jobs(cluster: Cluster, key: str, receiver: WebhookReceiver, site: FakeSite) -> Jobs:
    """A webhook for articles, and a source that has been polled once."""
    feed = json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": "T", "items": []})
    url = site.add("/feed", Reply(body=feed.encode()))
    jobs = Jobs(receiver, site, key, 0)
    jobs._post("/v1/webhooks", {"target_url": receiver.url, "types": ["article"]})
    source = jobs._post("/v1/sources", {"name": "Feed", "feed_url": url, "every_minutes": 5})
    wait_for(lambda: site.requests, 30)
    return Jobs(receiver, site, key, int(str(source["id"])))


async def _inject_under_load(
    cluster: Cluster, fault: Fault, traffic: Traffic, jobs: Jobs
) -> tuple[Window, Window, Window]:
    """Returns the responses before the fault, during it, and from its repair on."""
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(traffic.run())
        times = await _inject(cluster, fault, jobs)
        traffic.stop()
    before, during, after = (traffic.between(*each) for each in pairwise(times))
    return before, during, after


async def _inject(cluster: Cluster, fault: Fault, jobs: Jobs) -> tuple[float, float, float, float]:
    """Returns the times of the start, of the fault, of its repair, and of the end."""
    started_at = monotonic()
    await asyncio.sleep(_STEADY_SECONDS)
    machine = await asyncio.to_thread(cluster.with_role, fault.role)
    await asyncio.to_thread(jobs.request_poll)
    await asyncio.sleep(2)  # polled before the fault
    failed_at = monotonic()
    await asyncio.to_thread(fault.inject, cluster, machine)
    if fault.is_persistent:
        await asyncio.sleep(RECOVERY_SECONDS + _STEADY_SECONDS)
    repaired_at = monotonic()
    await asyncio.to_thread(fault.repair, cluster, machine)
    await asyncio.to_thread(cluster.wait_until_healthy)
    await asyncio.sleep(_STEADY_SECONDS)
    return started_at, failed_at, repaired_at, monotonic()


def _count_people(prefix: str) -> Counter[str]:
    query = "SELECT name FROM people WHERE name LIKE %s"
    with connect() as connection:
        return Counter(name for (name,) in connection.execute(query, [f"{prefix} %"]))


def _find_articles(slugs: Sequence[str]) -> set[str]:
    query = "SELECT slug FROM articles WHERE slug = ANY(%s)"
    with connect() as connection:
        return {slug for (slug,) in connection.execute(query, [list(slugs)])}


def _count_appearances(slugs: Sequence[str]) -> Counter[str]:
    """Publications of articles by the schedule, in the audit log."""
    query = "SELECT slug FROM audit_entries WHERE action = 'appear' AND slug = ANY(%s)"
    with connect() as connection:
        return Counter(slug for (slug,) in connection.execute(query, [list(slugs)]))


@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", NAMES)
def test_cluster_survives(cluster: Cluster, key: str, jobs: Jobs, note: Note, name: str) -> None:
    fault = FAULTS[name]
    polls = len(jobs.site.requests)
    traffic = Traffic(ORIGIN, key, REQUESTS_PER_SECOND, name)
    before, during, after = asyncio.run(_inject_under_load(cluster, fault, traffic, jobs))
    total = traffic.between(before.start, after.end)
    stored = _count_people(name)
    slugs = traffic.scheduled_slugs
    lost = {*traffic.acknowledged, *slugs} - {*stored, *_find_articles(slugs)}
    doubled = [each for each, times in stored.items() if times > 1]
    assert not lost
    assert not doubled

    def messages() -> dict[str, Counter[str]]:
        return jobs.messages_of(slugs)

    wait_for(
        lambda: all(messages().values()), _JOBS_TIMEOUT_SECONDS + SCHEDULED_ARTICLE_DELAY_SECONDS
    )
    repeated = sum(sum(each.values()) - len(each) for each in messages().values())
    polled = len(jobs.site.requests) - polls
    note(
        fault.description,
        f"{REQUESTS_PER_SECOND:.0f} requests per second for {total.end - total.start:.0f} s, one "
        f"of {READS_PER_WRITE + 1} a write; answered {total.requests_per_second:.0f} per second",
        f"{total}; {traffic.skipped} not sent; 0 of "
        f"{len(traffic.acknowledged) + len(slugs):,} acknowledged writes lost, 0 doubled; "
        f"{len(slugs)} articles scheduled, "
        f"{len(traffic.shown_early)} shown early; {repeated} messages sent twice; {polled} poll",
        f"last refusal {during.seconds_to_recovery:.1f} s after the fault, "
        f"{after.seconds_to_recovery:.1f} s after the repair; longest time without a write "
        f"{total.longest_gap_seconds:.1f} s",
    )
    assert traffic.shown_early == []
    assert traffic.shown_scheduled  # positive control: readers do see them, from their time on
    assert set(_count_appearances(slugs).values()) <= {1}
    assert {slug: len(each) for slug, each in messages().items()} == dict.fromkeys(slugs, 1)
    assert polled == 1
    assert total.unexpected == Counter()
    recovery = during.longest_gap_seconds if fault.is_gradual else during.seconds_to_recovery
    assert recovery < RECOVERY_SECONDS
    assert after.seconds_to_recovery < RECOVERY_SECONDS
