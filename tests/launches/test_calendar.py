"""iCalendar of launches: stable, with the precision of dates, and complete."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
import time_machine
from icalendar import Calendar
from starlette.testclient import TestClient

from app.api import icalendar
from app.api.icalendar import EventStatus, get_event_status
from app.db.database import Database
from app.domain.dates import Precision
from app.domain.enums import LaunchStatus
from tests.support import documents, factories
from tests.support.calendars import get_calendar, get_event, get_events
from tests.support.documents import IF_MATCH_ANY

HOSTILE = 'a,b;c\\n\\,d\ne\r\nf:g "h" \x01\x1f 🚀 ' + "Ёж" * 60 + " \u2028\x85END:VEVENT ]]>"
READ = 'a,b;c\\n\\,d\ne\nf:g "h"  🚀 ' + "Ёж" * 60 + " \n\nEND:VEVENT ]]>"
"""Special characters and their form in a calendar: line breaks are equal, controls removed."""


Plan = Callable[..., str]


@pytest.fixture
def plan(editor: TestClient) -> Plan:
    """Create a launch through the API; returns its URL."""

    def write(**fields: Any) -> str:
        made = editor.post("/v1/launches", json=documents.launch(**fields))
        assert made.status_code == 201, made.text
        return urlsplit(made.headers["Location"]).path

    return write


@pytest.mark.parametrize(
    ("fields", "start", "end", "status"),
    [
        ({}, datetime(2031, 4, 4, 11, 1, 35, tzinfo=UTC), None, "CONFIRMED"),
        (
            {"launch_at_precision": "minute"},
            datetime(2031, 4, 4, 11, 1, tzinfo=UTC),
            None,
            "CONFIRMED",
        ),
        (
            {"launch_at_precision": "hour"},
            datetime(2031, 4, 4, 11, tzinfo=UTC),
            datetime(2031, 4, 4, 12, tzinfo=UTC),
            "TENTATIVE",
        ),
        ({"launch_at_precision": "day"}, date(2031, 4, 4), date(2031, 4, 5), "TENTATIVE"),
        ({"launch_at_precision": "month"}, date(2031, 4, 1), date(2031, 5, 1), "TENTATIVE"),
        ({"launch_at_precision": "quarter"}, date(2031, 4, 1), date(2031, 7, 1), "TENTATIVE"),
        ({"launch_at_precision": "year"}, date(2031, 1, 1), date(2032, 1, 1), "TENTATIVE"),
        (
            {"launch_at_uncertain": True},
            datetime(2031, 4, 4, 11, 1, 35, tzinfo=UTC),
            None,
            "TENTATIVE",
        ),
        (
            {"launch_at": "2031-04-04T23:30:00-05:00", "launch_at_precision": "minute"},
            datetime(2031, 4, 5, 4, 30, tzinfo=UTC),
            None,
            "CONFIRMED",
        ),
        (
            {"window_ends_at": "2031-04-04T13:00:00Z"},
            datetime(2031, 4, 4, 11, 1, 35, tzinfo=UTC),
            datetime(2031, 4, 4, 13, tzinfo=UTC),
            "CONFIRMED",
        ),
        (
            {
                "launch_at": "2019-04-04T00:00:00Z",
                "launch_at_precision": "day",
                "status": "success",
            },
            date(2019, 4, 4),
            date(2019, 4, 5),
            "CONFIRMED",
        ),
        (
            {
                "launch_at": "2019-04-04T00:00:00Z",
                "launch_at_precision": "month",
                "status": "failure",
            },
            date(2019, 4, 1),
            date(2019, 5, 1),
            "TENTATIVE",
        ),
        (
            {"status": "cancelled"},
            datetime(2031, 4, 4, 11, 1, 35, tzinfo=UTC),
            None,
            "CANCELLED",
        ),
        (
            {"status": "cancelled", "launch_at_precision": "month"},
            date(2031, 4, 1),
            date(2031, 5, 1),
            "CANCELLED",
        ),
    ],
)
def test_event_times_follow_precision(
    client: TestClient,
    plan: Plan,
    fields: dict[str, Any],
    start: date,
    end: date | None,
    status: str,
) -> None:
    plan(**fields)
    found = get_event(client, "/v1/launches.ics")
    assert found["DTSTART"].dt == start
    assert type(found["DTSTART"].dt) is type(start)  # a datetime is a date too
    assert ("DTEND" in found) == (end is not None)
    assert end is None or found["DTEND"].dt == end
    assert found["STATUS"] == status


@pytest.mark.parametrize(
    ("precision", "ahead", "over"),
    [
        (Precision.SECOND, EventStatus.CONFIRMED, EventStatus.CONFIRMED),
        (Precision.MINUTE, EventStatus.CONFIRMED, EventStatus.CONFIRMED),
        (Precision.HOUR, EventStatus.TENTATIVE, EventStatus.CONFIRMED),
        (Precision.DAY, EventStatus.TENTATIVE, EventStatus.CONFIRMED),
        (Precision.MONTH, EventStatus.TENTATIVE, EventStatus.TENTATIVE),
        (Precision.QUARTER, EventStatus.TENTATIVE, EventStatus.TENTATIVE),
        (Precision.YEAR, EventStatus.TENTATIVE, EventStatus.TENTATIVE),
    ],
)
def test_event_status_follows_precision(
    precision: Precision, ahead: EventStatus, over: EventStatus
) -> None:
    assert get_event_status(precision, done=False) is ahead
    assert get_event_status(precision, done=True) is over
    assert get_event_status(precision, done=True, uncertain=True) is EventStatus.TENTATIVE


def test_sequence_increases_with_slips_only(
    client: TestClient, editor: TestClient, plan: Plan
) -> None:
    address = plan(slug="slipping")
    found = [get_event(client, "/v1/launches.ics")]
    patches: list[dict[str, Any]] = [
        {"launch_at": "2031-04-06T11:01:35Z", "change_reason": "Weather"},
        {"launch_at_precision": "month"},
        {"slug": "slipped", "spacecraft": [{"name": "Another name", "kind": "SC"}]},
        {"status": "cancelled"},
    ]
    for patch in patches:
        answer = editor.patch(address, json=patch, headers=IF_MATCH_ANY)
        assert answer.status_code == 200, answer.text
        address = urlsplit(answer.json()["url"]).path
        found.append(get_event(client, "/v1/launches.ics"))
    assert len({str(each["UID"]) for each in found}) == 1
    assert [each["SEQUENCE"] for each in found] == [0, 1, 2, 2, 3]
    assert [each["STATUS"] for each in found][-2:] == ["TENTATIVE", "CANCELLED"]
    assert "Another name" in found[-1]["SUMMARY"]
    assert found[-1]["URL"].endswith("/launches/slipped?lang=en")


def test_calendar_changes_with_its_launches(
    client: TestClient, editor: TestClient, plan: Plan
) -> None:
    address = plan()
    first = client.get("/v1/launches.ics")
    held = {"If-None-Match": first.headers["ETag"]}
    again = client.get("/v1/launches.ics", headers=held)
    assert (again.status_code, again.content) == (304, b"")
    updated = client.get(address).json()["updated_at"]
    found = get_event(client, "/v1/launches.ics")
    assert found["DTSTAMP"].dt == found["LAST-MODIFIED"].dt == datetime.fromisoformat(updated)
    assert "Last-Modified" in first.headers
    with time_machine.travel("2030-01-01T00:00:00Z", tick=False):
        assert client.get("/v1/launches.ics").content == first.content
    editor.patch(address, json={"launch_at": "2031-05-04T00:00:00Z"}, headers=IF_MATCH_ANY)
    assert client.get("/v1/launches.ics", headers=held).status_code == 200


def test_special_characters_round_trip(client: TestClient, database: Database) -> None:
    with database.session() as session:
        site = factories.site(name="Site; of, all\\names")
        session.add(site)
        session.flush()
        pad = factories.pad(site, name="1,2")
        session.add(pad)
        session.flush()
        launch = factories.launch(
            slug="hostile", outcome_note=HOSTILE, site_id=site.id, pad_id=pad.id
        )
        session.add(launch)
        session.flush()
        session.add(factories.payload(launch, name=HOSTILE[:40]))
    found = get_event(client, "/v1/launches.ics")
    assert found["DESCRIPTION"] == READ
    assert found["LOCATION"] == "Site; of, all\\names, 1,2"
    assert "GEO" not in found
    assert found["STATUS"] == "CONFIRMED"
    assert "\x01" not in found["SUMMARY"]
    assert "🚀 Ёж" in found["SUMMARY"]


def test_event_describes_launch(archive: TestClient) -> None:
    found = get_event(archive, "/v1/launches.ics?spacecraft=Soyuz+MS-10")
    launch = archive.get("/v1/launches/soyuz-ms-10").json()
    assert found["UID"] == f"launch-{launch['id']}@127.0.0.1"
    assert (
        found["SUMMARY"]
        == launch["headline"]
        == "The launch of LV Soyuz-FG with SC Soyuz MS-10 failed"
    )
    assert found["LINK"] == launch["url"]
    assert found["LINK"].params["FMTTYPE"] == "application/json"
    assert found["URL"] == "http://127.0.0.1:8000/launches/soyuz-ms-10?lang=en"
    assert found["LOCATION"] == "Baikonur Cosmodrome, Site 1/5"
    assert (found["GEO"].latitude, found["GEO"].longitude) == (45.92, 63.342)
    crew, note = found["DESCRIPTION"].split("\n")
    assert crew == "Crew: Aleksey Ovchinin, Nick Hague."
    assert note == launch["outcome_note"]


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?mission=iss-59",
        "?status=failure,partial_failure",
        "?vehicle_family=Proton",
        "?launch_on=2008-06-01&tz=Europe/Moscow",
        "?launch_month=2019-04",
        "?launch_at_gte=2019-01-01&crewed=true&launch_at_lt=2020-01-01",
        "?person=nick-hague&kind=SC",
        "?site=CSG",
        "?q=proton-m",
        "?launch_on=2030-01-01",
    ],
)
def test_calendar_equals_list(archive: TestClient, query: str) -> None:
    sized = f"{query or '?'}&limit=100&with_total=true".replace("?&", "?")
    listed = archive.get(f"/v1/launches{sized}").json()
    found = get_events(archive, f"/v1/launches.ics{query}")
    assert len(found) == listed["total"]
    assert [e["LINK"] for e in found[:100]] == [launch["url"] for launch in listed["items"]]
    assert len({str(e["UID"]) for e in found}) == len(found)


def test_calendar_has_metadata(archive: TestClient) -> None:
    address = "/v1/launches.ics?crewed=true&mission=iss-59"
    calendar: Any = Calendar.from_ical(get_calendar(archive, address))
    assert calendar["VERSION"] == "2.0"
    assert calendar["PRODID"]
    name = "Zarya launches (crewed: true, mission: iss-59)"
    assert calendar["X-WR-CALNAME"] == calendar["NAME"] == name.replace(",", "\\,")
    assert calendar["SOURCE"] == f"http://127.0.0.1:8000{address}"
    assert calendar["REFRESH-INTERVAL"].params["VALUE"] == "DURATION"
    assert archive.get(address).headers["Content-Location"] == calendar["SOURCE"]


def test_empty_calendar_is_valid(client: TestClient) -> None:
    """RFC 5545 requires at least one component."""
    assert Calendar.from_ical(get_calendar(client, "/v1/launches.ics")).subcomponents


@pytest.mark.parametrize(
    ("query", "parameter"),
    [("limit=1", "limit"), ("sort=launch_at", "sort"), ("launch_on=x", "launch_on")],
)
def test_paging_parameters_of_calendar_are_rejected(
    client: TestClient, query: str, parameter: str
) -> None:
    answer = client.get(f"/v1/launches.ics?{query}")
    assert answer.status_code == 422
    assert [error["parameter"] for error in answer.json()["errors"]] == [parameter]


def test_calendar_with_too_many_events_is_rejected(
    client: TestClient, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.api.icalendar.MAX_CALENDAR_EVENTS", 2)
    for _ in range(2):
        plan()
    assert len(get_events(client, "/v1/launches.ics")) == 2
    plan(status="cancelled")
    answer = client.get("/v1/launches.ics")
    assert answer.status_code == 422
    assert "More than 2 launches" in answer.json()["detail"]
    assert len(get_events(client, "/v1/launches.ics?status=planned")) == 2
    assert f"{icalendar.MAX_CALENDAR_EVENTS:,}" in client.get("/openapi.json").text


def test_calendar_takes_one_statement_and_one_for_the_horizon(
    archive: TestClient, statements: list[str]
) -> None:
    get_calendar(archive, "/v1/launches.ics")
    assert len(statements) == 2


@pytest.mark.parametrize("length", range(60, 90))
def test_long_lines_are_folded(client: TestClient, database: Database, length: int) -> None:
    text = ("ё" * length)[: length // 2] + "x" * (length % 2) + " end"
    with database.session() as session:
        session.add(factories.launch(outcome_note=text, status=LaunchStatus.FAILURE))
    assert get_event(client, "/v1/launches.ics")["DESCRIPTION"] == text
