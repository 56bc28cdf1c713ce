"""Validation of missions, crews and launches, with the pointer of each error."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.support import documents
from tests.support.documents import IF_MATCH_ANY

Fault = tuple[str, str]


def slug(editor: TestClient, resource: str, **fields: Any) -> str:
    makers = {
        "people": documents.person,
        "missions": documents.mission,
        "launches": documents.launch,
    }
    made = editor.post(f"/v1/{resource}", json=makers[resource](**fields))
    assert made.status_code == 201, made.text
    found: str = made.json()["slug"]
    return found


def fault(answer: Any) -> Fault:
    assert answer.status_code == 422, answer.text
    (one,) = answer.json()["errors"]
    return one["pointer"], one["code"]


@pytest.fixture
def mission(editor: TestClient) -> str:
    return slug(editor, "missions")


@pytest.fixture
def people(editor: TestClient) -> list[str]:
    return [slug(editor, "people") for _ in range(3)]


def put(editor: TestClient, mission: str, *seats: dict[str, Any]) -> Any:
    return editor.put(
        f"/v1/missions/{mission}/crew", json={"items": list(seats)}, headers=IF_MATCH_ANY
    )


def seat(person: str, role: str = "flight_engineer", **fields: Any) -> dict[str, Any]:
    return {"person": person, "role": role} | fields


def test_crew_replacement_keeps_ids_of_remaining_members(
    editor: TestClient, mission: str, people: list[str]
) -> None:
    a, b, c = people
    first = put(editor, mission, seat(a), seat(b, "commander")).json()["crew"]
    assert [s["person"]["slug"] for s in first] == [b, a]  # commanders first
    assert [s["ordinal"] for s in first] == [1, 2]
    second = put(editor, mission, seat(c, "commander"), seat(a, position="FE-1")).json()["crew"]
    assert [s["person"]["slug"] for s in second] == [c, a]
    assert second[1]["id"] == first[1]["id"]
    assert second[1]["position"] == "FE-1"
    assert put(editor, mission, seat(a), seat(c)).status_code == 200
    assert put(editor, mission, seat(c), seat(a)).json()["crew"][0]["person"]["slug"] == c
    assert put(editor, mission).json()["crew"] == []


def test_invalid_crew_members_are_rejected(
    editor: TestClient, mission: str, people: list[str]
) -> None:
    a, b, _ = people
    launch = slug(editor, "launches", crew=[{"person": b, "role": "pilot"}])
    assert fault(put(editor, mission, seat("nobody"))) == ("/items/0/person", "unknown-reference")
    outside = seat(a), seat(b, from_on="2031-03-14")
    assert fault(put(editor, mission, *outside)) == ("/items/1/from_on", "outside-mission")
    outside = seat(a, to_on="2031-09-16"), seat(b)
    assert fault(put(editor, mission, *outside)) == ("/items/0/to_on", "outside-mission")
    backwards = seat(a, from_on="2031-05-02", to_on="2031-05-01")
    assert fault(put(editor, mission, backwards)) == ("/items/0/to_on", "value_error")
    both = seat(a, "commander"), seat(b, "commander")
    assert fault(put(editor, mission, *both)) == ("/items/1/role", "two-commanders")
    twice = seat(a, "commander", to_on="2031-05-01"), seat(a, from_on="2031-04-01")
    assert fault(put(editor, mission, *twice)) == ("/items/1/person", "overlap")
    absent = seat(a, arrived_with=launch)
    assert fault(put(editor, mission, absent)) == ("/items/0/arrived_with", "not-aboard")
    assert put(editor, mission, seat(b, arrived_with=launch)).status_code == 200


def test_commander_handover_within_mission(
    editor: TestClient, mission: str, people: list[str]
) -> None:
    a, b, _ = people
    handover = "2031-05-01"
    answer = put(
        editor,
        mission,
        seat(a, "commander", to_on=handover),
        seat(b, "commander", from_on=handover),
        seat(b, to_on=handover),
        seat(a, from_on=handover),
    )
    assert answer.status_code == 200, answer.text


def test_overlapping_commanders_are_rejected(
    editor: TestClient, mission: str, people: list[str]
) -> None:
    a, b, _ = people
    day = {"from_on": "2031-05-01", "to_on": "2031-05-01"}
    both = seat(a, "commander", **day), seat(b, "commander", **day)
    assert fault(put(editor, mission, *both)) == ("/items/1/role", "two-commanders")
    twice = seat(a, "commander", **day), seat(a, **day)
    assert fault(put(editor, mission, *twice)) == ("/items/1/person", "overlap")


def test_single_assignment_follows_crew_rules(
    editor: TestClient, client: TestClient, mission: str, people: list[str]
) -> None:
    a, b, _ = people
    whole = {"mission": mission, "person": a, "role": "commander"}
    made = editor.post("/v1/crew-assignments", json=whole)
    assert made.status_code == 201
    address = made.headers["Location"]
    second = editor.post("/v1/crew-assignments", json=whole | {"person": b})
    assert fault(second) == ("/role", "two-commanders")
    assert fault(editor.post("/v1/crew-assignments", json=whole)) == ("/person", "overlap")
    unknown = editor.post("/v1/crew-assignments", json=whole | {"mission": "iss-0"})
    assert fault(unknown) == ("/mission", "unknown-reference")
    other = editor.post(
        "/v1/crew-assignments", json=whole | {"person": b, "role": "flight_engineer"}
    )
    refused = editor.patch(
        other.headers["Location"], json={"role": "commander"}, headers=IF_MATCH_ANY
    )
    assert fault(refused) == ("/role", "two-commanders")
    refused = editor.patch(address, json={"from_on": "2030-01-01"}, headers=IF_MATCH_ANY)
    assert fault(refused) == ("/from_on", "outside-mission")
    # Its version is that of the mission, so that concurrent crew changes conflict.
    tag = client.get(address).headers["ETag"]
    assert (
        tag.rpartition(".")[2]
        == client.get(f"/v1/missions/{mission}").headers["ETag"].rpartition(".")[2]
    )
    assert (
        editor.patch(address, json={"position": "CDR"}, headers={"If-Match": tag}).status_code
        == 200
    )
    stale = editor.delete(other.headers["Location"], headers={"If-Match": tag})
    assert stale.status_code == 412
    assert editor.delete(other.headers["Location"], headers=IF_MATCH_ANY).status_code == 204
    assert client.get(other.headers["Location"]).status_code == 404
    assert (
        editor.patch("/v1/crew-assignments/999999", json={}, headers=IF_MATCH_ANY).status_code
        == 404
    )


def test_person_in_two_missions_is_rejected_except_handover(
    editor: TestClient, people: list[str]
) -> None:
    first = slug(editor, "missions")
    overlapping = slug(
        editor, "missions", starts_at="2031-09-05T00:00:00Z", ends_at="2032-03-01T00:00:00Z"
    )
    inside = slug(
        editor, "missions", starts_at="2031-05-01T00:00:00Z", ends_at="2031-12-01T00:00:00Z"
    )
    assert put(editor, first, seat(people[0])).status_code == 200
    assert put(editor, overlapping, seat(people[0])).status_code == 200
    assert fault(put(editor, inside, seat(people[0]))) == ("/items/0/person", "overlap")


def test_mission_dates_must_not_overlap_missions_of_its_crew(
    editor: TestClient, people: list[str]
) -> None:
    first = slug(editor, "missions")
    ahead = {"starts_at": "2032-03-01T00:00:00Z", "ends_at": "2032-09-01T00:00:00Z"}
    later = slug(editor, "missions", **ahead)
    for mission in (first, later):
        assert put(editor, mission, seat(people[0])).status_code == 200

    def move(mission: str, **dates: str) -> Any:
        return editor.patch(f"/v1/missions/{mission}", json=dates, headers=IF_MATCH_ANY)

    early, late = {"starts_at": "2031-05-01T00:00:00Z"}, {"ends_at": "2032-05-01T00:00:00Z"}
    assert fault(move(later, **early)) == ("/starts_at", "overlap")
    assert fault(move(first, **late)) == ("/ends_at", "overlap")
    assert move(first, ends_at="2032-03-10T00:00:00Z").status_code == 200  # a handover
    assert put(editor, first).status_code == 200
    assert move(later, **early).status_code == 200  # the conflicting assignment is gone


def test_invalid_missions_are_rejected(editor: TestClient, mission: str, people: list[str]) -> None:
    ends = documents.mission(ends_at="2031-03-14T00:00:00Z")
    assert fault(editor.post("/v1/missions", json=ends)) == ("/ends_at", "value_error")
    there = editor.get(f"/v1/missions/{mission}").json()
    same = documents.mission(number=there["number"])
    assert fault(editor.post("/v1/missions", json=same)) == ("/number", "taken")
    assert put(editor, mission, seat(people[0], to_on="2031-08-01")).status_code == 200
    shorter = {"ends_at": "2031-07-01T00:00:00Z"}
    refused = editor.patch(f"/v1/missions/{mission}", json=shorter, headers=IF_MATCH_ANY)
    assert fault(refused) == ("/ends_at", "outside-mission")


def test_tasks_are_replaced_as_a_whole(editor: TestClient, mission: str) -> None:
    answer = editor.put(
        f"/v1/missions/{mission}/tasks", json={"items": ["One", "Two"]}, headers=IF_MATCH_ANY
    )
    assert [task["text"] for task in answer.json()["tasks"]] == ["One", "Two"]
    again = editor.put(
        f"/v1/missions/{mission}/tasks", json={"items": ["Two"]}, headers=IF_MATCH_ANY
    )
    assert [(t["position"], t["text"]) for t in again.json()["tasks"]] == [(1, "Two")]


def test_invalid_launches_are_rejected(editor: TestClient, people: list[str]) -> None:
    early = documents.launch(
        crew=[{"person": people[0], "role": "pilot", "landed_at": "2031-04-04T11:00:00Z"}]
    )
    refused = editor.post("/v1/launches", json=early)
    assert fault(refused) == ("/crew/0/landed_at", "returns-before-launch")
    window = documents.launch(
        window_starts_at="2031-04-04T12:00:00Z", window_ends_at="2031-04-04T11:00:00Z"
    )
    assert fault(editor.post("/v1/launches", json=window)) == ("/window_ends_at", "value_error")
    twice = documents.launch(crew=[{"person": people[0], "role": "pilot"}] * 2)
    assert fault(editor.post("/v1/launches", json=twice)) == ("/crew/1/person", "repeated")
    made = editor.post("/v1/launches", json=documents.launch(cospar_id="2031-001"))
    assert made.status_code == 201
    same = editor.post("/v1/launches", json=documents.launch(cospar_id="2031-001"))
    assert fault(same) == ("/cospar_id", "taken")
    known = {"vehicle": {"name": "Soyuz-2.1a", "family": "Soyuz"}}
    editor.post("/v1/vehicles", json=known["vehicle"]).raise_for_status()
    assert editor.post("/v1/launches", json=documents.launch(**known)).status_code == 201
    other = {"vehicle": {"name": "Soyuz-2.1a", "family": "Proton"}}
    refused = editor.post("/v1/launches", json=documents.launch(**other))
    assert fault(refused) == ("/vehicle/family", "contradiction")


def test_launch_crew_keeps_members_of_missions(
    editor: TestClient, mission: str, people: list[str]
) -> None:
    launch = slug(editor, "launches", crew=[{"person": people[0], "role": "pilot"}])
    assert put(editor, mission, seat(people[0], arrived_with=launch)).status_code == 200
    refused = editor.patch(f"/v1/launches/{launch}", json={"crew": []}, headers=IF_MATCH_ANY)
    assert fault(refused) == ("/crew", "in-use")
    assert editor.delete(f"/v1/launches/{launch}", headers=IF_MATCH_ANY).status_code == 409
