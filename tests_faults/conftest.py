"""Fixtures of fault injection tests: services over the embedded archive, on both databases.

Tests assert counts (lost, cut, refused), not times, which depend on the load of the machine. Times
are recorded for `docs/reliability.md`, and bounded only where a test could otherwise hang.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from tests.support.archives import archive_template_url, postgresql_url
from tests.support.databases import CreateDatabase, create_database
from tests.support.s3 import create_bucket
from tests.support.servers import run_server_process
from tests_faults.leaks import places_with, secret_of, stored_data
from tests_faults.report import note, pytest_addoption, pytest_configure, pytest_sessionfinish
from tests_faults.services import Service, Start, create_key, run_uvicorn

__all__ = ["archive_template_url", "create_bucket", "create_database", "note"]  # fixtures
__all__ += ["postgresql_url"]
__all__ += ["pytest_addoption", "pytest_configure", "pytest_sessionfinish"]


@pytest.fixture(scope="session")
def archive_url(create_database: CreateDatabase, archive_template_url: str) -> str:
    """URL of a database with the embedded archive."""
    return create_database(archive_template_url)


@pytest.fixture(scope="session")
def logs(create_database: CreateDatabase, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder for the logs of services over the archive."""
    return tmp_path_factory.mktemp("logs")


@pytest.fixture(scope="session")
def key(archive_url: str, logs: Path) -> Iterator[str]:
    """Key with all scopes; afterwards, fails if its secret was left in database or logs."""
    key = create_key(archive_url)
    yield key
    assert places_with([secret_of(key)], stored_data(archive_url, logs.iterdir())) == []


@pytest.fixture
def start(archive_url: str, key: str, logs: Path) -> Start:
    """Start services with `zarya serve`."""

    @contextmanager
    def run(workers: int = 1, **settings: object) -> Iterator[Service]:
        # On a busy machine a response may take long without any fault.
        environment = {"log_requests": False, "request_seconds": 30} | settings
        log = logs / str(len(list(logs.iterdir())))
        with run_server_process(archive_url, workers, log, **environment) as (origin, process):
            yield Service(origin, key, archive_url, process, log)

    return run


@pytest.fixture
def start_plain(archive_url: str, key: str) -> Start:
    """Start the application with plain uvicorn, without the limits of `zarya serve`."""
    return partial(run_uvicorn, archive_url, key)
