"""Spacewalks: requests and expected records."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from starlette.testclient import TestClient

from app.api.lists.day_counts import ArchiveMonth
from app.db.database import Database, Reader
from app.domain.dates import Precision, add_months
from app.resources.spacewalks.queries import get_spacewalk_archive, list_spacewalks
from app.resources.spacewalks.schemas import SpacewalkArchiveQuery, SpacewalkQuery
from tests.support import factories
from tests.support.calendars import get_event, get_events
from tests.support.clients import database_of


def numbers(client: TestClient, query: str) -> list[int]:
    answer = client.get(f"/v1/spacewalks?limit=100&{query}").raise_for_status().json()
    return [item["number"] for item in answer["items"]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("person=anne-mcclain", [275, 216, 214]),
        ("person=anne-mcclain,david-saint-jacques&mission=iss-59", [216, 214]),
        ("mission=iss-59", [217, 216, 215, 214]),
        ("mission=expedition-59&operator=Roscosmos", [217]),
        ("mission=iss-59&operator=nasa", [216, 215, 214]),
        ("airlock=zvezda", [125, 21]),
        ("airlock=poisk&starts_at_lt=2021-07-01", [238, 232]),
        ("airlock=cupola", []),
        ("starts_on=2013-12-27", [177]),
        ("starts_on=1998-12-07&tz=UTC", [1]),
        ("starts_on=1998-12-08&tz=UTC", []),
        ("on=1998-12-07&tz=UTC", [1]),
        ("on=1998-12-08&tz=UTC", [1]),
        ("on=1998-12-09&tz=UTC", [2]),
        ("on=1998-12-06&tz=UTC", []),
        ("on=1998-12-07&tz=America/New_York", [1]),
        ("on=1998-12-08&tz=America/New_York", [1]),
        ("on=1998-12-08&tz=Pacific/Apia", []),
        ("on=2019-03-22&tz=Pacific/Apia", [214]),
        ("starts_month=2019-03", [215, 214]),
        ("starts_at_gte=2019-03-29&starts_at_lt=2019-04-09", [216, 215]),
        ("starts_at_gte=2011-05-27T04:15:00Z&starts_at_lt=2011-07-13", [160, 159]),
        ("starts_at_gte=2011-05-27T04:16:00Z&starts_at_lt=2011-07-13", [160]),
        ("sort=starts_at&starts_at_lt=1999-01-01", [1, 2, 3]),
        ("sort=duration&starts_at_lt=2001-07-01&starts_at_gte=2001-04-01", [21, 19, 20]),
        ("sort=-duration&starts_at_gte=2018-01-01&starts_at_lt=2018-03-01", [207, 206, 208]),
        ("q=parmitano+helmet", [171]),
        ("q=Олимпиады факел", [174]),
        ("q=выход соловьёва", []),
    ],
)  # fmt: skip
def test_filters(archive: TestClient, query: str, expected: list[int]) -> None:
    assert numbers(archive, query) == expected


def test_spacewalk_216(archive: TestClient) -> None:
    walk = archive.get("/v1/spacewalks/spacewalk-216").json()
    assert walk["title"] == "Spacewalk 216: Anne McClain, David Saint-Jacques"
    assert (walk["starts_at"], walk["starts_at_precision"]) == ("2019-04-08T00:00:00Z", "day")
    assert (walk["ends_at"], walk["duration_seconds"]) == (None, 6 * 3600 + 29 * 60)
    assert (walk["operator"], walk["airlock"]["name"]) == ("NASA", "Quest")
    assert walk["mission"]["slug"] == "iss-59"
    crew = [(member["person"]["slug"], member["role"]) for member in walk["crew"]]
    assert crew == [("anne-mcclain", "ev1"), ("david-saint-jacques", "ev2")]
    assert walk["sources"][0]["licence"]
    russian = archive.get("/v1/spacewalks/spacewalk-216?lang=ru").json()
    assert russian["title"] == "Выход в открытый космос № 216: Энн Макклейн, Давид Сен-Жак"
    assert russian["crew"][0]["role_label"] == "Ведущий выхода"
    assert russian["purpose"] != walk["purpose"]


def test_full_view_equals_spacewalk(archive: TestClient) -> None:
    full = archive.get("/v1/spacewalks?view=full&starts_on=2013-12-27").json()
    assert full["items"] == [archive.get("/v1/spacewalks/spacewalk-177").json()]
    assert full["known_until"] == "2026-03-16T23:59:59Z"


def test_embeds_equal_spacewalks(archive: TestClient) -> None:
    mission = archive.get("/v1/missions/iss-59").json()
    listed = archive.get("/v1/spacewalks?mission=iss-59&sort=starts_at").json()["items"]
    assert mission["spacewalks"] == listed
    assert mission["counts"]["spacewalks"] == len(listed) == 4
    person = archive.get("/v1/people/anne-mcclain").json()
    of_person = archive.get("/v1/spacewalks?person=anne-mcclain").json()["items"]
    assert [each["spacewalk"]["slug"] for each in person["spacewalks"]] == [
        each["slug"] for each in of_person
    ]
    assert [each["role"] for each in person["spacewalks"]] == ["ev1", "ev1", "ev1"]
    assert person["spacewalks_count"] == len(of_person)
    assert person["spacewalk_seconds"] == sum(each["duration_seconds"] for each in of_person)


def test_mission_shows_first_fifty_spacewalks(client: TestClient, database: Database) -> None:
    with database.session() as session:
        mission = factories.mission(slug="busy")
        session.add(mission)
        session.flush()
        session.add_all(
            factories.spacewalk(
                slug=f"walk-of-day-{day:02}",
                mission_id=mission.id,
                starts_at=datetime(2019, 3 + day // 28, 1 + day % 28, tzinfo=UTC),
                ends_at=None,
                starts_at_precision=Precision.DAY,
            )
            for day in range(52)
        )
    answer = client.get("/v1/missions/busy").json()
    shown = [walk["slug"] for walk in answer["spacewalks"]]
    assert shown == [f"walk-of-day-{day:02}" for day in range(50)]
    assert answer["counts"]["spacewalks"] == 52


@pytest.mark.parametrize("zone", ["Europe/Moscow", "America/New_York", "Pacific/Apia"])
def test_calendar_agrees_with_lists(archive: TestClient, zone: str) -> None:
    """Each month's days, its total, and the lists of the days and of the month."""
    month, total = date(2005, 7, 1), 0
    with database_of(archive).snapshot() as reader:
        while month < date(2008, 1, 1):
            found = get_spacewalk_archive(
                reader, SpacewalkArchiveQuery(month=month, tz=ZoneInfo(zone))
            )
            assert isinstance(found, ArchiveMonth)
            listed = _list(reader, zone, starts_month=month)
            assert sum(day.count for day in found.days) == found.total == len(listed)
            for day in found.days:
                if day.count:
                    assert len(_list(reader, zone, starts_on=day.date)) == day.count
                    assert f"starts_on={day.date}" in day.url
            total += found.total
            month = add_months(month, 1)
    index = archive.get(f"/v1/spacewalks/archive?tz={zone}").json()
    assert index["total"] == 277
    months = [month for year in index["years"] for month in year["months"]]
    assert total == sum(each["count"] for each in months if "2005-07" <= each["month"] < "2008-01")


def _list(reader: Reader, zone: str, **filters: date) -> list[str]:
    query = SpacewalkQuery(tz=ZoneInfo(zone), limit=100, **filters)
    return [item.slug for item in list_spacewalks(reader, query).items]


def test_calendar_subscription(archive: TestClient) -> None:
    events = get_events(archive, "/v1/spacewalks.ics?mission=iss-38")
    assert len(events) == 4
    event = get_event(archive, "/v1/spacewalks.ics?starts_on=2013-12-27&lang=ru")
    assert event["SUMMARY"] == "Выход в открытый космос № 177: Олег Котов, Сергей Рязанский"
    assert event["DTSTART"].dt == datetime(2013, 12, 27, 13, tzinfo=UTC)
    assert event["DTEND"].dt == datetime(2013, 12, 27, 21, 7, tzinfo=UTC)
    assert (event["LOCATION"], event["STATUS"]) == ("Пирс", "CONFIRMED")


def test_search_finds_spacewalks_by_number(archive: TestClient) -> None:
    for query in ("EVA-177", "ВКД-177"):
        hits = archive.get(f"/v1/search?q={query}").json()["items"]
        assert hits[0]["slug"] == "spacewalk-177"
        assert hits[0]["title"] == "Spacewalk 177: Oleg Kotov, Sergey Ryazansky"
