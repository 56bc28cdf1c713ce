"""Fixtures of attacks: services over the embedded archive, on both databases, and Chromium."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.support.archives import archive_template_url, postgresql_url
from tests.support.databases import CreateDatabase, create_database
from tests.support.servers import run_server_process
from tests_attack.scale import Note
from tests_browser.browsers import run_chromium
from tests_faults.services import Service, Start, create_key

__all__ = ["archive_template_url", "create_database", "postgresql_url"]  # fixtures


FIGURES = pytest.StashKey[list[str]]()


@pytest.fixture(scope="session")
def archive_url(create_database: CreateDatabase, archive_template_url: str) -> str:
    """URL of a database with the embedded archive."""
    return create_database(archive_template_url)


@pytest.fixture(scope="session")
def key(archive_url: str) -> str:
    """Key with all scopes."""
    return create_key(archive_url)


@pytest.fixture
def start(archive_url: str, key: str, tmp_path: Path) -> Start:
    """Start services with `zarya serve`."""

    @contextmanager
    def run(workers: int = 1, **settings: object) -> Iterator[Service]:
        # On a busy machine a response may take long without any fault.
        environment = {"log_requests": False, "request_seconds": 30} | settings
        log = tmp_path / "log"
        with run_server_process(archive_url, workers, log, **environment) as (origin, process):
            yield Service(origin, key, archive_url, process, log)

    return run


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Browser of all tests of a module: while it runs, its event loop is that of the thread."""
    with run_chromium() as browser:
        yield browser


@pytest.fixture
def note(request: pytest.FixtureRequest) -> Note:
    """Record a figure of this test."""
    return lambda text: request.config.stash[FIGURES].append(f"{request.node.name}: {text}")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[FIGURES] = []


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    terminalreporter.section("figures")
    for line in config.stash[FIGURES]:
        terminalreporter.write_line(line)
