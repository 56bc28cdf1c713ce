"""Answers before and behind the horizon."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from starlette.testclient import TestClient

from app.db.database import Database
from app.domain.dates import Precision
from app.domain.enums import LaunchStatus
from app.domain.horizon import HORIZON_TOLERANCE
from app.resources.missions.schemas import MissionStatus
from tests.support import factories
from tests.support.horizons import set_horizon

HORIZON = datetime(2030, 1, 10, tzinfo=UTC)
BEFORE = HORIZON - timedelta(hours=1)
OUTDATED = HORIZON + HORIZON_TOLERANCE
LONG_AFTER = HORIZON + timedelta(days=200)

MISSIONS = {
    "past": (-9, -2),
    "present": (-3, 40),
    "endless": (-5, None),
    "ending": (-4, 1),
    "starting": (1, None),
    "future": (400, None),
}
"""Starts and ends of missions, in days from the horizon."""


@pytest.fixture
def missions(client: TestClient, database: Database) -> TestClient:
    with database.session() as session:
        for slug, (start, end) in MISSIONS.items():
            ends_at = None if end is None else HORIZON + timedelta(days=end)
            session.add(
                factories.mission(
                    slug=slug,
                    starts_at=HORIZON + timedelta(days=start),
                    ends_at=ends_at,
                    ends_at_precision=Precision.MINUTE if ends_at else None,
                )
            )
    return client


def statuses(client: TestClient) -> dict[str, str]:
    """Statuses of the missions, the same in the list and by the filter."""
    items = client.get("/v1/missions?limit=100").json()["items"]
    found = {item["slug"]: item["status"] for item in items}
    for status in MissionStatus:
        listed = client.get(f"/v1/missions?limit=100&status={status}").json()["items"]
        others = client.get(f"/v1/missions?limit=100&status_not={status}").json()["items"]
        assert {item["slug"] for item in listed} == {s for s in found if found[s] == status}
        assert {item["slug"] for item in others} == {s for s in found if found[s] != status}
    return found


def expect(**changed: str) -> dict[str, str]:
    known = {"past": "completed", "present": "active", "endless": "active", "ending": "active"}
    return known | {"starting": "planned", "future": "planned"} | changed


UNKNOWN = dict.fromkeys(("present", "endless", "ending", "starting"), "unknown")


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (BEFORE, expect()),
        (HORIZON, expect()),
        (OUTDATED - timedelta(seconds=1), expect()),
        (OUTDATED, expect(**UNKNOWN)),
        (LONG_AFTER, expect(**UNKNOWN)),
        (HORIZON + timedelta(days=400), expect(**UNKNOWN, future="unknown")),
    ],
)
def test_status_is_known_up_to_the_horizon(
    missions: TestClient, database: Database, moment: datetime, expected: dict[str, str]
) -> None:
    set_horizon(database, HORIZON)
    with time_machine.travel(moment, tick=False):
        assert statuses(missions) == expected
        for item in missions.get("/v1/missions?limit=100").json()["items"]:
            is_unknown = item["status"] == "unknown"
            assert item["status_at"] == ("2030-01-10T00:00:00Z" if is_unknown else None)
        current = missions.get("/v1/missions/current").json()
    assert current["slug"] == "present"
    assert current["known_until"] == "2030-01-10T00:00:00Z"


def test_status_without_horizon_is_that_of_the_present(missions: TestClient) -> None:
    """Positive control."""
    with time_machine.travel(LONG_AFTER, tick=False):
        completed = dict.fromkeys(("past", "present", "ending"), "completed")
        assert statuses(missions) == expect(**completed, starting="active")
        assert missions.get("/v1/missions/current").json()["slug"] == "starting"


def test_duration_counts_to_the_horizon(missions: TestClient, database: Database) -> None:
    def duration(slug: str) -> int:
        found: int = missions.get(f"/v1/missions/{slug}").json()["duration_days"]
        return found

    set_horizon(database, HORIZON)
    with time_machine.travel(BEFORE, tick=False):
        assert duration("endless") == 4
    for moment in (HORIZON, OUTDATED, LONG_AFTER):
        with time_machine.travel(moment, tick=False):
            assert (duration("endless"), duration("past")) == (5, 7)
            assert duration("starting") is None


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2030-01-06", {"past", "endless", "ending"}),
        ("2030-01-10", {"endless", "ending", "present"}),
        ("2030-01-11", set()),  # also those with a later planned end
        ("2030-07-01", set()),
    ],
)
def test_active_on_claims_nothing_behind_the_horizon(
    missions: TestClient, database: Database, day: str, expected: set[str]
) -> None:
    set_horizon(database, HORIZON)
    with time_machine.travel(LONG_AFTER, tick=False):
        items = missions.get(f"/v1/missions?active_on={day}").json()["items"]
    assert {item["slug"] for item in items} == expected


CREW = {
    "home": (LaunchStatus.SUCCESS, -9, -3),
    "up": (LaunchStatus.SUCCESS, -5, None),
    "in-flight": (LaunchStatus.IN_FLIGHT, 0, None),
    "partly": (LaunchStatus.PARTIAL_FAILURE, -2, None),
    "landing": (LaunchStatus.SUCCESS, -7, 1),
    "planned": (LaunchStatus.PLANNED, -1, None),
    "coming": (LaunchStatus.PLANNED, 3, None),
    "cancelled": (LaunchStatus.CANCELLED, -6, None),
    "failed": (LaunchStatus.FAILURE, -6, None),
}
"""Statuses of launches, and days of launch and landing from the horizon, by person."""


@pytest.fixture
def crew(client: TestClient, database: Database) -> TestClient:
    with database.session() as session:
        mission = factories.mission(slug="all", starts_at=HORIZON - timedelta(days=30))
        mission.ends_at = mission.ends_at_precision = None
        session.add(mission)
        for slug, (status, up, down) in CREW.items():
            person = factories.person(slug=slug)
            launch = factories.launch(status=status, launch_at=HORIZON + timedelta(days=up))
            session.add_all([person, launch])
            session.flush()
            landed_at = None if down is None else HORIZON + timedelta(days=down)
            flight = factories.flight(
                person,
                launch,
                landed_at=landed_at,
                landed_at_precision=Precision.SECOND if landed_at else None,
            )
            session.add(flight)
            session.flush()
            session.add(factories.crew_assignment(mission, person, flight_id=flight.id))
    set_horizon(database, HORIZON)
    return client


def people(client: TestClient) -> dict[str, tuple[bool | None, int]]:
    items = client.get("/v1/people?limit=100").json()["items"]
    assert {item["known_until"] for item in items} == {"2030-01-10T00:00:00Z"}
    return {item["slug"]: (item["aboard"], item["days_aboard"]) for item in items}


def roles(client: TestClient) -> dict[str, tuple[bool | None, int]]:
    items = client.get("/v1/crew-assignments?limit=100").json()["items"]
    assert all(item["days_aboard"] == item["days_in_role"] for item in items)  # deprecated alias
    return {each["person"]["slug"]: (each["aboard"], each["days_in_role"]) for each in items}


def aboard(up: int, half: int, seven: int, zero: int, known: Any) -> dict[str, Any]:
    nobody = dict.fromkeys(("planned", "coming", "cancelled", "failed"), (False, 0))
    return nobody | {
        "home": (False, 6),
        "up": (known, up),
        "partly": (known, half),
        "landing": (known, seven),
        "in-flight": (known, zero),
    }


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (BEFORE, aboard(4, 1, 6, 0, True) | {"in-flight": (False, 0)}),
        (HORIZON, aboard(5, 2, 7, 0, True)),
        (OUTDATED - timedelta(seconds=1), aboard(5, 2, 7, 0, True)),
        (OUTDATED, aboard(5, 2, 7, 0, None)),
        (LONG_AFTER, aboard(5, 2, 7, 0, None)),
    ],
)
def test_people_are_aboard_up_to_the_horizon(
    crew: TestClient, moment: datetime, expected: dict[str, Any]
) -> None:
    with time_machine.travel(moment, tick=False):
        assert people(crew) == expected
        assert roles(crew) == expected
        assert crew.get("/v1/people/up").json()["aboard"] is expected["up"][0]


@pytest.mark.parametrize("filter_", ["aboard_on", "in_space_on"])
@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2030-01-04", {"home", "landing"}),
        ("2030-01-10", {"up", "in-flight", "partly", "landing"}),
        ("2030-01-11", set()),
        ("2030-06-01", set()),
    ],
)
def test_days_behind_the_horizon_have_nobody_and_say_why(
    crew: TestClient, filter_: str, day: str, expected: set[str]
) -> None:
    with time_machine.travel(LONG_AFTER, tick=False):
        page = crew.get(f"/v1/people?{filter_}={day}").json()
        on = crew.get(f"/v1/crew-assignments?on={day}").json()
    assert {item["slug"] for item in page["items"]} == expected
    assert {item["person"]["slug"] for item in on["items"]} == expected
    assert page["known_until"] == on["known_until"] == "2030-01-10T00:00:00Z"


def test_days_within_the_tolerance_count_as_known(crew: TestClient) -> None:
    with time_machine.travel(OUTDATED - timedelta(seconds=1), tick=False):
        page = crew.get("/v1/people?aboard_on=2030-01-11").json()
    assert {item["slug"] for item in page["items"]} == {"up", "in-flight", "partly", "landing"}


def test_cached_responses_expire_when_the_horizon_is_outdated(crew: TestClient) -> None:
    with time_machine.travel(OUTDATED - timedelta(seconds=2), tick=False) as clock:
        paths = "/v1/people/up", "/v1/people", "/v1/missions/current", "/v1/missions/all"
        known = [crew.get(path).text for path in paths]
        assert [crew.get(path).text for path in paths] == known
        clock.shift(2)
        assert all(crew.get(path).text != text for path, text in zip(paths, known, strict=True))
