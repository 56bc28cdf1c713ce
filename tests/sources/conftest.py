"""Fixtures of source tests: a fake site, permission to fetch from it, and a frozen clock."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from starlette.testclient import TestClient

from tests.support import fake_sites
from tests.support.clients import override_settings


@pytest.fixture
def fake_site() -> Iterator[fake_sites.FakeSite]:
    """Running `FakeSite`."""
    with fake_sites.fake_site() as site:
        yield site


@pytest.fixture
def allow_private_targets(client: TestClient) -> Iterator[None]:
    """Setting of `client` that allows sources on private addresses, such as loopback."""
    with override_settings(client, private_targets=True):
        yield


@pytest.fixture
def frozen_clock() -> Iterator[time_machine.Traveller]:
    """Clock that stands still until the test moves it; starts 60 days ago.

    In the past, since the audit trail cannot be emptied and must have no entries in the future.
    """
    with time_machine.travel(datetime.now(UTC) - timedelta(days=60), tick=False) as traveller:
        yield traveller
