"""What a first visit costs: bytes, which are bounded, and time, which is told and not judged."""

# ruff: noqa: S101 - tests assert

from collections.abc import Callable
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Page

from tests_browser.browsers import Visit
from tests_browser.pages import APRIL_2019, SCREENS, open_page, wait_for_offline_data

Open = Callable[..., Visit]

BUDGET = 60_000
"""Bytes on the wire: all that a browser ever loads of ours, and a page."""

SHELL = """async () => {
  const [name] = (await caches.keys()).filter((name) => name.startsWith("shell-"));
  return (await (await caches.open(name)).keys()).map(({ url }) => url);
}"""
PAINTED = """() => new Promise((resolve) => new PerformanceObserver((list) =>
  list.getEntriesByName("first-contentful-paint").forEach((entry) => resolve(entry.startTime))
).observe({type: "paint", buffered: true}))"""


def weight(address: str, codings: str) -> int:
    """How many bytes of a body come over the wire."""
    asked = Request(address, headers={"Accept-Encoding": codings})  # noqa: S310 - our own
    with urlopen(asked) as answer:  # noqa: S310 - an address of our own
        return len(answer.read())


def test_all_that_is_ever_loaded_is_small(visit: Open, origin: str, figures: list[str]) -> None:
    page = visit().page
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    open_page(page, f"{origin}{APRIL_2019}")
    wait_for_offline_data(page)
    shell: list[str] = page.evaluate(SHELL)
    assert {url for url in asked if "/web/" in url} <= set(shell)
    all_of_it = {*shell, f"{origin}/web/service-worker.js", f"{origin}{APRIL_2019}"}
    sizes = {url: weight(url, "gzip, deflate, br, zstd") for url in all_of_it}
    whole = {url: weight(url, "identity") for url in all_of_it}
    figures.append(
        f"{len(sizes)} files and pages: {sum(sizes.values()):,} bytes, "
        f"{sum(whole.values()):,} before they are compressed"
    )
    assert sum(sizes.values()) < BUDGET, sizes
    assert sum(whole.values()) > BUDGET  # the positive control: it is measured, and compressed


def painted(page: Page, address: str) -> float:
    """Milliseconds from the click to the first content, with the CPU slowed to a quarter."""
    slow = page.context.new_cdp_session(page)
    slow.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    page.goto(address)
    found: float = page.evaluate(PAINTED)
    return found


@pytest.mark.parametrize("screen", SCREENS)
def test_content_is_painted_at_once(
    visit: Open, origin: str, figures: list[str], screen: str
) -> None:
    first = painted(visit().page, f"{origin}{SCREENS[screen]}")
    figures.append(f"{screen}: first content after {first:.0f} ms on a CPU slowed to a quarter")
    assert first > 0
