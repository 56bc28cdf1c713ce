"""Traffic of readers and editors through the load balancer, and the record of its responses."""

import asyncio
import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from itertools import count, pairwise
from time import monotonic, time

from app.domain.dates import format_rfc3339_utc
from tests_faults.load import NO_RESPONSE, PATHS, Client

READS_PER_WRITE = 9
NEWS_PATH = "/v1/articles?limit=20"
"""The newest articles: the first response in which a draft would be shown."""

SCHEDULED_ARTICLE_INTERVAL_SECONDS = 4.0
SCHEDULED_ARTICLE_DELAY_SECONDS = 12
"""Time from the creation of an article to its publication by the schedule."""

_RETRY_DELAY_SECONDS = 0.5
_MAX_PENDING = 600
"""Requests in progress beyond which none are sent, so that the client is not overloaded."""

_SOURCE = {"name": "Cluster"}
_DRAFT_PATTERN = re.compile(rb'"slug":"(draft-[\d-]+at-\d+)"')
_SCHEDULED_PATTERN = re.compile(rb'"slug":"(scheduled-\d+-at-(\d+))"')


@dataclass(frozen=True)
class Outcome:
    """One response."""

    at: float
    """Time of the response, by the monotonic clock."""
    status: int
    is_write: bool
    is_refusal: bool
    """It is a problem with status 503 and `Retry-After`."""


@dataclass
class Traffic:
    """Requests at a constant rate; writes have an Idempotency-Key, and are repeated until 2xx."""

    origin: str
    key: str
    requests_per_second: float
    name: str
    """Prefix of the names of people, which no other traffic has."""
    outcomes: list[Outcome] = field(default_factory=list)
    acknowledged: dict[str, float] = field(default_factory=dict)
    """Time of acknowledgement, by name of the person created."""
    scheduled_slugs: list[str] = field(default_factory=list)
    """Articles whose publication at a later time was acknowledged."""
    shown_early: list[str] = field(default_factory=list)
    """Drafts, and articles before their time, in responses without a key."""
    shown_scheduled: set[str] = field(default_factory=set)
    """Articles with a time in such responses."""
    skipped: int = 0
    """Requests that were not sent, because too many were in progress."""
    _idle: list[Client] = field(default_factory=list)
    _is_over: bool = False

    async def run(self) -> None:
        """Send requests until `stop` is called; returns when every write is acknowledged."""
        pending, start = set[asyncio.Task[None]](), monotonic()
        scheduled = asyncio.ensure_future(self._create_scheduled_articles())
        numbers = count()
        while not self._is_over:
            due = (monotonic() - start) * self.requests_per_second
            while (number := next(numbers)) < due:
                if len(pending) >= _MAX_PENDING:
                    self.skipped += 1
                    continue
                task = asyncio.ensure_future(self._send(number))
                pending.add(task)
                task.add_done_callback(pending.discard)
            numbers = count(number)
            await asyncio.sleep(0.005)
        await asyncio.gather(scheduled, *pending)
        for client in self._idle:
            client.close()

    def stop(self) -> None:
        """Send no new requests."""
        self._is_over = True

    async def _send(self, number: int) -> None:
        if number % (READS_PER_WRITE + 1) == 0:
            await self.create_person(f"{self.name} {number}")
            return
        paths = (*PATHS, NEWS_PATH)
        path = paths[number % len(paths)]
        _, body = await self._request(path)
        if path == NEWS_PATH:
            self._find_hidden_articles(body)

    async def create_person(self, name: str) -> None:
        """Create a person, repeating the request until it is acknowledged."""
        await self.write(f"/v1/people:{name}", "/v1/people", {"name": name})
        self.acknowledged[name] = monotonic()

    async def write(self, idempotency_key: str, path: str, document: object = None) -> bytes:
        """Send a POST until its response has status 2xx; returns the body."""
        body = b"" if document is None else json.dumps(document).encode()
        headers = [
            f"Authorization: Bearer {self.key}",
            f"Idempotency-Key: {idempotency_key.replace(' ', '-')}",
            *(["Content-Type: application/json"] if body else []),
        ]
        while True:
            status, answer = await self._request(path, "POST", *headers, body=body)
            if 200 <= status < 300:
                return answer
            assert not 400 <= status < 500 or status == HTTPStatus.CONFLICT, answer.decode()
            await asyncio.sleep(_RETRY_DELAY_SECONDS)

    async def _request(
        self, path: str, method: str = "GET", *headers: str, body: bytes = b""
    ) -> tuple[int, bytes]:
        client = self._idle.pop() if self._idle else Client(self.origin)
        status = await client.request(path, method, *headers, body=body)
        is_problem = "application/problem+json" in client.head and "retry-after: " in client.head
        is_refusal = status == 503 and is_problem
        self.outcomes.append(Outcome(monotonic(), status, method == "POST", is_refusal))
        self._idle.append(client)
        return status, client.body

    async def _create_scheduled_articles(self) -> None:
        """Create drafts, and publish every other one for a later time."""
        for number in count(1):
            if self._is_over:
                return
            at = int(time()) + SCHEDULED_ARTICLE_DELAY_SECONDS
            # An article with its time is public then; the other one stays a draft.
            times = {
                f"scheduled-{number}-at-{at}": _format_time(at),
                f"draft-{number}-at-{at}": None,
            }
            for slug, published_at in times.items():
                document: dict[str, object] = dict.fromkeys(("slug", "title", "lead", "body"), slug)
                document |= {"language": "en", "published_at": published_at, "source": _SOURCE}
                await self.write(f"create:{slug}", "/v1/articles", document)
            slug = next(iter(times))
            await self.write(f"publish:{slug}", f"/v1/articles/{slug}/publish")
            self.scheduled_slugs.append(slug)
            await asyncio.sleep(SCHEDULED_ARTICLE_INTERVAL_SECONDS)

    def _find_hidden_articles(self, body: bytes) -> None:
        self.shown_early += (slug.decode() for slug in _DRAFT_PATTERN.findall(body))
        latest = time() + 1  # a second may begin while the response is on its way
        for slug, at in _SCHEDULED_PATTERN.findall(body):
            self.shown_scheduled.add(slug.decode())
            if int(at) > latest:
                self.shown_early.append(slug.decode())

    def between(self, start: float, end: float) -> "Window":
        """Responses of a time, with the acknowledgements of writes."""
        outcomes = [each for each in self.outcomes if start <= each.at < end]
        times = sorted(at for at in self.acknowledged.values() if start <= at < end)
        return Window(start, end, outcomes, times)


@dataclass(frozen=True)
class Window:
    """Responses between two times."""

    start: float
    end: float
    outcomes: Sequence[Outcome]
    acknowledgements: Sequence[float]

    @property
    def unexpected(self) -> Counter[int]:
        """Responses that are neither 2xx nor a refusal with `Retry-After`, by status.

        409 is expected for a repeated write whose first attempt is still in progress.
        """
        return Counter(
            each.status
            for each in self.outcomes
            if not (200 <= each.status < 300 or each.is_refusal or self._is_in_progress(each))
        )

    @staticmethod
    def _is_in_progress(outcome: Outcome) -> bool:
        return outcome.is_write and outcome.status == 409

    @property
    def seconds_to_recovery(self) -> float:
        """Time from the start to the last response that is not 2xx."""
        refused = [each.at for each in self.outcomes if not 200 <= each.status < 300]
        return max(refused, default=self.start) - self.start

    @property
    def longest_gap_seconds(self) -> float:
        """Longest time without an acknowledged write."""
        times = [self.start, *self.acknowledgements, self.end]
        return max(after - before for before, after in pairwise(times))

    @property
    def requests_per_second(self) -> float:
        """Responses per second."""
        return len(self.outcomes) / (self.end - self.start)

    def __str__(self) -> str:
        def describe(condition: Callable[[Outcome], bool]) -> str:
            statuses = Counter(each.status for each in self.outcomes if condition(each))
            names = {NO_RESPONSE: "cut"}
            return ", ".join(f"{n:,} × {names.get(s, s)}" for s, n in sorted(statuses.items()))

        reads, writes = (
            describe(lambda each: not each.is_write),
            describe(lambda each: each.is_write),
        )
        return f"reads {reads}; writes {writes}"


def _format_time(at: int) -> str:
    return format_rfc3339_utc(datetime.fromtimestamp(at, UTC))
