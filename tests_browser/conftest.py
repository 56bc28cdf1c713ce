"""A server over the embedded archive, and a Chromium that notes what its pages do wrong."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    sync_playwright,
)
from playwright.sync_api import Request as PageRequest

HOST = "127.0.0.1"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # What a page asks of another host is counted, but never leaves the machine.
    f"--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE {HOST}",
]
TELL_VIOLATIONS = """
addEventListener("securitypolicyviolation", (event) =>
  console.error(`${event.violatedDirective} forbids ${event.blockedURI}`))
"""


ZARYA = Path(sys.executable).with_name("zarya")
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
    """Lines that are told when all is done: what is measured and not judged."""
    return request.config.stash[FIGURES]


@dataclass(frozen=True)
class Served:
    """A server of our own, over the embedded archive in a new SQLite file."""

    origin: str
    environment: dict[str, str]

    def key(self, scope: str) -> str:
        """A new key that may do what `scope` says."""
        command = [str(ZARYA), "keys", "create", "--name", "Test", "--scope", scope]
        made = subprocess.run(  # noqa: S603 - our own command
            command, env=self.environment, check=True, capture_output=True, text=True
        )
        return made.stdout.split()[-1]

    def post(self, path: str, key: str, document: dict[str, object]) -> Any:
        """What the server answers to a document."""
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        body = json.dumps(document).encode()
        asked = Request(f"{self.origin}{path}", body, headers)  # noqa: S310 - an address of our own
        with urlopen(asked) as answer:  # noqa: S310 - an address of our own
            return json.load(answer)


@contextmanager
def serving(folder: Path) -> Iterator[Served]:
    """A server that keeps its archive in `folder`.

    Its public address is another one, as it is behind a proxy: a page that sends its requests
    there instead of to where it came from is found out.
    """
    with socket.socket() as free:
        free.bind((HOST, 0))
        port = free.getsockname()[1]
    environment = os.environ | {
        "ZARYA_DATABASE_URL": f"sqlite:///{folder}/archive.db",
        "ZARYA_PUBLIC_URL": "https://zarya.example",
    }
    command = [str(ZARYA), "serve", "--prepare", "--port", str(port)]
    with subprocess.Popen(command, env=environment) as server:  # noqa: S603 - our own command
        try:
            _wait(f"http://{HOST}:{port}/openapi.json", server)
            yield Served(f"http://{HOST}:{port}", environment)
        finally:
            server.send_signal(signal.SIGTERM)


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The server that all tests look at."""
    with serving(tmp_path_factory.mktemp("served")) as server:
        yield server


@pytest.fixture(scope="session")
def origin(served: Served) -> str:
    """Its address."""
    return served.origin


def _wait(address: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while server.poll() is None and time.monotonic() < deadline:
        try:
            urlopen(address).close()  # noqa: S310 - an address of our own
        except URLError:
            time.sleep(0.1)
        else:
            return
    pytest.fail("the server did not answer")


@contextmanager
def browsing() -> Iterator[Browser]:
    """Debian's Chromium: Playwright's own would be another download."""
    path = shutil.which("chromium")
    if path is None:
        pytest.exit("Chromium is missing: apt-get update && apt-get install -y chromium", 2)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The browser that all tests look with."""
    with browsing() as browser:
        yield browser


@dataclass
class Visit:
    """A page, and what it did while it was open."""

    page: Page
    outside: list[str] = field(default_factory=list)
    """The addresses on other hosts that it asked for, blocked ones included."""
    faults: list[str] = field(default_factory=list)
    """Errors on its console, uncaught exceptions, violations of its policy, failed answers."""


@pytest.fixture
def visit(chromium: Browser) -> Iterator[Callable[..., Visit]]:
    """Opens empty pages, each in a context of its own, which its keywords are settings of."""
    contexts: list[BrowserContext] = []

    def open_(**settings: object) -> Visit:
        context = chromium.new_context(**settings)  # type: ignore[arg-type]  # passed on as is
        contexts.append(context)
        visit = Visit(context.new_page())

        def asked(request: PageRequest) -> None:
            address = urlsplit(request.url)
            if address.scheme not in {"data", "blob"} and address.hostname != HOST:
                visit.outside.append(request.url)

        def said(message: ConsoleMessage) -> None:
            if message.type in {"error", "warning"}:
                visit.faults.append(message.text)

        context.add_init_script(TELL_VIOLATIONS)
        context.on("request", asked)
        context.on("console", said)
        context.on("weberror", lambda error: visit.faults.append(str(error.error)))
        return visit

    yield open_
    for context in contexts:
        context.close()
