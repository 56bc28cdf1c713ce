"""Clients that create records and track which ones were acknowledged."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count, pairwise
from time import perf_counter

from sqlalchemy import func, select

from app.db.models import Person
from app.resources.write_steps import build_database
from tests_faults.load import Client, Tally

RETRY_DELAY_SECONDS = 0.05
"""Wait between a refused write and its retry."""


@dataclass
class Writers:
    """Writing clients; each record has an idempotency key and is retried until acknowledged."""

    origin: str
    key: str
    prefix: str = "Writer"
    tally: Tally = field(default_factory=Tally)
    acknowledged: dict[str, float] = field(default_factory=dict)
    """Time of acknowledgement by name."""
    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    async def run(self, clients: int, stop: Callable[[], bool]) -> None:
        """Write with `clients` clients at once until `over` returns true."""
        await asyncio.gather(*(self._client(stop) for _ in range(clients)))
        await asyncio.sleep(0.01)

    async def _client(self, stop: Callable[[], bool]) -> None:
        client = Client(self.origin)
        while not stop():
            name = f"{self.prefix} {next(self._numbers)}"
            await self._write(client, name, stop)
        client.close()

    async def _write(self, client: Client, name: str, stop: Callable[[], bool]) -> None:
        headers = (
            f"Authorization: Bearer {self.key}",
            f"Idempotency-Key: {name.replace(' ', '-')}",
            "Content-Type: application/json",
        )
        while not stop():
            start = perf_counter()
            body = json.dumps({"name": name}).encode()
            status = await client.request("/v1/people", "POST", *headers, body=body)
            now = perf_counter()
            self.tally.add(status, now - start, client.head)
            if status == 201:
                self.acknowledged[name] = now
                return
            await asyncio.sleep(RETRY_DELAY_SECONDS)

    def longest_gap(self) -> float:
        """Return the longest time between two acknowledgements, in seconds."""
        times = sorted(self.acknowledged.values())
        return max((after - before for before, after in pairwise(times)), default=0.0)

    def count_losses(self, database_url: str) -> tuple[int, int]:
        """Return how many acknowledged records are missing, and how many are duplicated."""
        database = build_database(database_url)
        with database.snapshot() as reader:
            names = select(Person.name, func.count().label("times")).group_by(Person.name)
            stored = {row["name"]: row["times"] for row in reader.all(names)}
        database.close()
        missing = sum(name not in stored for name in self.acknowledged)
        return missing, sum(times > 1 for name, times in stored.items() if self.prefix in name)
