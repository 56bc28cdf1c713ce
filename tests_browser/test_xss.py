"""Stored cross-site scripting in a real browser: nothing fires, and nobody is asked."""

# ruff: noqa: S101 - tests assert

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route

from app.domain.markdown import render_markdown
from tests.support.xss import PAYLOADS

WATCH = """() => {
    window.fired = [];
    for (const name of ["alert", "prompt", "confirm"]) window[name] = () => fired.push(name);
    window.msgbox = () => fired.push("msgbox");
}"""

INSERT = """html => {
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


def fired(page: Page, texts: list[str]) -> tuple[list[str], set[str]]:
    """What fires when each of `texts` is put into a page, and where its links lead."""
    asked: list[str] = []

    def refuse(route: Route) -> None:
        asked.append(route.request.url)
        route.abort()

    page.route("**/*", refuse)
    page.set_content("<!doctype html><title>x</title><body></body>")
    page.evaluate(WATCH)
    page.evaluate("addEventListener('click', event => event.preventDefault(), true)")
    protocols: set[str] = set()
    for text in texts:
        protocols |= set(page.evaluate(INSERT, text))
    page.wait_for_timeout(500)  # images that fail tell so later
    found = [*page.evaluate("window.fired"), *asked]
    page.unroute("**/*")
    return found, protocols


def test_nothing_fires(page: Page) -> None:
    found, protocols = fired(page, [render_markdown(payload) for payload in PAYLOADS])
    assert found == []
    assert protocols <= {"http:", "https:", "mailto:", "about:", ":"}  # ":": no address at all


def test_the_payloads_are_real(page: Page) -> None:
    """The positive control: put in as they are, they fire."""
    found, protocols = fired(page, PAYLOADS)
    assert len(found) > 10
    assert "javascript:" in protocols
