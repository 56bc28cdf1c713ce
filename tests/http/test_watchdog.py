"""The watchdog: periods in which the event loop is blocked, with their route and stack."""

import asyncio
import logging
import time

import pytest
from prometheus_client import REGISTRY
from starlette.testclient import TestClient

from app.ops.watchdog import run_watchdog
from tests.support.clients import second_app


def blocked_count(route: str) -> float:
    return REGISTRY.get_sample_value("zarya_loop_blocked_seconds_count", {"route": route}) or 0


def block(seconds: float) -> None:
    time.sleep(seconds)


async def block_watched_loop(seconds: float) -> None:
    with run_watchdog():
        for step in (0, seconds, 0):
            block(step)
            await asyncio.sleep(0.1)


def test_blocked_loop_is_counted_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    before = blocked_count("none")
    with caplog.at_level(logging.WARNING, "zarya"):
        asyncio.run(block_watched_loop(0.5))
    assert blocked_count("none") > before
    (line,) = [each.getMessage() for each in caplog.records if "blocked" in each.getMessage()]
    assert "block (" in line
    assert __file__ in line


def test_blocking_route_is_named(archive: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "app.resources.search.router.build_page_response",
        lambda _page: time.sleep(0.5),
    )
    before = blocked_count("search")
    with TestClient(second_app(archive), raise_server_exceptions=False) as client:
        client.get("/v1/search?q=soyuz")
        time.sleep(0.2)  # until the watchdog sees the next heartbeat
    assert blocked_count("search") > before
