"""Pages of spacecraft, modules, launch sites, vehicles and agencies: pictures, stability, links."""

# ruff: noqa: S101 - tests assert

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests_browser.browsers import Visit
from tests_browser.layout_shifts import layout_shift
from tests_browser.pages import SCREENS, open_page

Open = Callable[..., Visit]

PHONE = {"width": 360, "height": 740}
DESKTOP = {"width": 1280, "height": 900}
RECORD_SCREENS = ("spacecraft", "module", "site", "vehicle", "spacecraft-type", "agency")
SHOWN_WIDTHS_SCRIPT = """() => Promise.all([...document.querySelectorAll("picture img")]
  .map((image) => image.decode().then(() => image.naturalWidth)))"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_pictures_do_not_move_the_page(
    visit: Open, origin: str, viewport: dict[str, int], scheme: str
) -> None:
    shown = {}
    for screen in RECORD_SCREENS:
        seen = visit(viewport=viewport, color_scheme=scheme)
        open_page(seen.page, f"{origin}{SCREENS[screen]}")
        shown[screen] = seen.page.evaluate(SHOWN_WIDTHS_SCRIPT)
        assert layout_shift(seen.page) == 0, screen
        assert (seen.external_requests, seen.errors) == ([], []), screen
    assert [screen for screen, widths in shown.items() if widths and min(widths) > 100] == [
        "spacecraft",
        "module",
    ]


@pytest.mark.parametrize("scripts", [True, False], ids=["modules", "no-script"])
def test_names_lead_from_a_launch_to_all_its_records(
    visit: Open, origin: str, scripts: bool
) -> None:
    seen = visit(java_script_enabled=scripts)
    page = seen.page
    heading = page.get_by_role("heading", level=1)
    page.goto(f"{origin}/launches/sts-130")
    for name, path in (
        ("Endeavour (STS-130)", "/spacecraft/endeavour"),
        ("Space Shuttle", "/vehicles/space-shuttle"),
        ("Cupola", "/modules/cupola"),
        ("NASA", "/agencies/nasa"),
        ("Kennedy Space Center, Launch Complex 39A (LC39A)", "/sites/kennedy-space-center"),
    ):
        page.get_by_role("link", name=name, exact=True).click()
        expect(page).to_have_url(f"{origin}{path}")
        expect(heading).to_have_text(name.partition(" (")[0].partition(",")[0])
        page.go_back()
        expect(heading).to_contain_text("STS-130")
    assert (seen.external_requests, seen.errors) == ([], [])


def test_ship_of_a_port_leads_to_its_stays(visit: Open, origin: str) -> None:
    seen = visit()
    page = seen.page
    open_page(page, f"{origin}/modules/harmony")
    loads = page.evaluate("performance.timeOrigin")
    ports = page.get_by_role("region", name="Ports")
    expect(ports.get_by_role("listitem")).to_have_count(5)
    ports.get_by_role("listitem").filter(has_text="Harmony zenith").get_by_role("link").click()
    stays = page.get_by_role("region", name="At the station")
    stays.get_by_role("link", name="Harmony zenith").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Harmony")
    page.get_by_role("link", name="Station", exact=True).last.click()
    expect(page.locator("#module-harmony")).to_be_visible()
    assert page.evaluate("performance.timeOrigin") == loads
    assert seen.errors == []


def test_search_suggestion_leads_to_the_page_of_a_vehicle(visit: Open, origin: str) -> None:
    page = visit().page
    open_page(page, f"{origin}/search")
    box = page.get_by_role("combobox", name="Search")
    box.press_sequentially("Soyuz-FG")
    page.get_by_role("option", name="Soyuz-FG Launch vehicle").click()
    expect(page).to_have_url(f"{origin}/vehicles/soyuz-fg")
    expect(page.get_by_role("heading", level=1)).to_have_text("Soyuz-FG")


@pytest.mark.parametrize("scripts", [True, False], ids=["modules", "no-script"])
def test_names_lead_from_a_ship_to_its_type_and_the_launches_of_the_maker(
    visit: Open, origin: str, scripts: bool
) -> None:
    seen = visit(java_script_enabled=scripts)
    page = seen.page
    heading = page.get_by_role("heading", level=1)
    page.goto(f"{origin}/spacecraft/dragon-endeavour")
    page.get_by_role("link", name="Crew Dragon 2", exact=True).click()
    expect(heading).to_have_text("Crew Dragon 2")
    ships = page.get_by_role("region", name="Spacecraft of the type")
    expect(ships.get_by_role("link", name="Dragon Endeavour")).to_be_visible()
    page.get_by_role("link", name="SpaceX", exact=True).click()
    expect(heading).to_have_text("SpaceX")
    page.get_by_role("region", name="In the archive").get_by_role("link").first.click()
    expect(heading).to_have_text("Launches")
    expect(page.get_by_label("Launch provider")).to_have_value("spacex")
    page.go_back()
    page.get_by_role("link", name="Agencies and companies").click()
    page.get_by_role("link", name="JAXA", exact=True).click()
    people = page.get_by_role("region", name="People")
    people.get_by_role("listitem").get_by_role("link").first.click()
    expect(page).to_have_url(re.compile("/people/[a-z-]+$"))
    assert (seen.external_requests, seen.errors) == ([], [])


def test_ports_without_ships_are_free_or_have_a_module(visit: Open, origin: str) -> None:
    page = visit().page
    open_page(page, f"{origin}/modules/tranquility")
    ports = page.get_by_role("region", name="Ports").get_by_role("listitem")
    expect(ports.filter(has_text="Tranquility nadir")).to_contain_text("Cupola")
    open_page(page, f"{origin}/modules/pirs")
    page.get_by_role("link", name="Zvezda", exact=False).first.click()
    expect(ports.filter(has_text="Zvezda zenith")).to_contain_text("Poisk")
    open_page(page, f"{origin}/modules/pma-2")
    expect(ports).to_contain_text("not in use")
