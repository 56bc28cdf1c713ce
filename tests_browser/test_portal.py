"""The portal in a browser: content, navigation, accessibility, offline use, refresh."""

# ruff: noqa: S101 - tests assert

import itertools
import json
import re
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Route, expect

from tests.support.subscriptions import SUBSCRIPTIONS, page_links
from tests_browser.accessibility import accessibility_violations
from tests_browser.browsers import Visit
from tests_browser.pages import (
    APRIL_2019,
    SCREENS,
    open_page,
    wait_for_offline_data,
    wait_until_ready,
)
from tests_browser.servers import Server, get_json

Open = Callable[..., Visit]

PHONE = {"width": 360, "height": 740}
NARROW_PHONE = {"width": 320, "height": 568}


def in_language(address: str, language: str) -> str:
    """`address` with the parameter `lang`, which an empty `language` omits."""
    if not language:
        return address
    return f"{address}{'&' if '?' in address else '?'}lang={language}"


@pytest.mark.parametrize("scripts", [True, False], ids=["modules", "no-script"])
def test_mission_page_of_april_2019_shows_all_facts(
    visit: Open, origin: str, scripts: bool
) -> None:
    seen = visit(java_script_enabled=scripts)
    page = seen.page
    page.goto(f"{origin}{APRIL_2019}")
    expect(page).to_have_title("ISS-59 mission – Zarya")
    expect(page.get_by_role("heading", level=1)).to_have_text("ISS-59 mission")
    region = page.get_by_role("region", name="Main tasks")
    expect(region.get_by_role("listitem")).to_have_count(4)
    crew = page.get_by_role("region", name="ISS crew")
    assert [
        (line.locator(".role").inner_text(), line.locator(".who a").inner_text())
        for line in crew.locator(".crew > li").all()
    ] == [
        ("Commander", "Oleg Kononenko"),
        ("Flight engineer", "David Saint-Jacques"),
        ("Flight engineer", "Anne McClain"),
        ("Flight engineer", "Aleksey Ovchinin"),
        ("Flight engineer", "Nick Hague"),
        ("Flight engineer", "Christina Koch"),
    ]
    article = page.get_by_role("region", name="The legendary Ball is back!")
    expect(article.get_by_text("August 31, 2018")).to_be_visible()
    for fact in ("globe", "hands", "Soyuz", "Apollo", "July 1975", "1996", "Korolev", "80th"):
        expect(article).to_contain_text(fact)
    launches = page.get_by_role("region", name="Launches").get_by_role("listitem").all_inner_texts()
    texts = [" ".join(line.split()) for line in launches]
    assert texts[1:3] == [
        "April 4, 2019 LV Soyuz-2.1a with CV Progress MS-11 is launched cargo",
        "March 14, 2019 LV Soyuz-FG with SC Soyuz MS-12 is launched brought crew",
    ]
    expect(page.get_by_role("heading", name="News Archive")).to_be_visible()
    calendar = page.get_by_role("table", name=re.compile("April 2019"))
    assert calendar.get_by_role("columnheader").all_inner_texts() == "Mo Tu We Th Fr Sa Su".split()
    first = calendar.locator("tbody tr").first
    assert first.get_by_role("cell").all_inner_texts() == [str(n) for n in range(1, 8)]

    calendar.get_by_role("link", name="April 4, 2019: 4 news items").click()
    page.wait_for_url(re.compile("day=2019-04-04"))
    news = page.get_by_role("region", name="News of April 4, 2019")
    expect(news.get_by_role("listitem")).to_have_count(4)
    expect(news).to_contain_text("LV Soyuz-2.1a with CV Progress MS-11 is launched")
    assert (seen.external_requests, seen.errors) == ([], [])


def test_walking_the_archive_visits_every_month(visit: Open, origin: str) -> None:
    years = get_json(origin, "/v1/articles/archive?language=en")["years"]
    months = {month["month"]: month["count"] for year in years for month in year["months"]}
    seen = visit()
    page = seen.page
    first, *_, last = months
    open_page(page, f"{origin}/archive/{first}")
    walked = []
    while True:
        month = page.url.rsplit("/", 1)[1]
        days = page.locator("[data-date]").evaluate_all(
            "days => days.map((day) => parseInt(day.ariaLabel.split(': ')[1]))"
        )
        items = page.locator(".news > li").count()
        assert sum(days) == items == months[month], month
        walked.append(month)
        if month == last:
            break
        page.locator("[data-date]").last.focus()
        page.keyboard.press("PageDown" if len(walked) % 2 else "ArrowRight")
        page.wait_for_url(re.compile(f"/archive/(?!{month})"))
        expect(page.locator("#main")).not_to_have_attribute("aria-busy", "true")
    assert walked == list(months)
    assert seen.errors == []


def test_navigation_updates_the_url_and_history(visit: Open, origin: str) -> None:
    page = visit().page
    open_page(page, f"{origin}{APRIL_2019}")
    loads = page.evaluate("performance.timeOrigin")
    page.get_by_role("link", name="Aleksey Ovchinin", exact=True).click()
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_have_text("Aleksey Ovchinin")
    expect(heading).to_be_focused()
    expect(page).to_have_url(f"{origin}/people/aleksey-ovchinin")
    page.get_by_role(
        "link", name="The launch of LV Soyuz-FG with SC Soyuz MS-10 failed"
    ).first.click()
    expect(heading).to_contain_text("MS-10 failed")
    page.go_back()
    expect(heading).to_have_text("Aleksey Ovchinin")
    page.go_back()
    expect(heading).to_have_text("ISS-59 mission")
    page.go_forward()
    expect(heading).to_have_text("Aleksey Ovchinin")
    expect(page).to_have_title("Aleksey Ovchinin – Zarya")
    assert page.evaluate("performance.timeOrigin") == loads
    page.reload()
    expect(heading).to_have_text("Aleksey Ovchinin")


@pytest.mark.parametrize("language", ["", "en", "ru"])
@pytest.mark.parametrize("screen", [name for name in SCREENS if name != "problem"])
def test_browser_renders_templates_like_the_server(
    visit: Open, origin: str, screen: str, language: str
) -> None:
    address = in_language(SCREENS[screen], language)
    request = Request(f"{origin}{address}", headers={"Accept": "text/html"})  # noqa: S310 - our own
    with urlopen(request) as response:  # noqa: S310 - an address of our own
        page: str = response.read().decode()
    start = page.index(">", page.index("<main")) + 1
    seen = visit(timezone_id="Pacific/Auckland")  # dates do not depend on the visitor's zone
    open_page(seen.page, f"{origin}{in_language('/search', language)}")
    rendered: str = seen.page.evaluate(
        """async (to) => {
          const { src } = document.querySelector("script[type=module]");
          return (await import(src)).render(new URL(to, location));
        }""",
        address,
    )
    assert rendered.strip() == page[start : page.index("</main>")].strip()
    assert len(rendered) > 500


@pytest.mark.parametrize(
    ("scheme", "language", "size"),
    [
        ("light", "en", "desktop"),
        ("light", "ru", "phone"),
        ("dark", "en", "phone"),
        ("dark", "ru", "desktop"),
    ],
)
def test_screens_have_no_accessibility_violations(
    visit: Open, origin: str, scheme: str, language: str, size: str
) -> None:
    viewport = PHONE if size == "phone" else {"width": 1280, "height": 900}
    seen = visit(color_scheme=scheme, viewport=viewport, has_touch=size == "phone")
    page = seen.page
    for name, address in SCREENS.items():
        page.goto(f"{origin}{in_language(address, language)}")
        wait_until_ready(page)
        assert accessibility_violations(page) == [], name
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= viewport["width"], name
    assert seen.external_requests == []
    assert [error for error in seen.errors if "404" not in error] == []


OVERFLOWING_SCRIPT = """() => [...document.querySelectorAll("body *")]
  .filter((element) => !element.closest(".scroll, .unseen, .skip"))
  .filter((element) => element.getBoundingClientRect().right > innerWidth + 1)
  .map((element) => element.outerHTML.slice(0, 80))"""


@pytest.mark.parametrize("language", ["en", "ru"])
def test_screens_fit_narrow_phones(visit: Open, origin: str, language: str) -> None:
    page = visit(viewport=NARROW_PHONE, has_touch=True).page
    for name, address in SCREENS.items():
        open_page(page, f"{origin}{in_language(address, language)}")
        assert page.evaluate(OVERFLOWING_SCRIPT) == [], name
    # Positive control.
    page.evaluate("document.querySelector('h1').style.width = '321px'")
    assert len(page.evaluate(OVERFLOWING_SCRIPT)) == 1


def test_months_of_years_do_not_overlap_on_phones(visit: Open, origin: str) -> None:
    page = visit(viewport=NARROW_PHONE).page
    open_page(page, f"{origin}/archive")
    boxes = [cell.bounding_box() for cell in page.locator(".years tr:nth-child(2) > *").all()]
    rows = sorted({(box["y"], box["y"] + box["height"]) for box in boxes if box})
    assert len(boxes) == 1 + 12
    assert len(rows) == 3
    assert all(above[1] <= below[0] for above, below in itertools.pairwise(rows))
    links = [link.bounding_box() for link in page.locator(".years tr:nth-child(2) a").all()]
    bottoms = [row[1] for row in rows]
    for link in links:
        assert link
        assert min(abs(link["y"] + link["height"] - bottom) for bottom in bottoms) < 1


def test_accessibility_violations_are_detected(visit: Open, origin: str) -> None:
    """Positive control."""
    page = visit().page
    open_page(page, f"{origin}{APRIL_2019}")
    page.evaluate("document.documentElement.lang = ''")
    page.evaluate("document.querySelector('.tasks li').style.color = '#eee'")
    violations = accessibility_violations(page)
    assert {line.split(":")[0] for line in violations} == {"html-has-lang", "color-contrast"}


@pytest.mark.parametrize(
    ("script", "violation"),
    [
        ("document.body.append(Object.assign(document.createElement('script'), {src: '/x.js'}))",
         "This document requires 'TrustedScriptURL' assignment"),
        ("document.querySelector('main').innerHTML = '<img src=x onerror=alert(1)>'",
         "This document requires 'TrustedHTML' assignment"),
        ("document.body.append(Object.assign(new Image(), {src: 'http://elsewhere.invalid/x'}))",
         "img-src forbids http://elsewhere.invalid/x"),
        ("document.body.insertAdjacentElement('beforeend', Object.assign("
         "document.createElement('p'), {})).setAttribute('style', 'color: red')",
         "style-src-attr forbids inline"),
    ],
    ids=["script", "html", "image", "style"],
)  # fmt: skip
def test_content_security_policy_is_enforced(
    visit: Open, origin: str, script: str, violation: str
) -> None:
    """Positive control of all tests that assert no errors."""
    seen = visit()
    open_page(seen.page, f"{origin}{APRIL_2019}")
    assert seen.errors == []
    with seen.page.expect_console_message(lambda message: violation in message.text):
        seen.page.evaluate(f"try {{ {script} }} catch (error) {{ console.error(error.message) }}")
    assert any(violation in error for error in seen.errors)


def test_calendar_is_operable_by_keyboard(visit: Open, origin: str) -> None:
    page = visit().page
    open_page(page, f"{origin}{APRIL_2019}")
    focus = page.locator(":focus")
    page.get_by_role("link", name="April 4, 2019: 4 news items").focus()
    page.keyboard.press("ArrowRight")
    expect(focus).to_have_accessible_name("April 8, 2019: 1 news item")
    page.keyboard.press("Home")
    expect(focus).to_have_accessible_name("April 4, 2019: 4 news items")
    page.keyboard.press("ArrowDown")
    expect(focus).to_have_accessible_name("April 17, 2019: 1 news item")
    page.keyboard.press("ArrowDown")
    page.wait_for_url(re.compile("month=2019-05"))
    expect(focus).to_have_accessible_name(re.compile("^May .*, 2019"))
    expect(page.get_by_role("status").first).to_contain_text("May 2019")
    page.keyboard.press("PageUp")
    page.wait_for_url(re.compile("month=2019-04"))
    expect(focus).to_have_accessible_name("April 4, 2019: 4 news items")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="News of April 4, 2019")).to_be_focused()
    expect(page.get_by_role("link", name="April 4, 2019: 4 news items")).to_have_attribute(
        "aria-current", "date"
    )


def test_calendar_is_operable_by_swiping(visit: Open, origin: str) -> None:
    page = visit(viewport=PHONE, has_touch=True).page
    open_page(page, f"{origin}{APRIL_2019}")
    table = page.locator("[data-calendar] table")
    for direction, month in ((-1, "2019-05"), (1, "2019-04")):
        table.scroll_into_view_if_needed()
        box = table.bounding_box()
        assert box
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        touches = page.context.new_cdp_session(page)
        for kind, at in (("touchStart", x), ("touchMove", x + 60 * direction), ("touchEnd", None)):
            points = [] if at is None else [{"x": at, "y": y}]
            touches.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
        page.wait_for_url(re.compile(f"month={month}"))
        expect(page.locator("#main")).not_to_have_attribute("aria-busy", "true")


def test_language_link_switches_the_language_permanently(visit: Open, origin: str) -> None:
    seen = visit(locale="en-GB")
    page = seen.page
    open_page(page, f"{origin}{APRIL_2019}")
    page.get_by_role("link", name="Oleg Kononenko", exact=True).click()
    page.get_by_role("link", name="Русский").click()
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_have_text("Олег Кононенко")
    expect(page.locator("html")).to_have_attribute("lang", "ru")
    wait_until_ready(page)
    page.get_by_role("link", name="МКС-59").click()
    expect(heading).to_have_text("Экспедиция МКС-59")
    expect(page.get_by_role("heading", name="Экипаж МКС")).to_be_visible()
    page.get_by_role("link", name="English").click()
    expect(heading).to_have_text("ISS-59 mission")
    assert seen.errors == []


def test_theme_button_switches_the_theme_permanently(visit: Open, origin: str) -> None:
    seen = visit(color_scheme="dark")
    page = seen.page
    open_page(page, f"{origin}/missions")
    background = "getComputedStyle(document.documentElement).backgroundColor"
    dark = page.evaluate(background)
    button = page.get_by_role("button", name="Dark theme")
    expect(button).to_have_attribute("aria-pressed", "true")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "false")
    light = page.evaluate(background)
    assert light != dark
    page.reload()
    assert page.evaluate(background) == light
    assert seen.errors == []


def test_timeline_lists_people_aboard(visit: Open, origin: str) -> None:
    page = visit().page
    open_page(page, f"{origin}/missions")
    section = page.get_by_role("region", name="Crew timeline").first
    section.get_by_label("Day").fill("2019-04-04")
    names = section.get_by_role("listitem").all_inner_texts()
    people = get_json(origin, "/v1/people?aboard_on=2019-04-04")["items"]
    assert sorted(names) == sorted(person["name"] for person in people)
    assert len(names) == 6
    years = section.locator("svg text").all_text_contents()
    assert years[0] == "2000"
    section.get_by_label("Day").fill("2000-10-31")
    assert len(section.get_by_role("listitem").all()) == 3


def test_timeline_fades_out_behind_the_horizon(visit: Open, origin: str) -> None:
    page = visit().page
    open_page(page, f"{origin}/missions")
    section = page.get_by_role("region", name="Crew timeline").first
    known_until = get_json(origin, "/v1/missions/current")["known_until"]
    day = section.get_by_label("Day")
    expect(day).to_have_attribute("max", known_until[:10])
    expect(day).to_have_value(known_until[:10])
    known, faded = section.locator("svg mask rect").all()
    assert float(faded.get_attribute("x") or 0) == float(known.get_attribute("width") or 0)
    assert float(faded.get_attribute("width") or 0) > 0


@pytest.mark.parametrize("spelling", ["Ovchinin", "Ovtchinine", "Овчинин", "Овчiнин", "Ovčinin"])
def test_search_finds_a_name_in_every_spelling(visit: Open, origin: str, spelling: str) -> None:
    seen = visit()
    page = seen.page
    open_page(page, f"{origin}/search")
    box = page.get_by_role("combobox", name="Search")
    box.press_sequentially(spelling)
    suggestion = page.get_by_role("option").first
    expect(suggestion).to_have_accessible_name("Aleksey Ovchinin Person")
    expect(suggestion.locator("mark")).to_have_text("Ovchinin")
    expect(box).to_have_attribute("aria-expanded", "true")
    box.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Search: {spelling}")
    first = page.get_by_role("region", name="Results").get_by_role("listitem").first
    expect(first.get_by_role("link")).to_have_text("Aleksey Ovchinin")
    assert parse_qs(urlsplit(page.url).query) == {"q": [spelling]}
    page.get_by_role("link", name="More").click()
    expect(first.get_by_role("link")).not_to_have_text("Aleksey Ovchinin")
    page.go_back()
    expect(first.get_by_role("link")).to_have_text("Aleksey Ovchinin")
    assert (seen.external_requests, seen.errors) == ([], [])


def test_search_in_russian_and_empty_result(visit: Open, origin: str) -> None:
    seen = visit()
    page = seen.page
    open_page(page, f"{origin}/search?lang=ru")
    box = page.get_by_role("combobox", name="Поиск")
    box.press_sequentially("ovch")
    suggestion = page.get_by_role("option").first
    expect(suggestion).to_have_accessible_name("Алексей Овчинин Человек")
    box.press("ArrowDown")
    expect(suggestion).to_have_attribute("aria-selected", "true")
    box.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Алексей Овчинин")
    expect(page).to_have_url(f"{origin}/people/aleksey-ovchinin?lang=ru")
    page.goto(f"{origin}/search?q=xqzwvkj&lang=ru")
    expect(page.get_by_text("Ничего не найдено.")).to_be_visible()
    assert seen.errors == []


def test_visited_pages_are_available_offline(visit: Open, origin: str) -> None:
    seen = visit()
    page = seen.page
    open_page(page, f"{origin}{APRIL_2019}")
    wait_for_offline_data(page)
    page.get_by_role("link", name="Aleksey Ovchinin", exact=True).click()
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_have_text("Aleksey Ovchinin")
    assert seen.errors == []

    page.context.set_offline(True)
    expect(page.locator(".notice")).to_contain_text("Offline")
    page.reload()
    expect(heading).to_have_text("Aleksey Ovchinin")
    page.goto(f"{origin}{APRIL_2019}")
    expect(heading).to_have_text("ISS-59 mission")
    expect(page.get_by_role("region", name="ISS crew")).to_contain_text("Oleg Kononenko")
    page.get_by_role("link", name="Missions", exact=True).click()
    expect(heading).to_have_text("All missions")
    page.goto(f"{origin}/missions/iss-1")
    expect(heading).to_have_text("Something went wrong")
    expect(page.get_by_role("main")).to_contain_text("has not been visited before")

    page.context.set_offline(False)
    page.get_by_role("link", name="Try again").click()
    expect(heading).to_have_text("ISS-1 mission")
    expect(page.locator(".notice")).to_have_count(0)


def test_cached_page_is_shown_after_a_server_error(visit: Open, origin: str) -> None:
    page = visit().page
    open_page(page, f"{origin}{APRIL_2019}")
    wait_for_offline_data(page)
    page.goto(f"{origin}{APRIL_2019}")
    page.context.route("**/missions/**", lambda route: route.fulfill(status=503, body="busy"))
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("ISS-59 mission")


def test_responses_to_a_key_are_not_cached(visit: Open, server: Server, origin: str) -> None:
    """Requests of the API reference with a key pass through the service worker, too."""
    key = server.create_key("articles:write")
    page = visit().page
    open_page(page, f"{origin}/")
    wait_for_offline_data(page)
    statuses, paths = page.evaluate(
        """async (authorization) => {
          const statuses = [];
          for (const headers of [{ authorization }, {}, {}]) {
            statuses.push((await fetch('/v1/drafts', { headers })).status);
          }
          await (await fetch('/v1/people')).text();
          const cached = await (await caches.open('data')).keys();
          return [statuses, cached.map(({ url }) => new URL(url).pathname)];
        }""",
        f"Bearer {key}",
    )
    assert statuses == [200, 401, 401]
    assert "/v1/drafts" not in paths
    assert "/v1/people" in paths


def test_changes_by_editors_appear_without_reload(visit: Open, server: Server, origin: str) -> None:
    key = server.create_key("launches:write")
    page = visit().page
    open_page(page, f"{origin}/")
    expect(page.locator("[data-until]")).to_have_count(0)
    with page.expect_response(lambda response: response.url.endswith("/v1/events")):
        page.reload()
    launch = {
        "status": "planned",
        "launch_at": "2099-04-04T11:01:00Z",
        "launch_at_precision": "minute",
        "vehicle": {"name": "Soyuz-2.1a", "family": "Soyuz"},
        "site": {"name": "Baikonur Cosmodrome", "country": "KZ"},
        "spacecraft": [{"name": "Progress Example", "kind": "CV"}],
        "crewed": False,
    }
    slug = server.post("/v1/launches", key, launch)["slug"]
    timer = page.get_by_role("timer", name="Time to launch")
    expect(timer).to_be_visible()
    before = timer.inner_text()
    expect(timer).not_to_have_text(before)
    planned = page.get_by_text("The launch of LV Soyuz-2.1a with CV Progress Example")
    expect(planned.first).to_be_visible()
    headers = {"Authorization": f"Bearer {key}", "If-Match": "*"}
    request = Request(f"{origin}/v1/launches/{slug}", headers=headers, method="DELETE")  # noqa: S310 - ours
    urlopen(request).close()  # noqa: S310 - an address of our own
    expect(timer).to_have_count(0)


def test_refused_event_stream_reconnects(visit: Open, origin: str) -> None:
    page = visit(service_workers="block").page
    page.add_init_script("Math.random = () => 0")
    refused: list[str] = []

    def refuse(route: Route) -> None:
        refused.append(route.request.url)
        route.fulfill(status=503, body="busy")

    page.route("**/v1/events", refuse, times=1)
    with page.expect_response(lambda response: response.url.endswith("/v1/events") and response.ok):
        open_page(page, f"{origin}{APRIL_2019}")
    assert len(refused) == 1


def test_slow_and_failed_requests_are_shown(visit: Open, origin: str) -> None:
    page = visit(service_workers="block").page
    open_page(page, f"{origin}{APRIL_2019}")
    pending: list[Route] = []
    page.route("**/v1/people/**", lambda route: pending.append(route))  # noqa: PLW0108 - Playwright
    page.get_by_role("link", name="Nick Hague", exact=True).click()
    main = page.get_by_role("main")
    expect(main).to_have_attribute("aria-busy", "true")
    page.wait_for_timeout(0)
    pending[0].fulfill(status=503, content_type="application/problem+json", body=json.dumps(
        {"status": 503, "title": "Service unavailable", "detail": "Wait."}
    ))  # fmt: skip
    expect(page.get_by_role("heading", level=1)).to_have_text("Service unavailable")
    expect(main).not_to_have_attribute("aria-busy", "true")
    page.unroute("**/v1/people/**")
    page.get_by_role("link", name="Try again").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Nick Hague")


def test_print_style_hides_controls(visit: Open, origin: str) -> None:
    page = visit().page
    open_page(page, f"{origin}{APRIL_2019}")
    page.emulate_media(media="print")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.locator(".bar")).to_be_hidden()
    style = "getComputedStyle(document.querySelector('.hero'))"
    color, background_color = page.evaluate(f"[{style}.color, {style}.backgroundColor]")
    assert (color, background_color) == ("rgb(0, 0, 0)", "rgba(0, 0, 0, 0)")


@pytest.mark.parametrize("path", SUBSCRIPTIONS)
def test_links_of_feeds_and_calendars_open_pages(visit: Open, origin: str, path: str) -> None:
    with urlopen(f"{origin}{path}") as response:  # noqa: S310 - an address of our own
        links = page_links(path, response.read())
    page = visit().page
    for link in (links[0], links[-1]):
        address = urlsplit(link)
        open_page(page, f"{origin}{address.path}?{address.query}#{address.fragment}")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert urlsplit(page.url).path == address.path


def test_skip_link_moves_the_focus_to_the_content(visit: Open, origin: str) -> None:
    page = visit().page
    open_page(page, f"{origin}{APRIL_2019}")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Skip to content")
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()
