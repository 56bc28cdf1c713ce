"""Sources of this machine, allowed for a test; and a site that they are of."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from app.config import get_settings
from tests.sources.sites import Site
from tests.sources.sites import site as opened


@pytest.fixture
def site() -> Iterator[Site]:
    """A site on the loopback address."""
    with opened() as listener:
        yield listener


@pytest.fixture
def lenient(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Sources may lie on this machine."""
    monkeypatch.setenv("ZARYA_PRIVATE_TARGETS", "true")
    get_settings.cache_clear()
    yield
    monkeypatch.undo()
    get_settings.cache_clear()


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """A clock that stands still until it is moved.

    It is behind, since the trail, which nobody can empty, must not tell of times ahead.
    """
    with time_machine.travel(datetime.now(UTC) - timedelta(days=60), tick=False) as traveller:
        yield traveller
