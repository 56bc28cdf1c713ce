"""The documentation site in a browser: accessibility, stability, weight, search, old links."""

# ruff: noqa: S101 - tests assert

import re
from collections.abc import Callable
from urllib.parse import quote_plus

import pytest
from playwright.sync_api import Page, Response, expect

from tests.support.docs_questions import MIN_RIGHT_COUNT, QUESTIONS
from tests_browser.accessibility import accessibility_violations
from tests_browser.browsers import Visit
from tests_browser.layout_shifts import layout_shift

Open = Callable[..., Visit]

PATHS = ["/docs", "/docs/guides/dates", "/docs/api/launches", "/docs/search?q=page+of+a+list"]
PHONE = {"width": 360, "height": 740}
DESKTOP = {"width": 1400, "height": 900}
MAX_TRANSFER_BYTES = 300_000


def record_responses(page: Page) -> list[Response]:
    """Return the list to which the responses that a page loads are added."""
    responses: list[Response] = []

    def record(response: Response) -> None:
        responses.append(response)

    page.on("response", record)
    return responses


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_pages_are_accessible_stable_and_light(
    visit: Open, origin: str, viewport: dict[str, int], scheme: str
) -> None:
    for path in PATHS:
        seen = visit(viewport=viewport, color_scheme=scheme)
        page = seen.page
        responses = record_responses(page)
        page.goto(f"{origin}{path}", wait_until="networkidle")
        assert layout_shift(page) == 0, path
        assert sum(len(each.body()) for each in responses) < MAX_TRANSFER_BYTES, path
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"], path
        assert accessibility_violations(page) == [], path
        assert (seen.external_requests, seen.errors) == ([], []), path


def test_layout_shift_is_measured(visit: Open, origin: str) -> None:
    """Positive control."""
    page = visit(viewport=DESKTOP).page
    page.goto(f"{origin}/docs/guides/dates")
    page.evaluate("document.querySelector('main').prepend(document.createElement('pre'))")
    page.evaluate("document.querySelector('main > pre').textContent = '\\n'.repeat(20)")
    page.wait_for_timeout(100)
    assert layout_shift(page) > 0


def test_questions_lead_to_their_pages(visit: Open, origin: str) -> None:
    seen = visit()
    page = seen.page
    page.goto(f"{origin}/docs/api/launches")
    found: dict[str, str] = {}
    for question in QUESTIONS:
        page.get_by_role("searchbox").fill(question)
        page.get_by_role("searchbox").press("Enter")
        page.wait_for_url(f"**/docs/search?q={quote_plus(question)}")
        path = page.locator(".results a").first.get_attribute("href") or ""
        found[question] = path.partition("#")[0].removeprefix("/docs/")
    wrong = {question: path for question, path in found.items() if path != QUESTIONS[question]}
    assert len(found) - len(wrong) >= MIN_RIGHT_COUNT, wrong
    assert (seen.external_requests, seen.errors) == ([], [])


def test_question_leads_to_its_page(visit: Open, origin: str) -> None:
    seen = visit()
    page = seen.page
    page.goto(f"{origin}/docs/api/launches")
    page.get_by_role("searchbox").fill("what does precision mean")
    page.get_by_role("searchbox").press("Enter")
    page.locator(".results a").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Dates and precision")
    page.get_by_role("link", name="Languages →").click()
    expect(page).to_have_title("Languages – Zarya documentation")
    assert (seen.external_requests, seen.errors) == ([], [])


def test_theme_is_kept_and_commands_are_copied(visit: Open, origin: str) -> None:
    seen = visit(color_scheme="light", permissions=["clipboard-read", "clipboard-write"])
    page = seen.page
    page.goto(f"{origin}/docs/guides/dates")
    page.get_by_role("button", name="Dark theme").click()
    page.reload()
    expect(page.get_by_role("button", name="Dark theme", pressed=True)).to_be_visible()
    page.get_by_role("button", name="Copy").first.click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == "curl -s 'localhost:8000/v1/missions/iss-75'"
    assert seen.errors == []


def test_old_links_to_operations_lead_to_the_reference(visit: Open, origin: str) -> None:
    page = visit().page
    page.goto(f"{origin}/docs#tag/missions/GET/v1/missions")
    expect(page).to_have_url(re.compile(r"/docs/reference#tag/missions/GET/v1/missions$"))
