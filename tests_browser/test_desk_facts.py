"""The desk in a browser: facts, history, trash and the calendar."""

# ruff: noqa: S101 - tests assert

import re
from collections.abc import Callable

from playwright.sync_api import Route, expect

from tests_browser.accessibility import accessibility_violations
from tests_browser.browsers import Visit
from tests_browser.desk import choose, expect_announcement, open_screen, press, sign_in
from tests_browser.servers import Server

Open = Callable[..., Visit]


def test_launch_is_planned_slipped_twice_and_launched(
    visit: Open, desk_server: Server, desk_key: str
) -> None:
    seen = sign_in(visit, desk_server.origin, desk_key, "facts/launches/+")
    page = seen.page
    page.get_by_label("Status").select_option("Planned")
    page.get_by_label("Launch time (UTC)").fill("2020-04-04T00:00")
    page.get_by_label("Launch time: precision").select_option("Day")
    choose(page.get_by_label("Launch site"), "kennedy")
    press(page, "Create")
    expect(page.locator("[data-pointer='/spacecraft'] > .error")).to_be_visible()
    spacecraft = page.get_by_role("group", name="Spacecraft", exact=True)
    spacecraft.get_by_role("button", name="Add").click()
    spacecraft.get_by_label("Name").fill("Dragon Example")
    spacecraft.get_by_label("Kind").select_option("Cargo vehicle")
    vehicle = page.get_by_role("group", name="Launch vehicle", exact=True)
    vehicle.get_by_label("Name").fill("Falcon 9")
    vehicle.get_by_label("Family").fill("Soyuz")
    expect(vehicle.locator("[data-invalid]")).to_contain_text("Falcon")  # while typing
    vehicle.get_by_label("Family").fill("Falcon")
    expect(page.locator("[data-invalid]")).to_have_count(0)
    press(page, "Create")
    expect(page.locator("h1")).to_contain_text("Dragon Example")
    for day, reason in [("06", "Weather"), ("09", "Weather")]:
        page.get_by_label("Launch time (UTC)").fill(f"2020-04-{day}T00:00")
        page.get_by_label("Reason for the change").fill(reason)
        press(page, "Save")
        expect(page.locator(".slips")).to_contain_text(f"2020-04-{day}")
        expect(page.get_by_label("Reason for the change")).to_have_value("")
    page.get_by_label("Status").select_option("Success")
    page.get_by_label("Launch time (UTC)").fill("2031-04-09T11:01:35")
    expect(page.locator("[data-pointer='/status'] .error")).to_contain_text("ahead")
    page.get_by_label("Launch time (UTC)").fill("2020-04-09T11:01:35")
    page.get_by_label("Launch time: precision").select_option("Second")
    press(page, "Save")
    expect(page.locator(".slips tbody tr")).to_have_count(3)
    page.reload()
    expect(page.locator(".slips tbody tr").nth(1)).to_contain_text("Weather")
    expect(page.locator("h1")).to_contain_text("is launched")
    assert all("422" in error for error in seen.errors)  # of the dry runs


def test_command_is_handed_over(visit: Open, desk_server: Server, desk_key: str) -> None:
    page = sign_in(visit, desk_server.origin, desk_key, "facts/missions/+").page
    page.get_by_label("Number").fill("9990")
    page.get_by_label("Start (UTC)").fill("2031-03-15T00:00")
    page.get_by_label("Summary", exact=True).fill("An example.")
    press(page, "Create")
    expect(page.locator("h1")).to_contain_text("9990")
    crew = page.get_by_role("group", name="Crew member", exact=True)
    for number, (words, role) in enumerate(
        [("christina koch", "Commander"), ("nick hague", "Flight engineer")], 1
    ):
        crew.get_by_role("button", name="Add", exact=True).click()
        row = page.get_by_role("group", name=f"Crew member {number}", exact=True)
        choose(row.get_by_label("Person"), words)
        row.get_by_label("Role", exact=True).select_option(role)
    press(page, "Save crew")
    expect_announcement(page, "The crew is saved")
    choose(page.get_by_label("New commander"), "nick hague")
    page.get_by_label("Day of the handover").fill("2031-06-01")
    press(page, "Hand over")
    press(page, "Save crew")
    page.reload()
    days = page.get_by_role("group", name="Crew member", exact=True).get_by_label
    expect(days("Person")).to_have_count(3)
    shown = list(
        zip(
            *(
                [each.input_value() for each in days(label).all()]
                for label in ("Person", "First day in the role", "Last day in the role")
            ),
            strict=True,
        )
    )
    assert sorted(shown) == [
        ("christina-koch", "", "2031-06-01"),
        ("nick-hague", "", "2031-06-01"),
        ("nick-hague", "2031-06-01", ""),
    ]
    page.get_by_label("Last day in the role").last.fill("2030-01-01")
    press(page, "Save crew")
    expect(page.locator("[data-invalid] .error").last).to_be_visible()  # a refusal at its row


def test_handover_typed_while_the_crew_is_saved_is_kept(
    visit: Open, desk_server: Server, desk_key: str
) -> None:
    page = sign_in(visit, desk_server.origin, desk_key, "facts/missions/iss-61").page
    held: list[Route] = []
    save = re.compile(r"/crew\b(?!.*validate_only)")

    def hold(route: Route) -> None:
        held.append(route)

    page.route(save, hold)
    page.get_by_label("Position").first.fill("CDR-9")
    with page.expect_request(save):
        press(page, "Save crew")
    page.get_by_label("Day of the handover").fill("2020-01-10")
    page.get_by_label("New commander").fill("jessica-meir")
    held[0].continue_()
    expect_announcement(page, "The crew is saved")
    expect(page.get_by_label("Day of the handover")).to_have_value("2020-01-10")
    expect(page.get_by_label("New commander")).to_have_value("jessica-meir")
    expect(page.get_by_label("New commander")).to_be_focused()
    expect(page.get_by_label("Position").first).to_have_value("CDR-9")
    members = page.get_by_role("group", name="Crew member", exact=True).get_by_label("Person")
    before = members.count()
    press(page, "Hand over")
    expect(members).to_have_count(before + 1)
    expect(members.last).to_have_value("jessica-meir")


def test_crew_of_another_editor_is_not_overwritten(
    visit: Open, desk_server: Server, desk_key: str
) -> None:
    """The forms of a mission and of its crew have versions of their own."""
    mission = "facts/missions/iss-60"
    first = sign_in(visit, desk_server.origin, desk_key, mission).page
    second = sign_in(visit, desk_server.origin, desk_key, mission).page
    second.get_by_label("Position").first.fill("CDR-2")
    press(second, "Save crew")
    expect_announcement(second, "The crew is saved")
    first.get_by_label("Summary", exact=True).fill("Another summary.")
    press(first, "Save")
    expect_announcement(first, "Saved")  # nobody else has changed these fields
    first.get_by_label("Position").last.fill("FE-9")
    press(first, "Save crew")
    expect(first.locator(".conflict ins").first).to_contain_text("CDR-2")


def test_record_is_restored_from_its_history_and_from_the_trash(
    visit: Open, desk_server: Server, desk_key: str
) -> None:
    page = sign_in(visit, desk_server.origin, desk_key, "facts/people/+").page
    page.get_by_label("Name", exact=True).fill("Vera Restored")
    page.get_by_label("Biography", exact=True).fill("She flew once.")
    press(page, "Create")
    expect(page.locator("h1")).to_have_text("Vera Restored")
    page.get_by_label("Biography", exact=True).fill("She flew twice.")
    press(page, "Save")
    expect_announcement(page, "Saved")
    page.get_by_role("link", name="History").click()
    press(page, "Compare")
    expect(page.locator(".difference del")).to_have_text("once.")
    expect(page.locator(".difference ins")).to_have_text("twice.")
    press(page, "Restore version 1")
    press(page, "Restore")
    expect(page.get_by_role("row", name="Restored")).to_contain_text("Chief editor")
    open_screen(page, "facts/people/vera-restored")
    expect(page.get_by_label("Biography", exact=True)).to_have_value("She flew once.")
    press(page, "Delete")
    press(page, "Delete")
    expect_announcement(page, "Deleted: Vera Restored")
    open_screen(page, "trash")
    press(page, "Restore Vera Restored")
    expect(page.get_by_label("Biography", exact=True)).to_have_value("She flew once.")


def test_record_is_restored_under_another_slug(
    visit: Open, desk_server: Server, desk_key: str
) -> None:
    page = sign_in(visit, desk_server.origin, desk_key, "facts").page
    for name in ("Vera Renamed", "Vera Second"):
        open_screen(page, "facts/people/+")
        page.get_by_label("Name", exact=True).fill(name)
        page.get_by_label("Slug", exact=True).fill("vera-slug")
        press(page, "Create")
        expect(page.locator("h1")).to_have_text(name)
        if name == "Vera Renamed":
            press(page, "Delete")
            press(page, "Delete")
            expect_announcement(page, "Deleted: Vera Renamed")
    open_screen(page, "trash")
    for slug in ("vera-slug", "vera-first"):
        press(page, "Restore Vera Renamed under another slug")
        assert accessibility_violations(page) == []
        page.get_by_role("dialog").get_by_label("Slug").fill(slug)
        press(page, "Restore")
        if slug == "vera-slug":
            expect(page.get_by_role("alert")).to_contain_text("'vera-slug' is taken")
    expect(page.locator("h1")).to_have_text("Vera Renamed")
    expect(page.get_by_label("Slug", exact=True)).to_have_value("vera-first")


def test_refusal_names_an_article_in_the_trash(
    visit: Open, desk_server: Server, desk_key: str
) -> None:
    person: dict[str, object] = {"slug": "vera-referred", "name": "Vera Referred"}
    desk_server.post("/v1/people", desk_key, person)
    article: dict[str, object] = {
        "slug": "of-vera",
        "title": "Of Vera",
        "lead": "A lead.",
        "body": "A text.",
        "language": "en",
        "source": {"name": "Press office"},
        "people": ["vera-referred"],
    }
    desk_server.post("/v1/articles", desk_key, article)
    desk_server.send("DELETE", "/v1/articles/of-vera", desk_key, b"")
    page = sign_in(visit, desk_server.origin, desk_key, "facts/people/vera-referred").page
    press(page, "Delete")
    press(page, "Delete")
    expect(page.get_by_role("alert")).to_contain_text("article of-vera (in the trash: restore it")


def test_first_screen_is_one_that_the_key_may_use(visit: Open, desk_server: Server) -> None:
    page = sign_in(visit, desk_server.origin, desk_server.create_key("people:write")).page
    expect(page.locator("h1")).to_have_text("People")
    links = page.get_by_role("navigation", name="Editors' desk").get_by_role("link")
    expect(links).to_have_text(["Facts", "Trash"])


def test_two_editors_of_one_record_lose_nothing(
    visit: Open, desk_server: Server, desk_key: str
) -> None:
    first = sign_in(visit, desk_server.origin, desk_key, "facts/agencies/+").page
    first.get_by_label("Name", exact=True).fill("Agency of Two")
    press(first, "Create")
    expect(first.locator("h1")).to_have_text("Agency of Two")
    second = sign_in(visit, desk_server.origin, desk_key, "facts/agencies/agency-of-two").page
    for page, name, field, value in [
        (first, "Space Agency of Two", "Abbreviation", "AT"),
        (second, "Office of Two", "Country", "FR"),
    ]:
        page.get_by_label("Full name").fill(name)
        page.get_by_label(field, exact=True).fill(value)
        press(page, "Save")
    conflict = second.locator(".conflict")
    expect(conflict.get_by_role("group", name="Full name")).to_contain_text("Space Agency")
    assert accessibility_violations(second) == []
    conflict.get_by_label("Yours").check()
    press(second, "Merge")
    press(second, "Save")
    expect_announcement(second, "Saved")
    first.reload()
    for field, value in [("Full name", "Office of Two"), ("Abbreviation", "AT"), ("Country", "FR")]:
        expect(first.get_by_label(field, exact=True)).to_have_value(value)


def test_calendar_shows_scheduled_articles_in_the_zone_of_the_portal(
    visit: Open, desk_server: Server, desk_key: str
) -> None:
    article: dict[str, object] = {
        "title": "A day to come",
        "lead": "Soon.",
        "body": "Text.",
        "language": "en",
        "source": {"name": "Press office", "url": None},
        "published_at": "2031-05-05T21:30:00Z",  # the next day in Moscow
    }
    slug = desk_server.post("/v1/articles", desk_key, article)["slug"]
    desk_server.post(f"/v1/articles/{slug}/publish", desk_key, {})
    page = sign_in(visit, desk_server.origin, desk_key, "calendar/2031-05").page
    day = page.locator("[data-day='2031-05-06']")
    expect(day).to_contain_text("00:30 A day to come Scheduled")


def test_calendar_by_keyboard(visit: Open, desk_server: Server, desk_key: str) -> None:
    page = sign_in(visit, desk_server.origin, desk_key, "calendar/2019-04").page
    page.locator("[data-day='2019-04-01']").focus()
    for pressed in ["ArrowDown", "ArrowLeft", "ArrowLeft", "ArrowLeft", "ArrowLeft"]:
        page.keyboard.press(pressed)
    expect(page.locator(":focus")).to_have_attribute("aria-label", "4 April: 6 articles")
    press(page, "As a list")
    expect(page.locator(".agenda").get_by_role("link").first).to_be_visible()
    expect(page.get_by_role("table")).to_be_hidden()
    press(page, "As a list")
    page.locator("[data-day='2019-04-01']").focus()
    page.keyboard.press("PageDown")
    expect(page.locator("h1")).to_have_text("Calendar: May 2019")
