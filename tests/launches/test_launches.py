"""Launches: requests and expected records."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from starlette.testclient import TestClient

from app.db.database import Database
from app.db.models import MissionLaunch
from app.domain.dates import Precision
from app.domain.enums import LaunchRelation, LaunchStatus, Scope, SpacecraftKind
from tests.support import documents, factories
from tests.support.clients import client_with_key
from tests.support.documents import IF_MATCH_ANY


def slugs(client: TestClient, query: str) -> list[str]:
    answer = client.get(f"/v1/launches?limit=100&{query}").raise_for_status().json()
    return [item["slug"] for item in answer["items"]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("spacecraft=Progress MS-11", ["progress-ms-11"]),
        ("spacecraft=progress-ms-11", ["progress-ms-11"]),
        ("spacecraft=Прогресс МС-11", ["progress-ms-11"]),
        ("spacecraft=progress-ms-11,soyuz-ms-12", ["progress-ms-11", "soyuz-ms-12"]),
        ("launch_on=2019-04-04", ["progress-ms-11"]),
        ("launch_on=2021-06-29&tz=UTC", ["progress-ms-17"]),
        ("launch_on=2021-06-30&tz=UTC", []),
        ("launch_on=2021-06-30", ["progress-ms-17"]),
        ("launch_month=2019-03", ["soyuz-ms-12", "crew-dragon-demo-1"]),
        ("launch_at_gte=2019-03-10&launch_at_lt=2019-04-05", ["progress-ms-11", "soyuz-ms-12"]),
        ("launch_at_gte=2019-04-04T11:01:35Z&launch_at_lt=2019-04-05", ["progress-ms-11"]),
        ("launch_at_gte=2019-04-04T11:01:36Z&launch_at_lt=2019-04-05", []),
        ("launch_at_gte=2026-10-01T15:10:30Z&launch_at_lt=2026-10-02", ["dragon-crew-13"]),
        ("status=failure&crewed=true", ["soyuz-ms-10"]),
        ("status=failure&launch_at_gte=2016-01-01", ["soyuz-ms-10", "progress-ms-04"]),
        ("status=partial_failure", ["progress-m-27m"]),
        ("status_not=success&launch_at_gte=2016-01-01", ["soyuz-ms-10", "progress-ms-04"]),
        ("vehicle=soyuz-2-1a&launch_month=2019-04", ["progress-ms-11"]),
        ("vehicle=Soyuz-2.1a&launch_month=2019-04", ["progress-ms-11"]),
        ("vehicle_family=Antares&launch_month=2019-04", ["cygnus-ng-11"]),
        ("provider=JAXA&launch_at_gte=2012-01-01&launch_at_lt=2020-01-01", ["htv-3"]),
        ("provider=spx&launch_month=2019-03", ["crew-dragon-demo-1"]),
        ("provider=NASA,ula&launch_at_gte=2024-01-01", ["starliner-cft"]),
        ("kind=module&launch_at_gte=2021-01-01", ["progress-m-um", "nauka"]),
        ("kind=module,CV&launch_month=2021-11", ["progress-m-um"]),
        ("site=GIK-5&launch_month=2019-04", ["progress-ms-11"]),
        ("site=Baikonur Cosmodrome&launch_month=2019-04", ["progress-ms-11"]),
        ("country=KZ&launch_month=2019-04", ["progress-ms-11"]),
        ("country=us,kz&launch_month=2019-04", ["cygnus-ng-11", "progress-ms-11"]),
        ("crewed=false&launch_month=2019-03", ["crew-dragon-demo-1"]),
        ("to_station=true&launch_month=2019-03", ["soyuz-ms-12", "crew-dragon-demo-1"]),
        ("to_station=false", []),
        ("person=nick-hague", ["dragon-crew-9", "soyuz-ms-12", "soyuz-ms-10"]),
        ("person=nick-hague,aleksey-ovchinin&launch_month=2018-10", ["soyuz-ms-10"]),
        ("q=progress ms-11", ["progress-ms-11"]),
        ("q=11 prog kosm", []),
        ("sort=launch_at&launch_at_lt=1999-01-01", ["zarya", "sts-88"]),
    ],
)  # fmt: skip
def test_filters(archive: TestClient, query: str, expected: list[str]) -> None:
    assert slugs(archive, query) == expected


def test_launch_progress_ms_11(archive: TestClient) -> None:
    launch = archive.get("/v1/launches/progress-ms-11").json()
    assert launch["cospar_id"] == "2019-019"
    assert launch["launch_at"] == "2019-04-04T11:01:35Z"
    assert launch["launch_at_precision"] == "second"
    assert (launch["provider"], launch["provider_ref"]["slug"]) == ("Roscosmos", "roscosmos")
    assert launch["vehicle"] == {
        "slug": "soyuz-2-1a",
        "name": "Soyuz-2.1a",
        "family": "Soyuz",
        "url": "http://127.0.0.1:8000/v1/vehicles/soyuz-2-1a",
        "html_url": "http://127.0.0.1:8000/vehicles/soyuz-2-1a",
    }
    assert launch["spacecraft"] == [
        {
            "name": "Progress MS-11",
            "kind": "CV",
            "flight_ended_at": "2019-07-29T00:00:00Z",
            "flight_ended_at_precision": "day",
            "end_kind": "deorbited",
            "slug": "progress-ms-11",
            "url": "http://127.0.0.1:8000/v1/spacecraft/progress-ms-11",
            "html_url": "http://127.0.0.1:8000/spacecraft/progress-ms-11",
        }
    ]
    site_urls = {
        "url": "http://127.0.0.1:8000/v1/sites/baikonur-cosmodrome",
        "html_url": "http://127.0.0.1:8000/sites/baikonur-cosmodrome",
    }
    assert launch["site"] == {
        "slug": "baikonur-cosmodrome",
        "name": "Baikonur Cosmodrome",
        **site_urls,
        "pad": "LC31",
        "pad_name": "Site 31/6",
        "country": "KZ",
        "time_zone": "Asia/Qyzylorda",
    }
    assert launch["launch_pad"] == {
        "slug": "baikonur-site-31-6",
        "name": "Site 31/6",
        "code": "LC31",
        "latitude": 45.996,
        "longitude": 63.564,
        **site_urls,
    }
    assert launch["launch_at_local"] == "2019-04-04T16:01:35+05:00"
    assert launch["headline"] == "LV Soyuz-2.1a with CV Progress MS-11 is launched"
    assert [m["mission"]["slug"] for m in launch["missions"]] == ["iss-59"]
    assert launch["missions"][0]["relation"] == "cargo"
    assert launch["crew"] == []
    assert launch["sources"][0]["licence"]


def test_launch_has_the_modules_that_it_carried(archive: TestClient) -> None:
    launch = archive.get("/v1/launches/sts-88?lang=ru").json()
    assert [module["slug"] for module in launch["modules"]] == ["pma-1", "unity", "pma-2"]
    assert launch["modules"][1] == {
        "slug": "unity",
        "name": "Юнити",
        "url": "http://127.0.0.1:8000/v1/modules/unity?lang=ru",
        "html_url": "http://127.0.0.1:8000/modules/unity?lang=ru",
    }
    assert archive.get("/v1/launches/soyuz-ms-12").json()["modules"] == []


def test_failed_launch_has_crew_and_date(archive: TestClient) -> None:
    launch = archive.get("/v1/launches/soyuz-ms-10").json()
    assert launch["headline"] == "The launch of LV Soyuz-FG with SC Soyuz MS-10 failed"
    assert launch["cospar_id"] is None
    assert [m["person"]["slug"] for m in launch["crew"]] == ["aleksey-ovchinin", "nick-hague"]
    assert launch["crew"][0]["landed_at"].startswith("2018-10-11T")
    assert launch["outcome_note"]


def test_launch_with_several_spacecraft(archive: TestClient) -> None:
    launch = archive.get("/v1/launches/progress-m-so1").json()
    assert [ship["name"] for ship in launch["spacecraft"]] == ["Progress M-SO1", "Pirs"]


def test_launch_with_day_precision_has_no_time(client: TestClient, database: Database) -> None:
    at = datetime(2025, 2, 27, 18, 30, tzinfo=UTC)
    with database.session() as session:
        session.add(factories.launch(slug="vague", launch_at=at, launch_at_precision=Precision.DAY))
    launch = client.get("/v1/launches/vague").json()
    assert launch["launch_at_precision"] == "day"
    assert launch["launch_at"] == "2025-02-27T00:00:00Z"
    for zone in ("UTC", "Pacific/Apia", "America/New_York"):
        assert slugs(client, f"launch_on=2025-02-27&tz={zone}") == ["vague"]


def test_full_view_equals_launch(archive: TestClient) -> None:
    full = archive.get("/v1/launches?view=full&spacecraft=soyuz-ms-10").json()["items"]
    assert full == [archive.get("/v1/launches/soyuz-ms-10").json()]


def test_next_launch_is_earliest_planned(client: TestClient, database: Database) -> None:
    now = datetime(2030, 6, 15, tzinfo=UTC)
    planned = [
        ("missed", now - timedelta(days=3), Precision.DAY, LaunchStatus.PLANNED),
        ("flown", now + timedelta(days=1), Precision.SECOND, LaunchStatus.SUCCESS),
        ("dropped", now + timedelta(days=1), Precision.SECOND, LaunchStatus.CANCELLED),
        ("soon", now + timedelta(days=2), Precision.MINUTE, LaunchStatus.PLANNED),
        ("later", now + timedelta(days=3), Precision.MINUTE, LaunchStatus.PLANNED),
    ]
    with database.session() as session:
        for slug, at, precision, status in planned:
            session.add(
                factories.launch(
                    slug=slug, launch_at=at, launch_at_precision=precision, status=status
                )
            )
    with time_machine.travel(now, tick=False):
        answer = client.get("/v1/launches/next")
    assert answer.json()["slug"] == "soon"
    assert answer.headers["Content-Location"].endswith("/v1/launches/soon")
    assert answer.json()["vehicle"] is answer.json()["site"] is None


def test_next_launch_not_found_without_plan(archive: TestClient) -> None:
    answer = archive.get("/v1/launches/next")
    assert answer.status_code == 404
    assert "planned" in answer.json()["detail"]


def test_launch_with_many_links_is_listed_once(client: TestClient, database: Database) -> None:
    with database.session() as session:
        launch = factories.launch(slug="many")
        missions = [factories.mission() for _ in range(3)]
        session.add_all([launch, *missions])
        session.flush()
        for n in range(3):
            session.add(factories.payload(launch, ordinal=n, kind=SpacecraftKind.CV))
        for mission in missions:
            for relation in (LaunchRelation.CARGO, LaunchRelation.MODULE):
                session.add(
                    MissionLaunch(mission_id=mission.id, launch_id=launch.id, relation=relation)
                )
        of = ",".join(mission.slug for mission in missions)
    answer = client.get(f"/v1/launches?kind=CV,SC&mission={of}&with_total=true").json()
    assert [item["slug"] for item in answer["items"]] == ["many"]
    assert answer["total"] == 1


@pytest.mark.parametrize(
    ("status", "headline"),
    [
        ("planned", "The launch of LV Soyuz-2.1a with SC Soyuz MS-99 is planned"),
        ("in_flight", "LV Soyuz-2.1a with SC Soyuz MS-99 is launched"),
        ("cancelled", "The launch of LV Soyuz-2.1a with SC Soyuz MS-99 is cancelled"),
        ("partial_failure", "The launch of LV Soyuz-2.1a with SC Soyuz MS-99 failed in part"),
    ],
)
def test_headlines(client: TestClient, database: Database, status: str, headline: str) -> None:
    with database.session() as session:
        vehicle = factories.vehicle(name="Soyuz-2.1a")
        session.add(vehicle)
        session.flush()
        launch = factories.launch(slug="x", status=LaunchStatus(status), vehicle_id=vehicle.id)
        session.add(launch)
        session.flush()
        session.add(factories.payload(launch, name="Soyuz MS-99"))
    assert client.get("/v1/launches/x").json()["headline"] == headline


def test_agency_of_flight_is_writable(client: TestClient) -> None:
    editor = client_with_key(client, *Scope)
    for name in ("NASA", "Axiom Space"):
        editor.post("/v1/agencies", json=documents.agency(name=name)).raise_for_status()
    for slug in ("one", "two"):
        person = documents.person(slug=slug, agency="NASA")
        editor.post("/v1/people", json=person).raise_for_status()
    crew = [
        {"person": "one", "role": "commander", "agency": "Axiom Space"},
        {"person": "two", "role": "pilot"},
    ]
    address = editor.post("/v1/launches", json=documents.launch(crew=crew)).headers["Location"]
    assert [seat["agency"] for seat in client.get(address).json()["crew"]] == [
        "Axiom Space",
        "NASA",
    ]
    refs = [seat["agency_ref"]["slug"] for seat in client.get(address).json()["crew"]]
    assert refs == ["axiom-space", "nasa"]
    change = {"crew": [{**seat, "agency": None} for seat in crew]}
    assert editor.patch(address, json=change, headers=IF_MATCH_ANY).status_code == 200
    assert {seat["agency"] for seat in client.get(address).json()["crew"]} == {"NASA"}


def test_end_of_flight_is_writable(editor: TestClient) -> None:
    end = {"flight_ended_at": "2031-07-29T12:00:00Z", "end_kind": "deorbited"}
    ship = {"name": "Progress Example", "kind": "CV"}
    path = editor.post("/v1/launches", json=documents.launch(spacecraft=[ship | end])).json()["url"]
    expected = ship | end | {"flight_ended_at_precision": "second"}
    without_record = {"slug": None, "url": None, "html_url": None}
    assert editor.get(path).json()["spacecraft"] == [expected | without_record]
    day = {"flight_ended_at": "2031-07-29T00:00:00Z", "flight_ended_at_precision": "day"}
    for change in (day | {"end_kind": "lost"}, dict.fromkeys(expected.keys() - ship.keys())):
        patch = {"spacecraft": [ship | change]}
        patched = editor.patch(path, json=patch, headers=IF_MATCH_ANY).json()
        assert patched["spacecraft"] == [ship | change | without_record]
