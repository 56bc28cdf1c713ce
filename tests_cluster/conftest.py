"""Fixtures: a running cluster, and the webhook receiver and feed site that record its jobs."""

import os
import socket
from collections.abc import Iterator

import pytest

from app.domain.enums import Scope
from tests.support.fake_sites import FakeSite, fake_site
from tests.support.webhook_receivers import WebhookReceiver, webhook_receiver
from tests_cluster.hosts import TEST_ADDRESS
from tests_cluster.machines import Cluster
from tests_faults.report import note, pytest_addoption, pytest_configure, pytest_sessionfinish

__all__ = ["note", "pytest_addoption", "pytest_configure", "pytest_sessionfinish"]

REQUESTS_PER_SECOND = float(os.environ.get("RATE", "200"))


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """Three machines behind a load balancer."""
    interfaces = [name for _, name in socket.if_nameindex()]
    assert interfaces == ["lo"], "run this by `make cluster`, in a network of its own"
    cluster = Cluster()
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()


@pytest.fixture(scope="session")
def key(cluster: Cluster) -> str:
    """API key with all scopes."""
    scopes = [argument for scope in Scope for argument in ("--scope", scope)]
    return cluster.run_command("keys", "create", "--name", "Cluster", *scopes).split()[-1]


@pytest.fixture(scope="session")
def receiver() -> Iterator[WebhookReceiver]:
    """Receiver of webhooks."""
    with webhook_receiver(TEST_ADDRESS) as receiver:
        yield receiver


@pytest.fixture(scope="session")
def site() -> Iterator[FakeSite]:
    """Site with a feed."""
    with fake_site(TEST_ADDRESS) as site:
        yield site
