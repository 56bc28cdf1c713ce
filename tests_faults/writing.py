"""Clients that write, and remember what was acknowledged."""

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

PAUSE = 0.05
"""Seconds from a refusal to the next try."""


@dataclass
class Writers:
    """What clients wrote: each record by a key of its own, tried until it is acknowledged."""

    origin: str
    key: str
    prefix: str = "Writer"
    tally: Tally = field(default_factory=Tally)
    acknowledged: dict[str, float] = field(default_factory=dict)
    """When each name was."""
    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    async def run(self, clients: int, over: Callable[[], bool]) -> None:
        """Write with so many clients at once, until it is over."""
        await asyncio.gather(*(self._client(over) for _ in range(clients)))
        await asyncio.sleep(0.01)

    async def _client(self, over: Callable[[], bool]) -> None:
        client = Client(self.origin)
        while not over():
            name = f"{self.prefix} {next(self._numbers)}"
            await self._write(client, name, over)
        client.close()

    async def _write(self, client: Client, name: str, over: Callable[[], bool]) -> None:
        headers = (
            f"Authorization: Bearer {self.key}",
            f"Idempotency-Key: {name.replace(' ', '-')}",
            "Content-Type: application/json",
        )
        while not over():
            begun = perf_counter()
            body = json.dumps({"name": name}).encode()
            status = await client.ask("/v1/people", "POST", *headers, body=body)
            now = perf_counter()
            self.tally.add(status, now - begun, client.head)
            if status == 201:
                self.acknowledged[name] = now
                return
            await asyncio.sleep(PAUSE)

    def gap(self) -> float:
        """The longest time without an acknowledgement, in seconds."""
        times = sorted(self.acknowledged.values())
        return max((after - before for before, after in pairwise(times)), default=0.0)

    def lost(self, database_url: str) -> tuple[int, int]:
        """How many of the acknowledged records are not there, and how many are there twice."""
        database = build_database(database_url)
        with database.snapshot() as reader:
            names = select(Person.name, func.count().label("times")).group_by(Person.name)
            found = {row["name"]: row["times"] for row in reader.all(names)}
        database.close()
        missing = sum(name not in found for name in self.acknowledged)
        return missing, sum(times > 1 for name, times in found.items() if self.prefix in name)
