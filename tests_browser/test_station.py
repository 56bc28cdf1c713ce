"""The station's page in a browser: the slider, its keys, its requests and the history."""

# ruff: noqa: S101 - tests assert

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests_browser.browsers import Visit
from tests_browser.pages import open_page
from tests_browser.servers import get_json

Open = Callable[..., Visit]

FIRST_DAY = date(1998, 11, 20)
DRAWN_SCRIPT = """() => {
  const values = (selector, ...names) => [...document.querySelectorAll(selector)]
    .map((element) => names.map((name) => element.dataset[name]).join(" ")).sort();
  return {
    ships: values("[data-ship]", "ship", "port"),
    modules: values("[data-module]", "module"),
    free: values("[data-free]", "free"),
    people: [...document.querySelectorAll("#aboard ~ .crew .who a")].map((a) => a.textContent),
  };
}"""
SET_SLIDER_SCRIPT = """(slider, values) => {
  for (const value of values) {
    slider.value = value;
    slider.dispatchEvent(new Event("input", { bubbles: true }));
  }
}"""


def drawn_on(station: dict[str, Any]) -> dict[str, list[str]]:
    """What the page of `station` shows."""
    return {
        "ships": sorted(
            f"{stay['launch']['slug']} {stay['port']['slug']}" for stay in station["ships"]
        ),
        "modules": sorted({item["module"]["slug"] for item in station["modules"]}),
        "free": sorted(port["slug"] for port in station["free_ports"]),
        "people": [each["person"]["name"] for each in station["aboard"]],
    }


def number_of(day: str) -> int:
    return (date.fromisoformat(day) - FIRST_DAY).days


def set_days(page: Page, *days: str) -> None:
    """Move the slider over `days`, as fast as a pointer."""
    slider = page.locator("#slider")
    slider.evaluate(SET_SLIDER_SCRIPT, [number_of(day) for day in days])
    heading = date.fromisoformat(days[-1])
    expect(page.get_by_role("heading", level=1)).to_have_text(
        f"The station on {heading:%B} {heading.day}, {heading.year}"
    )


def test_slider_shows_the_station_of_forty_days(visit: Open, origin: str) -> None:
    seen = visit()
    page = seen.page
    open_page(page, f"{origin}/station?on=2019-04-04")
    last = date.fromisoformat(page.locator("#on").get_attribute("max") or "")
    length = (last - FIRST_DAY).days
    days = [str(FIRST_DAY + timedelta(days=length * n // 39)) for n in range(40)]
    counts = set()
    for day in days:
        set_days(page, day)
        shown = page.evaluate(DRAWN_SCRIPT)
        assert shown == drawn_on(get_json(origin, f"/v1/station?on={day}")), day
        counts.add(len(shown["ships"]))
    assert len(counts) > 4
    assert (seen.external_requests, seen.errors) == ([], [])


def test_passed_days_send_no_requests_and_leave_no_history(visit: Open, origin: str) -> None:
    page = visit(service_workers="block").page
    open_page(page, f"{origin}/station?on=2019-04-04")
    requested: list[str] = []
    page.on("request", lambda request: requested.append(request.url))
    length = page.evaluate("history.length")
    days = [str(date(2001, 1, 1) + timedelta(days=n)) for n in range(200)]
    set_days(page, *days)
    assert 1 <= len([url for url in requested if "/v1/station" in url]) <= 2
    expect(page).to_have_url(f"{origin}/station?on={days[-1]}")
    expect(page).to_have_title("The station on July 19, 2001 – Zarya")
    expect(page.locator("#made-of")).to_contain_text(f"on={days[-1]}")
    expect(page.locator("#live")).to_contain_text("The station on July 19, 2001")
    assert page.evaluate("history.length") == length


def test_refresh_does_not_undo_a_move_of_the_slider(visit: Open, origin: str) -> None:
    """The screen's data change and are fetched again just before the slider moves."""
    page = visit(service_workers="block").page
    open_page(page, f"{origin}/station?on=2019-04-04")
    held: list[Route] = []
    page.route("**/v1/station?*", lambda route: held.append(route))  # noqa: PLW0108 - playwright sets an attribute
    page.evaluate("dispatchEvent(new Event('online'))")
    while not held:
        page.wait_for_timeout(50)
    page.locator("#slider").evaluate(SET_SLIDER_SCRIPT, [number_of("2001-01-01")])
    while len(held) < 2:
        page.wait_for_timeout(50)
    refreshed, moved = held
    assert "on=2019-04-04" in refreshed.request.url
    assert "on=2001-01-01" in moved.request.url
    changed = get_json(origin, "/v1/station?on=2019-04-04") | {"ships": []}
    refreshed.fulfill(json=changed)
    page.wait_for_timeout(300)
    moved.continue_()
    expect(page.get_by_role("heading", level=1)).to_have_text("The station on January 1, 2001")
    expect(page).to_have_url(f"{origin}/station?on=2001-01-01")


@pytest.mark.parametrize(
    ("day", "key", "expected"),
    [
        ("2019-04-04", "ArrowRight", "2019-04-05"),
        ("2019-04-04", "ArrowDown", "2019-04-03"),
        ("2019-03-31", "PageDown", "2019-02-28"),
        ("2020-01-31", "PageUp", "2020-02-29"),
        ("1998-12-01", "PageDown", "1998-11-20"),
        ("2019-04-04", "Home", "1998-11-20"),
    ],
)
def test_keys_of_the_slider(visit: Open, origin: str, day: str, key: str, expected: str) -> None:
    page = visit().page
    open_page(page, f"{origin}/station?on={day}")
    slider = page.get_by_role("slider", name="Any day since 1998")
    slider.focus()
    page.keyboard.press(key)
    expect(page).to_have_url(f"{origin}/station?on={expected}")
    expect(page.locator("#on")).to_have_value(expected)
    shown = date.fromisoformat(expected)
    expect(slider).to_have_attribute("aria-valuetext", f"{shown:%B} {shown.day}, {shown.year}")
    expect(slider).to_be_focused()


def test_page_without_a_day_gets_the_url_of_its_day(visit: Open, origin: str) -> None:
    page = visit().page
    open_page(page, f"{origin}/missions")
    page.get_by_role("link", name="Station", exact=True).click()
    day = page.locator("#on").get_attribute("max")
    expect(page).to_have_url(f"{origin}/station?on={day}")
    page.get_by_role("slider").press("End")
    expect(page).to_have_url(f"{origin}/station?on={day}")
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("All missions")


def test_ships_and_modules_of_the_diagram_are_links(visit: Open, origin: str) -> None:
    page = visit().page
    open_page(page, f"{origin}/station?on=2019-04-04")
    loads = page.evaluate("performance.timeOrigin")
    page.locator("[data-module=rassvet]").click()
    expect(page).to_have_url(f"{origin}/station?on=2019-04-04#module-rassvet")
    expect(page.locator("#module-rassvet")).to_be_in_viewport()
    page.get_by_role("link", name="Progress MS-11, Pirs nadir").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Progress MS-11")
    assert page.evaluate("performance.timeOrigin") == loads
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("The station on April 4, 2019")


def test_day_can_be_chosen_without_scripts(visit: Open, origin: str) -> None:
    page = visit(java_script_enabled=False).page
    page.goto(f"{origin}/station?on=2019-04-04")
    expect(page.locator("#slider")).to_be_hidden()
    page.get_by_label("Day", exact=True).fill("2000-11-02")
    page.get_by_role("button", name="Show").click()
    expect(page).to_have_url(f"{origin}/station?on=2000-11-02")
    expect(page.get_by_role("link", name="Soyuz TM-31, Zvezda aft")).to_be_visible()


def test_offline_day_is_shown_from_the_cache(visit: Open, origin: str) -> None:
    page = visit().page
    open_page(page, f"{origin}/station?on=2019-04-04")
    page.evaluate("navigator.serviceWorker.ready")
    page.wait_for_function("navigator.serviceWorker.controller")
    for day in ("2019-04-05", "2019-04-06"):
        set_days(page, day)
    page.context.set_offline(True)
    set_days(page, "2019-04-05")
    expect(page.get_by_role("link", name="Progress MS-11, Pirs nadir")).to_be_visible()
    page.locator("#slider").press("PageUp")
    expect(page.get_by_role("heading", level=1)).to_have_text("Something went wrong")


def test_forms_of_lists_omit_empty_fields(visit: Open, origin: str) -> None:
    page = visit().page
    open_page(page, f"{origin}/launches")
    loads = page.evaluate("performance.timeOrigin")
    page.get_by_label("Year").fill("2019")
    page.get_by_label("Crew").select_option("true")
    page.get_by_role("button", name="Show").click()
    expect(page).to_have_url(f"{origin}/launches?crewed=true&year=2019")
    expected = get_json(origin, "/v1/launches?to_station=true&crewed=true"
                           "&launch_at_gte=2019-01-01&launch_at_lt=2020-01-01")  # fmt: skip
    links = page.get_by_role("region", name="Launches").get_by_role("link")
    expect(links).to_have_count(len(expected["items"]))
    assert links.all_inner_texts() == [item["headline"] for item in expected["items"]]
    assert page.evaluate("performance.timeOrigin") == loads
