"""The desk in a browser: the inbox and articles, driven through the screens only."""

# ruff: noqa: S101 - tests assert

import json
import re
import subprocess
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.support.pictures import picture
from tests.support.xss import PAYLOADS
from tests_browser.accessibility import accessibility_violations
from tests_browser.browsers import RECORD_CALLS_SCRIPT, Visit
from tests_browser.desk import choose, expect_announcement, open_screen, sign_in
from tests_browser.servers import ZARYA_COMMAND, Server

Open = Callable[..., Visit]

PORTAL_ZONE = ZoneInfo("Europe/Moscow")
SECONDS_UNTIL_PUBLICATION = 12
MAX_TITLE_CHARS = 300
MAX_LEAD_CHARS = 1000


@pytest.fixture(scope="module")
def keys(desk_server: Server) -> Mapping[str, str]:
    """Keys by the name of the person."""
    scopes = "articles:write", "media:write", "missions:write"
    return {name: desk_server.create_key(*scopes, name=name) for name in ("Anna", "Boris")}


def import_lines(server: Server, folder: Path, form: str, text: str) -> None:
    """Import drafts by the command."""
    path = folder / "import.json"
    path.write_text(text, "utf-8")
    command = [ZARYA_COMMAND, "import", form, str(path)]
    if form == "feed":
        command += ["--language", "en", "--source", "https://wire.example/feed.json"]
    subprocess.run(command, env=server.environment, check=True, capture_output=True, cwd=folder)  # noqa: S603 - our own command


def write_article(page: Page, **fields: str) -> None:
    """Fill in a new article, and wait until it has saved itself."""
    open_screen(page, "articles/new")
    for label, value in fields.items():
        text_field(page, label.capitalize()).fill(value)
    text_field(page, "Source").fill("Press office")
    expect(page.locator(".state")).to_contain_text("Saved at")


def text_field(page: Page, label: str) -> Locator:
    return page.get_by_label(label, exact=True)


def press(page: Page, name: str | re.Pattern[str]) -> None:
    """Press the button, in the dialog if one is open."""
    dialog = page.locator("dialog")
    (dialog if dialog.count() else page).get_by_role("button", name=name).click()


def press_save(page: Page) -> None:
    press(page, re.compile("^Save (draft|changes)$"))
    expect_announcement(page, "Saved.")


def open_portal(visit: Open, server: Server, path: str) -> tuple[Page, int]:
    """Open a page of the portal as a reader without a key; returns it with its status."""
    page = visit().page
    response = page.goto(f"{server.origin}{path}")
    assert response is not None
    return page, response.status


def upload_picture(page: Page, photo: Path) -> None:
    """Illustrate the article with a new picture, and save it."""
    press(page, "Upload")
    photo.write_bytes(picture())
    press(page, "Upload")  # refused: each field says what it needs
    expect(page.locator("dialog .problem")).to_be_visible()
    page.get_by_label("File").set_input_files(photo)
    for label, value in {
        "Description in English": "A globe held in two hands",
        "Description in Russian": "Глобус в руках",
        "Credit": "A photographer",
        "Licence": "CC-BY-4.0",
    }.items():
        text_field(page, label).fill(value)
    press(page, "Upload")
    expect(page.locator(".picture img")).to_have_attribute("alt", "A globe held in two hands")
    press(page, re.compile("^Picture$"))
    page.locator("dialog .pictures").get_by_role("button", name="A photographer").click()
    slug = "a-globe-held-in-two-hands"
    markdown = re.compile(rf"!\[A globe held in two hands\]\(media:{slug}\)")
    expect(text_field(page, "Text")).to_have_value(markdown)
    press_save(page)


def translate(page: Page) -> None:
    """Translate the article into Russian, with the original beside it."""
    page.get_by_role("link", name="Translate").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("New translation")
    expect(page.get_by_role("region", name="Original")).to_contain_text("The monument stands.")
    for label, value in {
        "Title": "Глобус в руках",
        "Lead": "Памятник стоит.",
        "Text": "Он *снова* здесь.",
    }.items():
        text_field(page, label).fill(value)
    press_save(page)
    expect(page.locator(".picture img")).to_be_visible()
    expect(page.get_by_role("region", name="Original")).to_contain_text("It is *back*.")


def test_article_from_the_draft_to_the_correction_and_back(
    visit: Open, desk_server: Server, keys: Mapping[str, str], tmp_path: Path
) -> None:
    seen = sign_in(visit, desk_server.origin, keys["Anna"], "inbox")
    page = seen.page
    write_article(
        page, title="A globe held in hands", lead="The monument stands.", text="It is *back*."
    )
    preview = page.get_by_role("region", name="Preview")
    expect(preview.locator("em")).to_have_text("back")
    choose(page.get_by_label("Missions"), "iss-59")
    choose(page.get_by_label("People"), "ovchinin")
    page.get_by_label("Tags").fill("Monument")
    page.get_by_label("Tags").press("Enter")
    upload_picture(page, tmp_path / "globe.png")
    translate(page)

    open_screen(page, "articles/a-globe-held-in-hands")
    press(page, "Preview link")
    press(page, "Create a link")
    link = urlsplit(text_field(page, "Link").input_value()).path
    press(page, "Close")
    colleague, status = open_portal(visit, desk_server, link)
    assert status == 200
    expect(colleague.get_by_role("heading", level=1)).to_have_text("A globe held in hands")
    assert open_portal(visit, desk_server, "/articles/a-globe-held-in-hands")[1] == 404

    due = datetime.now(PORTAL_ZONE).replace(microsecond=0)
    due += timedelta(seconds=SECONDS_UNTIL_PUBLICATION)
    page.get_by_label("Publication").fill(due.strftime("%Y-%m-%dT%H:%M:%S"))
    press(page, re.compile("^Schedule for"))
    expect_announcement(page, "The article will be public at")
    public, status = open_portal(visit, desk_server, "/articles/a-globe-held-in-hands")
    assert status == 404 or datetime.now(PORTAL_ZONE) >= due
    while status == 404 and datetime.now(PORTAL_ZONE) < due + timedelta(seconds=30):
        public.wait_for_timeout(500)
        status = public.reload().status  # type: ignore[union-attr]  # a page has a response
    assert status == 200
    assert datetime.now(PORTAL_ZONE) >= due
    expect(public.locator(".picture img")).to_have_attribute("alt", "A globe held in two hands")

    page.reload()
    text_field(page, "Lead").fill("The monument has never stood.")
    expect(page.locator(".state")).to_contain_text("Changes are not saved.")
    press_save(page)
    public, _ = open_portal(visit, desk_server, "/articles/a-globe-held-in-hands")
    expect(public.locator(".lead")).to_have_text("The monument has never stood.")
    press(page, "Make lead article of ISS-59")
    expect_announcement(page, "It is the lead article of ISS-59.")
    page.get_by_role("link", name="History").click()
    press(page, "Restore version 1")
    press(page, re.compile("^Restore$"))
    expect_announcement(page, "Version 1 is restored")
    public, _ = open_portal(visit, desk_server, "/articles/a-globe-held-in-hands")
    expect(public.locator(".lead")).to_have_text("The monument stands.")
    # Pictures of the text have the public URL, which differs from the origin in tests only.
    assert {urlsplit(url).hostname for url in seen.external_requests} == {"zarya.example"}


def test_imported_articles_are_reviewed_in_bulk(
    visit: Open, desk_server: Server, keys: Mapping[str, str], tmp_path: Path
) -> None:
    items = [
        {
            "id": str(n),
            "title": f"Wire report {n}",
            "summary": "A lead.",
            "content_text": f"Text {n}.",
            "date_published": "2026-11-01T12:00:00Z",
            "url": f"https://wire.example/{n}",
        }
        for n in range(40)
    ]
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": "The wire", "items": items}
    import_lines(desk_server, tmp_path, "feed", json.dumps(feed))
    inbox = "inbox?imported=true&q=wire+report"
    page, other = (
        sign_in(visit, desk_server.origin, keys[name], inbox).page for name in ("Anna", "Boris")
    )
    rows = page.locator(".articles > li")
    expect(rows).to_have_count(40)
    other.get_by_label("Select “Wire report 7”").check()
    press(other, "Reject")
    press(other, "Reject")
    expect_announcement(other, "Done: 1. Refused: 0.")

    page.get_by_label("Select all").check()
    press(page, "Tag")
    text_field(page, "Tags to add").fill("wire reviewed")
    press(page, "Tag")
    expect_announcement(page, "Done: 39. Refused: 1.")
    expect(page.locator("[data-slug=wire-report-7] .result")).to_contain_text("has been deleted")
    press(page, "Reload the list")
    expect(rows).to_have_count(39)
    boxes = rows.get_by_role("checkbox")
    boxes.nth(0).check()
    boxes.nth(19).click(modifiers=["Shift"])
    expect(page.get_by_text("20 selected")).to_be_visible()
    press(page, "Publish")
    press(page, "Publish")
    expect_announcement(page, "Done: 20. Refused: 0.")
    published = rows.filter(has_text="Published.").first.get_attribute("data-slug")
    press(page, "Reload the list")
    expect(rows).to_have_count(19)
    page.get_by_label("Select all").check()
    press(page, "Reject")
    press(page, "Reject")
    expect_announcement(page, "Done: 19. Refused: 0.")
    press(page, "Reload the list")
    expect(rows).to_have_text(["No article matches."])
    assert open_portal(visit, desk_server, f"/articles/{published}")[1] == 200
    assert open_portal(visit, desk_server, "/articles/wire-report-7")[1] == 404


def test_two_editors_lose_no_word(
    visit: Open, desk_server: Server, keys: Mapping[str, str]
) -> None:
    anna, boris = (sign_in(visit, desk_server.origin, keys[name]).page for name in keys)
    write_article(anna, title="A shared article", lead="First lead.", text="First text.")
    boris.clock.install()
    open_screen(boris, "articles/a-shared-article")

    text_field(anna, "Lead").fill("Lead of Anna.")
    press_save(anna)
    with boris.expect_request("**/preview?*") as polling:
        boris.clock.fast_forward("00:16")
    assert polling.value.headers["x-background"] == "true"
    expect(boris.get_by_text("Anna has saved version 2.")).to_be_visible()
    text_field(boris, "Title").fill("Title of Boris")
    press(boris, "Save draft")  # of another field: both are kept
    expect(boris.get_by_text("both changes are kept")).to_be_visible()
    expect(text_field(boris, "Lead")).to_have_value("Lead of Anna.")

    text_field(boris, "Text").fill("Text of Boris.")
    press_save(boris)
    text_field(anna, "Text").fill("Text of Anna.")
    press(anna, "Save draft")
    panel = anna.get_by_role("region", name="Another editor has changed this record")
    for whose, name in (("Yours", "Anna"), ("Theirs", "Boris")):
        expect(panel.locator("label", has_text=whose)).to_contain_text(f"of {name}.")
    expect(text_field(anna, "Text")).to_have_value("Text of Anna.")
    panel.get_by_role("button").click()
    expect_announcement(anna, "Saved.")
    expect(text_field(anna, "Title")).to_have_value("Title of Boris")
    boris.reload()
    expect(text_field(boris, "Text")).to_have_value("Text of Anna.")
    open_screen(boris, "history/articles/a-shared-article")
    press(boris, "Compare")
    expect(boris.get_by_role("table").last).to_contain_text("Boris")


def test_autosave_does_not_change_what_was_published_meanwhile(
    visit: Open, desk_server: Server, keys: Mapping[str, str]
) -> None:
    anna, boris = (sign_in(visit, desk_server.origin, keys[name]).page for name in keys)
    write_article(anna, title="A hasty article", lead="First lead.", text="First text.")
    open_screen(boris, "articles/a-hasty-article")
    press(boris, "Publish now")
    expect_announcement(boris, "The article is public.")
    text_field(anna, "Lead").fill("Half a sen")
    expect(anna.locator(".state")).to_contain_text("Published")  # the autosave met the publication
    expect(anna.locator(".state")).to_contain_text("Changes are not saved.")
    expect(text_field(anna, "Lead")).to_have_value("Half a sen")
    public, _ = open_portal(visit, desk_server, "/articles/a-hasty-article")
    expect(public.locator(".lead")).to_have_text("First lead.")
    press_save(anna)
    public, _ = open_portal(visit, desk_server, "/articles/a-hasty-article")
    expect(public.locator(".lead")).to_have_text("Half a sen")


def test_author_cannot_publish(visit: Open, desk_server: Server) -> None:
    key = desk_server.create_key(role="author", name="Vera")
    page = sign_in(visit, desk_server.origin, key, "articles/launch-progress-ms-11").page
    expect(page.get_by_text("You can read this article, but not change it.")).to_be_visible()
    expect(text_field(page, "Title")).to_be_disabled()
    open_screen(page, "inbox")
    expect(page.get_by_role("button", name="Publish")).to_have_count(0)
    write_article(page, title="An article of an author", lead="A lead.", text="A text.")
    expect(page.get_by_role("button", name="Preview link")).to_be_visible()  # positive control
    for name in ("Publish now", "Unpublish", "Move to trash"):
        expect(page.get_by_role("button", name=name)).to_have_count(0)
    due = datetime.now(PORTAL_ZONE) + timedelta(days=1)
    page.get_by_label("Publication").fill(due.strftime("%Y-%m-%dT%H:%M:%S"))
    press_save(page)
    expect(page.get_by_role("button", name=re.compile("Schedule"))).to_have_count(0)
    statuses = page.evaluate(
        """async () => {
          const { csrf_token: token } = await (await fetch("/v1/session")).json();
          const send = async (method, path, body) => (await fetch(`/v1/articles/${path}`, { method,
            headers: { "X-CSRF-Token": token, "If-Match": "*", "Content-Type": "application/json" },
            body: body && JSON.stringify(body) })).status;
          const slug = "an-article-of-an-author";
          return [
            await send("PATCH", slug, { note: "An author may change drafts." }),
            await send("POST", `${slug}/publish`),
            await send("POST", "batch", { publish: [slug] }),
            await send("DELETE", slug),
          ];
        }"""
    )
    assert statuses == [200, 403, 403, 403]
    assert open_portal(visit, desk_server, "/articles/an-article-of-an-author")[1] == 404


def test_ended_session_loses_nothing(
    visit: Open, desk_server: Server, keys: Mapping[str, str]
) -> None:
    seen = sign_in(visit, desk_server.origin, keys["Anna"], "articles/new")
    page = seen.page
    for label in ("Title", "Lead", "Text"):
        text_field(page, label).fill(f"{label} of an ended session")
    second = page.context.new_page()
    second.goto(f"{desk_server.origin}/desk")
    press(second, "Sign out")
    expect(second.get_by_role("heading", name="Sign in")).to_be_visible()
    # Not by keyboard and mouse: the preview may have opened the dialog, which has the focus.
    text_field(page, "Source").evaluate(
        """(field) => {
          field.value = "Press office";
          field.dispatchEvent(new Event("input", { bubbles: true }));
        }"""
    )
    page.get_by_role("button", name="Save draft", include_hidden=True).dispatch_event("click")
    expect(page.get_by_text("Your session has ended.")).to_be_visible()
    page.get_by_label("API key").fill("zarya_wrong")
    page.keyboard.press("Enter")
    expect(page.locator("dialog [data-invalid]")).to_be_visible()
    page.get_by_label("API key").fill(keys["Anna"])
    page.keyboard.press("Enter")
    expect(page.locator(".state")).to_contain_text("Saved at")
    page.reload()
    expect(text_field(page, "Text")).to_have_value("Text of an ended session")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_screens_are_accessible(
    visit: Open, desk_server: Server, keys: Mapping[str, str], theme: str
) -> None:
    page = visit(color_scheme=theme, viewport={"width": 360, "height": 740}).page
    page.goto(f"{desk_server.origin}/desk?lang={'en' if theme == 'light' else 'ru'}")
    expect(page.locator("dialog")).to_be_visible()
    found = {"sign-in": accessibility_violations(page)}
    page.locator("dialog input").fill(keys["Anna"])
    page.keyboard.press("Enter")
    expect(page.locator("main h1")).to_be_visible()
    for screen in ("inbox", "articles/new", "articles/launch-progress-ms-11", "nowhere/%E0"):
        if screen not in page.url:
            open_screen(page, screen)
        found[screen] = accessibility_violations(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, screen
    open_screen(page, "articles/new")
    for button in page.locator("fieldset button:visible").all():
        button.click()
        expect(page.locator("dialog")).to_be_visible()
        found[f"dialog {button.inner_text()}"] = accessibility_violations(page)
        page.keyboard.press("Escape")
    page.keyboard.press("F1")
    found["shortcuts"] = accessibility_violations(page)
    assert {name: violations for name, violations in found.items() if violations} == {}


def test_payloads_in_articles_run_no_script(
    visit: Open, desk_server: Server, keys: Mapping[str, str], tmp_path: Path
) -> None:
    """`test_xss.py` is the positive control: the payloads run if they are inserted as HTML."""
    articles = [
        {
            "slug": f"payload-{n}",
            "title": payload[:MAX_TITLE_CHARS],
            "source": {"name": f"Payload {payload}"[:100]},
            "language": "en",
        }
        | dict.fromkeys(("lead", "body", "note"), payload)
        for n, payload in enumerate(PAYLOADS)
    ]
    lines = (json.dumps({"type": "article", "data": article}) for article in articles)
    import_lines(desk_server, tmp_path, "ndjson", "\n".join(lines))
    seen = sign_in(visit, desk_server.origin, keys["Anna"], "inbox?imported=true")
    page = seen.page
    page.evaluate(RECORD_CALLS_SCRIPT)
    shown = 0
    while True:
        expect(page.locator("[data-slug^=payload]").first).to_be_visible()
        shown += page.locator("[data-slug^=payload]").count()
        following = page.get_by_role("button", name="Next page")
        if not following.count():
            break
        first = page.locator("[data-slug]").first.get_attribute("data-slug")
        following.click()
        expect(page.locator("[data-slug]").first).not_to_have_attribute("data-slug", str(first))
    assert shown > 150
    open_screen(page, "articles/new")
    for payload in PAYLOADS:
        text_field(page, "Title").fill(payload)
    text_field(page, "Lead").fill("".join(PAYLOADS)[:MAX_LEAD_CHARS])
    text_field(page, "Text").fill("\n\n".join(PAYLOADS))
    expect(page.locator(".prose p").first).to_be_visible()
    for element in page.locator(".prose a").all()[:20]:
        element.dispatch_event("mouseover")
    page.wait_for_timeout(500)  # error events of images arrive later
    assert page.evaluate("window.fired") == []
    assert seen.external_requests == []


def test_frame_headers_and_signed_out_browser(chromium: Browser, desk_server: Server) -> None:
    context = chromium.new_context()
    page = context.new_page()
    response = page.goto(f"{desk_server.origin}/desk")
    assert response is not None
    headers = response.headers
    assert headers["cache-control"] == "no-store"
    assert headers["x-robots-tag"] == "noindex"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(page.locator("main h1")).to_have_count(0)
    context.close()
