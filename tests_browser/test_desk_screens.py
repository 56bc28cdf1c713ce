"""All screens of the desk in a browser: accessibility, phones, scripts in names, other sites."""

# ruff: noqa: S101 - tests assert

from collections.abc import Callable

import pytest
from playwright.sync_api import Error, expect

from tests.support.xss import PAYLOADS
from tests_browser.accessibility import accessibility_violations
from tests_browser.browsers import RECORD_CALLS_SCRIPT, Visit
from tests_browser.desk import expect_announcement, open_screen, press, sign_in
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


def test_payloads_in_names_run_no_script(visit: Open, desk_server: Server, desk_key: str) -> None:
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
        desk_server.post("/v1/people", desk_key, person)
    seen = sign_in(visit, desk_server.origin, desk_key)
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
    press(page, "Delete")
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
    with pytest.raises(Error, match="TrustedHTML"):  # were it parsed, the policy would stop it
        page.evaluate("document.body.innerHTML = '<img src=x onerror=alert(1)>'")


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
