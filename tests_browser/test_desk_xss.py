"""Stored cross-site scripting: payloads in all text fields, on all screens and pages."""

# ruff: noqa: S101 - tests assert

import html
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from playwright.sync_api import Error, Page, Route, expect

from app.domain.enums import Scope
from app.resources.registry import RECORD_RESOURCES
from tests.support.pictures import picture
from tests.support.xss import PAYLOADS
from tests_browser.browsers import Visit
from tests_browser.desk import expect_announcement, open_screen, press, sign_in
from tests_browser.hostile_records import (
    SCHEMAS,
    find_schema,
    find_texts,
    has_text,
    hostile_document,
    iter_texts,
)
from tests_browser.pages import open_page
from tests_browser.servers import Server, run_server

Open = Callable[..., Visit]

RECORDS = int(os.environ.get("XSS_RECORDS", "4"))
"""Records of each type, each with other payloads in its short texts.

With as many as there are payloads, each text has each payload in one of them.
"""
pytestmark = pytest.mark.timeout(30 * RECORDS)
STAY = "progress-ms-11-pirs-nadir"
SERVICE_COLLECTIONS = ("crew-assignments", "sources", "keys", "webhooks")
"""Collections of objects that are no records, with texts that the desk shows."""
PARTS: Mapping[str, Mapping[str, Any]] = {
    "articles": {
        "image": {"media": "{}"},
        "missions": ["{}"],
        "people": ["{}"],
        "launches": ["{}"],
    },
    "crew-assignments": {"person": "{}", "mission": "{}"},
    "launches": {
        "provider": "{}",
        "vehicle": {"name": "{}"},
        "site": "{}",
        "pad": "pad-{}",
        "crewed": True,
        "crew": [{"person": "{}", "role": "commander", "agency": "{}"}],
    },
    "media": {"licence": "CC0-1.0", "published": True},
    "missions": {"number": "{n}", "starts_at": "2031-04-01T00:00:00Z"},
    "modules": {"owners": ["{}"]},
    "people": {"agency": "{}"},
    "sites": {"pads": [{"slug": "pad-{}"}]},
    "sources": {"feed_url": "https://portal.example/{}.rss", "enabled": False},
    "spacecraft": {"operator": "{}", "type": "{}"},
    "spacewalks": {"operator": "{}", "crew": [{"person": "{}", "role": "ev1"}]},
    "vehicles": {"maker": "{}"},
}
"""Parts of documents that the examples of the schemas lack; `{}` is the slug of the documents."""
FORBIDDEN_MARKUP_SCRIPT = """() => [...document.querySelectorAll("*")].flatMap((element) => [
    ...(["IFRAME", "OBJECT", "EMBED", "BASE", "FRAMESET", "XSS"].includes(element.tagName)
        ? [element.outerHTML] : []),
    ...[...element.attributes].filter(({ name, value }) => name.startsWith("on")
        || ["href", "src", "action"].includes(name) && /^\\s*(java|vb|live)script:/i.test(value)
    ).map(() => element.outerHTML),
])"""
REPORT_CALLS_SCRIPT = """for (const name of ["alert", "prompt", "confirm", "msgbox"])
    window[name] = () => console.error(`a payload called ${name}`);"""


def fill_in(part: Any, slug: str, number: int) -> Any:
    """Replace the slug and the number in a part of a document."""
    if isinstance(part, dict):
        return {name: fill_in(value, slug, number) for name, value in part.items()}
    if isinstance(part, list):
        return [fill_in(item, slug, number) for item in part]
    if part == "{n}":
        return 9000 + number
    return part.replace("{}", slug) if isinstance(part, str) else part


def write_document(collection: str, number: int) -> dict[str, Any]:
    """Document for POST with payloads in all texts."""
    schema = find_schema(collection)
    slug = f"hostile-{number}"
    parts = fill_in(PARTS.get(collection, {}), slug, number)
    given = {**schema["examples"][0], **parts}
    if "sources" in schema["properties"]:
        given["sources"] = [{}]
    if "slug" in schema["properties"]:
        given["slug"] = slug
    return hostile_document(schema, given)


@pytest.fixture(autouse=True)
def _long_timeout() -> None:
    expect.set_options(timeout=20_000)  # the machine may be busy


@pytest.fixture(scope="module")
def documents() -> Mapping[str, list[dict[str, Any]]]:
    """Documents by collection, in the order in which they refer to one another."""
    collections = [
        resource.writer.collection
        for resource in RECORD_RESOURCES.values()
        if resource.writer.collection != "stays"
    ]
    return {
        collection: [write_document(collection, number) for number in range(RECORDS)]
        for collection in (*collections, *SERVICE_COLLECTIONS)
    }


def test_documents_have_payloads_in_all_texts(
    documents: Mapping[str, list[dict[str, Any]]],
) -> None:
    for collection, written in documents.items():
        paths = list(find_texts(find_schema(collection)))
        assert paths, collection
        missing = [path for path in paths if not all(has_text(each, path) for each in written)]
        assert missing == [], collection
    assert list(find_texts(SCHEMAS["StayWrite"])) == ["sources[].name", "sources[].licence"]
    texts = "\n".join(text for written in documents.values() for text in iter_texts(written))
    assert [payload for payload in PAYLOADS if payload not in texts] == []


@pytest.fixture(scope="module")
def hostile_server(
    server: Server,
    documents: Mapping[str, list[dict[str, Any]]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Server, str]]:
    """Server with the records, each of two versions, and a key with all scopes."""
    folder = tmp_path_factory.mktemp("hostile")
    server.copy_database(folder)
    settings = {"ZARYA_PRIVATE_TARGETS": "true", "ZARYA_PUBLIC_URL": ""}  # pages load pictures
    with run_server(folder, **settings) as running:
        key = running.create_key(*Scope, name=PAYLOADS[0])
        for collection, written in documents.items():
            for number, document in enumerate(written):
                write(running, key, collection, number, document)
        sources = write_document("agencies", RECORDS)["sources"]
        running.send("PATCH", f"/v1/stays/{STAY}", key, json.dumps({"sources": sources}).encode())
        yield running, key


def write(server: Server, key: str, collection: str, number: int, document: dict[str, Any]) -> None:
    """Create an object; a record gets a second version, with other payloads in all texts."""
    path = f"/v1/{collection}"
    if collection == "media":
        uploaded = server.send("POST", path, key, picture(width=300 + number), "image/png")
        server.send("PATCH", f"{path}/{uploaded['slug']}", key, json.dumps(document).encode())
    else:
        server.post(path, key, document)
    if collection not in SERVICE_COLLECTIONS:
        change = json.dumps(write_document(collection, number)).encode()
        server.send("PATCH", f"{path}/{document['slug']}", key, change)
    if collection == "articles" and number:  # the first remains a draft
        server.post(f"{path}/{document['slug']}/publish", key, {})


def expect_inert(page: Page) -> None:
    """The page has no markup of a payload."""
    assert page.evaluate(FORBIDDEN_MARKUP_SCRIPT) == [], page.url


FACTS = [
    resource.writer.collection
    for resource in RECORD_RESOURCES.values()
    if resource.writer.collection not in {"articles", "media", "stays"}
]
"""Collections of the records with a form on the desk."""
PAGES = [*FACTS, "articles"]
"""Collections of the records with a page of the portal."""
LISTS = [
    "/missions",
    "/people?q=alert",
    "/launches?q=alert",
    "/spacewalks?q=alert",
    "/station",
    "/archive/2018-08",
    "/search?q=alert",
    "/",
]


@pytest.fixture
def desk(visit: Open, hostile_server: tuple[Server, str]) -> Visit:
    """Visit of the desk. Its errors have the calls of payloads, too."""
    server, key = hostile_server
    seen = sign_in(visit, server.origin, key)
    seen.page.add_init_script(REPORT_CALLS_SCRIPT)
    seen.page.reload()
    expect(seen.page.locator("main h1")).to_be_visible()
    return seen


def open_facts(page: Page, collection: str) -> None:
    """Open the list, the forms, and a difference in the history of records."""
    open_screen(page, f"facts/{collection}")
    page.get_by_role("searchbox").fill("alert")
    press(page, "Search")
    expect(page.locator(".records").get_by_text("alert").first).to_be_visible()
    expect_inert(page)
    for number in range(RECORDS):
        open_screen(page, f"facts/{collection}/hostile-{number}")
        expect_inert(page)
    open_difference(page, collection)


def open_difference(page: Page, collection: str) -> None:
    open_screen(page, f"history/{collection}/hostile-0")
    press(page, "Compare")
    expect(page.locator(".difference")).to_contain_text("alert")
    expect_inert(page)


def test_payloads_on_the_desk_run_no_script(desk: Visit) -> None:
    page = desk.page
    for collection in FACTS:
        open_facts(page, collection)
    open_screen(page, f"facts/stays/{STAY}")
    expect(page.get_by_label("Licence")).to_have_value(re.compile("alert"))
    open_screen(page, "facts/missions/hostile-1")
    picker = page.get_by_label("New commander")
    picker.fill("alert")
    expect(picker.locator("xpath=..").get_by_role("option").first).to_be_visible()
    expect_inert(page)
    for number in range(RECORDS):
        open_screen(page, f"articles/hostile-{number}")
        expect(page.locator(".prose p").first).to_be_visible()
        expect_inert(page)
    for collection in ("articles", "media"):
        open_difference(page, collection)
    for screen in ("inbox", "calendar/2018-08", "sources", "keys"):
        open_screen(page, screen)
        expect(page.locator("main").get_by_text("alert").first).to_be_visible()
        expect_inert(page)
    open_screen(page, "webhooks/1")
    expect(page.get_by_label("Description")).to_have_value(re.compile("alert"))
    expect_inert(page)
    open_screen(page, "facts/spacecraft/hostile-0")
    press(page, "Delete")
    press(page, "Delete")
    expect_announcement(page, "Deleted")
    open_screen(page, "trash")
    expect(page.get_by_role("row", name="hostile-0")).to_be_visible()
    expect_inert(page)
    assert desk.external_requests == []
    assert desk.errors == []
    with pytest.raises(Error, match="TrustedHTML"):  # were it parsed, the policy would stop it
        page.evaluate("document.body.innerHTML = '<img src=x onerror=alert(1)>'")


def test_unescaped_text_on_the_desk_is_noticed(desk: Visit) -> None:
    """Positive control: the desk inserts texts as HTML."""
    head = "function append(parent, children) {"

    def insert_html(route: Route) -> None:
        source = route.fetch().text()
        assert head in source
        parsed = """children = children.flat(Infinity).map((child) => typeof child === "string"
            ? document.createRange().createContextualFragment(policy.createHTML(child)) : child);"""
        route.fulfill(body=source.replace(head, head + parsed), content_type="text/javascript")

    desk.page.route("**/dom.js", insert_html)
    desk.page.reload()
    open_screen(desk.page, "facts/people/hostile-1")
    with pytest.raises(AssertionError, match="alert"):
        expect_inert(desk.page)


def test_payloads_on_pages_run_no_script(visit: Open, hostile_server: tuple[Server, str]) -> None:
    server, _ = hostile_server
    seen = visit()
    seen.page.add_init_script(REPORT_CALLS_SCRIPT)
    # Of the first records, an article is a draft, and a spacecraft may be in the trash.
    paths = [f"/{collection}/hostile-{n}" for collection in PAGES for n in range(1, RECORDS)]
    for path in (*paths, *LISTS):
        open_page(seen.page, f"{server.origin}{path}")
        expect_inert(seen.page)
        if path in paths:
            expect(seen.page.locator("main")).to_contain_text("alert")
    assert seen.external_requests == []
    assert seen.errors == []


def test_unescaped_page_is_noticed(visit: Open, hostile_server: tuple[Server, str]) -> None:
    """Positive control: a page without escaping."""
    server, _ = hostile_server
    page = visit().page

    def unescape(route: Route) -> None:
        response = route.fetch()
        route.fulfill(response=response, body=html.unescape(response.text()))

    page.route("**/people/hostile-1", unescape)
    page.goto(f"{server.origin}/people/hostile-1")
    with pytest.raises(AssertionError, match="alert"):
        expect_inert(page)
