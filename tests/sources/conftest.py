"""Fixtures of source tests: a fake site, permission to fetch from it, and a frozen clock."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from app.config import get_settings
from tests.support import fake_sites


@pytest.fixture
def fake_site() -> Iterator[fake_sites.FakeSite]:
    """Running `FakeSite`."""
    with fake_sites.fake_site() as site:
        yield site


@pytest.fixture
def allow_private_targets(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Setting that allows sources on private addresses, such as loopback."""
    monkeypatch.setenv("ZARYA_PRIVATE_TARGETS", "true")
    get_settings.cache_clear()
    yield
    monkeypatch.undo()
    get_settings.cache_clear()


@pytest.fixture
def frozen_clock() -> Iterator[time_machine.Traveller]:
    """Clock that stands still until the test moves it; starts 60 days ago.

    In the past, since the audit trail cannot be emptied and must have no entries in the future.
    """
    with time_machine.travel(datetime.now(UTC) - timedelta(days=60), tick=False) as traveller:
        yield traveller
