"""People: requests and expected records."""

import pytest
from starlette.testclient import TestClient

from app.db.database import Database
from app.domain.enums import CrewRole
from tests.support import factories


def slugs(client: TestClient, query: str) -> list[str]:
    answer = client.get(f"/v1/people?limit=100&{query}").raise_for_status().json()
    return [item["slug"] for item in answer["items"]]


CREW_59 = [
    "aleksey-ovchinin",
    "anne-mcclain",
    "christina-koch",
    "david-saint-jacques",
    "nick-hague",
    "oleg-kononenko",
]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("aboard_on=2019-04-04", CREW_59),
        ("in_space_on=2000-10-31", ["sergei-krikalev", "william-shepherd", "yuri-gidzenko"]),
        ("aboard_on=2000-10-31", []),
        ("aboard_on=2000-11-02", ["sergei-krikalev", "william-shepherd", "yuri-gidzenko"]),
        ("in_space_on=2019-04-04", CREW_59),
        ("in_space_on=2019-04-04&aboard_on=2019-03-13", CREW_59[1:2] + CREW_59[3:4] + CREW_59[5:]),
        ("aboard_on=1998-11-20", []),
        ("aboard_on=2090-01-01", []),
        ("mission=expedition-59", CREW_59),
        ("agency=csa&mission=iss-59", ["david-saint-jacques"]),
        ("mission=iss-59", CREW_59),
        ("mission=iss-59&role=commander", ["oleg-kononenko"]),
        ("q=Ovchinin Alexey", ["aleksey-ovchinin"]),
        ("q=овчинин", ["aleksey-ovchinin"]),
        ("q=MCCLAIN", ["anne-mcclain"]),
        ("q=Ann McClain", ["anne-mcclain"]),
        ("q=saint-jaques", ["david-saint-jacques"]),
        ("agency=CSA&mission=iss-59", ["david-saint-jacques"]),
        ("agency_not=NASA,Roscosmos&mission=iss-59", ["david-saint-jacques"]),
        ("nationality=ca&mission=iss-59", ["david-saint-jacques"]),
        ("nationality_not=US,RU&mission=iss-59", ["david-saint-jacques"]),
        ("sort=-name&mission=iss-59", CREW_59[::-1]),
    ],
)
def test_filters(archive: TestClient, query: str, expected: list[str]) -> None:
    assert slugs(archive, query) == expected


def test_aborted_flight_is_listed_but_not_aboard(archive: TestClient) -> None:
    aboard = slugs(archive, "aboard_on=2018-10-11")
    assert "nick-hague" not in aboard
    assert len(aboard) == 3
    flights = archive.get("/v1/people/nick-hague").json()["flights"]
    assert [flight["launch"]["slug"] for flight in flights][-2:] == ["soyuz-ms-12", "soyuz-ms-10"]
    assert flights[-1]["launch"]["status"] == "failure"


def test_aboard_on_includes_days_of_docking_and_undocking(archive: TestClient) -> None:
    """The launch was on 14 March, the docking on 15 March in UTC."""
    assert "christina-koch" in slugs(archive, "in_space_on=2019-03-14")
    assert "christina-koch" not in slugs(archive, "aboard_on=2019-03-14")
    assert "christina-koch" in slugs(archive, "aboard_on=2019-03-15")
    assert "christina-koch" in slugs(archive, "aboard_on=2020-02-06")
    assert "christina-koch" not in slugs(archive, "aboard_on=2020-02-07")


def test_person_has_all_fields(archive: TestClient) -> None:
    koch = archive.get("/v1/people/christina-koch").json()
    assert koch["days_aboard"] == 328
    assert koch["missions_count"] == 3
    assert koch["aboard"] is False
    assert [a["mission"]["slug"] for a in koch["assignments"]] == ["iss-61", "iss-60", "iss-59"]
    (flight,) = koch["flights"]
    assert flight["launch"]["slug"] == "soyuz-ms-12"
    assert flight["landed_with"]["slug"] == "soyuz-ms-13"
    assert koch["sources"]


def test_visitors_are_listed(archive: TestClient) -> None:
    tito = archive.get("/v1/people/dennis-tito").json()
    assert tito["missions_count"] == 0
    assert tito["assignments"] == []
    assert tito["days_aboard"] == 7
    assert tito["flights"][0]["role"] == "spaceflight_participant"


def test_person_with_two_roles_is_listed_once(client: TestClient, database: Database) -> None:
    with database.session() as session:
        who, of = factories.person(slug="twice"), factories.mission(slug="both")
        session.add_all([who, of])
        session.flush()
        session.add(factories.crew_assignment(of, who, role=CrewRole.COMMANDER))
        session.add(factories.crew_assignment(of, who, role=CrewRole.FLIGHT_ENGINEER))
    answer = client.get("/v1/people?mission=both&role=commander,flight_engineer&with_total=true")
    assert [item["slug"] for item in answer.json()["items"]] == ["twice"]
    assert answer.json()["total"] == 1
    assert answer.json()["items"][0]["missions_count"] == 1


def test_name_sort_ignores_case_and_accents(client: TestClient, database: Database) -> None:
    names = ["émile", "Zoe", "anna", "Bob", "Eve"]
    with database.session() as session:
        session.add_all(factories.person(name=name) for name in names)
    listed = client.get("/v1/people").json()["items"]
    assert [item["name"] for item in listed] == ["anna", "Bob", "émile", "Eve", "Zoe"]


def test_agency_belongs_to_flight(archive: TestClient) -> None:
    """Whitson flew for NASA, and later for Axiom Space; her agency is NASA."""
    whitson = archive.get("/v1/people/peggy-whitson").json()
    assert whitson["agency"] == "NASA"
    assert {flight["launch"]["slug"]: flight["agency"] for flight in whitson["flights"]} == {
        "sts-111": "NASA",
        "soyuz-tma-11": "NASA",
        "soyuz-ms-03": "NASA",
        "axiom-ax-2": "Axiom Space",
        "axiom-ax-4": "Axiom Space",
    }
    assert {role["agency"] for role in whitson["assignments"]} == {"NASA"}
    crew = archive.get("/v1/launches/axiom-ax-3").json()["crew"]
    assert [(seat["person"]["agency"], seat["agency"]) for seat in crew] == [
        ("NASA", "Axiom Space"),
        ("Italian Air Force", "Italian Air Force"),
        ("TUA", "TUA"),
        ("ESA", "ESA"),
    ]
    page = archive.get("/people/peggy-whitson", headers={"Accept": "text/html"}).text
    assert page.count("Axiom Space") == 3  # two flights, and the agencies of all flights
