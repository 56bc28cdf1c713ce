"""Missions: requests and expected records."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from starlette.testclient import TestClient

from app.db.database import Database
from app.domain.dates import Precision
from tests.support import factories


def numbers(client: TestClient, query: str) -> list[int]:
    answer = client.get(f"/v1/missions?limit=100&{query}").raise_for_status().json()
    return [item["number"] for item in answer["items"]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("status=active", []),
        ("status=unknown", [75]),
        ("status=planned", []),
        ("status_not=completed", [75]),
        ("status=unknown,planned", [75]),
        ("number=59", [59]),
        ("number=59&number=1,2", [59, 2, 1]),
        ("number=59&sort=number&number=1", [1, 59]),
        ("q=expedition kononenko 59", [59]),
        ("q=ISS-59", [59]),
        ("person=christina-koch", [61, 60, 59]),
        ("person=christina-koch,frank-rubio", [69, 68, 67, 61, 60, 59]),
        ("person=alvin-drew", []),
        ("active_on=2019-04-04", [59]),
        ("active_on=2019-03-15", [59, 58]),
        ("active_on=2019-03-14", [58]),
        ("active_on=2001-08-15", [3, 2]),
        ("active_on=1999-01-01", []),
        ("active_on=2090-01-01", []),
        ("starts_on_gte=2025-04-19", [75, 74, 73]),
        ("starts_on_lt=2001-03-08", [1]),
        ("starts_on_lt=2001-03-09", [2, 1]),
        ("ends_on_gte=2025-12-10", [75, 74]),
        ("ends_on_lt=2001-03-19", []),
        ("ends_on_lt=2001-03-20", [1]),
        ("starts_on_gte=2019-01-01&starts_on_lt=2020-01-01", [61, 60, 59]),
    ],
)
def test_filters(archive: TestClient, query: str, expected: list[int]) -> None:
    assert numbers(archive, query) == expected


def test_default_sort_is_newest_first(archive: TestClient) -> None:
    assert numbers(archive, "") == list(range(75, 0, -1))
    assert numbers(archive, "sort=number") == list(range(1, 76))


def test_mission_has_all_fields(archive: TestClient) -> None:
    mission = archive.get("/v1/missions/iss-59").json()
    assert mission["alternative_names"] == ["Expedition 59"]
    assert mission["starts_at"] == "2019-03-15T01:01:00Z"
    assert mission["starts_at_precision"] == "minute"
    assert mission["status"] == "completed"
    assert mission["duration_days"] == 101
    assert mission["counts"]["crew"] == 6
    assert mission["counts"]["launches"] == len({x["launch"]["slug"] for x in mission["launches"]})
    about = archive.get("/v1/articles?mission=iss-59&with_total=true").json()["total"]
    assert mission["counts"]["articles"] == about > 0
    assert mission["previous"]["slug"] == "iss-58"
    assert mission["next"]["slug"] == "iss-60"
    assert mission["sources"]
    assert archive.get("/v1/missions/iss-1").json()["previous"] is None
    assert archive.get("/v1/missions/iss-75").json()["next"] is None


def test_full_view_equals_mission(archive: TestClient) -> None:
    full = archive.get("/v1/missions?view=full&number=59").json()["items"]
    assert full == [archive.get("/v1/missions/iss-59").json()]


def test_crew_of_iss_70_has_handover(archive: TestClient) -> None:
    crew = archive.get("/v1/missions/iss-70").json()["crew"]
    roles = [m for m in crew if m["person"]["slug"] == "oleg-kononenko"]
    roles.sort(key=lambda m: m["from_on"] or "")
    assert [(m["role"], m["position"]) for m in roles] == [
        ("flight_engineer", "FE-1"),
        ("commander", "CDR"),
    ]
    assert roles[0]["to_on"] == roles[1]["from_on"] == "2024-03-10"
    assert crew[0]["person"]["slug"] == "andreas-mogensen"
    assert sum(m["days_aboard"] for m in roles) in (191, 192)


def test_crew_member_departs_with_another_ship(archive: TestClient) -> None:
    crew = archive.get("/v1/missions/iss-59").json()["crew"]
    koch = next(m for m in crew if m["person"]["slug"] == "christina-koch")
    assert koch["arrived_with"]["spacecraft"] == "Soyuz MS-12"
    assert koch["departed_with"]["spacecraft"] == "Soyuz MS-13"
    assert koch["departed_with"]["at"] == "2020-02-06T09:12:21Z"
    assert koch["days_aboard"] == 101


def test_crew_member_aboard_has_no_departure(archive: TestClient) -> None:
    crew = archive.get("/v1/missions/iss-75").json()["crew"]
    assert [m["departed_with"] for m in crew if m["person"]["slug"] == "anil-menon"] == [None]


def test_alias_redirects_to_mission(archive: TestClient) -> None:
    answer = archive.get("/v1/missions/expedition-59?")
    assert answer.status_code == 308
    assert answer.headers["Location"] == "http://127.0.0.1:8000/v1/missions/iss-59"
    crew = archive.get("/v1/missions/expedition-59/crew?limit=3")
    assert crew.headers["Location"].endswith("/v1/missions/iss-59/crew?limit=3")


@pytest.mark.parametrize(
    ("moment", "slug"),
    [
        ("2019-04-04T11:01:35Z", "iss-59"),
        ("2019-06-24T23:24:59Z", "iss-59"),
        ("2019-06-24T23:25:00Z", "iss-60"),
        ("2001-08-15T00:00:00Z", "iss-3"),
        ("2000-10-31T07:52:47Z", "iss-1"),
    ],
)
def test_current_mission_is_unique(archive: TestClient, moment: str, slug: str) -> None:
    with time_machine.travel(moment, tick=False):
        answer = archive.get("/v1/missions/current")
    assert answer.json()["slug"] == slug
    assert answer.headers["Content-Location"].endswith(f"/v1/missions/{slug}")
    assert answer.json()["status"] == "active"


def test_current_mission_not_found_has_next_mission(archive: TestClient) -> None:
    with time_machine.travel("2000-10-30T23:59:59Z", tick=False):
        answer = archive.get("/v1/missions/current")
    assert answer.status_code == 404
    assert "iss-1" in answer.json()["detail"]
    assert "2000-10-31" in answer.json()["detail"]


def test_status_and_duration_follow_the_clock(client: TestClient, database: Database) -> None:
    now = datetime(2030, 1, 10, tzinfo=UTC)
    spans = {"past": (-9, -2), "present": (-3, 4), "endless": (-5, None), "future": (1, None)}
    with database.session() as session:
        for slug, (start, end) in spans.items():
            ends_at = now + timedelta(days=end) if end is not None else None
            session.add(
                factories.mission(
                    slug=slug,
                    starts_at=now + timedelta(days=start),
                    ends_at=ends_at,
                    ends_at_precision=Precision.MINUTE if ends_at else None,
                )
            )
    with time_machine.travel(now, tick=False):
        found = client.get("/v1/missions?sort=number").json()["items"]
        states = {m["slug"]: (m["status"], m["duration_days"]) for m in found}
        for status in ("planned", "active", "completed"):
            listed = client.get(f"/v1/missions?status={status}").json()["items"]
            assert {m["slug"] for m in listed} == {s for s, x in states.items() if x[0] == status}
    assert states == {
        "past": ("completed", 7),
        "present": ("active", 7),
        "endless": ("active", 5),
        "future": ("planned", None),
    }
