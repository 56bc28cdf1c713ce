"""The station's page and its diagram: the shapes of every day, and the page against the API."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from starlette.testclient import TestClient

from app.domain.languages import Language
from app.ingest.dataset.records import DATASET_PATH
from app.portal.station_diagram import (
    PLACES,
    SHIP_HALF_WIDTH_UNITS,
    SHIP_LENGTH_UNITS,
    draw_station,
)
from tests.support.pages import Element, parse_page

DAYS = ["1998-12-10", "2000-11-02", "2008-10-14", "2011-05-20", "2016-07-01", "2021-07-26"]

Box = tuple[int, int, int, int]
"""Left, top, right and bottom edge."""


def read_data(name: str) -> list[dict[str, Any]]:
    lines = (DATASET_PATH / f"{name}.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


MODULES = {module["slug"]: module for module in read_data("modules")}
PORTS = {
    port["slug"]: {
        "slug": port["slug"],
        "name": port["slug"],
        "direction": port["direction"],
        "module": {"slug": slug},
    }
    for slug, module in MODULES.items()
    for port in module["ports"]
}


def is_there(start: str, end: str | None, day: str) -> bool:
    return start[:10] <= day and (end is None or end[:10] >= day)


STAYS = read_data("stays")


def build_station(day: str, language: Language = Language.EN) -> dict[str, Any]:
    """The fields of `/v1/station` that the diagram needs, from the data of the archive."""
    suffix = "_ru" if language == Language.RU else ""
    return {
        "at": f"{day}T23:59:59Z",
        "free_ports": list(PORTS.values()),
        "modules": [
            {
                "module": {"slug": slug, "name": module.get(f"name{suffix}") or module["name"]},
                "kind": module["kind"],
                "attached_to": place["to"] and {"slug": place["to"]},
                "port": place["port"] and PORTS[place["port"]],
                "detached_at": place.get("detached_at"),
            }
            for slug, module in MODULES.items()
            for place in module["attachments"]
            if is_there(place["attached_at"], place.get("detached_at"), day)
        ],
        "ships": [
            {
                "launch": {"slug": stay["launch"]},
                "spacecraft": {"name": "Endeavour (STS-134)", "kind": "SC"},
                "port": PORTS[stay["port"]],
                "departed_at": stay["departed_at"],
            }
            for stay in STAYS
            if is_there(stay["arrived_at"], stay["departed_at"], day)
        ],
    }


def days_of(records: list[dict[str, Any]], *times: str) -> list[str]:
    """Days of the known `times` of `records`."""
    return sorted({each[name][:10] for each in records for name in times if each.get(name)})


PLACES_OF_MODULES = [place for module in MODULES.values() for place in module["attachments"]]
MODULE_DAYS = days_of(PLACES_OF_MODULES, "attached_at", "detached_at")
SHIP_DAYS = days_of(STAYS, "arrived_at", "departed_at")


def overlap(one: Box, other: Box) -> bool:
    return (
        max(one[0], other[0]) < min(one[2], other[2])
        and max(one[1], other[1]) < min(one[3], other[3])
    )  # fmt: skip


def module_box(module: dict[str, Any]) -> Box:
    x, y = module["x"], module["y"]
    return x, y, x + module["width"], y + module["height"]


def ship_box(ship: dict[str, Any]) -> Box:
    """Bounds of a ship; its hull is narrower than its wings, which are in its outer half."""
    x, y, half = ship["x"], ship["y"], SHIP_HALF_WIDTH_UNITS
    return {
        0: (x, y - half, x + SHIP_LENGTH_UNITS, y + half),
        180: (x - SHIP_LENGTH_UNITS, y - half, x, y + half),
        90: (x - half, y, x + half, y + SHIP_LENGTH_UNITS),
        -90: (x - half, y - SHIP_LENGTH_UNITS, x + half, y),
    }[ship["angle"]]


def label_box(ship: dict[str, Any]) -> Box:
    lines = ship["lines"]
    half = 4 * max(len(line["text"]) for line in lines)
    x = lines[0]["x"]
    return x - half, lines[0]["y"] - 12, x + half, lines[-1]["y"] + 4


def module_boxes(drawing: dict[str, Any]) -> dict[str, Box]:
    """Bounds of the modules that have not left, by name."""
    shapes = drawing["modules"]
    return {shape["slug"]: module_box(shape) for shape in shapes if not shape["has_left"]}


def overlapping(boxes: dict[str, Box], others: dict[str, Box]) -> list[tuple[str, str]]:
    return [
        (name, other)
        for name, box in boxes.items()
        for other, other_box in others.items()
        if name != other and overlap(box, other_box)
    ]


def draw(day: str) -> dict[str, Any]:
    return draw_station(build_station(day), Language.EN)


def is_in_view(box: Box) -> bool:
    x, y, width, height = PLACES["view"]
    left, top, right, bottom = box
    return bool(x <= left < right <= x + width and y <= top < bottom <= y + height)


def test_modules_do_not_overlap() -> None:
    for day in MODULE_DAYS:
        boxes = module_boxes(draw(day))
        assert overlapping(boxes, boxes) == [], day
    assert len(boxes) == 41


def test_ships_are_outside_modules_and_in_the_view() -> None:
    count = 0
    for day in SHIP_DAYS:
        drawing = draw(day)
        ships = {
            f"{kind} {ship['slug']}": box(ship)
            for ship in drawing["ships"]
            for kind, box in (("hull", ship_box), ("label", label_box))
            if not ship["has_left"]
        }
        assert overlapping(ships, ships | module_boxes(drawing)) == [], day
        boxes = [box(ship) for ship in drawing["ships"] for box in (ship_box, label_box)]
        assert all(map(is_in_view, boxes)), day
        count += len(ships)
    assert count > 2_000


def test_wings_are_in_the_view() -> None:
    wings = draw("2024-06-10")["wings"]
    assert len(wings) == 8
    assert all(is_in_view(module_box(wing)) for wing in wings)


def test_overlaps_are_detected() -> None:
    """Positive control."""
    boxes = module_boxes(draw("2019-04-04"))
    left, top, right, bottom = boxes["zarya"]
    assert overlapping({"zarya": (left + 10, top, right + 10, bottom)}, boxes) == [
        ("zarya", "pma-1")
    ]
    assert not is_in_view((-1, 0, 9, 10))


def test_every_module_and_ship_is_drawn() -> None:
    for day in (*MODULE_DAYS, *SHIP_DAYS[::9]):
        station = build_station(day)
        drawing = draw_station(station, Language.EN)
        assert {shape["slug"] for shape in drawing["modules"]} == {
            item["module"]["slug"] for item in station["modules"]
        }, day
        assert len(drawing["ships"]) == len(station["ships"]), day


def test_every_port_has_a_place() -> None:
    drawn = {port["slug"] for day in MODULE_DAYS for port in draw(day)["ports"]}
    assert drawn == set(PORTS)


@pytest.mark.parametrize("language", list(Language))
def test_labels_of_modules_are_whole(language: Language) -> None:
    labels = {
        shape["slug"]: shape["label"]
        for day in ("2005-01-01", "2019-04-04", "2024-06-10")
        for shape in draw_station(build_station(day, language), language)["modules"]
    }
    assert len(labels) == len(MODULES)
    assert [label for label in labels.values() if "…" in label] == []


def test_long_names_are_cut() -> None:
    station = build_station("2019-04-04")
    station["modules"][0]["module"]["name"] = "N" * 60
    station["ships"][0]["spacecraft"]["name"] = "A " + "B" * 60 + " C D E " + "F" * 60
    drawing = draw_station(station, Language.EN)
    assert drawing["modules"][0]["label"].endswith("…")
    lines = [line["text"] for line in drawing["ships"][0]["lines"]]
    assert len(lines) == 3
    assert max(map(len, lines)) == 10


def test_modules_and_ports_without_a_place_are_omitted() -> None:
    station = build_station("2019-04-04")
    new = {"slug": "new", "name": "New", "direction": "nadir", "module": {"slug": "new"}}
    before = draw_station(station, Language.EN)
    station["modules"].append(
        {
            "module": {"slug": "new", "name": "New"},
            "kind": "module",
            "attached_to": {"slug": "unity"},
            "port": PORTS["unity-nadir"],
            "detached_at": None,
        }
    )
    station["free_ports"].append(new)
    station["ships"].append(station["ships"][0] | {"port": new})
    assert draw_station(station, Language.EN) == before


def attributes(page: Element, name: str) -> list[str]:
    """Values of the attribute `name`, in order."""
    found = page.find_all("a", "circle", "li")
    return [each.attributes[name] for each in found if name in each.attributes]


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("day", DAYS)
def test_page_equals_station(archive: TestClient, day: str, language: str) -> None:
    station = archive.get(f"/v1/station?on={day}&lang={language}").json()
    page = parse_page(archive.get(f"/station?on={day}&lang={language}").text)
    ships = [(stay["launch"]["slug"], stay["port"]["slug"]) for stay in station["ships"]]
    drawn = zip(attributes(page, "data-ship"), attributes(page, "data-port"), strict=False)
    listed = zip(attributes(page, "data-launch"), attributes(page, "data-port")[len(ships) :],
                 strict=True)  # fmt: skip
    assert sorted(drawn) == sorted(ships)
    assert list(listed) == ships
    free = {port["slug"] for port in station["free_ports"]}
    assert set(attributes(page, "data-free")) == free
    anchors = {f"module-{slug}" for slug in attributes(page, "data-module")}
    assert len(anchors) > 2
    left = {"module-pirs"} if day == "2021-07-26" else set()
    assert anchors - left == {each for each in attributes(page, "id") if each.startswith("module-")}
    for item in (*station["modules"], *station["ships"]):
        assert (item.get("module") or item["spacecraft"])["name"] in page.text
    for each in station["aboard"]:
        assert each["person"]["name"] in page.text
    for walk in station["spacewalks"]:
        assert walk["title"] in page.text


def test_ship_that_left_on_the_day_is_marked(archive: TestClient) -> None:
    page = parse_page(archive.get("/station?on=2016-07-01").text)
    ships = [each for each in page.find_all("a") if "data-ship" in each.attributes]
    at_pirs = [each for each in ships if each.attributes["data-port"] == "pirs-nadir"]
    assert [each.attributes["class"] for each in at_pirs] == ["ship", "ship left"]


def test_page_without_a_day_shows_the_last_known_one(archive: TestClient) -> None:
    known_until = archive.get("/v1/station").json()["known_until"]
    horizon = datetime.fromisoformat(min(known_until["crews"], known_until["dockings"]))
    zone = ZoneInfo("Europe/Moscow")
    for delay, day in (
        (timedelta(days=30), (horizon + timedelta(seconds=1)).astimezone(zone) - timedelta(1)),
        (timedelta(days=1), horizon.astimezone(zone) + timedelta(days=1)),  # it counts as present
    ):
        with time_machine.travel(horizon + delay, tick=False):
            page = parse_page(archive.get("/station").text)
            station = archive.get(f"/v1/station?on={day:%Y-%m-%d}").json()
        fields = {each.attributes.get("id"): each.attributes for each in page.find_all("input")}
        assert fields["on"]["value"] == fields["on"]["max"] == f"{day:%Y-%m-%d}"
        assert fields["on"]["min"] == "1998-11-20"
        assert station["ships"]
        assert len(attributes(page, "data-ship")) == len(station["ships"])


def test_facts_behind_the_horizon_are_not_known(archive: TestClient) -> None:
    with time_machine.travel(datetime(2026, 11, 29, tzinfo=UTC), tick=False):
        page = parse_page(archive.get("/station?on=2026-11-01").text)
    assert page.text.count("Not known for this day.") == 4
    assert attributes(page, "data-ship") == attributes(page, "data-free") == []
    assert "module-zvezda" in attributes(page, "id")


@pytest.mark.parametrize(
    ("address", "request_path"),
    [
        ("/launches?crewed=false&year=2019", "/v1/launches?to_station=true&crewed=false"
         "&launch_at_gte=2019-01-01&launch_at_lt=2020-01-01"),
        ("/launches?q=progress&crewed=&year=", "/v1/launches?to_station=true&q=progress"),
        ("/people?sort=-spacewalks_count", "/v1/people?sort=-spacewalks_count"),
        ("/people?agency=ESA&sort=-spacewalk_seconds",
         "/v1/people?agency=ESA&sort=-spacewalk_seconds"),
        ("/people?q=Кононенко", "/v1/people?q=Кононенко"),
        ("/spacewalks", "/v1/spacewalks"),
        ("/spacewalks?q=mcclain", "/v1/spacewalks?person=anne-mcclain"),
        ("/spacewalks?operator=Roscosmos&q=", "/v1/spacewalks?operator=Roscosmos"),
    ],
)  # fmt: skip
def test_filters_of_lists(archive: TestClient, address: str, request_path: str) -> None:
    joint = "&" if "?" in request_path else "?"
    items = archive.get(f"{request_path}{joint}limit=50").json()["items"]
    expected = [item["slug"] for item in items]
    (main,) = parse_page(archive.get(address).text).find_all("main")
    links = [each.attributes for each in main.find_all("a")]
    shown = [link["href"].rsplit("/", 1)[1] for link in links if "rel" not in link]
    assert shown == expected
    assert shown
    following = [link["href"] for link in links if link.get("rel") == "next"]
    for link in following:
        assert link.startswith(f"{address}&cursor=" if "?" in address else f"{address}?cursor=")
    assert len(following) == (len(shown) == 50)


def test_pages_of_records_have_their_stays_and_spacewalks(archive: TestClient) -> None:
    launch = parse_page(archive.get("/launches/progress-ms-11?lang=ru").text).text
    assert "Пирс, надирный узел" in launch
    assert "Стыковка: 4 апреля 2019" in launch
    assert "Сведён с орбиты 29 июля 2019" in launch
    person = parse_page(archive.get("/people/anne-mcclain").text).text
    assert "Spacewalks 3 18 h 52 min" in person
    assert "Spacewalk 214: Anne McClain, Nick Hague Lead spacewalker · 6 h 39 min" in person
    mission = parse_page(archive.get("/missions/iss-59").text).text
    ship = "Unity nadir Cygnus NG-11 cargo ship · Launched: April 17, 2019 Berthed: April 19, 2019"
    assert ship in mission
    assert "Spacewalk 215: Nick Hague, Christina Koch 6 h 45 min" in mission
    walk = parse_page(archive.get("/spacewalks/spacewalk-214?lang=ru").text).text
    assert "Выход в открытый космос № 214" in walk
    assert "Продолжительность 6 ч 39 мин" in walk


def test_search_results_of_new_records_have_pages(archive: TestClient) -> None:
    page = parse_page(archive.get("/search?q=progress ms-11 pirs").text)
    links = {each.attributes["href"] for each in page.find_all("main")[0].find_all("a")}
    days = [link for link in links if link.startswith("/station?on=")]
    assert days
    assert archive.get(days[0]).status_code == 200
