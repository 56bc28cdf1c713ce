"""Stored cross-site scripting in a browser: no script runs, and no request is sent."""

# ruff: noqa: S101 - tests assert

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route

from app.domain.markdown import render_markdown
from tests.support.xss import PAYLOADS
from tests_browser.browsers import RECORD_CALLS_SCRIPT

INSERT_HTML_SCRIPT = """html => {
    const box = document.createElement("div");
    document.body.append(box);
    box.innerHTML = html;
    for (const element of box.querySelectorAll("*")) {
        for (const kind of ["mouseover", "focus", "toggle", "click", "auxclick", "blur"])
            element.dispatchEvent(new Event(kind, {bubbles: true, cancelable: true}));
    }
    return [...box.querySelectorAll("a[href]")].map(a => a.protocol);
}"""


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context()
    yield context.new_page()
    context.close()


def run_in_page(page: Page, texts: list[str]) -> tuple[list[str], set[str]]:
    """Insert each of `texts` into a page; return calls and requests, and the links' protocols."""
    requested: list[str] = []

    def refuse(route: Route) -> None:
        requested.append(route.request.url)
        route.abort()

    page.route("**/*", refuse)
    page.set_content("<!doctype html><title>x</title><body></body>")
    page.evaluate(RECORD_CALLS_SCRIPT)
    page.evaluate("addEventListener('click', event => event.preventDefault(), true)")
    protocols: set[str] = set()
    for text in texts:
        protocols |= set(page.evaluate(INSERT_HTML_SCRIPT, text))
    page.wait_for_timeout(500)  # error events of images arrive later
    effects = [*page.evaluate("window.fired"), *requested]
    page.unroute("**/*")
    return effects, protocols


def test_rendered_markdown_runs_no_script(page: Page) -> None:
    effects, protocols = run_in_page(page, [render_markdown(payload) for payload in PAYLOADS])
    assert effects == []
    assert protocols <= {"http:", "https:", "mailto:", "about:", ":"}  # ":": no URL


def test_unrendered_payloads_run_scripts(page: Page) -> None:
    """Positive control: the payloads work if inserted unchanged."""
    effects, protocols = run_in_page(page, PAYLOADS)
    assert len(effects) > 10
    assert "javascript:" in protocols
