"""Violations of accessibility rules, found by axe-core."""

from pathlib import Path

from playwright.sync_api import Page

_AXE_SCRIPT = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"


def accessibility_violations(page: Page) -> list[str]:
    """Return the violations that axe finds on a page."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(_AXE_SCRIPT.read_text("utf-8"))
    report = page.evaluate("axe.run()")
    return [
        f"{violation['id']}: {node['html']} {node['failureSummary']}"
        for violation in report["violations"]
        for node in violation["nodes"]
    ]
