"""The timeline: each event of the archive once, filters, formats and calendars."""

import json
from collections import Counter
from collections.abc import Iterable
from csv import DictReader
from datetime import UTC, date, datetime
from functools import cache
from io import StringIO
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest
import time_machine
from lxml import etree
from sqlalchemy import select
from starlette.testclient import TestClient

from app.db.database import Database
from app.db.models import (
    Base,
    Flight,
    Launch,
    Mission,
    ModuleAttachment,
    Payload,
    Spacewalk,
    Stay,
)
from app.domain.dates import Precision, local_day
from app.domain.enums import ArrivalKind, LaunchStatus
from app.resources.timeline import calendar
from app.resources.timeline.sources import SOURCES
from tests.support import factories
from tests.support.calendars import get_events
from tests.support.clients import database_of
from tests.support.feeds import atom_schema, parse_feed
from tests.support.horizons import set_horizon

PRESENT = "2026-10-09T12:00:00Z"
Events = tuple[dict[str, Any], ...]
ZONES = ("UTC", "Europe/Moscow", "America/New_York", "Asia/Kathmandu", "Pacific/Apia")


def path_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}"


@cache
def _all_events(client: TestClient) -> tuple[dict[str, Any], ...]:
    with time_machine.travel(PRESENT, tick=False):
        lines = client.get("/v1/timeline?format=ndjson&sort=at").text.splitlines()
    return tuple(map(json.loads, lines))


@pytest.fixture
def events(archive: TestClient) -> tuple[dict[str, Any], ...]:
    """All events of the archive, oldest first."""
    return _all_events(archive)


def get_items(client: TestClient, query: str) -> list[dict[str, Any]]:
    answer = client.get(f"/v1/timeline?limit=100&{query}")
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


# --- The law: each record exactly once ------------------------------------------------------------


def test_each_event_is_there_once(archive: TestClient, events: Events) -> None:
    ids = Counter(event["id"] for event in events)
    assert set(ids.values()) == {1}
    with database_of(archive).session() as session:

        def expect(source: str, statement: Any) -> None:
            expected = {f"{source}-{key}" for key in session.scalars(statement)}
            assert {id_ for id_ in ids if id_.startswith(f"{source}-")} == expected

        expect("launch", select(Launch.id).where(Launch.to_station.is_(True)))
        expect("arrival", select(Stay.id))
        expect("spacewalk", select(Spacewalk.id))
        expect("mission_start", select(Mission.number))
        expect("mission_end", select(Mission.number).where(Mission.ends_at.is_not(None)))
        expect("flight_end", select(Payload.id).where(Payload.flight_ended_at.is_not(None)))
        attached = ModuleAttachment.attached_to_id.is_not(None)
        expect("attachment", select(ModuleAttachment.id).where(attached))
        detached = ModuleAttachment.detached_at.is_not(None)
        expect("detachment", select(ModuleAttachment.id).where(attached, detached))


def test_each_departure_is_an_undocking_or_part_of_a_relocation(
    archive: TestClient, events: Events
) -> None:
    with database_of(archive).session() as session:
        columns = select(Stay.id, Stay.launch_id, Stay.departed_at)
        stays = session.execute(columns.order_by(Stay.arrived_sort_at, Stay.id)).all()
    undocked = {event["id"] for event in events if event["kind"] == "undocking"}
    moved = {event["id"] for event in events if event["kind"] == "relocation"}
    last: dict[int, int] = {}
    continued = set()
    for stay in stays:
        if f"arrival-{stay.id}" in moved:
            continued.add(last[stay.launch_id])
        last[stay.launch_id] = stay.id
    departed = {stay.id for stay in stays if stay.departed_at}
    assert len(continued) == len(moved) > 20
    assert continued <= departed
    assert undocked == {f"departure-{id_}" for id_ in departed - continued}


def test_landings_have_all_people_who_landed(archive: TestClient, events: Events) -> None:
    with database_of(archive).session() as session:
        flights = select(Flight.id).where(Flight.landed_at.is_not(None))
        landed = len(session.scalars(flights).all())
    landings = [event for event in events if event["kind"] == "landing"]
    assert sum(len(event["people"]) for event in landings) == landed
    assert all(event["people"] for event in landings)
    assert not any(event["people"] for event in events if event["kind"] == "flight_end")


def test_events_are_in_order(events: Events) -> None:
    exact = [event["at"] for event in events if event["at_precision"] == "second"]
    assert exact == sorted(exact)
    assert len(events) > 1700


def test_pages_both_ways_equal_the_whole_list(archive: TestClient, events: Events) -> None:
    found, path = [], "/v1/timeline?sort=at&limit=100&kind=spacewalk,handover,relocation"
    pages = []
    while path:
        page = archive.get(path).json()
        found += [item["id"] for item in page["items"]]
        pages.append([item["id"] for item in page["items"]])
        path, back = (page[name] and path_of(page[name]) for name in ("next", "prev"))
    expected = [e["id"] for e in events if e["kind"] in {"spacewalk", "handover", "relocation"}]
    assert found == expected
    assert [item["id"] for item in archive.get(back).json()["items"]] == pages[-2]


# --- Filters --------------------------------------------------------------------------------------

SOYUZ = "spacecraft=Soyuz+MS-11&sort=at"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (SOYUZ, ["launch", "docking", "undocking", "landing"]),
        (f"{SOYUZ}&kind=docking,landing", ["docking", "landing"]),
        (f"{SOYUZ}&person=anne-mcclain", ["launch", "docking", "undocking", "landing"]),
        (f"{SOYUZ}&person=nick-hague", []),
        ("spacecraft=Progress+MS-17&kind=relocation", ["relocation"]),
        ("module=prichal&at_lt=2022-01-01&sort=at", ["launch", "module_attached"]),
        ("person=anne-mcclain&on=2019-03-22&tz=UTC", ["spacewalk"]),
        ("mission=iss-59&kind=mission_start,mission_end,handover&sort=at",
         ["mission_end", "mission_start", "mission_end", "handover", "mission_start"]),
        ("on=2019-06-24&tz=UTC&sort=at", ["undocking", "mission_end", "handover", "mission_start"]),
        ("on=2019-06-25&tz=Europe/Moscow&sort=at",
         ["undocking", "mission_end", "handover", "mission_start", "landing"]),
        ("on_this_day=11-20&at_lt=1999-01-01&tz=UTC", ["launch"]),
        ("on_this_day=11-20&on=1998-11-20&tz=UTC", ["launch"]),
        ("on_this_day=11-21&on=1998-11-20&tz=UTC", []),
        ("on_this_day=02-29&kind=mission_end", []),
        ("at_gte=2019-06-24T23:25:00Z&at_lt=2019-06-24T23:26:00Z&kind=undocking", ["undocking"]),
    ],
)  # fmt: skip
def test_filters(archive: TestClient, query: str, expected: list[str]) -> None:
    assert [item["kind"] for item in get_items(archive, query)] == expected


@pytest.mark.parametrize(
    "query",
    [
        "on_this_day=13-01", "on_this_day=02-30", "on_this_day=4-12", "kind=party", "view=full",
        "module=nonesuch", "person=nonesuch", "mission=nonesuch",
    ],
)  # fmt: skip
def test_invalid_filters_are_rejected(archive: TestClient, query: str) -> None:
    assert archive.get(f"/v1/timeline?{query}").status_code == 422


def test_on_this_day_equals_the_days_of_all_years(archive: TestClient, events: Events) -> None:
    items = get_items(archive, "on_this_day=05-18&tz=UTC&sort=at&with_total=true")
    assert len(items) > 5
    days = {"second", "minute", "hour", "day"}
    expected = [e for e in events if e["at"][5:10] == "05-18" and e["at_precision"] in days]
    assert [item["id"] for item in items] == [event["id"] for event in expected]
    first = archive.get("/v1/timeline?on_this_day=05-18&tz=UTC&sort=at&limit=3&with_total=true")
    assert first.json()["total"] == len(items)
    second = archive.get(path_of(first.json()["next"])).json()
    assert [item["id"] for item in second["items"]] == [item["id"] for item in items[3:6]]


def test_titles_and_fields(archive: TestClient) -> None:
    (move,) = get_items(archive, "spacecraft=Progress+MS-17&kind=relocation")
    assert move["title"] == "CV Progress MS-17 moves from Poisk zenith to Nauka nadir"
    assert (move["from_port"]["slug"], move["port"]["slug"]) == ("poisk-zenith", "nauka-nadir")
    assert move["spacecraft"]["name"] == "Progress MS-17"
    assert move["mission"]["slug"] == "iss-66"
    assert move["status"] == "happened"
    assert archive.get(path_of(move["url"])).json()["port"] == move["port"]
    (russian,) = get_items(archive, "spacecraft=Progress+MS-17&kind=relocation&lang=ru")
    assert russian["title"] == (
        "Перестыковка: ТГК «Прогресс МС-17» — Поиск, зенитный узел → Наука, надирный узел"
    )
    (walk,) = get_items(archive, "person=anne-mcclain&on=2019-03-22&tz=UTC")
    assert walk["title"] == "Spacewalk of Anne McClain and Nick Hague"
    assert [person["slug"] for person in walk["people"]] == ["anne-mcclain", "nick-hague"]


# --- What is ahead, and what is not known ---------------------------------------------------------


def test_status_of_events(client: TestClient, database: Database) -> None:
    at = datetime(2030, 6, 1, 12, tzinfo=UTC)
    with database.session() as session:
        planned = {"status": LaunchStatus.PLANNED, "launch_at_precision": Precision.MINUTE}
        session.add(factories.launch(slug="ahead", launch_at=at, **planned))
        cancelled = LaunchStatus.CANCELLED
        session.add(factories.launch(slug="cancelled", launch_at=at, status=cancelled))
        session.add(factories.mission(slug="iss-9", number=9, ends_at=at))
    set_horizon(database, datetime(2026, 1, 1, tzinfo=UTC))

    def statuses() -> dict[str, str]:
        items = client.get("/v1/timeline").json()["items"]
        return {f"{i['kind']} {urlsplit(i['url']).path[4:]}": i["status"] for i in items}

    with time_machine.travel("2030-06-01T11:00:00Z", tick=False):
        before = statuses()
    with time_machine.travel("2030-06-01T13:00:00Z", tick=False):
        after = statuses()
    assert before["launch launches/ahead"] == before["mission_end missions/iss-9"] == "planned"
    assert after["launch launches/ahead"] == after["mission_end missions/iss-9"] == "unknown"
    assert after["launch launches/cancelled"] == "cancelled"
    assert after["mission_start missions/iss-9"] == "happened"


def test_events_of_incomplete_records(client: TestClient, database: Database) -> None:
    """A launch without spacecraft, and a spacewalk of nobody."""
    with database.session() as session:
        module, launch = factories.module(), factories.launch(slug="unnamed")
        session.add_all([module, launch])
        session.flush()
        port = factories.port(module)
        session.add(port)
        session.flush()
        at = datetime(2020, 1, 1, tzinfo=UTC)
        day = {"sources": [], "arrived_at_precision": Precision.DAY}
        arrival = {"arrived_at": at, "arrival_kind": ArrivalKind.DOCKING}
        session.add(Stay(slug="s", launch_id=launch.id, port_id=port.id, **day, **arrival))
        walk = {"starts_at": at, "starts_at_precision": Precision.DAY}
        session.add(Spacewalk(slug="w", sources=[], **walk))
    titles = {item["kind"]: item["title"] for item in get_items(client, "")}
    assert titles["spacewalk"] == "A spacewalk"
    assert titles["docking"].startswith("unnamed docks at ")


# --- Calendars and feeds --------------------------------------------------------------------------


def _count_by_day(events: Iterable[dict[str, Any]], zone: str) -> Counter[date]:
    days = (
        local_day(datetime.fromisoformat(e["at"]), Precision(e["at_precision"]), ZoneInfo(zone))
        for e in events
    )
    return Counter(day for day in days if day)


def _check_months(client: TestClient, events: Events, zone: str, step: int) -> None:
    """Check the index, and each `step`th month: its days, the month before, and a linked list."""
    expected = _count_by_day(events, zone)
    index = client.get(f"/v1/timeline/archive?tz={zone}").json()
    months = [month for year in index["years"] for month in year["months"]]
    by_month = Counter[str]()
    for day, count in expected.items():
        by_month[f"{day:%Y-%m}"] += count
    assert {month["month"]: month["count"] for month in months} == by_month
    assert index["total"] == sum(by_month.values())
    for n, month in list(enumerate(months))[::step]:
        calendar = client.get(path_of(month["url"])).json()
        days = {date.fromisoformat(day["date"]): day["count"] for day in calendar["days"]}
        assert days == {day: expected[day] for day in days}
        assert calendar["total"] == month["count"]
        previous = calendar["previous"] and calendar["previous"]["month"]
        assert previous == (months[n - 1]["month"] if n else None)
        busiest = max(calendar["days"], key=lambda day: day["count"])
        listed = client.get(f"{path_of(busiest['url'])}&with_total=true&limit=1").json()
        assert listed["total"] == busiest["count"]


@pytest.mark.parametrize("zone", ZONES)
def test_calendar_agrees_with_the_lists(archive: TestClient, events: Events, zone: str) -> None:
    _check_months(archive, events, zone, 80)


@pytest.mark.slow
@pytest.mark.parametrize("zone", ZONES)
def test_every_month_agrees_with_the_lists(archive: TestClient, events: Events, zone: str) -> None:
    _check_months(archive, events, zone, 1)


def test_calendar_of_filters_agrees_with_the_list(archive: TestClient) -> None:
    query = "person=anne-mcclain&kind=spacewalk,docking"
    index = archive.get(f"/v1/timeline/archive?{query}").json()
    listed = archive.get(f"/v1/timeline?{query}&with_total=true").json()
    assert index["total"] == listed["total"] == 5
    nothing = archive.get("/v1/timeline/archive?module=zarya&person=anne-mcclain").json()
    assert (nothing["total"], nothing["years"]) == (0, [])


def test_icalendar_equals_list(archive: TestClient) -> None:
    query = "kind=docking,relocation&at_gte=2019-01-01&at_lt=2019-12-31"
    items = get_items(archive, query)
    found = get_events(archive, f"/v1/timeline.ics?{query}")
    assert [str(event["SUMMARY"]) for event in found] == [item["title"] for item in items]
    assert [str(event["LINK"]) for event in found] == [item["url"] for item in items]
    assert len({str(event["UID"]) for event in found}) == len(items) > 10


def test_icalendar_has_the_newest_events(archive: TestClient) -> None:
    newest = archive.get("/v1/timeline?limit=100").json()["items"]
    found = get_events(archive, "/v1/timeline.ics")
    assert len(found) == calendar.MAX_EVENT_COUNT
    assert [str(event["LINK"]) for event in found[:100]] == [item["url"] for item in newest]


def test_atom_feed_has_the_last_events(archive: TestClient) -> None:
    with time_machine.travel("2019-06-24T23:30:00Z", tick=False):
        answer = archive.get("/v1/timeline.atom?limit=4&kind=undocking,docking")
    feed = parse_feed(answer.content)
    schema = atom_schema()
    assert schema.validate(etree.fromstring(answer.content)), schema.error_log
    assert feed.entries[0].title == "SC Soyuz MS-11 undocks from Poisk zenith"
    assert len(feed.entries) == 4
    assert answer.headers["Content-Type"] == "application/atom+xml; charset=utf-8"


def test_csv_has_all_events(archive: TestClient, events: Events) -> None:
    text = archive.get("/v1/timeline?format=csv&bom=false&mission=iss-59&sort=at").text
    rows = list(DictReader(StringIO(text)))
    ids = {event["id"] for event in events}
    assert len(rows) > 20
    assert {row["id"] for row in rows} <= ids


# --- Statements -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "number"),
    [
        ("/v1/timeline", 2),
        ("/v1/timeline?with_total=true", 3),
        ("/v1/timeline?mission=iss-59&person=anne-mcclain&module=quest", 5),
        ("/v1/timeline?mission=iss-59&person=anne-mcclain&module=pirs", 6),  # none: checked
        ("/v1/timeline.ics?mission=iss-59", 3),
        ("/v1/timeline/archive", 2),
        ("/v1/timeline/archive?month=2019-04", 2),
    ],
)
def test_number_of_statements(
    archive: TestClient, statements: list[str], path: str, number: int
) -> None:
    assert archive.get(path).status_code == 200
    assert len(statements) == number


def test_sources_have_indexes_in_their_order() -> None:
    """A sort key without an index would be sorted for each page."""
    for source in SOURCES:
        column = source.dates.sort_at.expression
        table = Base.metadata.tables[str(getattr(column.table, "element", column.table).name)]
        indexes = [[each.name for each in index.columns] for index in table.indexes]
        assert any(column.name in names[:2] for names in indexes), source.name
