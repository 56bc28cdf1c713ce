"""iCalendar of a mission: launches, start and end."""

from datetime import UTC, date, datetime

import pytest
import time_machine
from starlette.testclient import TestClient

from app.db.database import Database
from app.db.models import MissionLaunch
from app.domain.dates import Precision
from app.domain.enums import LaunchRelation
from tests.support import documents, factories
from tests.support.calendars import get_events
from tests.support.documents import IF_MATCH_ANY
from tests.support.horizons import set_horizon


def test_calendar_has_launches_start_and_end(archive: TestClient) -> None:
    begins, ends, *launches = get_events(archive, "/v1/missions/iss-59/calendar.ics")
    assert (begins["SUMMARY"], ends["SUMMARY"]) == ("ISS-59 begins", "ISS-59 ends")
    assert begins["DTSTART"].dt == datetime(2019, 3, 15, 1, 1, tzinfo=UTC)
    assert ends["DTSTART"].dt == datetime(2019, 6, 24, 23, 25, tzinfo=UTC)
    assert begins["STATUS"] == ends["STATUS"] == "CONFIRMED"
    mission = archive.get("/v1/missions/iss-59").json()
    assert begins["LINK"] == mission["url"]
    assert begins["URL"] == "http://127.0.0.1:8000/missions/iss-59?lang=en"
    listed = archive.get("/v1/launches?mission=iss-59").json()["items"]
    assert [e["LINK"] for e in launches] == [launch["url"] for launch in listed]
    own = get_events(archive, "/v1/launches.ics?mission=iss-59")
    assert [e["UID"] for e in launches] == [e["UID"] for e in own]


def test_events_link_to_pages_in_language_of_calendar(archive: TestClient) -> None:
    events = get_events(archive, "/v1/missions/iss-59/calendar.ics?lang=ru")
    pages = [str(event["URL"]).removeprefix("http://127.0.0.1:8000") for event in events]
    assert pages[0] == "/missions/iss-59?lang=ru"
    assert len(pages) > 3
    for page in set(pages):
        answer = archive.get(page)
        assert answer.headers["Content-Type"].startswith("text/html")
        assert answer.headers["Content-Language"] == "ru"


def test_calendar_of_current_mission(archive: TestClient) -> None:
    answer = archive.get("/v1/missions/current/calendar.ics")
    current = archive.get("/v1/missions/current").json()["url"]
    assert answer.headers["Content-Location"] == f"{current}/calendar.ics"
    assert answer.text == archive.get(f"{current}/calendar.ics").text
    begins, *others = get_events(archive, "/v1/missions/current/calendar.ics")
    assert type(begins["DTSTART"].dt) is date
    assert not any(str(e["UID"]).startswith("mission-") for e in others)  # it has no end date


@pytest.mark.parametrize(
    ("slug", "status"), [("expedition-59", 308), ("iss-999", 404), ("ISS_59", 422)]
)
def test_calendar_of_unknown_slug_is_not_found(archive: TestClient, slug: str, status: int) -> None:
    answer = archive.get(f"/v1/missions/{slug}/calendar.ics")
    assert answer.status_code == status
    if status == 308:
        assert answer.headers["Location"].endswith("/v1/missions/iss-59/calendar.ics")


def test_calendar_not_found_without_current_mission(client: TestClient) -> None:
    assert client.get("/v1/missions/current/calendar.ics").status_code == 404


def test_launch_with_two_relations_is_one_event(client: TestClient, database: Database) -> None:
    with database.session() as session:
        mission, launch = factories.mission(slug="iss-7"), factories.launch()
        session.add_all([mission, launch])
        session.flush()
        session.add_all(
            MissionLaunch(mission_id=mission.id, launch_id=launch.id, relation=relation)
            for relation in (LaunchRelation.CREW_ARRIVAL, LaunchRelation.CREW_DEPARTURE)
        )
    found = get_events(client, "/v1/missions/iss-7/calendar.ics")
    assert len(found) == 3


def test_sequence_increases_with_edits(client: TestClient, editor: TestClient) -> None:
    made = editor.post("/v1/missions", json=documents.mission(slug="iss-8001"))
    assert made.status_code == 201
    before = get_events(client, "/v1/missions/iss-8001/calendar.ics")
    patch = {"ends_at": "2031-10-01T00:00:00Z", "ends_at_precision": "day", "slug": "iss-8002"}
    answer = editor.patch("/v1/missions/iss-8001", json=patch, headers=IF_MATCH_ANY)
    assert answer.status_code == 200, answer.text
    moved = client.get("/v1/missions/iss-8001/calendar.ics")
    assert moved.status_code == 308
    assert moved.headers["Location"].endswith("/iss-8002/calendar.ics")
    after = get_events(client, "/v1/missions/iss-8002/calendar.ics")
    assert [e["UID"] for e in after] == [e["UID"] for e in before]
    assert all(a["SEQUENCE"] > b["SEQUENCE"] for a, b in zip(after, before, strict=True))
    assert (after[1]["DTSTART"].dt, after[1]["STATUS"]) == (date(2031, 10, 1), "TENTATIVE")


def test_past_event_with_known_day_is_confirmed(client: TestClient, database: Database) -> None:
    with database.session() as session:
        day = {"starts_at_precision": Precision.DAY, "ends_at_precision": Precision.DAY}
        session.add(factories.mission(slug="iss-7", **day))
    with time_machine.travel("2019-04-04T00:00:00Z", tick=False):
        begins, ends = get_events(client, "/v1/missions/iss-7/calendar.ics")
        assert (begins["STATUS"], ends["STATUS"]) == ("CONFIRMED", "TENTATIVE")
    with time_machine.travel("2019-07-01T00:00:00Z", tick=False):
        _, ends = get_events(client, "/v1/missions/iss-7/calendar.ics")
        assert ends["STATUS"] == "CONFIRMED"


def test_calendars_claim_nothing_behind_the_horizon(client: TestClient, database: Database) -> None:
    """A planned start is confirmed when its day has come, unless that is behind the horizon."""
    with database.session() as session:
        columns = {"starts_at": datetime(2026, 4, 2, tzinfo=UTC), "ends_at": None}
        precision = {"starts_at_precision": Precision.DAY, "ends_at_precision": None}
        session.add(factories.mission(slug="iss-99", **columns, **precision))
    path = "/v1/missions/iss-99/calendar.ics"
    with time_machine.travel("2026-11-28T00:00:00Z", tick=False):
        assert get_events(client, path)[0]["STATUS"] == "CONFIRMED"
        assert "KNOWN-UNTIL" not in client.get(path).text
        set_horizon(database, datetime(2026, 4, 1, tzinfo=UTC))
        assert get_events(client, path)[0]["STATUS"] == "TENTATIVE"
        for each in (path, "/v1/launches.ics"):
            assert "X-ZARYA-KNOWN-UNTIL:20260401T000000Z" in client.get(each).text
