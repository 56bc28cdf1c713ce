"""Consistency check of the archive: each inconsistency is detected."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import Delete, Update, delete, select, update
from starlette.testclient import TestClient

from app.db.database import Database, Reader
from app.db.models import (
    Article,
    ArticleDailyCounts,
    ArticleLaunch,
    ArticlePerson,
    CrewAssignment,
    Flight,
    FormerSlug,
    Launch,
    Mission,
    MissionLaunch,
    Payload,
    Person,
    Spacewalk,
    SpacewalkMember,
    Stay,
)
from app.domain.enums import CrewRole, HorizonKind
from app.ingest.dataset.check import check_archive, find_facts_after_horizon
from app.ingest.dataset.records import Dataset
from tests.support import documents
from tests.support.clients import database_of
from tests.support.documents import IF_MATCH_ANY

Break = Callable[[], Update | Delete]


def mission_id(slug: str) -> Any:
    return select(Mission.id).where(Mission.slug == slug).scalar_subquery()


def launch_id(slug: str) -> Any:
    return select(Launch.id).where(Launch.slug == slug).scalar_subquery()


def person_id(slug: str) -> Any:
    return select(Person.id).where(Person.slug == slug).scalar_subquery()


def flight(person: str, launch: str) -> Any:
    return (Flight.person_id == person_id(person)) & (Flight.launch_id == launch_id(launch))


def command(person: str, mission: str) -> Any:
    return (
        (CrewAssignment.person_id == person_id(person))
        & (CrewAssignment.mission_id == mission_id(mission))
        & (CrewAssignment.role == CrewRole.COMMANDER)
    )


def walker(person: str, number: int) -> Any:
    spacewalk_id = select(Spacewalk.id).where(Spacewalk.number == number).scalar_subquery()
    return (SpacewalkMember.person_id == person_id(person)) & (
        SpacewalkMember.spacewalk_id == spacewalk_id
    )


def _move_spacewalk(number: int, starts_at: datetime) -> Update:
    at = {"starts_at": starts_at, "starts_sort_at": starts_at}
    return update(Spacewalk).where(Spacewalk.number == number).values(at)


BREAKS: list[tuple[Break, str]] = [
    (
        lambda: delete(Flight).where(flight("nick-hague", "soyuz-ms-12")),
        "flight differs from the dataset: soyuz-ms-12, nick-hague",
    ),
    (
        lambda: delete(Launch).where(Launch.slug == "cygnus-ng-11"),
        "launch differs from the dataset: cygnus-ng-11",
    ),
    (
        lambda: delete(Stay).where(Stay.slug == "progress-ms-11-pirs-nadir"),
        "stay differs from the dataset: progress-ms-11-pirs-nadir, progress-ms-11, pirs-nadir",
    ),
    (
        lambda: (
            update(Payload)
            .where(Payload.launch_id == launch_id("progress-ms-11"))
            .values(flight_ended_at=datetime(2019, 7, 1, tzinfo=UTC))
        ),
        "progress-ms-11-pirs-nadir: the flight ended before the departure",
    ),
    (
        lambda: delete(Payload).where(Payload.launch_id == launch_id("progress-ms-11")),
        "payload differs from the dataset: progress-ms-11, progress-ms-11, Progress MS-11",
    ),
    (
        lambda: delete(MissionLaunch).where(MissionLaunch.mission_id == mission_id("iss-59")),
        "launch of a mission differs from the dataset: iss-59, progress-ms-11, cargo",
    ),
    (
        lambda: delete(ArticleLaunch).where(ArticleLaunch.launch_id == launch_id("progress-ms-11")),
        "launch of an article differs from the dataset: launch-progress-ms-11, progress-ms-11",
    ),
    (
        lambda: (
            update(Mission)
            .where(Mission.slug == "iss-60")
            .values(starts_at=datetime(2019, 6, 25, tzinfo=UTC))
        ),
        "iss-59 does not end when iss-60 starts",
    ),
    (lambda: delete(Mission).where(Mission.slug == "iss-40"), "no mission between iss-39 and"),
    (
        lambda: (
            update(Mission)
            .where(Mission.slug == "iss-74")
            .values(ends_at=None, ends_at_precision=None)
        ),
        "iss-74 has no end, but iss-75 has begun",
    ),
    (
        lambda: (
            update(Mission)
            .where(Mission.slug == "iss-59")
            .values(ends_at=datetime(2019, 6, 25, 23, 25, tzinfo=UTC))
        ),
        "iss-59 does not end with a departure or an arrival of its crew",
    ),
    (
        lambda: (
            update(Mission)
            .where(Mission.slug == "iss-4")
            .values(ends_at=datetime(2002, 6, 12, tzinfo=UTC))
        ),
        "iss-4 does not end with a departure or an arrival of its crew",
    ),
    (
        lambda: (
            update(Mission)
            .where(Mission.slug == "iss-58")
            .values(ends_at=datetime(2019, 3, 18, tzinfo=UTC))
        ),
        "iss-58 does not end with a departure or an arrival of its crew",
    ),
    (
        lambda: delete(CrewAssignment).where(
            (CrewAssignment.person_id == person_id("tracy-caldwell-dyson"))
            & (CrewAssignment.mission_id == mission_id("iss-70"))
        ),
        "tracy-caldwell-dyson was aboard during iss-70, but not in its crew",
    ),
    (
        lambda: delete(CrewAssignment).where(command("oleg-kononenko", "iss-59")),
        "iss-59 has 0 commanders on 2019-03-15",
    ),
    (
        lambda: (
            update(CrewAssignment)
            .where(command("oleg-kononenko", "iss-70"))
            .values(from_on=date(2024, 3, 12))
        ),
        "iss-70 has 0 commanders on 2024-03-11",
    ),
    (
        lambda: (
            update(CrewAssignment)
            .where(command("andreas-mogensen", "iss-70"))
            .values(to_on=date(2024, 3, 20))
        ),
        "iss-70 has 2 commanders on 2024-03-10",
    ),
    (
        lambda: delete(CrewAssignment).where(
            (CrewAssignment.person_id == person_id("shannon-walker"))
            & (CrewAssignment.role == CrewRole.FLIGHT_ENGINEER)
        ),
        "shannon-walker in iss-65: not in the crew after the handover",
    ),
    (
        lambda: (
            update(CrewAssignment)
            .where(command("sergey-kud-sverchkov", "iss-74"))
            .values(from_on=date(2025, 11, 1))
        ),
        "sergey-kud-sverchkov in iss-74: the role exceeds the mission",
    ),
    (
        lambda: (
            update(Flight)
            .where(flight("nick-hague", "soyuz-ms-12"))
            .values(landed_at=datetime(2019, 1, 1, tzinfo=UTC))
        ),
        "nick-hague on soyuz-ms-12 landed before the launch",
    ),
    (
        lambda: (
            update(Flight)
            .where(flight("nick-hague", "soyuz-ms-12"))
            .values(landed_at=datetime(2019, 10, 9, tzinfo=UTC))
        ),
        "nick-hague on soyuz-ms-12 landed long after the last mission",
    ),
    (
        lambda: (
            update(Flight)
            .where(flight("nick-hague", "soyuz-ms-12"))
            .values(landed_at=None, landed_at_precision=None, landed_with_id=None)
        ),
        "nick-hague: flights soyuz-ms-12 and dragon-crew-9 overlap",
    ),
    (
        lambda: (
            update(Flight)
            .where(flight("nick-hague", "soyuz-ms-12"))
            .values(person_id=person_id("dennis-tito"))
        ),
        "nick-hague in iss-59: the flight belongs to another person",
    ),
    (
        lambda: delete(Spacewalk).where(Spacewalk.number == 177),
        "spacewalk differs from the dataset: spacewalk-177",
    ),
    (
        lambda: delete(Spacewalk).where(Spacewalk.number == 177),
        "spacewalk-178 has the number 178, but is spacewalk 177",
    ),
    (
        lambda: _move_spacewalk(177, datetime(2013, 12, 20, tzinfo=UTC)),
        "spacewalk-177 has the number 177, but is spacewalk 175",
    ),
    (
        lambda: delete(SpacewalkMember).where(walker("oleg-kotov", 177)),
        "person in a spacewalk differs from the dataset: spacewalk-177, oleg-kotov, ev1",
    ),
    (
        lambda: (
            update(SpacewalkMember)
            .where(walker("oleg-kotov", 177))
            .values(person_id=person_id("nick-hague"))
        ),
        "nick-hague in spacewalk-177 is on no flight",
    ),
    (
        lambda: (
            update(SpacewalkMember)
            .where(walker("oleg-kotov", 177))
            .values(person_id=person_id("nick-hague"))
        ),
        "the totals of oleg-kotov are wrong: run zarya recount",
    ),
    (
        lambda: _move_spacewalk(176, datetime(2013, 12, 21, 13, tzinfo=UTC)),
        "michael-hopkins is in spacewalk-175 and spacewalk-176 at one time",
    ),
    (
        lambda: update(Person).where(Person.slug == "nick-hague").values(spacewalk_seconds=1),
        "the totals of nick-hague are wrong: run zarya recount",
    ),
    (
        lambda: delete(Article).where(Article.slug == "launch-progress-ms-11-ru"),
        "launch-progress-ms-11 exists only in en",
    ),
    (
        lambda: delete(ArticlePerson),
        "expedition-1-begins, william-shepherd",
    ),
    (
        lambda: update(ArticlePerson).values(published_sort_at=None),
        "differ from it: run zarya recount",
    ),
]


def test_embedded_archive_is_consistent(archive: TestClient) -> None:
    with database_of(archive).snapshot() as reader:
        assert list(check_archive(reader)) == []


def test_facts_after_the_horizon_are_detected(dataset: Dataset) -> None:
    """With the horizon of the archive before it took in the facts of 2026."""
    assert list(find_facts_after_horizon(dataset)) == []
    early = datetime(2026, 2, 12, 23, 59, 59, tzinfo=UTC)
    horizon = {
        kind: row.model_copy(update={"known_until": early}) for kind, row in dataset.horizon.items()
    }
    assert set(find_facts_after_horizon(replace(dataset, horizon=horizon))) == {
        "iss-74 is later than the horizon of crews",
        "iss-75 is later than the horizon of crews",
        *(
            f"{slug} is later than the horizon"
            for slug in (
                "dragon-crew-12",
                "progress-ms-33",
                "cygnus-ng-24",
                "progress-ms-34",
                "dragon-crs-34",
                "soyuz-ms-29",
                "dragon-crew-13",
            )
        ),
        *(
            f"{slug} is later than the horizon"
            for slug in (
                "cygnus-ng-23-unity-nadir",
                "cygnus-ng-24-unity-nadir",
                "dragon-crew-12-harmony-zenith",
                "dragon-crew-13-harmony-forward",
                "dragon-crs-33-harmony-forward",
                "htv-x1-harmony-nadir",
                "progress-ms-31-poisk-zenith",
                "progress-ms-32-zvezda-aft",
                "progress-ms-33-poisk-zenith",
                "progress-ms-34-zvezda-aft",
                "soyuz-ms-28-rassvet-nadir",
                "soyuz-ms-29-prichal-nadir",
            )
        ),
        *(
            f"{person} on {ship} landed after the horizon of crews"
            for ship in ("soyuz-ms-28", "dragon-crew-12")
            for person in (seat.person for seat in dataset.launches[ship].crew)
        ),
        "the chronicle is later than the horizon of news",
    }


def test_spacewalks_after_the_horizon_are_detected(dataset: Dataset) -> None:
    kind = HorizonKind.SPACEWALKS
    early = dataset.horizon[kind].model_copy(
        update={"known_until": datetime(2025, 10, 20, tzinfo=UTC)}
    )
    changed = replace(dataset, horizon=dataset.horizon | {kind: early})
    assert list(find_facts_after_horizon(changed)) == [
        "spacewalk-277 is later than the horizon of spacewalks"
    ]


@pytest.mark.slow
def test_archive_in_use_is_consistent(own: TestClient) -> None:
    """Drafts, scheduled, edited, renamed and deleted records are no inconsistencies."""
    dated = {"published_at": "2019-04-04T10:00:00Z"}
    assert own.post("/v1/articles", json=documents.article() | dated).status_code == 201
    for published_at in ("2019-04-05T10:00:00Z", "2090-01-01T10:00:00Z"):
        new = documents.article(published_at=published_at)
        path = own.post("/v1/articles", json=new).headers["Location"]
        own.post(f"{path}/publish", headers=IF_MATCH_ANY).raise_for_status()
    people, articles, launches = "/v1/people/", "/v1/articles/", "/v1/launches/"
    for path, change in (
        (people + "nick-hague", {"slug": "tyler-hague", "name": "Tyler Hague"}),
        (launches + "cygnus-ng-11", {"slug": "cygnus-ng-11-b"}),
        (launches + "progress-ms-11", {"spacecraft": [{"name": "MS-11", "kind": "CV"}]}),
        (articles + "expedition-1-begins", {"title": "They begin", "people": [], "missions": []}),
        (articles + "expedition-2-begins-ru", {"source": {"name": "Us"}, "tags": ["ours"]}),
    ):
        response = own.patch(path, json=change, headers=IF_MATCH_ANY)
        assert response.status_code == 200, response.text
    deleted = "launch-progress-ms-11"
    own.delete(articles + deleted, headers=IF_MATCH_ANY).raise_for_status()
    own.delete(articles + f"{deleted}-ru", headers=IF_MATCH_ANY).raise_for_status()
    with database_of(own).snapshot() as reader:
        assert list(check_archive(reader)) == []
    database = database_of(own)
    with database.session() as session:  # positive control: the same records, changed by SQL
        connection = session.connection()
        connection.execute(update(Article).values(edited=False))
        connection.execute(update(Launch).values(edited=False))
        connection.execute(delete(FormerSlug))
    with database.snapshot() as reader:
        problems = "\n".join(check_archive(reader))
    for problem in (
        "article differs from the dataset: expedition-1-begins",
        "payload differs from the dataset: progress-ms-11, progress-ms-11, Progress MS-11",
        "launch differs from the dataset: cygnus-ng-11",
        "person differs from the dataset: nick-hague",
        "expedition-1-begins is linked to no record",
    ):
        assert problem in problems


@pytest.mark.slow
def test_wrong_count_of_a_day_is_detected(own: TestClient) -> None:
    with database_of(own).session() as session:
        day = ArticleDailyCounts.at == datetime(2019, 4, 4, tzinfo=UTC)
        session.connection().execute(delete(ArticleDailyCounts).where(day))
    with database_of(own).snapshot() as reader:
        assert any("2019-04" in problem for problem in check_archive(reader))


def test_empty_archive_is_inconsistent(database: Database) -> None:
    with database.snapshot() as reader:
        assert len(list(check_archive(reader))) > 1000


@pytest.mark.slow
@pytest.mark.parametrize(("broken", "problem"), BREAKS, ids=[problem for _, problem in BREAKS])
def test_check_detects_inconsistency(archive: TestClient, broken: Break, problem: str) -> None:
    """In a transaction that is rolled back: other tests read the same archive."""
    with database_of(archive).engine.connect() as connection:
        connection.execute(broken())
        assert any(problem in line for line in check_archive(Reader(connection)))
        connection.rollback()
