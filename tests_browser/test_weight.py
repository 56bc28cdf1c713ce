"""Cost of a first visit: transferred bytes, which are bounded, and paint time, only reported."""

# ruff: noqa: S101 - tests assert

from collections.abc import Callable
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Page

from tests_browser.browsers import Visit
from tests_browser.pages import APRIL_2019, SCREENS, open_page, wait_for_offline_data

Open = Callable[..., Visit]
Record = Callable[[str, object], None]

MAX_TRANSFER_BYTES = 60_000
"""Limit of the compressed size of all assets and a page."""

CACHED_ASSETS_SCRIPT = """async () => {
  const [name] = (await caches.keys()).filter((name) => name.startsWith("shell-"));
  return (await (await caches.open(name)).keys()).map(({ url }) => url);
}"""
FIRST_PAINT_SCRIPT = """() => new Promise((resolve) => new PerformanceObserver((list) =>
  list.getEntriesByName("first-contentful-paint").forEach((entry) => resolve(entry.startTime))
).observe({type: "paint", buffered: true}))"""


def body_size(url: str, encodings: str) -> int:
    """Return the size of a response body as transferred, in bytes."""
    request = Request(url, headers={"Accept-Encoding": encodings})  # noqa: S310 - our own
    with urlopen(request) as response:  # noqa: S310 - an address of our own
        return len(response.read())


def test_transfer_size_of_all_assets_is_bounded(
    visit: Open, origin: str, record_property: Record
) -> None:
    page = visit().page
    requested = []
    page.on("request", lambda request: requested.append(request.url))
    open_page(page, f"{origin}{APRIL_2019}")
    wait_for_offline_data(page)
    shell: list[str] = page.evaluate(CACHED_ASSETS_SCRIPT)
    assert {url for url in requested if "/web/" in url} <= set(shell)
    all_urls = {*shell, f"{origin}/web/service-worker.js", f"{origin}{APRIL_2019}"}
    sizes = {url: body_size(url, "gzip, deflate, br, zstd") for url in all_urls}
    uncompressed_sizes = {url: body_size(url, "identity") for url in all_urls}
    record_property(
        "figure",
        f"{len(sizes)} files and pages: {sum(sizes.values()):,} bytes, "
        f"{sum(uncompressed_sizes.values()):,} uncompressed",
    )
    assert sum(sizes.values()) < MAX_TRANSFER_BYTES, sizes
    assert sum(uncompressed_sizes.values()) > MAX_TRANSFER_BYTES  # positive control


def first_paint_ms(page: Page, address: str) -> float:
    """Return the time to the first contentful paint, with the CPU slowed to a quarter."""
    slow = page.context.new_cdp_session(page)
    slow.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    page.goto(address)
    milliseconds: float = page.evaluate(FIRST_PAINT_SCRIPT)
    return milliseconds


@pytest.mark.parametrize("screen", SCREENS)
def test_first_paint_time_is_reported(
    visit: Open, origin: str, record_property: Record, screen: str
) -> None:
    milliseconds = first_paint_ms(visit().page, f"{origin}{SCREENS[screen]}")
    record_property(
        "figure", f"{screen}: first paint after {milliseconds:.0f} ms, CPU slowed to a quarter"
    )
    assert milliseconds > 0
