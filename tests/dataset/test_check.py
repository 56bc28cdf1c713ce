"""Consistency check of the archive: each inconsistency is detected."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import Delete, Update, delete, select, update
from starlette.testclient import TestClient

from app.db.database import Database, Reader
from app.db.models import (
    Article,
    ArticleLaunch,
    ArticlePerson,
    CrewAssignment,
    Flight,
    Launch,
    Mission,
    MissionLaunch,
    Person,
    Spacecraft,
)
from app.domain.enums import CrewRole
from app.ingest.dataset.check import check_archive
from tests.support.clients import database_of

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
        lambda: delete(Spacecraft).where(Spacecraft.launch_id == launch_id("progress-ms-11")),
        "spacecraft differs from the dataset: progress-ms-11, Progress MS-11",
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
        lambda: delete(Article).where(Article.slug == "launch-progress-ms-11-ru"),
        "launch-progress-ms-11 exists only in en",
    ),
    (
        lambda: delete(ArticlePerson),
        "expedition-1-begins, william-shepherd",
    ),
]


def test_embedded_archive_is_consistent(archive: TestClient) -> None:
    with database_of(archive).snapshot() as reader:
        assert check_archive(reader) == []


def test_empty_archive_is_inconsistent(database: Database) -> None:
    with database.snapshot() as reader:
        assert len(check_archive(reader)) > 1000


@pytest.mark.parametrize(("broken", "problem"), BREAKS, ids=[problem for _, problem in BREAKS])
def test_check_detects_inconsistency(archive: TestClient, broken: Break, problem: str) -> None:
    """In a transaction that is rolled back: other tests read the same archive."""
    with database_of(archive).engine.connect() as connection:
        connection.execute(broken())
        found = check_archive(Reader(connection))
        connection.rollback()
    assert any(problem in line for line in found)
