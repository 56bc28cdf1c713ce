"""The desk in a browser: facts, history, trash, keys, sources, webhooks and the calendar."""

# ruff: noqa: S101 - tests assert

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from playwright.sync_api import Locator, Page, expect

from app.domain.enums import Scope
from tests.support.xss import PAYLOADS
from tests_browser.accessibility import accessibility_violations
from tests_browser.browsers import RECORD_CALLS_SCRIPT, Visit
from tests_browser.desk import choose, expect_announcement, open_screen, sign_in
from tests_browser.servers import HOST, Server

Open = Callable[..., Visit]

SCREENS = [
    "facts",
    "facts/launches/+",
    "facts/launches/soyuz-ms-10",
    "facts/missions/iss-59",
    "history/launches/soyuz-ms-10",
    "trash",
    "keys",
    "sources",
    "sources/+",
    "webhooks",
    "webhooks/+",
    "calendar/2019-04",
]


@pytest.fixture(autouse=True)
def _long_timeout() -> None:
    expect.set_options(timeout=20_000)  # the machine may be busy


@pytest.fixture(scope="module")
def key(desk_server: Server) -> str:
    """Key with all scopes."""
    return desk_server.create_key(*Scope, name="Chief editor")


def press(page: Page, name: str) -> None:
    """Press a button by its exact name."""
    page.get_by_role("button", name=name, exact=True).click()


def test_launch_is_planned_slipped_twice_and_launched(
    visit: Open, desk_server: Server, key: str
) -> None:
    seen = sign_in(visit, desk_server.origin, key, "facts/launches/+")
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


def test_command_is_handed_over(visit: Open, desk_server: Server, key: str) -> None:
    page = sign_in(visit, desk_server.origin, key, "facts/missions/+").page
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


def test_record_is_restored_from_its_history_and_from_the_trash(
    visit: Open, desk_server: Server, key: str
) -> None:
    page = sign_in(visit, desk_server.origin, key, "facts/people/+").page
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
    page.get_by_role("dialog").get_by_role("button", name="Restore").click()
    expect(page.get_by_role("row", name="Restored")).to_contain_text("Chief editor")
    open_screen(page, "facts/people/vera-restored")
    expect(page.get_by_label("Biography", exact=True)).to_have_value("She flew once.")
    press(page, "Delete")
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect_announcement(page, "Deleted: Vera Restored")
    open_screen(page, "trash")
    press(page, "Restore Vera Restored")
    expect(page.get_by_label("Biography", exact=True)).to_have_value("She flew once.")


def test_first_screen_is_one_that_the_key_may_use(visit: Open, desk_server: Server) -> None:
    page = sign_in(visit, desk_server.origin, desk_server.create_key("people:write")).page
    expect(page.locator("h1")).to_have_text("People")
    links = page.get_by_role("navigation", name="Editors' desk").get_by_role("link")
    expect(links).to_have_text(["Facts", "Trash"])


def test_two_editors_of_one_record_lose_nothing(visit: Open, desk_server: Server, key: str) -> None:
    first = sign_in(visit, desk_server.origin, key, "facts/agencies/+").page
    first.get_by_label("Name", exact=True).fill("Agency of Two")
    press(first, "Create")
    expect(first.locator("h1")).to_have_text("Agency of Two")
    second = sign_in(visit, desk_server.origin, key, "facts/agencies/agency-of-two").page
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


def test_key_is_made_rotated_and_revoked(visit: Open, desk_server: Server, key: str) -> None:
    page = sign_in(visit, desk_server.origin, key, "keys").page
    page.get_by_label("Name", exact=True).fill("Author of tests")
    page.get_by_label("Role", exact=True).select_option("Author")
    press(page, "Create key")
    secret = page.get_by_role("textbox", name="Secret").input_value()
    author = sign_in(visit, desk_server.origin, secret).page
    expect(author.get_by_role("link", name="Calendar")).to_be_visible()
    expect(author.get_by_role("link", name="Keys and roles")).to_have_count(0)
    row = page.get_by_role("row", name="Author of tests")
    row.get_by_role("button", name="Rotate").click()
    page.get_by_label("Hours that the old key").fill("0")
    page.get_by_role("dialog").get_by_role("button", name="Rotate").click()
    expect(page.get_by_role("textbox", name="Secret")).not_to_have_value(secret)
    author.reload()
    expect(author.get_by_label("API key")).to_be_visible()  # the session of the old key has ended
    rotated = sign_in(
        visit, desk_server.origin, page.get_by_role("textbox", name="Secret").input_value()
    ).page
    row.get_by_role("button", name="Revoke").first.click()
    assert accessibility_violations(page) == []
    page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    expect_announcement(page, "is revoked")
    rotated.reload()
    expect(rotated.get_by_label("API key")).to_be_visible()


@contextmanager
def serve(content: str, media_type: str = "text/html") -> Iterator[str]:
    """Serve `content` on another port; yields its URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", media_type)
            self.end_headers()
            self.wfile.write(content.encode())

        def log_message(self, *_arguments: object) -> None:
            """Write nothing."""

    with ThreadingHTTPServer((HOST, 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://{HOST}:{server.server_port}/"
        server.shutdown()


@contextmanager
def receive_webhooks() -> Iterator[tuple[str, list[str]]]:
    """Receiver of webhooks; yields its URL and the bodies that it has received."""
    bodies: list[str] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            bodies.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            """Write nothing."""

    with ThreadingHTTPServer((HOST, 0), Receiver) as receiver:
        Thread(target=receiver.serve_forever, daemon=True).start()
        yield f"http://{HOST}:{receiver.server_port}/hook", bodies
        receiver.shutdown()


def test_webhook_is_made_tested_and_delivered_again(
    visit: Open, desk_server: Server, key: str
) -> None:
    page = sign_in(visit, desk_server.origin, key, "webhooks/+").page
    with receive_webhooks() as (url, bodies):
        page.get_by_label("Address").fill(url)
        page.get_by_label("Mission", exact=True).check()
        press(page, "Create")
        expect(page.get_by_role("textbox", name="Secret")).to_have_value(re.compile("whsec_"))
        page.get_by_role("link", name="Deliveries").click()
        press(page, "Send a test")
        row = page.get_by_role("row", name="webhook.test")
        expect(row).to_have_count(1)
        refresh_until(page.get_by_role("row").filter(has_text="204"))
        row.get_by_role("button", name="Deliver again").click()
        expect_announcement(page, "delivered again")
        refresh_until(page.get_by_role("row").filter(has_text="204"), 2)
        assert [body.count("webhook.test") for body in bodies] == [1, 1]


FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>Station</title>
<item><guid>a</guid><title>A quiet day</title><link>https://station.example/a</link>
<pubDate>Thu, 04 Apr 2019 12:00:00 GMT</pubDate>
<description>Nothing happened.</description></item></channel></rss>"""


def test_source_is_made_and_polled(visit: Open, desk_server: Server, key: str) -> None:
    page = sign_in(visit, desk_server.origin, key, "sources/+").page
    with serve(FEED, "application/rss+xml") as url:
        page.get_by_label("Name", exact=True).fill("Station news")
        page.get_by_label("Address of the feed").fill(url)
        page.get_by_label("Language", exact=True).fill("en")
        press(page, "Create")
        press(page, "Look now")
        expect_announcement(page, "polled within seconds")
        refresh_until(page.get_by_text("new: 1,"))
    page.get_by_role("link", name="Station news").click()
    page.get_by_label("Interval, minutes").fill("4")
    expect(page.locator("[data-pointer='/every_minutes'] .error")).to_be_visible()
    page.get_by_label("Interval, minutes").fill("120")
    press(page, "Save")
    expect_announcement(page, "Saved")


def refresh_until(shown: Locator, count: int = 1) -> None:
    """Press Refresh until `shown` has `count` elements."""
    for _ in range(40):
        press(shown.page, "Refresh")
        shown.page.wait_for_timeout(500)
        if shown.count() == count:
            return
    expect(shown).to_have_count(count)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_screens_are_accessible(visit: Open, desk_server: Server, key: str, theme: str) -> None:
    seen = sign_in(visit, desk_server.origin, key, color_scheme=theme)
    for screen in SCREENS:
        open_screen(seen.page, screen)
        assert accessibility_violations(seen.page) == [], screen
    assert seen.errors == []


def test_screens_fit_a_phone_in_russian(visit: Open, desk_server: Server, key: str) -> None:
    page = sign_in(visit, desk_server.origin, key, viewport={"width": 360, "height": 740}).page
    page.goto(f"{desk_server.origin}/desk?lang=ru#/facts")
    for screen in SCREENS:
        open_screen(page, screen)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), screen
        untranslated = page.locator("main").get_by_text(r"/^(field|value|type|action|role)[._]\w+/")
        expect(untranslated).to_have_count(0)


def test_calendar_shows_scheduled_articles_in_the_zone_of_the_portal(
    visit: Open, desk_server: Server, key: str
) -> None:
    article: dict[str, object] = {
        "title": "A day to come",
        "lead": "Soon.",
        "body": "Text.",
        "language": "en",
        "source": {"name": "Press office", "url": None},
        "published_at": "2031-05-05T21:30:00Z",  # the next day in Moscow
    }
    slug = desk_server.post("/v1/articles", key, article)["slug"]
    desk_server.post(f"/v1/articles/{slug}/publish", key, {})
    page = sign_in(visit, desk_server.origin, key, "calendar/2031-05").page
    day = page.locator("[data-day='2031-05-06']")
    expect(day).to_contain_text("00:30 A day to come Scheduled")


def test_calendar_by_keyboard(visit: Open, desk_server: Server, key: str) -> None:
    page = sign_in(visit, desk_server.origin, key, "calendar/2019-04").page
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


def test_payloads_in_names_run_no_script(visit: Open, desk_server: Server, key: str) -> None:
    chunk = 20  # a person has at most 20 aliases
    payloads = [payload.strip()[:120].strip() for payload in PAYLOADS]
    starts = range(0, len(payloads), chunk)
    for start in starts:
        person: dict[str, object] = {
            "slug": f"payloads-{start}",
            "name": payloads[start].replace("\n", " ").replace("\t", " "),
            "aliases": [
                p.replace("\n", " ") for p in dict.fromkeys(payloads[start : start + chunk])
            ],
            "biography": "\n".join(payloads[start : start + chunk]),
        }
        desk_server.post("/v1/people", key, person)
    seen = sign_in(visit, desk_server.origin, key)
    page = seen.page
    page.evaluate(RECORD_CALLS_SCRIPT)
    for start in starts:
        open_screen(page, f"facts/people/payloads-{start}")
        page.get_by_label("Biography", exact=True).fill(payloads[start])
        press(page, "Save")
        expect_announcement(page, "Saved")
        page.get_by_role("link", name="History").click()
        press(page, "Compare")
        expect(page.locator(".difference")).to_be_visible()
    open_screen(page, f"facts/people/payloads-{start}")
    press(page, "Delete")
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect_announcement(page, "Deleted")
    open_screen(page, "trash")
    expect(page.get_by_role("row", name=f"payloads-{start}")).to_be_visible()
    desk_server.create_key("read", name="<img src=x onerror=alert(1)>")
    open_screen(page, "keys")
    expect(page.get_by_role("row", name="<img src=x onerror=alert(1)>")).to_be_visible()
    open_screen(page, "facts/people")
    page.get_by_role("searchbox").fill("alert")
    press(page, "Search")
    expect(page.locator(".records").get_by_text("alert(1)").first).to_be_visible()
    assert page.evaluate("window.fired") == []
    assert seen.external_requests == []
    assert seen.errors == []
    with pytest.raises(Exception, match="TrustedHTML"):  # were it parsed, the policy would stop it
        page.evaluate("document.body.innerHTML = '<img src=x onerror=alert(1)>'")


ATTACK = """<!doctype html><title>x</title>
<iframe name="desk" src="{origin}/desk"></iframe>
<iframe name="reply" src="about:blank"></iframe>
<form method="post" enctype="text/plain" target="reply" action="{origin}/v1/keys">
<input name='{{"name": "Attacker", "role": "administrator", "x": "' value='"}}'></form>"""


def test_other_sites_can_neither_frame_the_desk_nor_write(
    visit: Open, desk_server: Server, key: str
) -> None:
    """The page of the attacker has the host of the desk, so that browsers send it the cookie."""
    seen = sign_in(visit, desk_server.origin, key, "keys")
    page = seen.page
    attack = page.context.new_page()
    with serve(ATTACK.format(origin=desk_server.origin)) as url:
        attack.goto(url)
        frame = attack.frame(name="desk")
        assert frame is not None
        assert frame.url.startswith("chrome-error:")
        with attack.expect_response("**/v1/keys") as response:
            attack.evaluate("document.forms[0].submit()")
        assert "zarya_session" in response.value.request.all_headers().get("cookie", "")
        assert response.value.status == 403
        status = attack.evaluate(
            """async (url) => (await fetch(url, {method: "POST", credentials: "include",
              mode: "no-cors", body: "{}"})).type""",
            f"{desk_server.origin}/v1/keys",
        )
        assert status == "opaque"  # nothing of the response can be read
    page.reload()
    expect(page.get_by_role("row", name="Chief editor")).to_be_visible()
    expect(page.get_by_role("row", name="Attacker")).to_have_count(0)
    page.get_by_label("Name", exact=True).fill("Colleague")  # positive control: the desk can
    press(page, "Create key")
    expect(page.get_by_role("row", name="Colleague")).to_have_count(1)
