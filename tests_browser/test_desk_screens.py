"""All screens of the desk in a browser: accessibility, phones, other sites."""

# ruff: noqa: S101 - tests assert

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from app.portal.desk.router import DESK_FILES
from app.resources.registry import RECORD_RESOURCES
from tests_browser.accessibility import accessibility_violations
from tests_browser.browsers import Visit
from tests_browser.desk import open_screen, press, sign_in
from tests_browser.servers import Server, serve

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


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_screens_are_accessible(
    visit: Open, desk_server: Server, desk_key: str, theme: str
) -> None:
    seen = sign_in(visit, desk_server.origin, desk_key, color_scheme=theme)
    for screen in SCREENS:
        open_screen(seen.page, screen)
        assert accessibility_violations(seen.page) == [], screen
    assert seen.errors == []


def test_screens_fit_a_phone_in_russian(visit: Open, desk_server: Server, desk_key: str) -> None:
    page = sign_in(visit, desk_server.origin, desk_key, viewport={"width": 360, "height": 740}).page
    page.goto(f"{desk_server.origin}/desk?lang=ru#/facts")
    for screen in SCREENS:
        open_screen(page, screen)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), screen
        untranslated = page.locator("main").get_by_text(r"/^(field|value|type|action|role)[._]\w+/")
        expect(untranslated).to_have_count(0)


ATTACK = """<!doctype html><title>x</title>
<iframe name="desk" src="{origin}/desk"></iframe>
<iframe name="reply" src="about:blank"></iframe>
<form method="post" enctype="text/plain" target="reply" action="{origin}/v1/keys">
<input name='{{"name": "Attacker", "role": "administrator", "x": "' value='"}}'></form>"""


def test_other_sites_can_neither_frame_the_desk_nor_write(
    visit: Open, desk_server: Server, desk_key: str
) -> None:
    """The page of the attacker has the host of the desk, so that browsers send it the cookie."""
    seen = sign_in(visit, desk_server.origin, desk_key, "keys")
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


def test_hints_are_in_russian(visit: Open, desk_server: Server, desk_key: str) -> None:
    """Each field with a hint in English has one in Russian, and the table has no other."""
    table = json.loads(DESK_FILES.files["strings/hints.ru.json"].read_text("utf-8"))
    collections = {each.writer.collection for each in RECORD_RESOURCES.values()}
    screens = [f"facts/{each}/+" for each in sorted(collections - {"articles", "media"})]
    page = sign_in(visit, desk_server.origin, desk_key, "trash").page
    shown: dict[str, list[list[str]]] = {}
    for language in ("en", "ru"):
        page.goto(f"{desk_server.origin}/desk?lang={language}#/trash")
        for screen in (*screens, "keys", "sources/+", "webhooks/+"):
            open_screen(page, screen)
            hints = page.locator(".field > p.quiet").all_text_contents()
            shown.setdefault(language, []).append(hints)
    english = [hint.removesuffix("One a line.").strip() for hints in shown["en"] for hint in hints]
    assert {hint for hint in english if hint} == set(table)
    assert [len(hints) for hints in shown["ru"]] == [len(hints) for hints in shown["en"]]
    russian = {hint for hints in shown["ru"] for hint in hints}
    assert "Конец экспедиции (не включается)." in russian
