"""The event loop stays free: `/health/live` is answered while ten connections send the worst.

Compared with an application whose requests hold the loop for as long as one may, under the same
attack: milliseconds depend on the machine, and become twice as many when its cores are slow.
"""

import asyncio
import os
import subprocess
import sys
from collections import Counter
from time import perf_counter

import pytest

from tests.support.loop_cost import MAX_CALLBACK_CPU_SECONDS
from tests.support.servers import free_port, is_listening, wait_for
from tests_attack.hostile import attack
from tests_attack.scale import Note, scaled
from tests_faults.load import Client, Tally
from tests_faults.services import Start

LIMIT_MS = round(MAX_CALLBACK_CPU_SECONDS * 1000)
"""CPU time for which a request may hold the event loop; ten connections add up to ten times it."""

MAX_P99_SHARE = 0.25
"""Limit of the 99th percentile, as a share of that of the application at the limit."""

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


def describe(statuses: Counter[int], liveness: Tally) -> str:
    """The figures of an attack."""
    quantiles = (f"p{share} {liveness.quantile(share / 100):.1f} ms" for share in (50, 95, 99))
    return f"attack: {dict(statuses)}; /health/live: {liveness}, {', '.join(quantiles)}"


def attack_burning_app(burn_ms: int) -> tuple[Counter[int], Tally]:
    """Attack an application whose requests hold the event loop for `burn_ms`."""
    port = free_port()
    arguments = ["tests_attack.burning_app:application", "--log-level=critical", f"--port={port}"]
    command = [sys.executable, "-m", "uvicorn", *arguments]
    with subprocess.Popen(command, env=os.environ | {"BURN_MS": str(burn_ms)}) as process:
        try:
            wait_for(lambda: is_listening(port), 60)
            return check_during_attack(f"http://127.0.0.1:{port}", "")
        finally:
            process.kill()


@pytest.fixture(scope="module")
def max_p99_ms() -> float:
    """Limit of the 99th percentile on this machine, at this time."""
    return MAX_P99_SHARE * attack_burning_app(LIMIT_MS)[1].quantile(0.99)


@pytest.mark.timeout(180)
def test_liveness_is_answered_during_an_attack(start: Start, note: Note, max_p99_ms: float) -> None:
    """Within the default limits: each connection has its own address."""
    with start(trusted_proxies="127.0.0.1", request_seconds=6) as service:
        # Without what is compiled and cached at the first request.
        check_during_attack(service.origin, service.key, WARM_UP_SECONDS)
        statuses, liveness = check_during_attack(service.origin, service.key)
    note(f"{describe(statuses, liveness)} of {max_p99_ms:.1f} ms")
    assert set(liveness.statuses) == {200}
    assert {200, 201, 422} <= set(statuses) <= {200, 201, 400, 409, 413, 414, 422, 429, 503}
    assert liveness.quantile(0.99) < max_p99_ms


@pytest.mark.timeout(180)
def test_blocked_loop_is_noticed(note: Note, max_p99_ms: float) -> None:
    """Requests that hold the event loop for half as long as one may exceed the limit."""
    statuses, liveness = attack_burning_app(LIMIT_MS // 2)
    note(f"{describe(statuses, liveness)} of {max_p99_ms:.1f} ms")
    assert liveness.quantile(0.99) > max_p99_ms
