"""Fixtures of browser tests: a server over the embedded archive, and Chromium."""

from collections.abc import Callable, Iterator
from shutil import copyfile

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from app.domain.enums import Scope
from tests.support.archives import load_archive_file
from tests_browser.browsers import Visit, open_visit, run_chromium
from tests_browser.servers import Server, database_in, run_server

BUSY_MACHINE_MILLISECONDS = 20_000
"""Time that elements have to appear: a guard against a hang."""


def pytest_configure() -> None:
    expect.set_options(timeout=BUSY_MACHINE_MILLISECONDS)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the figures that tests have recorded: measurements without an assertion."""
    terminalreporter.write_line("")
    for report in terminalreporter.getreports("passed"):
        for name, line in report.user_properties:
            if name == "figure":
                terminalreporter.write_line(str(line))


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Server of all tests."""
    folder = tmp_path_factory.mktemp("served")
    copyfile(load_archive_file(), database_in(folder))
    with run_server(folder) as running:
        yield running


@pytest.fixture(scope="session")
def desk_server(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Server of the desk over a copy of the archive, so that no other test sees its records.

    Webhooks may have targets on this machine. The cookie of a session is not limited to HTTPS, as
    the public URL is HTTP.
    """
    folder = tmp_path_factory.mktemp("desk")
    server.copy_database(folder)
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
