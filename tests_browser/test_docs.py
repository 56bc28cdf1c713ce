"""The documentation pages work in a browser, without requests to other hosts."""

# ruff: noqa: S101 - tests assert

import json
import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.request import urlopen

import pytest
from playwright.sync_api import Page, expect

from tests_browser.browsers import Visit

Open = Callable[..., Visit]
SCHEMES = ["light", "dark"]


@pytest.fixture(scope="session")
def document(origin: str) -> dict[str, Any]:
    """OpenAPI document of both pages."""
    with urlopen(f"{origin}/openapi.json") as response:  # noqa: S310 - an address of our own
        openapi: dict[str, Any] = json.load(response)
        return openapi


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield method, path and description of each operation."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method, path, operation


@pytest.mark.timeout(400)  # seventy operations, each of which is scrolled to
@pytest.mark.parametrize("scheme", SCHEMES)
def test_scalar_shows_and_tries_every_operation(
    visit: Open, origin: str, document: dict[str, Any], scheme: str
) -> None:
    seen = visit(color_scheme=scheme)
    page = seen.page
    page.goto(f"{origin}/docs/reference")
    expect(page.locator("body")).to_have_class(re.compile(rf"\b{scheme}-mode\b"))
    current_tag = ""
    for method, path, operation in sorted(operations(document), key=lambda entry: entry[2]["tags"]):
        tag = operation["tags"][0]
        if tag == current_tag and scheme == "dark":
            continue  # one operation of each tag
        if tag != current_tag:  # a new page, because open sections make it slower and slower
            page.goto("about:blank")
        current_tag = tag
        page.goto(f"{origin}/docs/reference#tag/{tag}/{method.upper()}{path}")
        expect(scalar_button(page, method, path)).to_be_visible()

    page.goto(f"{origin}/docs/reference#tag/missions/GET/v1/missions")
    scalar_button(page, "get", "/v1/missions").click()
    client = page.get_by_role("dialog")
    with page.expect_response(lambda response: "/v1/missions" in response.url) as response:
        client.get_by_role("button", name="Send").first.click()
    assert response.value.status == 200
    assert response.value.url.startswith(f"{origin}/v1/missions")
    expect(client.get_by_text("200 OK")).to_be_visible()
    expect(client.get_by_text('"ISS-75"').first).to_be_visible()
    assert (seen.external_requests, seen.errors) == ([], [])


def scalar_button(page: Page, method: str, path: str) -> Any:
    """Return the button that opens the request form of an operation."""
    return page.get_by_role("button", name=f"Test Request ({method} {path})", exact=True)


def test_scalar_copies_an_operation_as_markdown(visit: Open, origin: str) -> None:
    """The module for it is loaded on demand."""
    seen = visit(permissions=["clipboard-read", "clipboard-write"])
    seen.page.goto(f"{origin}/docs/reference")
    seen.page.get_by_role("button", name="Copy as Markdown").first.click()
    seen.page.wait_for_function(
        "navigator.clipboard.readText().then((text) => text.includes('/v1/'))"
    )
    assert (seen.external_requests, seen.errors) == ([], [])


@pytest.mark.parametrize("scheme", SCHEMES)
def test_swagger_shows_and_tries_every_operation(
    visit: Open, origin: str, document: dict[str, Any], scheme: str
) -> None:
    seen = visit(color_scheme=scheme)
    page = seen.page
    page.goto(f"{origin}/docs/swagger")
    expect(page.locator(".opblock").first).to_be_visible()
    expected = {
        f"operations-{operation['tags'][0]}-{operation['operationId']}"
        for _, _, operation in operations(document)
    }
    assert expected - scroll_through_operations(page) == set()
    dark = page.evaluate("document.documentElement.classList.contains('dark-mode')")
    assert dark is (scheme == "dark")

    missions = page.locator("[id$='-listMissions']")
    missions.click()
    missions.get_by_role("button", name="Try it out").click()
    with page.expect_response(lambda response: "/v1/missions" in response.url) as response:
        missions.get_by_role("button", name="Execute").click()
    assert response.value.status == 200
    assert response.value.url.startswith(f"{origin}/v1/missions")
    responses_table = missions.locator(".live-responses-table")
    expect(responses_table.locator(".response-col_status").last).to_contain_text("200")
    expect(responses_table.get_by_text('"ISS-75"').first).to_be_visible()
    assert (seen.external_requests, seen.errors) == ([], [])


def scroll_through_operations(page: Page) -> set[str]:
    """Scroll to the end and back; returns the ids of the operations' blocks that appeared.

    Of many operations, Swagger UI keeps only those near the visible part in the document.
    """
    found: set[str] = set()
    position = -1
    while page.evaluate("scrollY") != position:
        position = page.evaluate("scrollY")
        found |= set(page.evaluate("[...document.querySelectorAll('.opblock')].map(({id}) => id)"))
        page.evaluate("scrollBy(0, innerHeight / 2)")
        page.wait_for_timeout(150)
    page.evaluate("scrollTo(0, 0)")
    return found


def test_request_to_another_host_is_recorded(visit: Open) -> None:
    """Positive control of the tests above."""
    seen = visit()
    seen.page.set_content('<img src="http://elsewhere.invalid/logo.png">')
    assert seen.external_requests == ["http://elsewhere.invalid/logo.png"]


@pytest.mark.parametrize("address", ["/docs/reference", "/docs/swagger"])
@pytest.mark.parametrize(
    ("script", "violation"),
    [
        (
            "fetch('http://elsewhere.invalid/x').catch(() => null)",
            "connect-src forbids http://elsewhere.invalid/x",
        ),
        (
            "document.body.append(Object.assign(new Image(), {src: 'http://elsewhere.invalid/x'}))",
            "img-src forbids http://elsewhere.invalid/x",
        ),
        (
            "document.body.append(Object.assign(document.createElement('script'), {text: 'x'}))",
            "script-src-elem forbids inline",
        ),
    ],
    ids=["fetch", "image", "script"],
)
def test_content_security_policy_is_enforced(
    visit: Open, origin: str, address: str, script: str, violation: str
) -> None:
    """Violations are recorded, so that the tests above would fail."""
    seen = visit()
    seen.page.goto(f"{origin}{address}")
    with seen.page.expect_console_message(lambda message: message.text == violation):
        seen.page.evaluate(script)
    assert violation in seen.errors
