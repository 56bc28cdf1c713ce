"""The desk in a browser: keys, webhooks and sources."""

# ruff: noqa: S101 - tests assert

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from playwright.sync_api import Locator, expect

from tests_browser.accessibility import accessibility_violations
from tests_browser.browsers import Visit
from tests_browser.desk import expect_announcement, press, sign_in
from tests_browser.servers import HOST, Server, serve

Open = Callable[..., Visit]


def test_key_is_made_rotated_and_revoked(visit: Open, desk_server: Server, desk_key: str) -> None:
    page = sign_in(visit, desk_server.origin, desk_key, "keys").page
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
    press(page, "Rotate")
    expect(page.get_by_role("textbox", name="Secret")).not_to_have_value(secret)
    author.reload()
    expect(author.get_by_label("API key")).to_be_visible()  # the session of the old key has ended
    rotated = sign_in(
        visit, desk_server.origin, page.get_by_role("textbox", name="Secret").input_value()
    ).page
    row.get_by_role("button", name="Revoke").first.click()
    assert accessibility_violations(page) == []
    press(page, "Revoke")
    expect_announcement(page, "is revoked")
    rotated.reload()
    expect(rotated.get_by_label("API key")).to_be_visible()


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
    visit: Open, desk_server: Server, desk_key: str
) -> None:
    page = sign_in(visit, desk_server.origin, desk_key, "webhooks/+").page
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


def test_source_is_made_and_polled(visit: Open, desk_server: Server, desk_key: str) -> None:
    page = sign_in(visit, desk_server.origin, desk_key, "sources/+").page
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
