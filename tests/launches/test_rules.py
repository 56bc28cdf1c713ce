"""Rules of launches: what has not come yet, people on the ground, overdue plans, missions."""

from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from operator import itemgetter
from random import Random
from typing import Any

import pytest
import time_machine
from sqlalchemy import select
from starlette.testclient import TestClient

from app.db.database import Database
from app.db.models import Flight, Launch, Mission, MissionLaunch, stored_id
from app.domain.enums import LaunchStatus
from app.ingest.dataset.load import load_dataset
from app.resources.launches.commands import link_to_active_mission
from app.resources.write_steps import build_database
from tests.support import documents, factories
from tests.support.databases import CreateDatabase
from tests.support.documents import IF_MATCH_ANY

LAUNCH_AT = datetime(2030, 6, 15, 12, tzinfo=UTC)


def fault(answer: Any) -> tuple[str, str]:
    assert answer.status_code == 422, answer.text
    error = answer.json()["errors"][0]
    return error["pointer"], error["code"]


def create_person(editor: TestClient, name: str) -> str:
    slug: str = editor.post("/v1/people", json=documents.person(name=name)).json()["slug"]
    return slug


def flight(person: str, launch_at: str, landed_at: str | None = None, **fields: Any) -> Any:
    """Document of a launch of `person` in the past."""
    seat = {"person": person, "role": "pilot", "landed_at": landed_at}
    return documents.launch(
        **{"status": "success", "launch_at": launch_at, "crew": [seat]} | fields
    )


@pytest.mark.parametrize("status", ["success", "failure", "partial_failure", "in_flight"])
def test_launch_ahead_has_no_outcome(editor: TestClient, status: str) -> None:
    with time_machine.travel(LAUNCH_AT, tick=False):
        ahead = documents.launch(status=status, launch_at="2030-06-15T12:00:01Z")
        assert fault(editor.post("/v1/launches", json=ahead)) == ("/status", "in-future")
        has_come = documents.launch(status=status, launch_at="2030-06-15T12:00:00Z")
        assert editor.post("/v1/launches", json=has_come).status_code == 201


@pytest.mark.parametrize("status", ["planned", "cancelled"])
def test_launch_ahead_is_planned_or_cancelled(editor: TestClient, status: str) -> None:
    ahead = documents.launch(status=status, launch_at="2098-06-15T12:00:01Z")
    assert editor.post("/v1/launches", json=ahead).status_code == 201


def test_person_lands_before_next_launch(editor: TestClient) -> None:
    person = create_person(editor, "Rules Traveller")
    first = editor.post("/v1/launches", json=flight(person, "2019-03-01T00:00:00Z"))
    assert first.status_code == 201
    second = flight(person, "2020-03-01T00:00:00Z", "2020-04-01T00:00:00Z")
    assert fault(editor.post("/v1/launches", json=second)) == ("/crew/0/person", "in-space")
    earlier = flight(person, "2018-03-01T00:00:00Z", "2019-04-01T00:00:00Z")
    assert fault(editor.post("/v1/launches", json=earlier)) == ("/crew/0/person", "in-space")
    seat = {"person": person, "role": "pilot", "landed_at": "2019-09-01T00:00:00Z"}
    landed = editor.patch(first.headers["Location"], json={"crew": [seat]}, headers=IF_MATCH_ANY)
    assert landed.status_code == 200
    assert editor.post("/v1/launches", json=second).status_code == 201
    earlier = flight(person, "2018-03-01T00:00:00Z", "2019-02-01T00:00:00Z")
    assert editor.post("/v1/launches", json=earlier).status_code == 201


@pytest.mark.parametrize("fields", [{"status": "failure"}, {"status": "cancelled"}])
def test_launch_that_did_not_fly_occupies_nobody(
    editor: TestClient, fields: dict[str, Any]
) -> None:
    person = create_person(editor, "Rules Traveller")
    for launch in (
        flight(person, "2018-10-11T08:40:15Z", **fields),
        flight(person, "2019-03-14T19:14:08Z"),
        flight(person, "2019-03-20T00:00:00Z", **fields),
    ):
        assert editor.post("/v1/launches", json=launch).status_code == 201


def test_person_in_space_can_have_a_planned_launch(editor: TestClient) -> None:
    person = create_person(editor, "Rules Traveller")
    for launch in (
        flight(person, "2019-03-14T19:14:08Z"),
        flight(person, "2098-03-14T19:14:08Z", status="planned"),
    ):
        assert editor.post("/v1/launches", json=launch).status_code == 201


def test_landing_in_the_period_of_a_vague_launch(editor: TestClient) -> None:
    """A launch known to the month may be later in the month than the landing."""
    person = create_person(editor, "Rules Traveller")
    landed = flight(person, "2019-03-14T19:14:08Z", "2019-10-03T10:59:00Z")
    assert editor.post("/v1/launches", json=landed).status_code == 201
    vague = flight(person, "2019-10-01T00:00:00Z", launch_at_precision="month")
    assert editor.post("/v1/launches", json=vague).status_code == 201


@pytest.mark.parametrize("number", [10, pytest.param(100, marks=pytest.mark.slow)])
def test_flights_of_a_person_never_overlap(
    editor: TestClient, database: Database, number: int
) -> None:
    """Random plans, launches and landings, most of which are refused."""
    random = Random(number)

    def instant(day: int) -> str:
        return f"{datetime(2019, 1, 1, tzinfo=UTC) + timedelta(days=day):%Y-%m-%dT%H:%M:%SZ}"

    statuses = set[int]()
    for sequence in range(number):
        person, addresses = create_person(editor, f"Traveller {sequence}"), list[str]()
        for _ in range(6):
            day = random.randint(0, 60)
            landed_at = random.choice([None, instant(day + random.randint(0, 20))])
            status = random.choice(["planned", "success", "failure", "cancelled"])
            launch = flight(person, instant(day), landed_at, status=status)
            if addresses and random.random() < 0.5:
                del launch["spacecraft"]
                address = random.choice(addresses)
                answer = editor.patch(address, json=launch, headers=IF_MATCH_ANY)
            else:
                answer = editor.post("/v1/launches", json=launch)
                addresses += [answer.headers["Location"]] if answer.status_code == 201 else []
            statuses.add(answer.status_code)
        record = editor.get(f"/v1/people/{person}").json()
        assert record["days_aboard"] >= 0
    assert statuses == {200, 201, 422}
    flown = select(Flight.person_id, Launch.launch_at, Flight.landed_at).join(
        Launch, Launch.id == Flight.launch_id
    )
    with database.session() as session:
        rows = session.execute(flown.where(Launch.status == LaunchStatus.SUCCESS)).all()
    spans: dict[int, list[tuple[datetime, datetime | None]]] = {}
    for person_id, start, end in rows:
        spans.setdefault(person_id, []).append((start, end))
    assert max(map(len, spans.values())) > 1
    for own in spans.values():
        for (_, landed), (launched, _) in pairwise(sorted(own, key=itemgetter(0))):
            assert landed is not None
            assert landed < launched + timedelta(seconds=1)


def test_overdue_launch_stays_next_for_a_day(client: TestClient, database: Database) -> None:
    with database.session() as session:
        mission = factories.mission(
            slug="iss-99", starts_at=LAUNCH_AT - timedelta(days=30), ends_at=None
        )
        launch = factories.launch(
            slug="late", launch_at=LAUNCH_AT, status=LaunchStatus.PLANNED, to_station=True
        )
        session.add_all([mission, launch])
        session.flush()
        session.add(MissionLaunch(mission_id=mission.id, launch_id=launch.id, relation="cargo"))
    path = "/v1/missions/iss-99/page"
    for age, is_overdue, is_next in (
        (timedelta(seconds=-1), False, True),
        (timedelta(seconds=1), True, True),
        (timedelta(hours=24), True, True),
        (timedelta(hours=24, seconds=2), True, False),
    ):
        with time_machine.travel(LAUNCH_AT + age, tick=False):
            answer = client.get("/v1/launches/next")
            page = client.get(path).json()["launches"]
            listed = client.get("/v1/launches?status=planned").json()["items"]
        assert (answer.status_code == 200) is is_next
        assert (page["next"] and page["next"]["slug"]) == ("late" if is_next else None)
        assert [item["is_overdue"] for item in page["recent"]] == [is_overdue]
        assert [item["is_overdue"] for item in listed] == [is_overdue]
        if is_next:
            assert answer.json()["is_overdue"] is is_overdue
            assert answer.json()["status"] == "planned"


def test_flown_launch_is_not_overdue(archive: TestClient) -> None:
    assert archive.get("/v1/launches/progress-ms-11").json()["is_overdue"] is False


@pytest.mark.parametrize(
    ("fields", "relation"),
    [
        ({"spacecraft": [{"name": "Progress Rules", "kind": "CV"}], "crewed": False}, "cargo"),
        ({"spacecraft": [{"name": "Soyuz Rules", "kind": "SC"}], "crewed": True}, "crew_arrival"),
        (
            {
                "spacecraft": [
                    {"name": "Progress Rules", "kind": "CV"},
                    {"name": "Module Rules", "kind": "module"},
                ],
                "crewed": False,
            },
            "module",
        ),
    ],
    ids=["cargo", "crew", "module"],
)
def test_new_launch_is_linked_to_active_mission(
    editor: TestClient, fields: dict[str, Any], relation: str
) -> None:
    mission = editor.post("/v1/missions", json=documents.mission()).json()
    made = editor.post("/v1/launches", json=documents.launch(**fields))
    assert [(m["relation"], m["mission"]["slug"]) for m in made.json()["missions"]] == [
        (relation, mission["slug"])
    ]
    changed = editor.get(f"/v1/missions/{mission['slug']}").json()
    assert changed["version"] == mission["version"] + 1
    unlinked = editor.patch(
        f"/v1/missions/{mission['slug']}", json={"launches": []}, headers=IF_MATCH_ANY
    )
    assert unlinked.status_code == 200
    slip = {"launch_at": "2031-04-05T00:00:00Z"}
    moved = editor.patch(made.headers["Location"], json=slip, headers=IF_MATCH_ANY)
    assert moved.json()["missions"] == []


@pytest.mark.parametrize(
    "fields",
    [{"to_station": False}, {"status": "cancelled"}, {"launch_at": "2031-09-15T00:00:00Z"}],
    ids=["elsewhere", "cancelled", "after"],
)
def test_other_launches_are_not_linked(editor: TestClient, fields: dict[str, Any]) -> None:
    editor.post("/v1/missions", json=documents.mission())
    made = editor.post("/v1/launches", json=documents.launch(**fields))
    assert made.status_code == 201
    assert made.json()["missions"] == []


def test_linked_launch_can_be_deleted(editor: TestClient) -> None:
    mission = editor.post("/v1/missions", json=documents.mission()).json()["slug"]
    made = editor.post("/v1/launches", json=documents.launch())
    assert editor.delete(made.headers["Location"], headers=IF_MATCH_ANY).status_code == 204
    assert editor.get(f"/v1/missions/{mission}").json()["launches"] == []


@pytest.mark.slow
def test_load_keeps_links_of_other_launches(
    create_database: CreateDatabase, archive_template_url: str
) -> None:
    """The link is no edit of the mission, so the dataset still updates it."""
    with closing(build_database(create_database(archive_template_url))) as database:
        with database.session() as session:
            launch = factories.launch(slug="ours", launch_at=datetime(2019, 4, 1, tzinfo=UTC))
            session.add(launch)
            session.flush()
            link_to_active_mission(session, launch)
            mission = session.scalars(select(Mission).where(Mission.slug == "iss-59")).one()
            mission.summary = "Changed by a loader"
        load_dataset(database.session)
        with database.session() as session:
            mission = session.scalars(select(Mission).where(Mission.slug == "iss-59")).one()
            own = MissionLaunch.mission_id == stored_id(mission)
            linked = select(Launch.slug).join(MissionLaunch, MissionLaunch.launch_id == Launch.id)
            assert "ours" in session.scalars(linked.where(own))
            assert mission.summary != "Changed by a loader"
