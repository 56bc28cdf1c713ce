"""People: life dates, nationalities, links, and totals and firsts of their flights."""

from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from starlette.testclient import TestClient

from app.db.database import Reader
from app.db.tracking.person_totals import find_wrong_person_totals
from tests.support import documents
from tests.support.clients import database_of
from tests.support.documents import IF_MATCH_ANY

WIKIPEDIA = "https://en.wikipedia.org/wiki/Somebody"


def slugs(client: TestClient, query: str) -> list[str]:
    answer = client.get(f"/v1/people?limit=100&{query}").raise_for_status().json()
    return [item["slug"] for item in answer["items"]]


def test_lists_have_the_expected_people(archive: TestClient) -> None:
    for query, expected in {
        "nationality=IR": ["anousheh-ansari"],
        "nationality=HU&nationality_not=US": ["tibor-kapu"],
        "nationality=HU": ["charles-simonyi", "tibor-kapu"],
        "born_on_lt=1941-01-01&sort=-name": ["dennis-tito"],
        "born_on_gte=1975-05-01&born_on_lt=1975-05-02": ["dorothy-metcalf-lindenburger"],
    }.items():
        assert slugs(archive, query) == expected, query
    longest = archive.get("/v1/people?sort=-flight_seconds&limit=100").json()["items"]
    seconds = [person["flight_seconds"] for person in longest]
    assert seconds == sorted(seconds, reverse=True)
    assert longest[0]["slug"] == "oleg-kononenko"
    most = archive.get("/v1/people?sort=-flights_count&limit=1").json()["items"]
    assert most[0]["flights_count"] == max(person["flights_count"] for person in longest)


def test_in_space_equals_aboard(archive: TestClient) -> None:
    everybody = archive.get("/v1/people?format=ndjson").text.count("\n")
    inside, outside = (
        archive.get(f"/v1/people?in_space={value}&with_total=true").json()
        for value in ("true", "false")
    )
    assert inside["total"] + outside["total"] == everybody
    assert all(person["aboard"] for person in inside["items"])


def test_aboard_equals_station(archive: TestClient) -> None:
    with time_machine.travel(datetime(2026, 5, 15, 12, tzinfo=UTC), tick=False):
        station = archive.get("/v1/station").json()["aboard"]
        inside = slugs(archive, "aboard=true")
        outside = archive.get("/v1/people?aboard=false&with_total=true").json()["total"]
    assert sorted(inside) == sorted(each["person"]["slug"] for each in station)
    assert len(inside) == 7
    assert len(inside) + outside == archive.get("/v1/people?format=ndjson").text.count("\n")
    assert slugs(archive, "aboard=true") == []  # behind the horizon


def test_totals_equal_the_flights_of_each_person(archive: TestClient) -> None:
    database = database_of(archive)
    with database.snapshot() as reader:
        assert find_wrong_person_totals(reader) == []
    person = archive.get("/v1/people/piers-sellers").json()
    assert person["flights_count"] == len(person["flights"]) == 3
    assert person["flight_seconds"] // 86400 == person["days_aboard"]


def test_totals_and_firsts_follow_the_flights(editor: TestClient) -> None:
    editor.post("/v1/people", json=documents.person(slug="flyer")).raise_for_status()
    seat: dict[str, Any] = {"person": "flyer", "role": "pilot"}
    for slug, year, days in (("short", 2001, 2), ("long", 2003, 9), ("later", 2005, 4)):
        landed = {"landed_at": f"{year}-03-{10 + days}T00:00:00Z", "landed_with": None}
        launch = documents.launch(
            slug=slug, status="success", launch_at=f"{year}-03-10T00:00:00Z", crew=[seat | landed]
        )
        editor.post("/v1/launches", json=launch).raise_for_status()

    def totals() -> tuple[int, int]:
        person = editor.get("/v1/people/flyer").json()
        with database_of(editor).session() as session:
            assert find_wrong_person_totals(Reader.from_session(session)) == []
        return person["flights_count"], person["flight_seconds"] // 86400

    person = editor.get("/v1/people/flyer").json()
    assert person["first_flight"]["slug"] == "short"
    assert person["longest_flight"]["slug"] == "long"
    assert totals() == (3, 15)
    version = person["version"]
    for slug, patch, expected in (
        ("later", {"status": "failure"}, (2, 11)),
        ("long", {"launch_at": "2003-03-12T00:00:00Z"}, (2, 9)),
        ("long", {"crew": [seat]}, (2, 2)),
        ("short", {"crew": []}, (1, 0)),
    ):
        answer = editor.patch(f"/v1/launches/{slug}", json=patch, headers=IF_MATCH_ANY)
        assert answer.status_code == 200, answer.text
        assert totals() == expected, patch
    assert editor.get("/v1/people/flyer").json()["version"] == version


def test_life_is_saved_and_read_back(editor: TestClient) -> None:
    document = documents.person(
        slug="somebody", nationality="RU", other_nationalities=["US"], born_on="1950-05-17",
        born_on_precision="month", birth_country="KZ", died_on="2001-01-02", sex="female",
        wikidata_id="Q42", wikipedia=[{"language": "en", "url": WIKIPEDIA}],
        biography="A life.", biography_ru="Жизнь.",
    )  # fmt: skip
    made = editor.post("/v1/people", json=document).raise_for_status().json()
    assert made["nationalities"] == ["RU", "US"]
    assert (made["born_on"], made["born_on_precision"]) == ("1950-05-01", "month")
    assert (made["died_on"], made["died_on_precision"]) == ("2001-01-02", "day")
    assert (made["birth_country"], made["sex"], made["wikidata_id"]) == ("KZ", "female", "Q42")
    assert made["wikidata_url"] == "https://www.wikidata.org/wiki/Q42"
    assert made["wikipedia"] == [{"language": "en", "url": WIKIPEDIA}]
    assert editor.get("/v1/people/somebody?lang=ru").json()["biography"] == "Жизнь."
    assert slugs(editor, "nationality=US") == slugs(editor, "nationality=RU") == ["somebody"]
    patch: dict[str, Any] = {"nationality": "US", "other_nationalities": [], "born_on": None}
    changed = editor.patch("/v1/people/somebody", json=patch, headers=IF_MATCH_ANY).json()
    assert changed["nationalities"] == ["US"]
    assert changed["born_on"] is changed["born_on_precision"] is None
    assert editor.get("/v1/people?nationality=RU").status_code == 422


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"other_nationalities": ["US"]}, "/other_nationalities"),
        ({"nationality": "US", "other_nationalities": ["US"]}, "/other_nationalities"),
        ({"born_on": "1950-05-17", "died_on": "1949-05-17"}, "/died_on"),
        ({"born_on_precision": "hour", "born_on": "1950-05-17"}, "/born_on_precision"),
        ({"sex": "unknown"}, "/sex"),
        ({"wikidata_id": "42"}, "/wikidata_id"),
        ({"wikipedia": [{"language": "e", "url": WIKIPEDIA}]}, "/wikipedia/0/language"),
        ({"wikipedia": [{"language": "ru", "url": WIKIPEDIA}]}, "/wikipedia/0/url"),
        ({"wikipedia": [{"language": "en", "url": WIKIPEDIA}] * 2}, "/wikipedia"),
        ({"biography": ""}, "/biography"),
    ],
)
def test_bad_documents_are_refused(
    editor: TestClient, fields: dict[str, Any], pointer: str
) -> None:
    answer = editor.post("/v1/people", json=documents.person(**fields))
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
