"""Rules of spacewalks: refused documents, computed fields, and records that refer to others."""

from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from starlette.testclient import TestClient

from tests.support import documents
from tests.support.documents import IF_MATCH_ANY

START, END = "2019-03-22T12:01:00Z", "2019-03-22T18:40:00Z"
AHEAD, AHEAD_END = "2031-03-22T12:01:00Z", "2031-03-22T18:40:00Z"
ELAPSED_SECONDS = 6 * 3600 + 39 * 60


def member(person: str, role: str = "ev1") -> dict[str, str]:
    return {"person": person, "role": role}


def walk(**fields: Any) -> dict[str, Any]:
    return documents.spacewalk(**{"starts_at": START} | fields)


@pytest.fixture
def station(editor: TestClient) -> TestClient:
    """Client of an archive with a person in space from 14 March 2019, and one on the ground."""
    for slug in ("flyer", "grounded"):
        editor.post("/v1/people", json=documents.person(slug=slug)).raise_for_status()
    crew = [{"person": "flyer", "role": "commander", "landed_at": "2019-06-24T00:00:00Z"}]
    launch = documents.launch(status="success", launch_at="2019-03-14T19:14:09Z", crew=crew)
    editor.post("/v1/launches", json=launch).raise_for_status()
    editor.post("/v1/spacewalks", json=walk(number=1)).raise_for_status()
    return editor


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"number": 1}, "/number", "taken"),
    ({"airlock": "none"}, "/airlock", "unknown-reference"),
    ({"mission": "none"}, "/mission", "unknown-reference"),
    ({"crew": [member("none")]}, "/crew/0/person", "unknown-reference"),
    ({"crew": [member("grounded")]}, "/crew/0/person", "not-in-space"),
    ({"crew": [member("flyer"), member("flyer", "ev2")]}, "/crew/1/person", "repeated"),
    (
        {"starts_at": "2019-03-14T10:00:00Z", "crew": [member("flyer")]},
        "/crew/0/person",
        "not-in-space",
    ),
    (
        {"starts_at": "2019-06-24T00:00:01Z", "crew": [member("flyer")]},
        "/crew/0/person",
        "not-in-space",
    ),
    ({"ends_at": START}, "/ends_at", "value_error"),
    (
        {"ends_at": END, "duration_seconds": ELAPSED_SECONDS + 61},
        "/duration_seconds",
        "contradiction",
    ),
    ({"starts_at": AHEAD, "duration_seconds": 60}, "/duration_seconds", "in-future"),
    ({"starts_at": AHEAD, "ends_at": AHEAD_END}, "/ends_at", "in-future"),
]


@pytest.mark.parametrize(("fields", "pointer", "code"), REFUSED)
def test_invalid_spacewalks_are_refused(
    station: TestClient, fields: dict[str, Any], pointer: str, code: str
) -> None:
    answer = station.post("/v1/spacewalks", json=walk(**fields))
    assert answer.status_code == 422, answer.text
    errors = [(error["pointer"], error["code"]) for error in answer.json()["errors"]]
    assert errors == [(pointer, code)]


OTHER = {"number": 2, "ends_at": END, "ends_at_precision": "minute", "crew": [member("flyer")]}
"""Spacewalk of the same person from 12:01 to 18:40."""

OVERLAPPING: list[dict[str, Any]] = [
    {},
    {"starts_at": "2019-03-22T18:39:00Z"},
    {"starts_at": "2019-03-22T11:00:00Z", "ends_at": "2019-03-22T12:30:00Z"},
    {"starts_at": "2019-03-22T11:00:00Z", "duration_seconds": 5400},
    {"starts_at": "2019-03-22T13:00:00Z", "starts_at_precision": "hour", "duration_seconds": 9000},
    {"starts_at": "2019-03-22T13:00:00Z", "starts_at_precision": "hour", "duration_seconds": 1800},
    {"starts_at": "2019-03-21T00:00:00Z", "starts_at_precision": "day", "ends_at": END},
]

SEPARATE: list[dict[str, Any]] = [
    {"starts_at": "2019-03-22T18:40:00Z"},
    {"starts_at": "2019-03-22T11:00:00Z", "ends_at": START},
    {"starts_at": "2019-03-22T11:00:00Z", "duration_seconds": 3600},
    {"starts_at": "2019-03-22T00:00:00Z", "starts_at_precision": "day"},
    {"starts_at": "2019-03-22T00:00:00Z", "starts_at_precision": "day", "duration_seconds": 5400},
]


@pytest.mark.parametrize("fields", OVERLAPPING)
def test_person_in_another_spacewalk_is_refused(
    station: TestClient, fields: dict[str, Any]
) -> None:
    station.post("/v1/spacewalks", json=walk(**OTHER)).raise_for_status()
    crew = {"crew": [member("flyer")]}
    answer = station.post("/v1/spacewalks", json=walk(**fields, **crew))
    assert answer.status_code == 422, answer.text
    error = answer.json()["errors"][0]
    assert (error["pointer"], error["code"]) == ("/crew/0/person", "in-another-spacewalk")
    assert "'spacewalk-2'" in error["detail"]
    assert station.post("/v1/spacewalks", json=walk(**fields)).status_code == 201


@pytest.mark.parametrize("fields", SEPARATE)
def test_person_in_separate_spacewalks_is_accepted(
    station: TestClient, fields: dict[str, Any]
) -> None:
    station.post("/v1/spacewalks", json=walk(**OTHER)).raise_for_status()
    crew = {"crew": [member("flyer")]}
    assert station.post("/v1/spacewalks", json=walk(**fields, **crew)).status_code == 201
    path = "/v1/spacewalks/spacewalk-2"
    assert station.patch(path, json=crew, headers=IF_MATCH_ANY).status_code == 200


LAUNCH_DAY = {"starts_at": "2019-03-14T00:00:00Z", "starts_at_precision": "day"}

ACCEPTED: list[tuple[dict[str, Any], int | None]] = [
    ({"number": 2, "crew": [member("flyer")]}, None),
    ({"ends_at": END, "ends_at_precision": "minute"}, ELAPSED_SECONDS),
    ({"ends_at": END, "duration_seconds": ELAPSED_SECONDS + 60}, ELAPSED_SECONDS + 60),
    ({"starts_at_precision": "day", "ends_at": END}, None),
    ({"starts_at_precision": "day", "ends_at": END, "duration_seconds": 60}, 60),
    (LAUNCH_DAY | {"crew": [member("flyer")]}, None),
    ({"starts_at": AHEAD}, None),
]


@pytest.mark.parametrize(("fields", "duration"), ACCEPTED)
def test_valid_spacewalks_are_accepted(
    station: TestClient, fields: dict[str, Any], duration: int | None
) -> None:
    answer = station.post("/v1/spacewalks", json=walk(**fields))
    assert answer.status_code == 201, answer.text
    assert answer.json()["duration_seconds"] == duration


def test_spacewalk_ends_when_its_time_has_come(station: TestClient) -> None:
    late = {"starts_at": AHEAD, "ends_at": AHEAD_END}
    with time_machine.travel(datetime(2031, 3, 22, 18, 40, tzinfo=UTC), tick=False):
        assert station.post("/v1/spacewalks", json=walk(**late)).status_code == 201


def test_slug_is_made_of_number_or_day(station: TestClient) -> None:
    for fields, slug in (
        ({"number": 54}, "spacewalk-54"),
        ({}, "spacewalk-2019-03-22"),
        ({}, "spacewalk-2019-03-22-2"),
        ({"slug": "first-of-spring"}, "first-of-spring"),
    ):
        answer = station.post("/v1/spacewalks", json=walk(**fields))
        assert answer.json()["slug"] == slug


def test_patch_replaces_crew_and_removes_fields(station: TestClient) -> None:
    station.post("/v1/agencies", json=documents.agency(name="NASA")).raise_for_status()
    station.post("/v1/people", json=documents.person(slug="other")).raise_for_status()
    crew = [{"person": "other", "role": "pilot"}]
    launch = documents.launch(status="success", launch_at="2019-03-15T00:00:00Z", crew=crew)
    station.post("/v1/launches", json=launch).raise_for_status()
    made = walk(number=7, operator="NASA", crew=[member("flyer"), member("other", "ev2")])
    station.post("/v1/spacewalks", json=made).raise_for_status()
    patch = {"operator": None, "crew": [member("other"), member("flyer", "ev2")]}
    answer = station.patch("/v1/spacewalks/spacewalk-7", json=patch, headers=IF_MATCH_ANY)
    assert answer.status_code == 200, answer.text
    assert answer.json()["operator"] is None
    assert [each["person"]["slug"] for each in answer.json()["crew"]] == ["other", "flyer"]
    patch = {"crew": [member("flyer")]}
    answer = station.patch("/v1/spacewalks/spacewalk-7", json=patch, headers=IF_MATCH_ANY)
    assert [each["person"]["slug"] for each in answer.json()["crew"]] == ["flyer"]


def test_person_in_spacewalk_is_not_deleted(station: TestClient) -> None:
    launch = station.get("/v1/launches").json()["items"][0]["slug"]
    made = walk(crew=[member("flyer")])
    path = f"/v1/spacewalks/{station.post('/v1/spacewalks', json=made).json()['slug']}"
    removed = station.patch(f"/v1/launches/{launch}", json={"crew": []}, headers=IF_MATCH_ANY)
    assert removed.status_code == 200, removed.text
    refused = station.delete("/v1/people/flyer", headers=IF_MATCH_ANY)
    assert refused.status_code == 409
    assert "the spacewalk spacewalk-2019-03-22" in refused.json()["detail"]
    assert station.delete(path, headers=IF_MATCH_ANY).status_code == 204
    assert station.delete("/v1/people/flyer", headers=IF_MATCH_ANY).status_code == 204
