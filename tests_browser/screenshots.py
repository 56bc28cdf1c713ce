"""`make screenshots`: write the portal's screens, on desktop and phone, to docs/screenshots/."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from playwright.sync_api import Browser

from tests_browser.browsers import run_chromium
from tests_browser.pages import APRIL_2019, SCREENS, open_page
from tests_browser.servers import run_server

FOLDER = Path(__file__).parent.parent / "docs" / "screenshots"
MAX_SCREENSHOT_BYTES = 150_000
DEVICES: dict[str, dict[str, Any]] = {
    "desktop": {"viewport": {"width": 1280, "height": 1080}},
    "phone": {"viewport": {"width": 360, "height": 1500}, "has_touch": True, "is_mobile": True},
}
EXTRA_SCREENS: dict[str, tuple[str, dict[str, Any]]] = {
    "mission-dark": (APRIL_2019, {"color_scheme": "dark"}),
    "missions-dark": ("/missions", {"color_scheme": "dark"}),
    "mission-ru": (f"{APRIL_2019}&lang=ru", {}),
    "station-shuttle": ("/station?on=2011-05-20", {}),
    "station-dark": ("/station?on=2024-06-10", {"color_scheme": "dark"}),
}
ALL_SCREENS: dict[str, tuple[str, dict[str, Any]]] = {
    name: (address, {})
    for name, address in SCREENS.items()
    if name not in {"day", "search", "people", "launches", "chosen", "spacewalks"}
} | EXTRA_SCREENS


def take_screenshots(browser: Browser, origin: str) -> Iterator[Path]:
    """Take all screenshots; yields their paths."""
    for device, settings in DEVICES.items():
        for name, (address, options) in ALL_SCREENS.items():
            with browser.new_context(**settings, **options) as context:
                page = context.new_page()
                open_page(page, f"{origin}{address}")
                path = FOLDER / f"{name}-{device}.jpg"
                page.screenshot(path=path, type="jpeg", quality=72)
                yield path


def main() -> None:
    """Run the command."""
    FOLDER.mkdir(exist_ok=True)
    with (
        TemporaryDirectory() as folder,
        run_server(Path(folder)) as server,
        run_chromium() as browser,
    ):
        for path in take_screenshots(browser, server.origin):
            size = path.stat().st_size
            print(f"{path.name}: {size} bytes")
            assert size < MAX_SCREENSHOT_BYTES, path


if __name__ == "__main__":
    main()
