"""Merges of people: one person is not in two places at a time."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.support import documents
from tests.support.documents import IF_MATCH_ANY
from tests.support.writes import create_record


def merge(editor: TestClient, slug: str, into: str) -> Any:
    return editor.post(f"/v1/people/{slug}/merge", json={"into": into})


def fly(editor: TestClient, person: str, launched: str, landed: str, walks_at: str | None) -> None:
    """A flight of a person, with a spacewalk of an hour."""
    crew = [{"person": person, "role": "commander", "landed_at": landed}]
    launch = documents.launch(status="success", launch_at=launched, crew=crew)
    create_record(editor, "launches", launch)
    if walks_at:
        crew = [{"person": person, "role": "ev1"}]
        walk = documents.spacewalk(starts_at=walks_at, duration_seconds=3600, crew=crew)
        create_record(editor, "spacewalks", walk)


@pytest.fixture
def twins(editor: TestClient) -> TestClient:
    """Client of an archive with two people; the first flew from March to June 2019."""
    for slug in ("first", "second"):
        create_record(editor, "people", documents.person(slug=slug))
    landed = "2019-06-24T00:00:00Z"
    fly(editor, "first", "2019-03-14T19:14:09Z", landed, "2019-05-01T12:00:00Z")
    return editor


@pytest.mark.parametrize(
    ("launched", "landed", "walks_at", "code"),
    [
        ("2019-04-01", "2019-06-25", "2019-05-01T12:30:00Z", "in-another-spacewalk"),
        ("2019-04-01", "2019-06-25", "2019-05-02T12:30:00Z", "in-space"),
        ("2019-04-01", "2019-06-25", None, "in-space"),
        ("2019-01-01", "2019-03-15", None, "in-space"),
        ("2019-01-01", "2019-03-14", "2019-01-02T12:30:00Z", None),
        ("2019-06-24", "2019-09-25", "2019-07-02T12:30:00Z", None),
    ],
)
def test_person_is_not_in_two_places(
    twins: TestClient, launched: str, landed: str, walks_at: str | None, code: str | None
) -> None:
    fly(twins, "second", f"{launched}T12:00:00Z", f"{landed}T11:00:00Z", walks_at)
    for duplicate, into in (("second", "first"), ("first", "second")):
        answer = merge(twins, duplicate, into)
        if code is None:
            assert answer.status_code == 200, answer.text
            assert twins.get(f"/v1/people/{into}").json()["flights_count"] == 2
            break
        assert answer.status_code == 422, answer.text
        (error,) = answer.json()["errors"]
        assert (error["pointer"], error["code"]) == ("/into", code)
        assert twins.get(f"/v1/people/{duplicate}").status_code == 200


def test_planned_flights_at_the_same_time_are_merged(twins: TestClient) -> None:
    """Plans change: writes refuse them as little."""
    for person in ("first", "second"):
        crew = [{"person": person, "role": "pilot"}]
        create_record(twins, "launches", documents.launch(crew=crew))
    assert merge(twins, "second", "first").status_code == 200


@pytest.mark.parametrize(("starts_at", "status"), [("2030-06-01", 422), ("2030-09-01", 200)])
def test_person_is_not_in_two_missions(twins: TestClient, starts_at: str, status: int) -> None:
    periods = {
        "first": ("2030-03-15T00:00:00Z", "2030-09-15T00:00:00Z"),
        "second": (f"{starts_at}T00:00:00Z", "2030-12-15T00:00:00Z"),
    }
    for person, (start, end) in periods.items():
        mission = documents.mission(starts_at=start, ends_at=end)
        slug = create_record(twins, "missions", mission)["slug"]
        crew = [{"person": person, "role": "flight_engineer"}]
        saved = twins.put(f"/v1/missions/{slug}/crew", json={"items": crew}, headers=IF_MATCH_ANY)
        saved.raise_for_status()
    answer = merge(twins, "second", "first")
    assert answer.status_code == status, answer.text
    assert [each["code"] for each in answer.json().get("errors", [])] == ["overlap"] * (
        status == 422
    )
