"""The event loop stays free: `/health/live` is answered while ten connections send the worst."""

import asyncio
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

MAX_P99_MS = 50
"""Limit on an otherwise idle machine; a handler that burns 100 ms in the loop makes it 2,000.

Half a minute gives 2,000 responses, so that 20 are above the 99th percentile.
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


def describe(statuses: Counter[int], liveness: Tally) -> str:
    """The figures of an attack."""
    quantiles = (f"p{share} {liveness.quantile(share / 100):.1f} ms" for share in (50, 95, 99))
    return f"attack: {dict(statuses)}; /health/live: {liveness}, {', '.join(quantiles)}"


@pytest.mark.timeout(180)
def test_liveness_is_answered_during_an_attack(start: Start, note: Note) -> None:
    """Within the default limits: each connection has its own address."""
    with start(trusted_proxies="127.0.0.1", request_seconds=6) as service:
        # Without what is compiled and cached at the first request.
        check_during_attack(service.origin, service.key, WARM_UP_SECONDS)
        statuses, liveness = check_during_attack(service.origin, service.key)
    note(describe(statuses, liveness))
    assert set(liveness.statuses) == {200}
    assert {200, 201, 422} <= set(statuses) <= {200, 201, 400, 409, 413, 414, 422, 429, 503}
    assert liveness.quantile(0.99) < MAX_P99_MS


@pytest.mark.timeout(180)
def test_blocked_loop_is_noticed(note: Note) -> None:
    port = free_port()
    arguments = ["tests_attack.burning_app:application", "--log-level=critical", f"--port={port}"]
    with subprocess.Popen([sys.executable, "-m", "uvicorn", *arguments]) as process:
        try:
            wait_for(lambda: is_listening(port), 60)
            statuses, liveness = check_during_attack(f"http://127.0.0.1:{port}", "")
        finally:
            process.kill()
    note(describe(statuses, liveness))
    assert liveness.quantile(0.99) > MAX_P99_MS
