"""HTML pages of the portal as the server renders them."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
import time_machine
from starlette.testclient import TestClient

from app.domain.enums import RecordType
from app.domain.languages import Language
from app.portal.assets import get_asset_version
from app.portal.rendering import result_path
from app.portal.template_filters import UI_STRINGS, WEB_DIRECTORY
from tests.support import documents, factories
from tests.support.clients import database_of, override_settings

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
PAGES = [
    "/",
    "/missions",
    "/missions/iss-59",
    "/missions/iss-59?month=2019-04&day=2019-04-04",
    "/people/aleksey-ovchinin",
    "/people",
    "/launches/soyuz-ms-10",
    "/launches",
    "/launches?q=soyuz&crewed=true&year=2019",
    "/people?agency=NASA&sort=-spacewalks_count",
    "/station?on=2019-04-04",
    "/station",
    "/spacewalks",
    "/spacewalks?q=mcclain&operator=NASA",
    "/spacewalks/spacewalk-214",
    "/spacecraft/dragon-endeavour",
    "/modules/harmony",
    "/sites/baikonur-cosmodrome",
    "/vehicles/soyuz-2-1a",
    "/spacecraft-types/crew-dragon-2",
    "/spacecraft-types",
    "/agencies/roscosmos",
    "/agencies",
    "/articles/launch-progress-ms-11",
    "/archive",
    "/archive/2019-04",
    "/archive/2019-04?day=2019-04-04",
    "/search",
    "/search?q=ovchinin",
    "/offline",
]
DESK_PAGE = WEB_DIRECTORY.parent / "desk" / "desk.html"
APP = f"/web/{get_asset_version()}/app.js"
NAME_TABLES = {"agencies", "source_names", "licences"}
"""Strings by the name that is shown if there is no translation."""

POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "connect-src": "'self'",
    "manifest-src": "'self'",
    "worker-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "require-trusted-types-for": "'script'",
    "trusted-types": "zarya",
}


def page_text(page: str) -> str:
    """Text of `page` without tags."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def page_links(page: str) -> set[str]:
    return {unescape(found) for found in re.findall(r'(?:href|src|action)="([^"]*)"', page)}


@pytest.mark.parametrize("address", PAGES)
def test_pages_are_complete_html(archive: TestClient, address: str) -> None:
    answer = archive.get(address, headers=BROWSER)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Content-Language"] == "en"
    page = answer.text
    assert page.startswith('<!doctype html>\n<html lang="en"')
    heading = re.search(r"<h1[^>]*>(.+?)</h1>", page, re.DOTALL)
    title = re.search(r"<title>(.+?) – Zarya</title>", page)
    assert heading
    assert title
    assert page_text(heading[1]) == page_text(title[1])
    for mark in ("<main", "<nav", "<header", "<footer", 'class="skip" href="#main"'):
        assert mark in page
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("address", [*PAGES, "/nowhere", APP])
def test_pages_have_no_inline_code_and_no_other_hosts(archive: TestClient, address: str) -> None:
    answer = archive.get(address, headers=BROWSER)
    directives = answer.headers["Content-Security-Policy"].split("; ")
    assert dict(d.split(" ", 1) for d in directives) == POLICY
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    if address != APP:
        assert not re.search(r"<style|<script>|\sstyle=|\son\w+=|javascript:", answer.text)
        loaded = re.findall(r'<(?:link|script|img)[^>]*?(?:href|src)="([^"]+)"', answer.text)
        outside = [url for url in loaded if not url.startswith(("/", "http://127.0.0.1:8000/"))]
        assert not outside


def test_mission_page_of_april_2019_contains_every_fact(archive: TestClient) -> None:
    page = archive.get("/missions/iss-59?month=2019-04&day=2019-04-04").text
    content = page_text(page)
    for fact in (
        "ISS-59 mission",
        "Main tasks",
        "ISS crew",
        "Commander Oleg Kononenko",
        *(
            f"Flight engineer {name}"
            for name in (
                "David Saint-Jacques CSA · in the source: David Saint-Jaques",
                "Anne McClain",
                "Aleksey Ovchinin",
                "Nick Hague",
                "Christina Koch",
            )
        ),
        "Launch Soyuz MS-12 March 14, 2019 Left February 6, 2020 "
        "Landing Soyuz MS-13 February 6, 2020 Aboard 101 days",
        "Left June 25, 2019 Landing Soyuz MS-11 June 25, 2019",
        "LV Soyuz-FG with SC Soyuz MS-12 is launched brought crew",
        "August 31, 2018 The legendary Ball is back!",
        "April 4, 2019 LV Soyuz-2.1a with CV Progress MS-11 is launched",
        "March 14, 2019 LV Soyuz-FG with SC Soyuz MS-12 is launched",
        "News Archive",
        "April 2019",
        "Mo Tu We Th Fr Sa Su 1 2 3 4",
        "News of April 4, 2019",
        "Progress MS-11 launches toward ISS on 2-orbit trek",
    ):
        assert fact in content, fact
    assert 'aria-label="April 4, 2019: 4 news items"' in page
    assert page_links(page) >= {
        "/missions/iss-59?month=2019-03",
        "/missions/iss-59?month=2019-05",
        "/missions/iss-59?month=2019-04&day=2019-04-17",
        "/people/aleksey-ovchinin",
        "/launches/progress-ms-11",
        "/v1/missions/iss-59/page?lang=en&language=en&month=2019-04",
    }


@pytest.mark.parametrize(
    ("lang", "shown"), [("en", "<dt>Born</dt>"), ("ru", "<dt>Дата рождения</dt>")]
)
def test_person_page_has_date_of_birth(archive: TestClient, lang: str, shown: str) -> None:
    page = archive.get(f"/people/anne-mcclain?lang={lang}", headers=BROWSER).text
    assert f'{shown}<dd><time datetime="1979-06-07">' in page
    unknown = archive.get(f"/people/sergei-treschev?lang={lang}", headers=BROWSER).text
    assert "</dl>" in unknown
    assert shown not in unknown


@pytest.mark.slow
def test_page_links_lead_to_responses(archive: TestClient) -> None:
    found = {
        link for address in PAGES for link in page_links(archive.get(address, headers=BROWSER).text)
    }
    own = {link.split("#")[0] for link in found if link.startswith("/")} - {""}
    kinds = {re.sub(r"[^/]*\d[^/]*|(?<=/)[a-z0-9-]+$", "…", link): link for link in sorted(own)}
    assert len(kinds) > 20
    for link in kinds.values():
        if not link.startswith(("/v1/search", "/v1/export")):
            assert archive.get(link, headers=BROWSER).status_code == 200, link


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        (BROWSER["Accept"], "text/html"),
        ("text/html", "text/html"),
        ("*/*", "application/json"),
        ("", "application/json"),
        ("application/json", "application/json"),
        ("application/json, text/html;q=0.9", "application/json"),
        ("text/html;q=0", "application/json"),
    ],
)
def test_index_negotiates_html_or_json(archive: TestClient, accept: str, kind: str) -> None:
    answer = archive.get("/", headers={"Accept": accept})
    assert answer.headers["Content-Type"].startswith(kind)
    assert "Accept" in answer.headers["Vary"].split(", ")
    if kind == "text/html":
        assert "ISS-75 mission" in answer.text
    else:
        assert answer.json()["name"] == "Zarya"


@pytest.mark.parametrize(
    ("query", "header", "language"),
    [
        ("", "", "en"),
        ("", "ru-RU,ru;q=0.9,en;q=0.8", "ru"),
        ("?lang=en", "ru", "en"),
        ("?lang=ru", "en", "ru"),
    ],
)
def test_pages_use_requested_language(
    archive: TestClient, query: str, header: str, language: str
) -> None:
    answer = archive.get(f"/missions/iss-59{query}", headers={"Accept-Language": header})
    assert answer.headers["Content-Language"] == language
    assert f'<html lang="{language}"' in answer.text
    assert ("Accept-Language" in answer.headers["Vary"]) is (not query)
    content = page_text(answer.text)
    assert ("Экипаж МКС" in content) is (language == "ru")
    assert ("ISS crew" in content) is (language == "en")
    other = "ru" if language == "en" else "en"
    assert f"/missions/iss-59?lang={other}" in page_links(answer.text)
    localized = [
        link for link in page_links(answer.text) if re.match("/(people|launches|archive)/", link)
    ]
    assert localized
    assert all(link.endswith(f"lang={language}") for link in localized) is bool(query)


def test_results_of_every_record_type_have_a_page_and_a_name() -> None:
    item = {"slug": "a", "title": "A", "at": "2019-04-04T11:01:35Z", "at_precision": "second"}
    item["url"] = "http://127.0.0.1:8000/v1/a"
    without_page = {RecordType.MEDIA}
    for record_type in RecordType:
        path = result_path(item | {"type": record_type})
        assert path == item["url"] if record_type in without_page else path.startswith("/")
        assert all(strings["type"][record_type] for strings in UI_STRINGS.values())
    with pytest.raises(KeyError):
        result_path(item | {"type": "ghost"})


@pytest.mark.parametrize(
    ("lang", "name"), [("en", "Wallops Island (MARS)"), ("ru", "Космодром Байконур")]
)
def test_site_in_search_results_leads_to_its_page_and_launches(
    archive: TestClient, lang: str, name: str
) -> None:
    results = archive.get("/search", params={"q": name, "lang": lang}, headers=BROWSER)
    (path,) = re.findall('href="(/sites/[^"]+)"', results.text)
    page = archive.get(path, headers=BROWSER).text
    assert f'<h1 tabindex="-1">{name}</h1>' in page
    more = [unescape(path) for path in re.findall('href="(/launches[?][^"]+)"', page)]
    slug = path.partition("?")[0].rsplit("/", 1)[1]
    found = archive.get(next(each for each in more if f"site={slug}" in each), headers=BROWSER)
    assert found.status_code == 200
    assert found.text.count('href="/launches/') == found.text.count(name) > 5


def test_launch_page_shows_local_time_pad_and_links(editor: TestClient) -> None:
    site = {"name": "Field", "country": "JP", "time_zone": "Asia/Tokyo", "pads": [{"name": "P 7"}]}
    editor.post("/v1/sites", json=site).raise_for_status()
    link = {"kind": "webcast", "url": "https://video.example/?a=1&b=2", "live": True}
    launch = documents.launch(slug="shown", site="field", pad="P 7", links=[link])
    editor.post("/v1/launches", json=launch).raise_for_status()
    page = editor.get("/launches/shown?lang=en", headers=BROWSER).text
    assert "<dt>Local time</dt><dd>April 4, 2031, 20:01 UTC+09:00</dd>" in page
    assert '<dd><a href="/sites/field?lang=en">Field, P 7</a> ' in page
    assert '<a href="https://video.example/?a=1&amp;b=2" rel="noopener">' in page
    assert "webcast, live</span>" in page


def test_search_page_links_next_page(archive: TestClient) -> None:
    results = archive.get("/search?q=ovchinin&lang=ru", headers=BROWSER).text
    (more,) = [link for link in page_links(results) if "cursor=" in link]
    first, second = (
        re.findall(r'<h2[^>]*><a href="([^"]+)"', archive.get(address, headers=BROWSER).text)
        for address in ("/search?q=ovchinin&lang=ru", more)
    )
    assert len(first) == 20
    assert second
    assert not set(first) & set(second)
    wrong = archive.get("/search?q=ovchinin&cursor=x", headers=BROWSER)
    assert (wrong.status_code, wrong.headers["Content-Type"][:9]) == (400, "text/html")


def test_strings_have_translations_and_are_used() -> None:
    def names(strings: Any, above: str = "") -> Iterator[str]:
        if isinstance(strings, dict):
            for name, value in strings.items():
                if name not in NAME_TABLES:
                    yield from names(value, f"{above}.{name}")
        else:
            yield above

    english, russian = (set(names(strings)) for strings in UI_STRINGS.values())
    assert english == russian
    used = " ".join(
        path.read_text()
        for path in (*WEB_DIRECTORY.rglob("*.*"), DESK_PAGE)
        if path.suffix in {".html", ".js"}
    )
    dead = [n for n in UI_STRINGS[Language.EN] if not re.search(rf"\b(?:t|strings)\.{n}\b", used)]
    assert not dead


@pytest.mark.parametrize(
    ("address", "status", "message"),
    [
        ("/nowhere", 404, "No resource has the path /nowhere."),
        ("/missions/iss-9999", 404, "iss-9999"),
        ("/people/nobody", 404, "nobody"),
        ("/missions/iss-59?month=2019-13", 422, "Use the format YYYY-MM"),
        ("/archive/2019-4", 422, "Use the format YYYY-MM"),
        ("/archive/2019-04?day=yesterday", 422, "Use the format YYYY-MM-DD"),
        ("/missions/ISS_59", 422, "Did you mean 'iss-59'?"),
        ("/launches?cursor=x", 400, "cursor"),
        ("/launches?year=1066", 422, "year"),
        ("/people?sort=height", 422, "sort"),
        ("/people?agency=nas", 422, "There is no agency 'nas'. Did you mean 'nasa'"),
        ("/spacewalks?operator=nope", 422, "There is no agency 'nope'."),
        ("/spacewalks/spacewalk-9999", 404, "spacewalk-9999"),
        ("/spacecraft/soyuz-ms-999", 404, "There is no spacecraft 'soyuz-ms-999'."),
        ("/modules/nope", 404, "There is no module 'nope'."),
        ("/sites/nope", 404, "There is no site 'nope'."),
        ("/vehicles/nope", 404, "There is no vehicle 'nope'."),
        ("/spacecraft-types/nope", 404, "There is no spacecraft type 'nope'."),
        ("/agencies/nope", 404, "There is no agency 'nope'."),
        ("/launches?provider=nope", 422, "There is no agency 'nope'."),
        ("/station?on=1998-11-19", 422, "Its first day is 1998-11-20."),
        ("/station?on=2099-01-01", 422, "The time is ahead."),
        ("/station?on=yesterday", 422, "Use the format YYYY-MM-DD"),
        ("/missions?lang=de", 422, "lang"),
        ("/web/1/missing.js", 404, "missing.js"),
    ],
)
def test_errors_are_html_for_browsers_and_json_otherwise(
    archive: TestClient, address: str, status: int, message: str
) -> None:
    shown = archive.get(address, headers=BROWSER)
    assert shown.status_code == status
    assert shown.headers["Content-Type"].startswith("text/html")
    assert shown.headers["Cache-Control"] == "no-store"
    assert "Accept" in shown.headers["Vary"].split(", ")
    assert message in page_text(shown.text)
    assert "/missions" in page_links(shown.text)
    problem = archive.get(address)
    assert problem.status_code == status
    assert problem.headers["Content-Type"] == "application/problem+json"
    assert problem.json()["status"] == status


def test_api_errors_are_json_for_browsers(archive: TestClient) -> None:
    answer = archive.get("/v1/stays/iss-9999", headers=BROWSER)
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_method_not_allowed_lists_allowed_methods(archive: TestClient) -> None:
    answer = archive.post("/missions/iss-59", headers=BROWSER)
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"


def test_mission_page_redirects_from_alias(archive: TestClient) -> None:
    answer = archive.get("/missions/expedition-59?month=2019-04", headers=BROWSER)
    assert answer.status_code == 308
    assert answer.headers["Location"] == "http://127.0.0.1:8000/missions/iss-59?month=2019-04"


def test_pages_ignore_unknown_parameters(archive: TestClient) -> None:
    answer = archive.get("/missions/iss-59?month=2019-04&utm_source=mail", headers=BROWSER)
    assert answer.status_code == 200
    assert 'rel="canonical" href="http://127.0.0.1:8000/missions/iss-59"' in answer.text


@pytest.mark.parametrize("address", [a for a in PAGES if a != "/"])
def test_pages_are_revalidated_by_etag(archive: TestClient, address: str) -> None:
    first = archive.get(address)
    again = archive.get(address, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert first.headers["Cache-Control"].startswith(("public, max-age=", "no-cache"))
    head = archive.head(address)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["ETag"] == first.headers["ETag"]


def test_archive_page_of_past_month_is_cached_for_a_day(archive: TestClient) -> None:
    assert "max-age=86400" in archive.get("/archive/2019-04").headers["Cache-Control"]


def test_links_ignore_host_header(archive: TestClient) -> None:
    answer = archive.get("/missions/iss-59", headers={"Host": "evil.example"})
    assert "evil.example" not in answer.text
    assert answer.text == archive.get("/missions/iss-59").text


def test_portal_works_under_path_of_public_url(archive: TestClient) -> None:
    with override_settings(archive, public_url="https://space.example/iss/"):
        page = archive.get("/missions/iss-59?month=2019-04&lang=ru").text
        worker = archive.get("/web/service-worker.js")
    inner = [link for link in page_links(page) if link.startswith("/")]
    assert len(inner) > 30
    assert all(link.startswith("/iss/") for link in inner)
    assert "/iss/missions/iss-59?month=2019-04&lang=en" in inner
    assert 'rel="canonical" href="https://space.example/iss/missions/iss-59"' in page
    assert worker.headers["Service-Worker-Allowed"] == "/iss/"


def test_pages_of_empty_archive(client: TestClient) -> None:
    assert "Nothing" not in client.get("/missions").text
    assert "No news." in client.get("/archive").text
    nothing = client.get("/", headers=BROWSER)
    assert nothing.status_code == 404
    assert "No mission is active." in page_text(nothing.text)
    with database_of(client).session() as session:
        session.add(factories.mission(slug="iss-1", number=1))
        session.add(factories.launch(slug="a", vehicle_id=None))
    page = page_text(client.get("/missions/iss-1?month=2019-04").text)
    for message in ("No crew recorded.", "No launches recorded.", "No news."):
        assert message in page
    assert client.get("/launches/a").status_code == 200


def test_pages_of_articles_without_a_day(archive: TestClient) -> None:
    found = archive.get("/v1/articles?format=ndjson&view=full").text
    articles = [json.loads(line) for line in found.splitlines()]
    dayless = [a for a in articles if not a["published_on"] and a["language"] in list(Language)]
    assert len(dayless) > 1
    for article in dayless:
        about = [f"/people/{person['slug']}" for person in article["people"]]
        about += [f"/launches/{launch['slug']}" for launch in article["launches"]]
        for address in (f"/articles/{article['slug']}", *about):
            assert archive.get(f"{address}?lang={article['language']}").status_code == 200


def test_planned_launch_has_countdown(client: TestClient) -> None:
    at = datetime(2099, 4, 4, 11, 1, tzinfo=UTC)
    with database_of(client).session() as session:
        session.add(factories.mission(slug="iss-1", number=1))
        session.add(factories.launch(slug="a", status="planned", launch_at=at))
    for address in ("/missions/iss-1", "/launches/a"):
        page = client.get(address).text
        assert 'data-until="2099-04-04T11:01:00Z" role="timer"' in page
        assert "April 4, 2099, 14:01 MSK" in page
        assert "The planned time has passed" not in page
        with time_machine.travel(at + timedelta(hours=1), tick=False):
            page = client.get(address).text
        assert "data-until" not in page
        assert "The planned time has passed" in page
