"""Launch sites: requests and expected records."""

from datetime import UTC, datetime
from math import asin, cos, radians, sin, sqrt
from zoneinfo import ZoneInfo

import pytest
from starlette.testclient import TestClient

from app.db.database import Database
from app.domain.dates import Precision
from tests.support import factories
from tests.support.clients import database_of
from tests.support.statements import record_selects

REFERENCE_COORDINATES = {
    "LC1": (45.92, 63.342),
    "LC31": (45.996034, 63.564003),
    "LC81/23": (46.073997, 62.977999),
    "LC200/39": (46.039984, 63.032093),
    "LC39A": (28.60822681, -80.60428186),
    "LC40": (28.56194122, -80.57735736),
    "SLC41": (28.58341025, -80.58303644),
    "ELA3": (5.239, -52.768),
    "Y2": (30.400938, 130.97564),
}
"""Latitude and longitude of pads in Launch Library 2 (The Space Devs), by code."""

WITHOUT_REFERENCE = {"LC39B": "LC39A", "0A": None}
"""Pads that Launch Library 2 does not list, each with a neighbour within 5 km, if it has one."""

EARTH_RADIUS_KM = 6371


def distance_km(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Length of the great circle between two points, by the haversine formula."""
    (lat1, lon1), (lat2, lon2) = (map(radians, point) for point in (one, other))
    chord = sin((lat2 - lat1) / 2) ** 2 + cos(lat1) * cos(lat2) * sin((lon2 - lon1) / 2) ** 2
    return 2 * EARTH_RADIUS_KM * asin(sqrt(chord))


def slugs(client: TestClient, query: str) -> list[str]:
    answer = client.get(f"/v1/sites?limit=100&{query}").raise_for_status().json()
    return [item["slug"] for item in answer["items"]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("country=US", ["cape-canaveral", "kennedy-space-center", "wallops-island-mars"]),
        ("country=GF,JP&sort=-name", ["tanegashima-space-center", "guiana-space-centre"]),
        ("q=байконур", ["baikonur-cosmodrome"]),
        ("q=tyuratam", ["baikonur-cosmodrome"]),
        ("q=ELA-3", ["guiana-space-centre"]),
        ("q=канаверал&country=KZ", []),
    ],
)
def test_filters(archive: TestClient, query: str, expected: list[str]) -> None:
    assert slugs(archive, query) == expected


@pytest.mark.parametrize(
    ("query", "parameter"),
    [("country=KZ,DE", "country"), ("code=KSC", "code"), ("sort=latitude", "sort")],
)
def test_bad_parameters_are_refused(archive: TestClient, query: str, parameter: str) -> None:
    answer = archive.get(f"/v1/sites?{query}")
    assert answer.status_code == 422
    assert [error["parameter"] for error in answer.json()["errors"]] == [parameter]


def test_site_baikonur(archive: TestClient) -> None:
    site = archive.get("/v1/sites/baikonur-cosmodrome").raise_for_status().json()
    assert (site["name"], site["code"], site["country"]) == ("Baikonur Cosmodrome", "GIK-5", "KZ")
    assert ZoneInfo(site["time_zone"]).key == "Asia/Qyzylorda"
    assert "Тюратам" in site["aliases"]
    assert [(pad["name"], pad["code"]) for pad in site["pads"]] == [
        ("Site 1/5", "LC1"),
        ("Site 31/6", "LC31"),
        ("Site 81/23", "LC81/23"),
        ("Site 200/39", "LC200/39"),
    ]
    assert sum(pad["launches_count"] for pad in site["pads"]) == site["launches_count"]
    assert site["sources"]
    launches = archive.get(f"{site['launches_url']}&with_total=true").json()
    assert launches["total"] == site["launches_count"] > 100
    assert [facet["name"] for facet in launches["facets"]] == ["vehicle", "year", "pad"]


def test_names_are_in_the_language_of_the_request(archive: TestClient) -> None:
    site = archive.get("/v1/sites/baikonur-cosmodrome?lang=ru").json()
    assert (site["name"], site["pads"][0]["name"]) == ("Космодром Байконур", "площадка 1/5")
    launch = archive.get("/v1/launches/progress-ms-11?lang=ru").json()
    assert launch["site"]["name"] == "Космодром Байконур"
    assert launch["site"]["pad_name"] == launch["launch_pad"]["name"] == "площадка 31/6"


def test_full_view_equals_site(archive: TestClient) -> None:
    (full,) = archive.get("/v1/sites?view=full&country=GF").json()["items"]
    assert full == archive.get("/v1/sites/guiana-space-centre").json()


def test_list_takes_one_statement(archive: TestClient) -> None:
    """However many pads and launches the sites have."""
    with record_selects(database_of(archive)) as selects:
        archive.get("/v1/sites?view=full&country=US").raise_for_status()
    assert len([each for each in selects if "FROM sites" in each]) == 1


def test_search_finds_site_first(archive: TestClient) -> None:
    for words in ("Baikonur", "Байконур", "GIK-5"):
        first = archive.get("/v1/search", params={"q": words}).json()["items"][0]
        assert (first["type"], first["slug"]) == ("site", "baikonur-cosmodrome"), words


@pytest.mark.parametrize(
    "name", ["baikonur-cosmodrome", "Baikonur Cosmodrome", "GIK-5", "gik-5", "BAIKONUR", "Байконур"]
)
def test_filter_accepts_every_name(archive: TestClient, name: str) -> None:
    answer = archive.get("/v1/launches", params={"site": name, "with_total": True, "limit": 1})
    expected = archive.get("/v1/sites/baikonur-cosmodrome").json()["launches_count"]
    assert answer.json()["total"] == expected


def test_filter_by_pad(archive: TestClient) -> None:
    query = "pad=kennedy-lc-39b&with_total=true&limit=1"
    answer = archive.get(f"/v1/launches?{query}").raise_for_status().json()
    assert answer["total"] == 12
    assert answer["items"][0]["launch_pad"]["code"] == "LC39B"


def test_pads_of_launches_are_within_5_km_of_the_reference(archive: TestClient) -> None:
    sites = archive.get("/v1/sites?view=full&limit=100").json()["items"]
    pads = {pad["code"]: pad for site in sites for pad in site["pads"]}
    launches = archive.get("/v1/launches?facet=pad&limit=1").json()["facets"][0]["values"]
    assert {value["value"] for value in launches} == {pad["slug"] for pad in pads.values()}
    assert pads.keys() == REFERENCE_COORDINATES.keys() | WITHOUT_REFERENCE.keys()
    places = {code: (pad["latitude"], pad["longitude"]) for code, pad in pads.items()}
    distances = {
        code: distance_km(places[code], reference)
        for code, reference in REFERENCE_COORDINATES.items()
    }
    assert max(distances.values()) < 5, distances
    assert min(distances.values()) < 0.1
    for code, neighbour in WITHOUT_REFERENCE.items():
        assert neighbour is None or distance_km(places[code], places[neighbour]) < 5
    for site in sites:
        for pad in site["pads"]:
            place = site["latitude"], site["longitude"]
            assert distance_km(place, places[pad["code"]]) < 40, pad["slug"]
    assert distance_km(places["LC1"], places["LC40"]) > 10_000  # positive control


def test_local_time_needs_a_time_of_day(client: TestClient, database: Database) -> None:
    at = datetime(1998, 12, 4, 8, 35, 34, tzinfo=UTC)
    expected = {
        "second": "1998-12-04T03:35:34-05:00",
        "minute": "1998-12-04T03:35:00-05:00",
        "hour": "1998-12-04T03:00:00-05:00",
        **dict.fromkeys(("day", "month", "quarter", "year")),
    }
    with database.session() as session:
        site, unknown = factories.site(time_zone="America/New_York"), factories.site()
        session.add_all([site, unknown])
        session.flush()
        for precision in Precision:
            columns = {"launch_at": at, "launch_at_precision": precision}
            session.add(factories.launch(slug=precision, site_id=site.id, **columns))
        session.add(factories.launch(slug="unknown", site_id=unknown.id, launch_at=at))
        session.add(factories.launch(slug="nowhere", launch_at=at))
    items = client.get("/v1/launches").json()["items"]
    found = {each["slug"]: each["launch_at_local"] for each in items}
    assert found == {**expected, "unknown": None, "nowhere": None}
