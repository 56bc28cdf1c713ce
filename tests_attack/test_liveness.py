"""The event loop stays free: `/health/live` is answered while ten connections send the worst.

Compared with an application whose requests do a fixed amount of work in the loop, attacked with the
same bodies: milliseconds depend on the machine, on the speed of its cores and on what else they do.
"""

import asyncio
import os
import subprocess
import sys
from collections import Counter
from time import perf_counter

import pytest

from tests.support.servers import free_port, is_listening, wait_for
from tests_attack.hostile import attack
from tests_attack.scale import Note, scaled
from tests_faults.load import Client, Tally
from tests_faults.services import Start

BURN_ROUNDS = 2_500_000
"""Work that takes about 50 ms of CPU time: the limit of a callback of the loop, see ADR 34."""

MAX_P99_SHARE = 0.2
"""Limit of the 99th percentile, as a share of the median of the application with that work.

Its median is the time of a request of each of the ten connections; the service takes 0.07 of it.
"""

ATTACK_SECONDS = scaled(30, 10)
WARM_UP_SECONDS = 3
CHECK_INTERVAL_SECONDS = 0.01


def check_during_attack(
    origin: str, key: str, seconds: float = ATTACK_SECONDS
) -> tuple[Counter[int], Tally]:
    """Statuses of an attack, and the responses to `/health/live` during it."""
    liveness = Tally()

    async def check() -> Counter[int]:
        with attack(origin, key, seconds) as attacked, Client(origin) as client:
            while not attacked.done():
                started_at = perf_counter()
                status = await client.request("/health/live")
                liveness.add(status, perf_counter() - started_at)
                await asyncio.sleep(CHECK_INTERVAL_SECONDS)
        return attacked.result()

    return asyncio.run(check()), liveness


def describe(liveness: Tally) -> str:
    """The figures of the responses to `/health/live`."""
    quantiles = (f"p{share} {liveness.quantile(share / 100):.1f} ms" for share in (50, 95, 99))
    return f"/health/live: {liveness}, {', '.join(quantiles)}"


def attack_burning_app(rounds: int) -> Tally:
    """Responses to `/health/live` of an application whose requests do `rounds` of work."""
    port = free_port()
    arguments = ["tests_attack.burning_app:application", "--log-level=critical", f"--port={port}"]
    command = [sys.executable, "-m", "uvicorn", *arguments]
    with subprocess.Popen(command, env=os.environ | {"BURN_ROUNDS": str(rounds)}) as process:
        try:
            wait_for(lambda: is_listening(port), 60)
            statuses, liveness = check_during_attack(f"http://127.0.0.1:{port}", "")
        finally:
            process.kill()
    assert set(statuses) == set(liveness.statuses) == {200}
    return liveness


@pytest.fixture(scope="module")
def max_p99_ms() -> float:
    """Limit of the 99th percentile, measured before the tests of this module."""
    return MAX_P99_SHARE * attack_burning_app(BURN_ROUNDS).quantile(0.5)


@pytest.mark.timeout(300)
def test_liveness_is_answered_during_an_attack(start: Start, note: Note, max_p99_ms: float) -> None:
    """Within the default limits: each connection has its own address."""
    with start(trusted_proxies="127.0.0.1", request_seconds=6) as service:
        # Without what is compiled and cached at the first request.
        check_during_attack(service.origin, service.key, WARM_UP_SECONDS)
        statuses, liveness = check_during_attack(service.origin, service.key)
    note(f"attack: {dict(statuses)}; {describe(liveness)} of {max_p99_ms:.1f} ms")
    assert set(liveness.statuses) == {200}
    assert {200, 201, 422} <= set(statuses) <= {200, 201, 400, 409, 413, 414, 422, 429, 503}
    assert liveness.quantile(0.99) < max_p99_ms


@pytest.mark.timeout(300)
def test_blocked_loop_is_noticed(note: Note, max_p99_ms: float) -> None:
    """Requests that do a quarter of the work exceed the limit."""
    liveness = attack_burning_app(BURN_ROUNDS // 4)
    note(f"{describe(liveness)} of {max_p99_ms:.1f} ms")
    assert liveness.quantile(0.99) > max_p99_ms
