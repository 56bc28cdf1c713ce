"""Fixtures of browser tests: a server over the embedded archive, and Chromium."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
from playwright.sync_api import Browser, BrowserContext

from app.domain.enums import Scope
from tests_browser.browsers import Visit, open_visit, run_chromium
from tests_browser.servers import Server, run_server

FIGURES = pytest.StashKey[list[str]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[FIGURES] = []


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    terminalreporter.write_line("")
    for line in config.stash[FIGURES]:
        terminalreporter.write_line(line)


@pytest.fixture
def figures(request: pytest.FixtureRequest) -> list[str]:
    """Lines to print at the end of the run: measurements without an assertion."""
    return request.config.stash[FIGURES]


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Server of all tests."""
    with run_server(tmp_path_factory.mktemp("served")) as running:
        yield running


@pytest.fixture(scope="session")
def desk_server(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Server of the desk over a copy of the archive, so that no other test sees its records.

    Webhooks may have targets on this machine. The cookie of a session is not limited to HTTPS, as
    the public URL is HTTP.
    """
    folder = tmp_path_factory.mktemp("desk")
    with (
        closing(sqlite3.connect(server.database)) as source,
        closing(sqlite3.connect(folder / server.database.name)) as copy,
    ):
        source.backup(copy)
    settings = {"ZARYA_PRIVATE_TARGETS": "true", "ZARYA_PUBLIC_URL": "http://zarya.example"}
    with run_server(folder, **settings) as running:
        yield running


@pytest.fixture(scope="session")
def desk_key(desk_server: Server) -> str:
    """Key with all scopes on the server of the desk."""
    return desk_server.create_key(*Scope, name="Chief editor")


@pytest.fixture(scope="session")
def origin(server: Server) -> str:
    """Origin of the server."""
    return server.origin


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Browser of all tests."""
    with run_chromium() as browser:
        yield browser


@pytest.fixture
def visit(chromium: Browser) -> Iterator[Callable[..., Visit]]:
    """Open an empty page in a new browser context; keyword arguments are context options."""
    contexts: list[BrowserContext] = []

    def open_(**options: object) -> Visit:
        contexts.append(chromium.new_context(**options))  # type: ignore[arg-type]  # passed on
        return open_visit(contexts[-1])

    yield open_
    for context in contexts:
        context.close()
