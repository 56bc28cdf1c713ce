"""`make screenshots`: the portal's screens, on a desk and in a hand, into docs/screenshots/."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from playwright.sync_api import Browser

from tests_browser.browsers import run_chromium
from tests_browser.pages import APRIL_2019, SCREENS, open_page
from tests_browser.servers import run_server

FOLDER = Path(__file__).parent.parent / "docs" / "screenshots"
LARGEST = 150_000
"""Bytes: a picture may be no larger."""

DEVICES: dict[str, dict[str, Any]] = {
    "desktop": {"viewport": {"width": 1280, "height": 1080}},
    "phone": {"viewport": {"width": 360, "height": 1500}, "has_touch": True, "is_mobile": True},
}
MORE: dict[str, tuple[str, dict[str, Any]]] = {
    "mission-dark": (APRIL_2019, {"color_scheme": "dark"}),
    "missions-dark": ("/missions", {"color_scheme": "dark"}),
    "mission-ru": (f"{APRIL_2019}&lang=ru", {}),
}
ALL: dict[str, tuple[str, dict[str, Any]]] = {
    name: (address, {}) for name, address in SCREENS.items() if name not in {"day", "search"}
} | MORE


def pictures(browser: Browser, origin: str) -> Iterator[Path]:
    """Take every picture."""
    for device, settings in DEVICES.items():
        for name, (address, more) in ALL.items():
            with browser.new_context(**settings, **more) as context:
                page = context.new_page()
                open_page(page, f"{origin}{address}")
                path = FOLDER / f"{name}-{device}.jpg"
                page.screenshot(path=path, type="jpeg", quality=72)
                yield path


def main() -> None:
    """Take the pictures."""
    FOLDER.mkdir(exist_ok=True)
    with (
        TemporaryDirectory() as folder,
        run_server(Path(folder)) as server,
        run_chromium() as browser,
    ):
        for path in pictures(browser, server.origin):
            size = path.stat().st_size
            print(f"{path.name}: {size} bytes")
            assert size < LARGEST, path


if __name__ == "__main__":
    main()
