"""Stays: requests and expected records."""

from datetime import UTC, datetime

import pytest
import time_machine
from starlette.testclient import TestClient

from tests.support.clients import clear_response_cache, database_of
from tests.support.statements import record_selects


def slugs(client: TestClient, query: str) -> list[str]:
    answer = client.get(f"/v1/stays?limit=100&{query}").raise_for_status().json()
    return [item["slug"] for item in answer["items"]]


DAY_OF_PROGRESS_MS_11 = [
    "progress-ms-11-pirs-nadir",
    "soyuz-ms-12-rassvet-nadir",
    "soyuz-ms-11-poisk-zenith",
    "progress-ms-10-zvezda-aft",
]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("spacecraft=Progress MS-11", ["progress-ms-11-pirs-nadir"]),
        ("spacecraft=Прогресс МС-11", ["progress-ms-11-pirs-nadir"]),
        ("spacecraft=pirs", []),
        ("launch=progress-m1-4", ["progress-m1-4-zarya-nadir-2", "progress-m1-4-zarya-nadir"]),
        ("port=zvezda-nadir", ["progress-m-so1-zvezda-nadir"]),
        ("port=pma-3-nadir&sort=arrived_at", ["sts-97-pma-3-nadir", "sts-98-pma-3-nadir"]),
        ("module=pma-3,prichal&arrived_at_lt=2001-01-01", ["sts-97-pma-3-nadir"]),
        ("module=pirs&arrived_month=2019-04", ["progress-ms-11-pirs-nadir"]),
        (
            "kind=SC&arrived_month=2019-03",
            ["soyuz-ms-12-rassvet-nadir", "crew-dragon-demo-1-harmony-forward"],
        ),
        ("kind=CV&arrived_month=2019-03", []),
        (
            "arrival_kind=capture&port=unity-nadir&arrived_at_gte=2020-01-01",
            ["cygnus-ng-14-unity-nadir"],
        ),
        ("on=2019-04-04", DAY_OF_PROGRESS_MS_11),
        ("on=2019-04-03", DAY_OF_PROGRESS_MS_11[1:]),
        ("on=2019-04-04&tz=America/New_York", DAY_OF_PROGRESS_MS_11),
        (
            "on=2001-02-24&launch=soyuz-tm-31&tz=UTC",
            ["soyuz-tm-31-zarya-nadir", "soyuz-tm-31-zvezda-aft"],
        ),
        ("on=2001-02-23&launch=soyuz-tm-31&tz=UTC", ["soyuz-tm-31-zvezda-aft"]),
        ("on=2026-06-01&port=zvezda-aft", []),
        ("mission=iss-59&kind=SC", ["soyuz-ms-12-rassvet-nadir", "soyuz-ms-11-poisk-zenith"]),
        ("mission=expedition-60&launch=soyuz-ms-11", []),
        ("arrived_on=2019-04-04", ["progress-ms-11-pirs-nadir"]),
        (
            "arrived_at_gte=2019-04-04T12:00:00Z&arrived_at_lt=2019-04-05",
            ["progress-ms-11-pirs-nadir"],
        ),
        (
            "departed_at_gte=2019-03-01&departed_at_lt=2019-03-09",
            ["crew-dragon-demo-1-harmony-forward"],
        ),
        (
            "departed_at_gte=2026-10-08&kind=SC&tz=UTC",
            ["dragon-crew-13-harmony-forward", "soyuz-ms-29-prichal-nadir"],
        ),
        ("docked=true", []),
        (
            "docked=false&arrived_month=2019-04&kind=CV",
            ["cygnus-ng-11-unity-nadir", "progress-ms-11-pirs-nadir"],
        ),
        ("q=прогресс мс-11 пирс", ["progress-ms-11-pirs-nadir"]),
        (
            "sort=-departed_at&launch=dragon-crew-12,soyuz-ms-29",
            ["soyuz-ms-29-prichal-nadir", "dragon-crew-12-harmony-zenith"],
        ),
        (
            "sort=departed_at&departed_at_lt=1999-07-01",
            ["sts-88-pma-2-forward", "sts-96-pma-2-forward"],
        ),
    ],
)
def test_filters(archive: TestClient, query: str, expected: list[str]) -> None:
    assert slugs(archive, query) == expected


def test_stay_of_a_relocated_ship(archive: TestClient) -> None:
    stay = archive.get("/v1/stays/soyuz-tm-33-pirs-nadir").json()
    assert stay["spacecraft"] == {
        "name": "Soyuz TM-33",
        "kind": "SC",
        "slug": "soyuz-tm-33",
        "url": "http://127.0.0.1:8000/v1/spacecraft/soyuz-tm-33",
        "html_url": "http://127.0.0.1:8000/spacecraft/soyuz-tm-33",
    }
    assert stay["launch"]["slug"] == "soyuz-tm-33"
    assert stay["port"]["slug"] == "pirs-nadir"
    assert stay["port"]["module"]["slug"] == "pirs"
    assert (stay["arrived_at"], stay["arrived_at_precision"]) == ("2002-04-20T09:37:00Z", "minute")
    assert (stay["departed_at"], stay["departed_at_precision"]) == (
        "2002-05-05T00:31:08Z",
        "second",
    )
    assert stay["is_docked"] is False
    assert (stay["flight_ended_at"], stay["end_kind"]) == ("2002-05-05T03:51:53Z", "landed")
    assert stay["sources"]
    launch = archive.get("/v1/launches/soyuz-tm-33").json()
    assert [each["slug"] for each in launch["stays"]] == [
        "soyuz-tm-33-zarya-nadir",
        "soyuz-tm-33-pirs-nadir",
    ]
    assert launch["stays"][1].items() <= stay.items()
    assert launch["spacecraft"][0]["flight_ended_at"] == stay["flight_ended_at"]


def test_full_view_equals_stay(archive: TestClient) -> None:
    full = archive.get("/v1/stays?view=full&launch=progress-ms-11").json()
    assert full["items"] == [archive.get("/v1/stays/progress-ms-11-pirs-nadir").json()]
    assert full["known_until"] == full["items"][0]["known_until"] == "2026-05-15T22:05:41Z"


@pytest.mark.parametrize(
    ("at", "docked", "slugs_docked"),
    [
        (datetime(2026, 4, 13, tzinfo=UTC), False, []),
        (
            datetime(2026, 5, 17, tzinfo=UTC),
            True,
            [
                "progress-ms-34-zvezda-aft",
                "cygnus-ng-24-unity-nadir",
                "progress-ms-33-poisk-zenith",
                "dragon-crew-12-harmony-zenith",
                "soyuz-ms-28-rassvet-nadir",
            ],
        ),
        (datetime(2026, 5, 18, tzinfo=UTC), None, []),
    ],
)
def test_ships_are_docked_until_the_horizon_is_outdated(
    archive: TestClient, at: datetime, docked: bool | None, slugs_docked: list[str]
) -> None:
    """Two days after the launch of Dragon CRS-34, whose stay is not known."""
    with time_machine.travel(at, tick=False):
        clear_response_cache(archive)
        stay = archive.get("/v1/stays/progress-ms-34-zvezda-aft").json()
        assert stay["is_docked"] is docked
        if docked is not False:
            assert slugs(archive, "docked=true") == slugs_docked
        there = slugs(archive, "docked=true") + slugs(archive, "docked=false")
        assert ("progress-ms-34-zvezda-aft" in there) == (docked is not None)
    clear_response_cache(archive)


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Apia"])
def test_calendar_counts_arrivals(archive: TestClient, zone: str) -> None:
    index = archive.get(f"/v1/stays/archive?tz={zone}").json()
    assert index["total"] == len(archive.get("/v1/stays?format=ndjson").text.splitlines())
    month = archive.get(f"/v1/stays/archive?month=2019-04&kind=CV&tz={zone}").json()
    assert month["total"] == 2
    for day in month["days"]:
        assert len(archive.get(day["url"]).json()["items"]) == day["count"]


@pytest.mark.parametrize(
    ("path", "count"),
    [
        ("/v1/stays/progress-ms-11-pirs-nadir", 1),
        ("/v1/stays?limit=5", 2),
        ("/v1/stays?limit=100&view=full&on=2019-04-04", 2),
        ("/v1/launches/soyuz-tm-33", 1),
    ],
)
def test_reads_take_a_fixed_number_of_statements(
    archive: TestClient, path: str, count: int
) -> None:
    with record_selects(database_of(archive)) as selects:
        archive.get(path).raise_for_status()
    assert len(selects) == count


def test_mission_page_has_the_ships_of_the_mission(archive: TestClient) -> None:
    with record_selects(database_of(archive)) as selects:
        page = archive.get("/v1/missions/iss-59/page").json()
    listed = archive.get("/v1/stays?mission=iss-59&sort=arrived_at&limit=100").json()
    assert page["stays"] == listed["items"]
    assert len([each for each in selects if each.startswith("SELECT stays.")]) == 1
