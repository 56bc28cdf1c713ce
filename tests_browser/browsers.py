"""Chromium, and pages that record their errors and their requests to other hosts."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    sync_playwright,
)

from tests_browser.servers import HOST

_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Requests to other hosts are recorded, but do not leave the machine.
    f"--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE {HOST}",
]
_LOG_CSP_VIOLATIONS = """
addEventListener("securitypolicyviolation", (event) =>
  console.error(`${event.violatedDirective} forbids ${event.blockedURI}`))
"""
RECORD_CALLS_SCRIPT = """() => {
    window.fired = [];
    for (const name of ["alert", "prompt", "confirm"]) window[name] = () => fired.push(name);
    window.msgbox = () => fired.push("msgbox");
}"""
"""Records the calls that payloads of cross-site scripting make, in `window.fired`."""


@contextmanager
def run_chromium() -> Iterator[Browser]:
    """Run Debian's Chromium, which saves the download of Playwright's own."""
    path = shutil.which("chromium")
    if path is None:
        pytest.exit("Chromium is missing: apt-get update && apt-get install -y chromium", 2)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=_ARGUMENTS)
        yield browser
        browser.close()


@dataclass
class Visit:
    """Open page, with its requests to other hosts and its errors."""

    page: Page
    external_requests: list[str] = field(default_factory=list)
    """URLs on other hosts that the page requested, including blocked ones."""
    errors: list[str] = field(default_factory=list)
    """Console errors and warnings, uncaught exceptions, CSP violations, failed responses."""


def open_visit(context: BrowserContext) -> Visit:
    """Open an empty page in `context` that records its errors and requests."""
    visit = Visit(context.new_page())

    def record_request(request: Request) -> None:
        url = urlsplit(request.url)
        if url.scheme not in {"data", "blob"} and url.hostname != HOST:
            visit.external_requests.append(request.url)

    def record_message(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            visit.errors.append(message.text)

    context.add_init_script(_LOG_CSP_VIOLATIONS)
    context.on("request", record_request)
    context.on("console", record_message)
    context.on("weberror", lambda error: visit.errors.append(str(error.error)))
    return visit
