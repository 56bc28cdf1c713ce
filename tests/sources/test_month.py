"""A month with Launch Library 2: slips, a launch, a docking, a landing, an outage of a day."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from math import inf
from typing import Any

import pytest
import time_machine
from sqlalchemy import select, update
from starlette.testclient import TestClient

from app.db.database import Database
from app.db.models import FeedSource, Launch, Mission, Person
from app.domain.dates import format_rfc3339_utc, now
from app.ingest.polling import find_due_sources
from app.ingest.presets import PRESETS, PresetName
from tests.support.launch_library import format_time
from tests.support.launch_library_people import make_astronaut
from tests.support.launch_library_server import LaunchLibraryServer, launch_library_server
from tests.support.polling import add_source, poll_source

HOUR, DAY = timedelta(hours=1), timedelta(days=1)

PEOPLE = {"Anna Example": 1, "Boris Sample": 2, "Vera Specimen": 3, "Gleb Instance": 4}

LIMIT = 3
"""Requests per hour: fewer than a look at all sources needs."""

STATION = {"id": 4, "name": "International Space Station"}


class Truth:
    """What happens: records of Launch Library 2 by time, in days from the start."""

    def __init__(self, start: datetime) -> None:
        self.start = start

    def day(self, at: datetime) -> float:
        """Days from the start."""
        return (at - self.start) / DAY

    def time(self, day: float) -> datetime:
        """Time of a day."""
        return self.start + day * DAY

    def launches(self, at: datetime) -> list[dict[str, Any]]:
        """All launches, as they are known at a time."""
        day = self.day(at)
        return [
            self.launch("Soyuz MS-97", -170, at, crew="Vera Specimen,Gleb Instance", lands=20),
            self.launch("Soyuz MS-98", 10 if day < 3 else 12, at, crew="Anna Example,Boris Sample"),
            self.launch("Progress MS-99", 15 if day < 6.5 else 16, at),
            self.launch("Progress MS-100", 45, at, precision="M"),
            self.launch("Cygnus NG-99", 25 if day < 24 else 26.5 if day < 26 else 40, at),
        ]

    def launch(
        self,
        name: str,
        day: float,
        at: datetime,
        *,
        crew: str = "",
        lands: float = inf,
        precision: str = "SEC",
    ) -> dict[str, Any]:
        """A launch of version 2.3 in detailed mode."""
        has_flown, has_landed = day <= self.day(at), lands <= self.day(at)
        net = format_time(self.time(day))
        seats = [self.seat(person, day) for person in crew.split(",") if person]
        docking = {"docking": format_time(self.time(day + 0.2)), "space_station": STATION}
        stage = {
            "id": 1,
            "destination": STATION["name"],
            "mission_end": format_time(self.time(lands)) if has_landed else None,
            "launch_crew": seats,
            "landing_crew": seats if has_landed else [],
            "docking_events": [docking] if day + 0.2 <= self.day(at) else [],
            "spacecraft": {
                "id": 1,
                "name": name,
                "spacecraft_config": {"name": name.split(maxsplit=1)[0]},
            },
        }
        return {
            "id": f"00000000-0000-4000-8000-{sum(map(ord, name)):012}",
            "name": f"Soyuz 2.1a | {name}",
            "last_updated": format_time(at),
            "status": {"abbrev": "Success" if has_flown else "Go"},
            "net": net,
            "net_precision": {"abbrev": precision},
            "window_start": net,
            "window_end": net,
            "rocket": {
                "configuration": {"full_name": "Soyuz 2.1a", "families": [{"name": "Soyuz"}]},
                "spacecraft_stage": [stage],
            },
            "mission": {
                "name": name,
                "type": "Human Exploration" if crew else "Resupply",
                "orbit": {"abbrev": "LEO"},
            },
            "pad": {
                "name": "31/6",
                "location": {"name": "Baikonur Cosmodrome", "country": {"alpha_2_code": "KZ"}},
            },
            "program": [{"id": 17, "name": STATION["name"]}],
        }

    def seat(self, name: str, day: float, role: str = "Flight Engineer") -> dict[str, Any]:
        """A seat with its astronaut; whoever is first in the alphabet commands."""
        astronaut = make_astronaut(
            "2.3.0",
            PEOPLE[name],
            name,
            nationality="RU",
            agency="Roscosmos",
            flights=[format_time(self.time(day))],
            lists_flights=False,
        )
        is_commander = name in {"Anna Example", "Gleb Instance"}
        return {
            "id": PEOPLE[name],
            "role": {"id": 1, "role": "Commander" if is_commander else role},
            "astronaut": astronaut,
        }

    def upcoming(self, at: datetime) -> list[dict[str, Any]]:
        """Launches that are ahead."""
        return [each for each in self.launches(at) if each["status"]["abbrev"] == "Go"]

    def previous(self, at: datetime) -> list[dict[str, Any]]:
        """Launches that have flown."""
        return [each for each in self.launches(at) if each["status"]["abbrev"] == "Success"]

    def expeditions(self, at: datetime) -> list[dict[str, Any]]:
        """Expeditions that have begun."""
        day = self.day(at)
        crews = {900: ["Gleb Instance", "Vera Specimen"], 901: ["Anna Example", "Boris Sample"]}
        if day >= 12.2:
            crews[900] += crews[901]
        begun = [900, 901] if day >= 20 else [900]
        return [
            {
                "id": number,
                "name": f"Expedition {number}",
                "start": format_time(self.time(-170 if number == 900 else 20)),
                "end": format_time(self.time(20)) if day >= 20 and number == 900 else None,
                "spacestation": STATION,
                "crew": [
                    self.seat(name, 12 if name[0] in "AB" else -170) for name in crews[number]
                ],
            }
            for number in begun
        ]


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Imports make no pauses for other writers."""
    monkeypatch.setattr("app.db.write_turns.MAX_LOCK_SECONDS", inf)


@pytest.fixture
def truth(frozen_clock: time_machine.Traveller) -> Truth:
    """What happens from the present on."""
    return Truth(now())


@pytest.fixture
def server(truth: Truth) -> Iterator[LaunchLibraryServer]:
    """Launch Library 2, with pages of two records."""
    lists = {
        "/2.3.0/launches/upcoming/": truth.upcoming,
        "/2.3.0/launches/previous/": truth.previous,
        "/2.3.0/expeditions/": truth.expeditions,
    }
    with launch_library_server(lists, page_size=2) as running:
        yield running


def add_archive(editor: TestClient, database: Database, truth: Truth) -> None:
    """Records of an embedded archive, which no editor has written: a crew is aboard."""

    def post(path: str, **document: Any) -> None:
        response = editor.post(path, json=document)
        assert response.status_code == 201, response.text

    for name in ("Vera Specimen", "Gleb Instance"):
        post("/v1/people", name=name)
    crew = [
        {"person": "vera-specimen", "role": "flight_engineer"},
        {"person": "gleb-instance", "role": "commander"},
    ]
    vehicle = {"name": "Soyuz-2.1a", "family": "Soyuz"}
    post("/v1/vehicles", **vehicle)
    common = {"crewed": True, "vehicle": vehicle}
    for name, day, seats in (("Soyuz MS-97", -170, crew), ("Soyuz MS-98", 8, [])):
        post(
            "/v1/launches",
            launch_at=format_rfc3339_utc(truth.time(day)),
            status="success" if seats else "planned",
            spacecraft=[{"name": name, "kind": "SC"}],
            crew=seats,
            **common,
        )
    starts_at = format_rfc3339_utc(truth.time(-170))
    post("/v1/missions", number=900, starts_at=starts_at, summary="An example.")
    response = editor.put(
        "/v1/missions/iss-900/crew", json={"items": crew}, headers={"If-Match": "*"}
    )
    assert response.is_success, response.text
    with database.session() as session:
        for model in (Launch, Mission, Person):
            session.execute(update(model).values(edited=False))


def add_sources(editor: TestClient, server: LaunchLibraryServer, limit: int | None) -> None:
    """Add the sources of the preset, polled once a day."""
    dates = {"launched_since": "2025-01-01", "published_since": "2026-01-01"}
    preset = PRESETS[PresetName.LAUNCH_LIBRARY]
    for document in preset.build_documents(dates, server=server.origin, trusted=False):
        fields = document | {"every_minutes": 1440, "requests_per_hour": limit}
        add_source(editor, fields.pop("feed_url"), **fields)


def poll_until(database: Database, clock: time_machine.Traveller, end: datetime) -> None:
    """Poll the sources when they are due, until `end`."""
    while now() < end:
        with database.snapshot() as reader:
            due = find_due_sources(reader)
            next_at = reader.scalar(select(FeedSource.next_at).order_by(FeedSource.next_at))
        for id_ in due:
            poll_source(database, id_)
        if not due:
            assert next_at is not None
            clock.move_to(min(next_at + timedelta(seconds=1), end))


def horizon(client: TestClient) -> dict[str, datetime]:
    items = client.get("/v1/horizon").json()["items"]
    return {each["kind"]: datetime.fromisoformat(each["known_until"]) for each in items}


@pytest.mark.slow
def test_archive_equals_the_truth_after_a_month(
    editor: TestClient,
    database: Database,
    allow_private_targets: None,
    frozen_clock: time_machine.Traveller,
    truth: Truth,
    server: LaunchLibraryServer,
) -> None:
    add_archive(editor, database, truth)
    add_sources(editor, server, LIMIT)
    server.failure = lambda at: (
        (500, 0)[len(server.statuses) % 2] if 6 <= truth.day(at) < 7 else None
    )
    poll_until(database, frozen_clock, truth.time(7))
    assert 0 in server.statuses
    assert 500 in server.statuses
    in_outage = horizon(editor)
    assert set(in_outage) == {"crews", "launches"}
    assert all(truth.time(4.5) < at < truth.time(6) for at in in_outage.values())

    poll_until(database, frozen_clock, truth.time(30))
    assert all(truth.time(28) < at <= truth.time(30) for at in horizon(editor).values())
    assert 429 not in server.statuses
    assert server.busiest_hour() == LIMIT  # some polls were postponed
    check_launches(editor, truth)
    check_missions(editor, truth)
    people = editor.get("/v1/people").json()["items"]
    assert {each["name"] for each in people} == set(PEOPLE)
    assert editor.get("/v1/proposals").json()["items"] == []
    errors = [each["last_error"] for each in editor.get("/v1/sources").json()["items"]]
    assert errors == [None] * 3


def check_launches(client: TestClient, truth: Truth) -> None:
    """Compare the launches with the truth."""
    expected = {each["mission"]["name"]: each for each in truth.launches(now())}
    launches = client.get("/v1/launches").json()["items"]
    assert {each["spacecraft"][0]["name"] for each in launches} == set(expected)
    assert len(launches) == len(expected)
    for each in launches:
        found = client.get(f"/v1/launches/{each['slug']}").json()
        wanted = expected[found["spacecraft"][0]["name"]]
        if found["launch_at_precision"] != "month":
            assert found["launch_at"] == wanted["net"]
        stated = {"Success": "success", "Go": "planned"}[wanted["status"]["abbrev"]]
        assert found["status"] == stated
        (stage,) = wanted["rocket"]["spacecraft_stage"]
        names = {seat["astronaut"]["name"] for seat in stage["launch_crew"]}
        assert {seat["person"]["name"] for seat in found["crew"]} == names
        assert {seat["landed_at"] for seat in found["crew"]} <= {stage["mission_end"]}
    slips = {
        name: len(client.get(f"/v1/launches/{name}").json()["history"])
        for name in ("soyuz-ms-98", "progress-ms-99", "cygnus-ng-99", "progress-ms-100")
    }
    changes = {"soyuz-ms-98": 3, "progress-ms-99": 2, "cygnus-ng-99": 2, "progress-ms-100": 0}
    assert slips == changes  # slips, and launches


def check_missions(client: TestClient, truth: Truth) -> None:
    """Compare the missions with the truth."""
    for number, starts_on, ends_on, members in (
        (900, -170, 20, "vera-specimen gleb-instance anna-example boris-sample"),
        (901, 20, None, "anna-example boris-sample"),
    ):
        found = client.get(f"/v1/missions/iss-{number}").json()
        assert found["starts_at"] == format_time(truth.time(starts_on))
        assert found["ends_at"] == (format_time(truth.time(ends_on)) if ends_on else None)
        roles = {each["person"]["slug"]: each["role"] for each in found["crew"]}
        assert set(roles) == set(members.split())
        commanders = [person for person, role in roles.items() if role == "commander"]
        assert commanders == ["gleb-instance" if number == 900 else "anna-example"]


@pytest.mark.slow
def test_server_counts_a_poller_without_limit(
    editor: TestClient,
    database: Database,
    allow_private_targets: None,
    frozen_clock: time_machine.Traveller,
    truth: Truth,
    server: LaunchLibraryServer,
) -> None:
    """Positive control of the month: it would not pass without the budget."""
    add_sources(editor, server, None)
    for _ in range(5):
        with database.session() as session:
            session.execute(update(FeedSource).values(next_at=now()))
        poll_until(database, frozen_clock, now() + timedelta(seconds=1))
    assert server.busiest_hour() > PRESETS[PresetName.LAUNCH_LIBRARY].requests_per_hour
    assert 429 in server.statuses
