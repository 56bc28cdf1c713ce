"""Whatever is asked, it is never our fault."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from time import perf_counter

import pytest

from tests.support.databases import CreateDatabase
from tests.support.paths import ROOT
from tests.support.servers import run_server_process
from tests_faults.fuzz import document_of, requests
from tests_faults.load import CUT, Client
from tests_faults.remains import KEY, found, remains, secret_of
from tests_faults.services import (
    LOAD_DIVISOR,
    Note,
    Service,
    Start,
    execute_directly,
    migrate_with_key,
)

NUMBER = 25_000 // LOAD_DIVISOR
"""On each of two databases."""

SEED = 20_001_031
CLIENTS = 8


@dataclass
class Found:
    """What came of malformed requests."""

    statuses: Counter[int] = field(default_factory=Counter)
    wrong: list[bytes] = field(default_factory=list)
    """Requests that were answered by 5xx or not at all, or by what is secret."""
    keys: set[bytes] = field(default_factory=set)
    """The secrets of keys that were made on the way."""
    early: float = 0.0
    """The memory after a fifth."""


async def _fuzz(service: Service, number: int) -> Found:
    made = requests(document_of(ROOT), service.key, SEED, number)
    result = Found()
    secret = secret_of(service.key)

    async def one() -> None:
        with Client(service.origin) as client:
            for method, data in made:
                status = await client.send(data, method)
                if status == CUT or status >= 500 or secret in client.body:
                    result.wrong.append(data)
                if status == 201:
                    result.keys.update(KEY.findall(client.body))
                result.statuses[status] += 1
                if result.statuses.total() == number // 5:
                    result.early = service.memory

    await asyncio.gather(*(one() for _ in range(CLIENTS)))
    await asyncio.sleep(0.01)
    return result


@pytest.mark.timeout(590)
def test_malformed_requests_are_never_our_fault(start: Start, note: Note) -> None:
    with start(log_requests=True) as service:
        begun = perf_counter()
        result = asyncio.run(_fuzz(service, NUMBER))
        seconds, grown = perf_counter() - begun, service.memory - result.early
    assert result.wrong[:3] == []
    assert result.statuses.total() == NUMBER
    assert grown < 100
    assert found(result.keys, remains(service.database_url, [service.log])) == []
    kinds = Counter(dict.fromkeys((2, 3, 4, 5), 0))
    for status, number in result.statuses.items():
        kinds[status // 100] += number
    assert kinds[2] > NUMBER / 50  # it is not all refused at the door
    note(
        "malformed requests",
        f"{NUMBER:,} by a fuzzer with the seed {SEED}",
        ", ".join(f"{number:,} × {kind}xx" for kind, number in sorted(kinds.items()))
        + ", 0 hung; 0 secrets in answers, in as many lines of the log, and in the database",
        f"{seconds:.0f} s; memory +{grown:.0f} MB in the last four fifths",
    )


@pytest.mark.timeout(120)
def test_a_route_that_breaks_is_noticed(create_database: CreateDatabase) -> None:
    """The control: the same requests, and a table that has lost a column."""
    url = create_database()
    key = migrate_with_key(url)
    execute_directly(url, "ALTER TABLE launches RENAME COLUMN pad TO wrong")
    with run_server_process(url, log_requests=False) as (origin, process):
        result = asyncio.run(_fuzz(Service(origin, key, url, process), 500))
    assert result.wrong
