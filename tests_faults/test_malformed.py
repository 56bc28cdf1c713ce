"""Malformed requests never cause a server error."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from time import perf_counter

import pytest

from tests.support.databases import CreateDatabase
from tests.support.paths import ROOT
from tests.support.servers import run_server_process
from tests_faults.fuzz import read_document, requests
from tests_faults.leaks import KEY_PATTERN, places_with, secret_of, stored_data
from tests_faults.load import NO_RESPONSE, Client
from tests_faults.services import (
    LOAD_DIVISOR,
    Note,
    Service,
    Start,
    execute_directly,
    migrate_with_key,
)

REQUEST_COUNT = 25_000 // LOAD_DIVISOR
"""Requests per database."""

SEED = 20_001_031
CLIENT_COUNT = 8


@dataclass
class FuzzResult:
    """Responses to malformed requests."""

    statuses: Counter[int] = field(default_factory=Counter)
    failures: list[bytes] = field(default_factory=list)
    """Requests with a 5xx response, no response, or a response that contains the secret."""
    keys: set[bytes] = field(default_factory=set)
    """Secrets of keys created by the requests."""
    early_memory_mb: float = 0.0
    """Memory after a fifth of the requests."""


async def _fuzz(service: Service, number: int) -> FuzzResult:
    request_iterator = requests(read_document(ROOT), service.key, SEED, number)
    result = FuzzResult()
    secret = secret_of(service.key)

    async def run_client() -> None:
        with Client(service.origin) as client:
            for method, data in request_iterator:
                status = await client.send(data, method)
                if status == NO_RESPONSE or status >= 500 or secret in client.body:
                    result.failures.append(data)
                if status == 201:
                    result.keys.update(KEY_PATTERN.findall(client.body))
                result.statuses[status] += 1
                if result.statuses.total() == number // 5:
                    result.early_memory_mb = service.memory_mb

    await asyncio.gather(*(run_client() for _ in range(CLIENT_COUNT)))
    await asyncio.sleep(0.01)
    return result


@pytest.mark.timeout(590)
def test_malformed_requests_cause_no_server_error(start: Start, note: Note) -> None:
    with start(log_requests=True) as service:
        started = perf_counter()
        result = asyncio.run(_fuzz(service, REQUEST_COUNT))
        seconds, growth_mb = perf_counter() - started, service.memory_mb - result.early_memory_mb
    assert result.failures[:3] == []
    assert result.statuses.total() == REQUEST_COUNT
    assert growth_mb < 100
    assert places_with(result.keys, stored_data(service.database_url, [service.log])) == []
    status_classes = Counter(dict.fromkeys((2, 3, 4, 5), 0))
    for status, number in result.statuses.items():
        status_classes[status // 100] += number
    assert status_classes[2] > REQUEST_COUNT / 50  # not everything is refused early
    note(
        "malformed requests",
        f"{REQUEST_COUNT:,} requests of a fuzzer, seed {SEED}",
        ", ".join(f"{number:,} × {kind}xx" for kind, number in sorted(status_classes.items()))
        + ", 0 without a response; 0 secrets in responses, log and database",
        f"{seconds:.0f} s; memory +{growth_mb:.0f} MB in the last four fifths",
    )


@pytest.mark.timeout(120)
def test_broken_route_is_detected(create_database: CreateDatabase) -> None:
    """Positive control: the same requests with a renamed column."""
    url = create_database()
    key = migrate_with_key(url)
    execute_directly(url, "ALTER TABLE launches RENAME COLUMN crewed TO wrong")
    with run_server_process(url, log_requests=False) as (origin, process):
        result = asyncio.run(_fuzz(Service(origin, key, url, process), 500))
    assert result.failures
