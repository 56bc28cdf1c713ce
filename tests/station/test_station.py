"""The station on ten days, their whole answers, and at instants."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import time_machine
from starlette.testclient import TestClient

from app.db.database import Database
from app.domain.dates import Precision
from tests.support import factories
from tests.support.horizons import set_horizon

PRESENT = "2026-10-09T12:00:00Z"
DAYS = Path(__file__).parent / "days"
"""Answers by day. A missing one is written, to be read through, and the test fails."""
VOLATILE = {"id", "updated_at", "version"}


def get_station(client: TestClient, query: str, status: int = 200) -> Any:
    with time_machine.travel(PRESENT, tick=False):
        answer = client.get(f"/v1/station?{query}")
    assert answer.status_code == status, answer.text
    return answer.json()


def without_volatile(part: Any) -> Any:
    """`part` without ids, versions and times of changes."""
    if isinstance(part, dict):
        return {k: without_volatile(v) for k, v in part.items() if k not in VOLATILE}
    return [without_volatile(each) for each in part] if isinstance(part, list) else part


def ships(station: Any) -> dict[str, str]:
    """Ports by ship."""
    return {ship["spacecraft"]["name"]: ship["port"]["slug"] for ship in station["ships"]}


@pytest.mark.parametrize(
    "day",
    [
        "1998-12-10",
        "2000-11-02",
        "2003-05-01",
        "2008-10-14",
        "2011-05-20",
        "2016-04-10",
        "2019-04-04",
        "2021-07-29",
        "2024-06-10",
        "2026-10-08",
    ],
)
def test_whole_answer_of_day(archive: TestClient, day: str) -> None:
    found = without_volatile(get_station(archive, f"on={day}&tz=UTC"))
    file = DAYS / f"{day}.json"
    if not file.exists():
        file.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n")
        pytest.fail(f"{file} is new: read it")
    assert found == json.loads(file.read_text())


@pytest.mark.parametrize(
    ("at", "port"),
    [
        ("2021-09-28T12:20:00Z", "rassvet-nadir"),
        ("2021-09-28T12:40:00Z", None),
        ("2021-09-28T13:04:00Z", "nauka-nadir"),
    ],
)
def test_ship_is_at_neither_port_during_its_relocation(
    archive: TestClient, at: str, port: str | None
) -> None:
    station = get_station(archive, f"at={at}")
    assert ships(station).get("Soyuz MS-18") == port
    free = {each["slug"] for each in station["free_ports"]}
    assert {"rassvet-nadir", "nauka-nadir"} - free == ({port} if port else set())
    aboard = {each["person"]["slug"] for each in station["aboard"]}
    assert "oleg-novitskiy" in aboard


def test_day_of_a_relocation_has_both_ports(archive: TestClient) -> None:
    station = get_station(archive, "on=2021-09-28&tz=UTC")
    ports = [s["port"]["slug"] for s in station["ships"] if s["launch"]["slug"] == "soyuz-ms-18"]
    assert ports == ["rassvet-nadir", "nauka-nadir"]
    assert "rassvet-nadir" in {each["slug"] for each in station["free_ports"]}


@pytest.mark.parametrize("day", ["2001-08-15", "2011-05-20", "2019-10-03", "2021-11-08"])
def test_answer_agrees_with_the_lists(archive: TestClient, day: str) -> None:
    station = get_station(archive, f"on={day}&tz=UTC")
    people = archive.get(f"/v1/people?aboard_on={day}&limit=100").json()["items"]
    aboard = {each["person"]["slug"] for each in station["aboard"]}
    assert aboard == {person["slug"] for person in people}
    stays = archive.get(f"/v1/stays?on={day}&tz=UTC&limit=50").json()["items"]
    assert {ship["slug"] for ship in station["ships"]} == {stay["slug"] for stay in stays}


def test_time_of_a_person_aboard(archive: TestClient) -> None:
    """From docking to undocking, not from launch to landing."""
    for at, is_aboard in (
        ("2018-12-03T17:33:00Z", False),
        ("2018-12-03T17:34:00Z", True),
        ("2019-06-24T23:24:00Z", True),
        ("2019-06-24T23:26:00Z", False),
    ):
        aboard = get_station(archive, f"at={at}")["aboard"]
        assert ("anne-mcclain" in {each["person"]["slug"] for each in aboard}) is is_aboard


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("on=1998-11-19", "before-station"),
        ("at=1998-11-20T06:39:59Z", "before-station"),
        ("on=2026-10-10&tz=UTC", "in-future"),
        ("at=2026-10-09T12:00:01Z", "in-future"),
        ("on=2019-04-04&at=2019-04-04T00:00:00Z", "value_error"),
        ("month=2019-04", "unknown-parameter"),
    ],
)
def test_invalid_times_are_rejected(archive: TestClient, query: str, code: str) -> None:
    (error,) = get_station(archive, query, 422)["errors"]
    assert error["code"] == code


def test_archive_without_modules_has_no_station(client: TestClient) -> None:
    assert get_station(client, "", 404)["detail"].startswith("The archive has no modules.")


def test_facts_behind_the_horizon_are_null(client: TestClient, database: Database) -> None:
    with database.session() as session:
        module = factories.module(slug="zarya", mass_kg=20_000)
        session.add(module)
        session.add(factories.mission(slug="iss-9", number=9, ends_at=None))
        session.flush()
        session.add(factories.module_attachment(module))
    set_horizon(database, datetime(2026, 10, 8, tzinfo=UTC))
    known = get_station(client, "")
    assert (known["on"], known["at"]) == (None, None)
    assert known["mission"]["slug"] == "iss-9"
    assert (known["aboard"], known["ships"], known["free_ports"]) == ([], [], [])
    assert (known["mass_kg"], known["unknown_mass_count"]) == (20_000, 0)
    with time_machine.travel("2026-10-11T00:00:00Z", tick=False):
        unknown = client.get("/v1/station").json()
        past = client.get("/v1/station?on=2026-10-07&tz=UTC").json()
    names = ("mission", "commander", "aboard", "ships", "free_ports", "spacewalks")
    assert {unknown[name] for name in names} == {None}
    assert [each["module"]["slug"] for each in unknown["modules"]] == ["zarya"]
    assert (past["mission"]["slug"], past["ships"]) == ("iss-9", [])


def test_free_ports_are_those_of_attached_modules(client: TestClient, database: Database) -> None:
    at = datetime(2020, 1, 1, tzinfo=UTC)
    dates = {"attached_at": at, "attached_at_precision": Precision.DAY}
    with database.session() as session:
        first, gone = factories.module(slug="first"), factories.module(slug="gone")
        session.add_all([first, gone])
        session.flush()
        session.add_all(factories.port(first, slug=f"first-{n}") for n in range(3))
        session.add(factories.port(first, slug="closed", in_service_until=at.date()))
        session.add(factories.port(gone, slug="gone-aft"))
        session.flush()
        session.add(factories.module_attachment(first, **dates))
        end = datetime(2020, 6, 1, tzinfo=UTC)
        session.add(
            factories.module_attachment(
                gone, **dates, detached_at=end, detached_at_precision=Precision.DAY
            )
        )
    now = get_station(client, "on=2021-01-01&tz=UTC")
    assert [port["slug"] for port in now["free_ports"]] == ["first-0", "first-1", "first-2"]
    before = get_station(client, "on=2020-01-01&tz=UTC")
    assert [port["slug"] for port in before["free_ports"]] == [
        "closed", "first-0", "first-1", "first-2", "gone-aft",
    ]  # fmt: skip


def test_cache_control_of_past_and_present(archive: TestClient) -> None:
    with time_machine.travel(PRESENT, tick=False):
        past = archive.get("/v1/station?on=2019-04-04")
        present = archive.get("/v1/station")
        again = archive.get("/v1/station", headers={"If-None-Match": present.headers["ETag"]})
    assert "max-age=86400" in past.headers["Cache-Control"]
    assert "max-age=60" in present.headers["Cache-Control"]
    assert again.status_code == 304


def test_station_takes_few_statements(archive: TestClient, statements: list[str]) -> None:
    assert archive.get("/v1/station?on=2019-04-04").status_code == 200
    assert len(statements) == 9


def test_links_lead_to_records(archive: TestClient) -> None:
    station = get_station(archive, "on=2019-04-04&tz=UTC")
    for part in (station["mission"], station["aboard"][0]["person"], station["ships"][0]):
        assert archive.get(urlsplit(part["url"]).path).status_code == 200
