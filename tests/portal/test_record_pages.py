"""Pages of spacecraft, modules, sites, vehicles and agencies: facts, pictures, links, redirects."""

import json
import re
from html import unescape
from typing import Any
from urllib.parse import urlsplit

import pytest
import time_machine
from starlette.testclient import TestClient

from app.domain.languages import Language
from app.portal.record_pages import RECORD_PAGES
from app.portal.template_filters import PAGE_PATH_SEGMENTS, TemplateFilters, find_stay_at_port
from tests.support.clients import clear_response_cache
from tests.support.pages import Element, parse_page

BROWSER = {"Accept": "text/html"}
PAGES = [
    "/spacecraft/dragon-endeavour",
    "/modules/harmony",
    "/sites/baikonur-cosmodrome",
    "/vehicles/soyuz-2-1a",
    "/spacecraft-types/crew-dragon-2",
    "/agencies/roscosmos",
]


def get_page(client: TestClient, path: str) -> Element:
    """Main part of a page."""
    answer = client.get(path, headers=BROWSER)
    assert answer.status_code == 200, path
    (main,) = parse_page(answer.text).find_all("main")
    return main


def find_section(page: Element, heading: str) -> Element:
    """Section of a page with a heading."""
    sections = [each for each in page.find_all("section") if each.find_all("h2")]
    return next(each for each in sections if each.find_all("h2")[0].text == heading)


def link_targets(page: Element) -> dict[str, str]:
    """Addresses of the links of a page by their text."""
    return {link.text: link.attributes["href"] for link in page.find_all("a")}


def test_spacecraft_page_has_type_flights_and_stays(archive: TestClient) -> None:
    page = get_page(archive, "/spacecraft/dragon-endeavour?lang=en")
    assert find_section(page, "Spacecraft").text == (
        "Spacecraft Type of spacecraft Crew Dragon 2 Operator SpaceX Serial number C206"
    )
    assert find_section(page, "Flights").text.startswith(
        "Flights May 30, 2020 LV Falcon 9 with SC Crew Dragon Demo-2 is launched "
        "Crew Dragon Demo-2 Splashed down: August 2, 2020, 21:47 MSK"
    )
    stays = find_section(page, "At the station")
    assert "Harmony zenith The station on that day Docked: July 21, 2021" in stays.text
    assert link_targets(stays)["Harmony zenith"] == "/modules/harmony?lang=en"
    russian = find_section(get_page(archive, "/spacecraft/soyuz-ms-12?lang=ru"), "Корабль").text
    assert russian.endswith("Оператор Роскосмос Заводской номер 742")


def test_module_page_has_size_launch_and_attachments(archive: TestClient) -> None:
    page = get_page(archive, "/modules/harmony?lang=en")
    facts = find_section(page, "Harmony")
    for fact in (
        "Harmony Module Node Owner NASA ESA",
        "Size 7.2 m ⌀ 4.4 m Mass 14.3 t",
        "Attached October 26, 2007 (date uncertain) · Unity port Detached November 14, 2007",
        "13:45 MSK · Destiny forward",
    ):
        assert fact in facts.text, fact
    links = link_targets(page)
    assert links["Destiny forward"] == "/modules/destiny?lang=en"
    assert links["Station"] == "/station?lang=en#module-harmony"
    assert 'id="module-harmony"' in archive.get("/station").text
    russian = get_page(archive, "/modules/pirs?lang=ru")
    facts = find_section(russian, "Пирс")
    assert "Размеры 4,9 м ⌀ 2,55 м Масса 3,8 т" in facts.text
    assert "Отсоединён 26 июля 2021, 13:55 МСК" in facts.text
    assert "Станция" not in link_targets(russian)


def test_ports_have_what_is_at_them_on_the_last_known_day(archive: TestClient) -> None:
    station = archive.get("/v1/station?last_known=dockings&lang=en").json()
    ships = [ship for ship in station["ships"] if not ship["departed_at"]]
    ships += [ship for ship in station["ships"] if (ship["departed_at"] or "") > station["at"]]
    docked = {ship["port"]["name"]: ship["spacecraft"]["name"] for ship in ships}
    attached = {
        each["port"]["name"]: each["module"]["name"] for each in station["modules"] if each["port"]
    }
    free = {port["name"]: "free" for port in station["free_ports"]}
    shown: dict[str, str] = {}
    for module in archive.get("/v1/modules?view=full&limit=100").json()["items"]:
        if module["ports"]:
            page = get_page(archive, f"/modules/{module['slug']}?lang=en")
            for item in find_section(page, "Ports").find_all("li"):
                port = item.find_all("span")[0].text
                shown[port] = item.find_all("div")[0].text
                assert bool(item.find_all("a")) == (port in docked or port in attached)
    assert min(map(len, (docked, attached, free))) > 2
    unused = {port: shown[port] for port in ("PMA-2 forward", "PMA-3 nadir", "Pirs nadir")}
    assert set(unused.values()) == {"not in use"}
    assert shown == docked | attached | free | unused
    russian = find_section(get_page(archive, "/modules/pirs?lang=ru"), "Стыковочные узлы")
    assert russian.text.endswith("не используется")


@pytest.mark.parametrize(
    ("known_until", "present", "is_there"),
    [
        ("2019-03-30T00:00:00Z", "2019-03-29T00:00:00Z", True),
        ("2019-03-30T00:00:00Z", "2020-01-01T00:00:00Z", True),
        ("2019-04-20T00:00:00Z", "2020-01-01T00:00:00Z", False),
        ("2019-03-01T00:00:00Z", "2020-01-01T00:00:00Z", False),
        (None, "2019-03-29T00:00:00Z", True),
        (None, "2020-01-01T00:00:00Z", False),
        (None, "2019-03-01T00:00:00Z", False),
    ],
)
def test_ship_is_at_its_port_at_the_horizon(
    known_until: str | None, present: str, is_there: bool
) -> None:
    stay = {
        "arrived_at": "2019-03-15T01:01:00Z",
        "departed_at": "2019-04-10T00:00:00Z",
        "port": {"slug": "rassvet-nadir"},
    }
    stays = {"items": [stay], "known_until": known_until}
    with time_machine.travel(present, tick=False):
        assert find_stay_at_port(stays, "rassvet-nadir") == (stay if is_there else None)
        assert find_stay_at_port(stays, "pirs-nadir") is None


def test_site_page_has_coordinates_pads_and_launches(archive: TestClient) -> None:
    page = get_page(archive, "/sites/baikonur-cosmodrome?lang=ru")
    assert "Координаты 45,965° с. ш., 63,305° в. д. Часовой пояс Asia/Qyzylorda" in page.text
    pads = find_section(page, "Стартовые площадки").find_all("li")
    recorded = archive.get("/v1/sites/baikonur-cosmodrome").json()["pads"]
    assert len(pads) == len(recorded) > 3
    assert "площадка 1/5" in pads[0].text
    assert f"{recorded[0]['launches_count']} пусков 45,92° с. ш., 63,342° в. д." in pads[0].text
    western = get_page(archive, "/sites/kennedy-space-center?lang=en").text
    assert "Coordinates 28.5242° N, 80.6508° W" in western
    launches = archive.get("/v1/launches?site=baikonur-cosmodrome&limit=10").json()["items"]
    shown = find_section(page, "Пуски").find_all("li")
    assert [item.find_all("a")[0].attributes["href"] for item in shown] == [
        f"/launches/{launch['slug']}?lang=ru" for launch in launches
    ]


def test_vehicle_page_has_family_counts_and_first_launch(archive: TestClient) -> None:
    facts = find_section(get_page(archive, "/vehicles/soyuz-fg?lang=en"), "Launch vehicle").text
    assert facts == (
        "Launch vehicle Family Soyuz Manufacturer RKTs Progress Stages 3 Mass 308.0 t "
        "Successful launches 98.3 % 59 / 60 "
        "First flight May 21, 2001 Last flight September 25, 2019"
    )


def test_spacecraft_type_page_has_maker_seats_and_ships(archive: TestClient) -> None:
    page = get_page(archive, "/spacecraft-types/crew-dragon-2?lang=en")
    facts = find_section(page, "Type of spacecraft")
    assert facts.text.startswith(
        "Type of spacecraft Manufacturer SpaceX Crew 4 seats Size 7.2 m ⌀ 3.7 m First"
    )
    assert link_targets(facts)["SpaceX"] == "/agencies/spacex?lang=en"
    assert link_targets(facts)["Types of spacecraft"] == "/spacecraft-types?lang=en"
    query = "type=crew-dragon-2&limit=100&lang=en"
    ships = archive.get(f"/v1/spacecraft?{query}").json()["items"]
    shown = find_section(page, "Spacecraft of the type")
    assert len(ships) > 3
    assert {name: link.partition("?")[0] for name, link in link_targets(shown).items()} == {
        ship["name"]: f"/spacecraft/{ship['slug']}" for ship in ships
    }
    russian = get_page(archive, "/spacecraft-types/space-shuttle-orbiter?lang=ru")
    (heading,) = russian.find_all("h1")
    assert heading.text == "орбитальный корабль Спейс шаттл"


def test_agency_page_has_names_people_and_links_to_its_records(archive: TestClient) -> None:
    page = get_page(archive, "/agencies/roscosmos?lang=en")
    agency = archive.get("/v1/agencies/roscosmos?lang=en").json()
    facts = find_section(page, "Agency")
    assert f"Native spelling {agency['name_native']}" in facts.text
    assert "Country Russia" in facts.text
    people = find_section(page, "People")
    query = "agency=roscosmos&sort=-flight_seconds&limit=10&lang=en"
    longest = archive.get(f"/v1/people?{query}").json()["items"]
    assert [item.find_all("a")[0].text for item in people.find_all("li")] == [
        person["name"] for person in longest
    ]
    records = find_section(page, "In the archive")
    for name, count in (("launches", "launches_count"), ("spacewalks", "spacewalks_count")):
        assert f"{agency[count]} {name}" in records.text
    for target in (
        *link_targets(records).values(),
        link_targets(people)[f"{agency['people_count']} people"],
    ):
        listed = archive.get(target, headers=BROWSER)
        assert listed.status_code == 200
        assert "Roscosmos" in listed.text or "roscosmos" in listed.text


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/people?agency=JAXA", "JAXA"),
        ("/people?agency=Роскосмос&lang=ru", "Роскосмос"),
        ("/people?agency=Northrop Grumman", "Northrop Grumman"),  # in no fixed list
        ("/spacewalks?operator=Роскосмос&lang=ru", "Роскосмос"),
    ],
)
def test_chosen_agency_is_one_option(archive: TestClient, path: str, name: str) -> None:
    chosen = parse_page(archive.get(path, headers=BROWSER).text)
    options = [option.text for option in chosen.find_all("option")]
    assert options.count(name) == 1


def test_lists_lead_to_pages_of_all_types_and_agencies(archive: TestClient) -> None:
    for collection in ("spacecraft-types", "agencies"):
        page = get_page(archive, f"/{collection}?lang=en")
        records = archive.get(f"/v1/{collection}?limit=100&lang=en").json()["items"]
        links = link_targets(page)
        assert {links[record["name"]] for record in records} == {
            f"/{collection}/{record['slug']}?lang=en" for record in records
        }
        assert 15 < len(records) <= 50


def test_agency_page_has_structured_data(archive: TestClient) -> None:
    html = archive.get("/agencies/esa?lang=en", headers=BROWSER).text
    (data,) = re.findall(r'<script type="application/ld\+json">(.+?)</script>', html)
    agency = json.loads(data)
    assert (agency["@type"], agency["name"]) == ("Organization", "ESA")
    assert "European Space Agency" in agency["alternateName"]
    assert agency["url"] == archive.get("/v1/agencies/esa").json()["website"]


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize(
    ("name", "value", "english"),
    [
        ("metres", 7.0, "7 m"),
        ("metres", 2.555, "2.56 m"),
        ("metres", 0.004, "0 m"),
        ("percent", 1.0, "100 %"),
        ("percent", 0.98333, "98.3 %"),
        ("percent", 0.0, "0 %"),
    ],
)
def test_numbers_have_few_decimals(language: Language, name: str, value: Any, english: str) -> None:
    expected = {"en": english, "ru": english.replace(".", ",").replace("m", "м")}[language]
    assert getattr(TemplateFilters(language), name)(value) == expected


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("path", PAGES)
def test_head_has_addresses_and_picture(archive: TestClient, path: str, language: str) -> None:
    html = archive.get(f"{path}?lang={language}", headers=BROWSER).text
    address = f"http://127.0.0.1:8000{path}"
    assert f'<link rel="canonical" href="{address}">' in html
    for other in Language:
        assert f'hreflang="{other}" href="{address}?lang={other}">' in html
    image = archive.get(f"/v1{path}?lang={language}").json().get("image")
    pictures = parse_page(html).find_all("picture")
    assert len(pictures) == bool(image) == ('property="og:image"' in html)
    if image:
        assert f'<meta property="og:image" content="{image["url"]}">' in html
        (picture,) = pictures[0].find_all("img")
        assert picture.attributes["alt"] == image["alt"]
        assert picture.attributes["src"] == urlsplit(image["url"]).path
        assert int(picture.attributes["height"]) > 0


def test_pictures_are_of_the_pages_that_have_one(archive: TestClient) -> None:
    """Positive control of the test above: drawings of a type of spacecraft and of a module."""
    paths = [path for path in PAGES if archive.get(f"/v1{path}").json().get("image")]
    assert paths == ["/spacecraft/dragon-endeavour", "/modules/harmony"]


def test_site_page_has_structured_data(archive: TestClient) -> None:
    html = archive.get("/sites/baikonur-cosmodrome?lang=en", headers=BROWSER).text
    (data,) = re.findall(r'<script type="application/ld\+json">(.+?)</script>', html)
    place = json.loads(data)
    assert (place["@type"], place["name"]) == ("Place", "Baikonur Cosmodrome")
    assert place["address"]["addressCountry"] == "KZ"
    assert place["geo"] == {
        "@type": "GeoCoordinates",
        "latitude": 45.965,
        "longitude": 63.305,
    }


def test_former_slugs_and_other_names_redirect(editor: TestClient) -> None:
    """Also a slug with which the path of the collection begins."""
    editor.post("/v1/sites", json={"name": "Site", "country": "JP"}).raise_for_status()
    changed = {"slug": "meadow", "aliases": ["Pasture"]}
    patch = editor.patch("/v1/sites/site", json=changed, headers={"If-Match": "*"})
    patch.raise_for_status()
    for former in ("site", "pasture"):
        answer = editor.get(f"/sites/{former}?lang=ru", headers=BROWSER, follow_redirects=False)
        assert answer.status_code == 308
        assert answer.headers["Location"] == "http://127.0.0.1:8000/sites/meadow?lang=ru"
    assert editor.get("/sites/meadow", headers=BROWSER).status_code == 200


@pytest.mark.parametrize(
    ("page", "targets"),
    [
        (
            "/launches/sts-88",
            {
                "/vehicles/space-shuttle",
                "/spacecraft/endeavour",
                "/sites/kennedy-space-center",
                "/modules/unity",
                "/modules/pma-1",
                "/agencies/nasa",
            },
        ),
        ("/launches/soyuz-ms-12", {"/spacecraft/soyuz-ms-12", "/modules/rassvet"}),
        ("/missions/iss-59", {"/spacecraft/soyuz-ms-12", "/modules/rassvet"}),
        ("/spacewalks/spacewalk-214", {"/modules/quest", "/agencies/nasa"}),
        (
            "/station?on=2019-04-04",
            {"/spacecraft/soyuz-ms-12", "/modules/zarya", "/launches/soyuz-ms-12"},
        ),
        ("/people/anne-mcclain", {"/agencies/nasa"}),
        ("/modules/columbus", {"/agencies/esa", "/modules/harmony"}),
        ("/vehicles/soyuz-fg", {"/agencies/rkts-progress"}),
        ("/spacecraft/dragon-endeavour", {"/spacecraft-types/crew-dragon-2", "/agencies/spacex"}),
        ("/modules/unity", {"/modules/tranquility", "/modules/destiny"}),
        ("/search?q=unity", {"/modules/unity"}),
        ("/search?q=type:agency+roscosmos", {"/agencies/roscosmos"}),
        ("/search?q=type:spacecraft_type+starliner", {"/spacecraft-types/starliner"}),
        ("/search?q=type:vehicle+soyuz-fg", {"/vehicles/soyuz-fg"}),
        ("/search?q=type:spacecraft+endeavour", {"/spacecraft/endeavour"}),
    ],
)
def test_names_link_to_their_pages(archive: TestClient, page: str, targets: set[str]) -> None:
    html = archive.get(page, headers=BROWSER).text
    links = {unescape(href) for href in re.findall(r'<a [^>]*?href="([^"]+)"', html)}
    assert links >= targets
    for target in targets:
        assert archive.get(target, headers=BROWSER, follow_redirects=False).status_code == 200


def test_name_without_a_record_is_text(editor: TestClient) -> None:
    launch = {
        "slug": "bare",
        "status": "planned",
        "launch_at": "2031-04-04T11:01:00Z",
        "launch_at_precision": "minute",
        "spacecraft": [{"name": "Unknown ship", "kind": "CV"}],
        "crewed": False,
    }
    editor.post("/v1/launches", json=launch).raise_for_status()
    page = get_page(editor, "/launches/bare")
    assert "Unknown ship" in page.text
    assert "Unknown ship" not in link_targets(page)


def test_record_pages_take_few_statements(archive: TestClient, statements: list[str]) -> None:
    for path in PAGES:
        clear_response_cache(archive)
        statements.clear()
        assert archive.get(path, headers=BROWSER).status_code == 200
        assert 1 <= len(statements) <= 6, (path, statements)


def test_every_record_page_has_a_path() -> None:
    types = [page.record_type for page in RECORD_PAGES]
    assert len(types) == len(set(types)) > 6
    assert PAGE_PATH_SEGMENTS.keys() > set(types)
