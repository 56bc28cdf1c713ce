"""Screens of the editors' desk: signing in, opening a screen, filling in its controls."""

from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from tests_browser.browsers import Visit

Open = Callable[..., Visit]


def sign_in(visit: Open, origin: str, key: str, screen: str = "", **options: object) -> Visit:
    """Open `screen` of the desk, such as `facts/launches`, and sign in with `key`."""
    seen = visit(**options)
    seen.page.goto(f"{origin}/desk#/{screen}")
    seen.page.get_by_label("API key").fill(key)
    seen.page.get_by_role("button", name="Sign in").click()
    expect(seen.page.locator("main h1")).to_be_visible()
    seen.errors.clear()  # the browser logs the 401 before
    return seen


def open_screen(page: Page, screen: str) -> None:
    """Go to another screen of the desk and wait until it is shown."""
    page.evaluate("document.querySelector('main').replaceChildren()")
    page.evaluate("screen => { location.hash = `#/${screen}`; }", screen)
    expect(page.locator("main h1")).to_be_visible()


def choose(control: Locator, words: str) -> None:
    """Choose the first suggestion for `words` by keyboard."""
    control.fill(words)
    options = control.locator("xpath=..").get_by_role("option")
    expect(options.first).to_be_visible()
    control.press("ArrowDown")
    control.press("Enter")
    expect(options).to_have_count(0)


def expect_announcement(page: Page, text: str) -> None:
    """Wait until `text` is announced to screen readers; the next call waits for another one."""
    live = page.locator("#live")
    expect(live).to_contain_text(text)
    live.evaluate("live => { live.textContent = ''; }")


def press(page: Page, name: str) -> None:
    """Press a button by its exact name, in the dialog if one is open."""
    dialog = page.get_by_role("dialog")
    place = dialog if dialog.count() else page
    place.get_by_role("button", name=name, exact=True).click()
