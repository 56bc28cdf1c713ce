"""Crew assignments: requests and expected records."""

import pytest
from starlette.testclient import TestClient


def found(client: TestClient, address: str) -> list[tuple[str, str, str]]:
    answer = client.get(address).raise_for_status().json()
    return [
        (item["mission"]["slug"], item["person"]["slug"], item["role"]) for item in answer["items"]
    ]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("mission=iss-1", ["william-shepherd", "yuri-gidzenko", "sergei-krikalev"]),
        ("mission=iss-59&role=commander", ["oleg-kononenko"]),
        ("mission=iss-59&role_not=flight_engineer", ["oleg-kononenko"]),
        ("mission=iss-59&agency=NASA", ["anne-mcclain", "nick-hague", "christina-koch"]),
        ("mission=iss-59,iss-60&person=christina-koch", ["christina-koch"] * 2),
        ("role=commander&on=2019-04-04", ["oleg-kononenko"]),
        ("role=commander&on=2024-03-09", ["andreas-mogensen"]),
        ("role=commander&on=2024-03-11", ["oleg-kononenko"]),
        ("mission=iss-20&on=2009-06-15&agency=JAXA", ["koichi-wakata"]),
        ("mission=iss-20&on=2009-09-15&agency=JAXA", []),
    ],
)
def test_filters(archive: TestClient, query: str, expected: list[str]) -> None:
    listed = found(archive, f"/v1/crew-assignments?limit=100&{query}")
    assert [person for _, person, _ in listed] == expected


def test_sort_keeps_order_within_crews(archive: TestClient) -> None:
    newest = found(archive, "/v1/crew-assignments?limit=100")
    assert newest[0][0] == "iss-75"
    assert newest[0][2] == "commander"
    oldest = found(archive, "/v1/crew-assignments?limit=100&sort=mission")
    assert oldest[:4] == [
        ("iss-1", "william-shepherd", "commander"),
        ("iss-1", "yuri-gidzenko", "flight_engineer"),
        ("iss-1", "sergei-krikalev", "flight_engineer"),
        ("iss-2", "yury-usachev", "commander"),
    ]


@pytest.mark.parametrize("sort", ["mission", "-mission"])
def test_pages_show_each_assignment_once(archive: TestClient, sort: str) -> None:
    address, seen = f"/v1/crew-assignments?limit=90&sort={sort}", []
    while address:
        page = archive.get(address).json()
        seen += [item["id"] for item in page["items"]]
        address = page["next"]
    assert len(seen) == len(set(seen)) == 500


def test_mission_crew_equals_mission(archive: TestClient) -> None:
    crew = archive.get("/v1/missions/iss-65/crew?limit=100").json()["items"]
    assert crew == archive.get("/v1/missions/iss-65").json()["crew"]
    engineers = archive.get("/v1/missions/iss-65/crew?role=flight_engineer&limit=100").json()
    assert engineers["items"] == [m for m in crew if m["role"] == "flight_engineer"]
    empty = archive.get("/v1/missions/iss-65/crew?role=commander&person=anne-mcclain")
    assert empty.json()["items"] == []


def test_mission_with_three_commanders(archive: TestClient) -> None:
    commanders = archive.get("/v1/missions/iss-65/crew?role=commander").json()["items"]
    assert [(m["person"]["slug"], m["from_on"], m["to_on"]) for m in commanders] == [
        ("shannon-walker", None, "2021-04-27"),
        ("akihiko-hoshide", "2021-04-27", "2021-10-04"),
        ("thomas-pesquet", "2021-10-04", None),
    ]
