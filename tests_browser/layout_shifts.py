"""Layout shifts of pages, as browsers measure them."""

from playwright.sync_api import Page

LAYOUT_SHIFT_SCRIPT = """() => new Promise((resolve) => new PerformanceObserver((list) =>
  resolve(list.getEntries().reduce((sum, { value }) => sum + value, 0))
).observe({ type: "layout-shift", buffered: true }) ?? setTimeout(() => resolve(0), 200))"""


def layout_shift(page: Page) -> float:
    """Return the sum of the layout shifts of a page so far."""
    shift: float = page.evaluate(LAYOUT_SHIFT_SCRIPT)
    return shift
