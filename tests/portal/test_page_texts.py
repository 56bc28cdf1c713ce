"""What pages say: one date per event, names in the language of the page, no empty headings."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from starlette.testclient import TestClient

from app.db.database import Database
from app.db.models import Launch, LaunchSlip
from app.domain.dates import Precision
from app.domain.languages import Language
from app.portal.rendering import explain_abbreviations
from app.portal.sitemap_queries import RECORD_COLLECTIONS
from app.portal.template_filters import UI_STRINGS
from tests.support import factories
from tests.support.clients import override_settings
from tests.support.pages import Element, parse_page

ENGLISH_PHRASE = re.compile(r"\b[A-Za-z][a-z]{2,} [a-z]{2,}\b")
CYRILLIC = re.compile("[А-Яа-яЁё]")


def get_page(client: TestClient, address: str) -> Element:
    answer = client.get(address, headers={"Accept": "text/html"})
    assert answer.status_code == 200, address
    return parse_page(answer.text)


@pytest.fixture
def pages(archive: TestClient) -> list[str]:
    """Paths of a page of each kind, and of records that lack something."""
    people = archive.get("/v1/people?format=ndjson&view=full").text.count("\n")
    assert people > 200
    return [
        "/",
        "/missions",
        "/missions/iss-1",
        "/missions/iss-59?month=2019-04&day=2019-04-04",
        "/missions/iss-75",
        "/people",
        "/people/oleg-kononenko",
        "/people/dennis-tito",
        "/launches",
        "/launches/soyuz-ms-10",
        "/launches/zarya",
        "/launches/sts-88",
        "/station?on=1998-12-10",
        "/station?on=2011-05-20",
        "/station?on=2026-11-01",
        "/spacewalks",
        "/spacewalks?q=xqzwvkj",
        "/spacewalks/spacewalk-214",
        "/spacecraft/soyuz-ms-12",
        "/spacecraft/endeavour",
        "/modules/pirs",
        "/modules/s6",
        "/sites/kennedy-space-center",
        "/vehicles/space-shuttle",
        "/spacecraft-types",
        "/spacecraft-types/space-shuttle-orbiter",
        "/agencies",
        "/agencies/nasa",
        "/agencies/axiom-space",
        "/archive",
        "/archive/2019-06",
        "/search?q=kononenko",
        "/articles/launch-progress-ms-11",
        "/articles/launch-progress-ms-11-ru",
    ]


def foreign_texts(page: Element, language: str) -> Iterator[str]:
    """Texts of a page that are in another language than the page, and not marked as such.

    Other spellings of a person's name are in any script, and requests are code.
    """
    is_foreign = CYRILLIC if language == "en" else ENGLISH_PHRASE
    (body,) = page.find_all("body")
    for element, text in body.texts():
        if (
            element.language == language
            and element.tag not in {"code", "dd"}
            and is_foreign.search(text)
        ):
            yield text


@pytest.mark.slow
@pytest.mark.parametrize("language", list(Language))
def test_pages_have_one_language(archive: TestClient, pages: list[str], language: str) -> None:
    for address in pages:
        page = get_page(archive, f"{address}{'&' if '?' in address else '?'}lang={language}")
        assert list(foreign_texts(page, language)) == [], address


def test_foreign_texts_are_detected() -> None:
    """Positive control."""
    page = "<html lang='ru'><body><p>Zarya chronicle</p><p lang='en'>An article</p></body></html>"
    assert list(foreign_texts(parse_page(page), "ru")) == ["Zarya chronicle"]
    page = "<html lang='en'><body><p>Заря</p><p lang='ru'>Заря</p></body></html>"
    assert list(foreign_texts(parse_page(page), "en")) == ["Заря"]


def test_cited_sources_have_russian_names(archive: TestClient) -> None:
    names, licences = UI_STRINGS[Language.RU]["source_names"], UI_STRINGS[Language.RU]["licences"]
    cited = {
        (source["name"], source["licence"])
        for collection in (*RECORD_COLLECTIONS, "stays")
        for record in archive.get(f"/v1/{collection}?view=full&limit=100").json()["items"]
        for source in record["sources"]
    }
    assert len(cited) > 3
    for name, licence in cited:
        assert not ENGLISH_PHRASE.search(names.get(name, name)), name
        assert not ENGLISH_PHRASE.search(licences.get(licence, licence)), licence


def empty_headings(page: Element) -> list[str]:
    """Headings of sections, and labelled lists or navigation, without content."""
    found = []
    for section in page.find_all("section"):
        heading = section.find_all("h2", "h3")[:1]
        if heading and section.text == heading[0].text:
            found.append(heading[0].text)
    found += [each.tag for each in page.find_all("ul", "ol", "nav", "dl") if not each.text]
    return found


def test_pages_have_no_empty_headings(
    archive: TestClient, client: TestClient, database: Database, pages: list[str]
) -> None:
    for address in pages:
        assert empty_headings(get_page(archive, address)) == [], address
    with database.session() as session:
        session.add(factories.mission(slug="iss-1", number=1))
        session.add(factories.person(slug="nobody"))
        session.add(factories.launch(slug="bare", vehicle_id=None))
        session.add(factories.article(slug="alone"))
        session.add_all([factories.module(slug="bare"), factories.site(slug="bare")])
        session.add(factories.vehicle(slug="bare"))
        kind = factories.spacecraft_type(slug="bare")
        session.add_all([kind, factories.agency(slug="bare")])
        session.flush()
        session.add(factories.spacecraft(kind, slug="bare"))
    for address in (
        "/missions",
        "/missions/iss-1",
        "/people",
        "/people/nobody",
        "/launches",
        "/launches/bare",
        "/modules/bare",
        "/sites/bare",
        "/spacecraft/bare",
        "/vehicles/bare",
        "/spacecraft-types/bare",
        "/spacecraft-types",
        "/agencies/bare",
        "/agencies",
        "/articles/alone",
        "/spacewalks",
        "/archive",
        "/search",
    ):
        assert empty_headings(get_page(client, address)) == [], address


def test_empty_headings_are_detected() -> None:
    """Positive control."""
    page = "<section><h2>Sources</h2><ul></ul></section><section><h2>A</h2><p>b</p></section>"
    assert empty_headings(parse_page(page)) == ["Sources", "ul"]


@pytest.mark.parametrize(
    ("zone", "day", "clock"),
    [
        ("Europe/Moscow", "June 25, 2019", "02:25 MSK"),
        ("UTC", "June 24, 2019", "23:25 UTC"),
        ("America/New_York", "June 24, 2019", "19:25 America/New_York"),
    ],
)
def test_event_has_one_date_in_zone_of_portal(
    client: TestClient, database: Database, zone: str, day: str, clock: str
) -> None:
    at = datetime(2019, 6, 24, 23, 25, tzinfo=UTC)
    with database.session() as session:
        session.add(factories.launch(slug="late", launch_at=at, status="success"))
        session.add(factories.article(slug="news", published_at=at))
        session.add(
            factories.mission(
                slug="iss-1", number=1, ends_at=at, ends_at_precision=Precision.MINUTE
            )
        )
    with override_settings(client, time_zone=zone):
        pages = {
            address: get_page(client, address)
            for address in ("/launches/late", "/articles/news", "/missions/iss-1", "/launches")
        }
    for address, page in pages.items():
        (footer,) = page.find_all("footer")[-1:]
        assert clock.rsplit(maxsplit=1)[-1] in footer.text
        assert footer.text.count(zone) == 1
        times = [t for t in page.find_all("time") if t.attributes["datetime"] >= "2019-06-24"]
        assert times, address
        assert {each.text.split(", " + clock[:2])[0] for each in times} == {day}, address
    assert f"{day}, {clock}" in pages["/launches/late"].text


def test_day_of_mission_agrees_in_sentence_and_header(archive: TestClient) -> None:
    """Expedition 59 ended on 24 June by UTC and on 25 June in Moscow."""
    english = get_page(archive, "/missions/iss-59?lang=en").text
    assert "March 15, 2019 – June 25, 2019" in english
    assert "from 15 March to 25 June 2019" in english
    assert "24 June" not in english
    assert "June 24" not in english
    russian = get_page(archive, "/missions/iss-59?lang=ru").text
    assert "15 марта 2019 – 25 июня 2019" in russian
    assert "с 15 марта по 25 июня 2019" in russian
    assert "24 июня" not in russian


@pytest.mark.parametrize(
    ("before", "after", "struck"),
    [
        (("2099-04-04T11:01:00Z", "minute"), ("2099-04-05T11:01:00Z", "minute"), 1),
        (("2099-01-01T00:00:00Z", "year"), ("2099-04-04T00:00:00Z", "day"), 1),
        (("2099-04-04T11:01:05Z", "second"), ("2099-04-04T11:01:00Z", "minute"), 0),
        (("2099-04-04T00:00:00Z", "day"), ("2099-04-04T00:00:00Z", "day"), 0),
    ],
)
def test_date_is_struck_out_only_beside_another_one(
    client: TestClient,
    database: Database,
    before: tuple[str, str],
    after: tuple[str, str],
    struck: int,
) -> None:
    with database.session() as session:
        launch: Launch = factories.launch(slug="late", status="planned")
        session.add(launch)
        session.flush()
        session.add(
            LaunchSlip(
                launch_id=launch.id,
                from_status="planned",
                from_at=datetime.fromisoformat(before[0]),
                from_at_precision=before[1],
                to_status="planned",
                to_at=datetime.fromisoformat(after[0]),
                to_at_precision=after[1],
                changed_at=datetime(2098, 1, 1, tzinfo=UTC),
            )
        )
    assert len(get_page(client, "/launches/late").find_all("s")) == struck


def test_period_within_one_date_shows_it_once(client: TestClient, database: Database) -> None:
    period = {"starts_at": datetime(2001, 1, 1, tzinfo=UTC), "starts_at_precision": "year"}
    period |= {"ends_at": datetime(2001, 1, 1, tzinfo=UTC), "ends_at_precision": "year"}
    with database.session() as session:
        session.add(factories.mission(slug="iss-1", number=1, **period))
    for address in ("/missions", "/missions/iss-1"):
        texts = [each.text for each in get_page(client, address).find_all("time")]
        assert texts.count("2001") == 1, address


@pytest.mark.parametrize(
    ("language", "terms"),
    [
        ("en", {"LV": "launch vehicle", "CV": "cargo vehicle", "SC": "crewed spacecraft"}),
        (
            "ru",
            {
                "РН": "ракета-носитель",
                "ТГК": "транспортный грузовой корабль",
                "ТПК": "транспортный пилотируемый корабль",
            },
        ),
    ],
)
def test_abbreviations_are_explained_once(
    archive: TestClient, language: str, terms: dict[str, str]
) -> None:
    for address in ("/missions/iss-59?month=2019-04&", "/launches?", "/people/oleg-kononenko?"):
        page = get_page(archive, f"{address}lang={language}")
        assert all(page.text.count(f"{term} ") > 1 for term in list(terms)[:1])
        titles = [
            (each.text, each.attributes["title"])
            for each in page.find_all("abbr")
            if each.parent and each.parent.tag != "th"
        ]
        assert len(titles) == len(dict(titles))
        assert dict(titles).items() <= terms.items(), address
        assert titles


def test_abbreviations_within_words_and_tags_are_kept() -> None:
    html = '<a title="LV">RSC LVs LV-1 <b>LV</b> LV</a>'
    assert explain_abbreviations(html, {"LV": "launch vehicle", "SC": "spacecraft"}) == (
        '<a title="LV">RSC LVs LV-1 <b><abbr title="launch vehicle">LV</abbr></b> LV</a>'
    )


def test_headline_of_api_is_plain_text(archive: TestClient) -> None:
    launch = archive.get("/v1/launches/progress-ms-11").json()
    assert launch["headline"] == "LV Soyuz-2.1a with CV Progress MS-11 is launched"


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize(
    ("address", "kind", "title"),
    [
        ("/missions/iss-59", "website", {"en": "ISS-59 mission", "ru": "Экспедиция МКС-59"}),
        ("/people/nick-hague", "profile", {"en": "Nick Hague", "ru": "Ник Хейг"}),
        ("/launches", "website", {"en": "Launches", "ru": "Пуски"}),
        ("/station", "website", {}),
        ("/spacewalks/spacewalk-214", "website", {}),
        ("/articles/launch-zarya", "article", {}),
    ],
)
def test_pages_have_open_graph_tags(
    archive: TestClient, address: str, kind: str, title: dict[str, str], language: str
) -> None:
    tags = {
        each.attributes["property"]: each.attributes["content"]
        for each in get_page(archive, f"{address}?lang={language}").find_all("meta")
        if "property" in each.attributes
    }
    assert tags["og:type"] == kind
    assert tags["og:url"] == f"http://127.0.0.1:8000{address}"
    assert tags["og:locale"] == {"en": "en_GB", "ru": "ru_RU"}[language]
    assert tags["og:title"] == title.get(language, tags["og:title"])
    assert len(tags["og:description"]) > 20
    if kind == "article":
        assert tags["og:description"] == archive.get(f"/v1{address}").json()["lead"]


@pytest.mark.parametrize("collection", ["launches", "people", "spacewalks"])
def test_list_pages_walk_all_records(archive: TestClient, collection: str) -> None:
    listed = archive.get(f"/v1/{collection}?format=ndjson").text.count("\n")
    address: str | None = f"/{collection}?lang=ru"
    seen: list[str] = []
    walked = [address]
    while address:
        page = get_page(archive, address)
        (main,) = page.find_all("main")
        links = main.find_all("a")
        seen += [a.attributes["href"] for a in links if "rel" not in a.attributes]
        address = next(
            (a.attributes["href"] for a in links if a.attributes.get("rel") == "next"), None
        )
        walked.append(address)
    assert len(seen) == len(set(seen)) == listed > 200
    last = get_page(archive, walked[-2] or "")
    (back,) = [a for a in last.find_all("a") if a.attributes.get("rel") == "prev"]
    before = get_page(archive, back.attributes["href"])
    assert before.find_all("main")[0].find_all("li")[0].text == (
        get_page(archive, walked[-3] or "").find_all("main")[0].find_all("li")[0].text
    )


def test_articles_path_redirects_to_archive(archive: TestClient) -> None:
    answer = archive.get("/articles?lang=ru")
    assert answer.status_code == 308
    assert answer.headers["Location"] == "http://127.0.0.1:8000/archive?lang=ru"
