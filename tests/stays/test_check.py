"""Laws of stays: each inconsistency is detected, and the embedded archive has none."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import Update, select, update
from starlette.testclient import TestClient

from app.db.database import Reader
from app.db.models import (
    Flight,
    Launch,
    Mission,
    ModuleAttachment,
    Payload,
    Person,
    Port,
    Stay,
)
from app.ingest.dataset.check_stays import check_stays
from tests.support.clients import database_of


def id_of(model: Any, slug: str) -> Any:
    return select(model.id).where(model.slug == slug).scalar_subquery()


def at(year: int, month: int, day: int, hour: int = 0) -> datetime:
    return datetime(year, month, day, hour, tzinfo=UTC)


def stay(slug: str, **columns: Any) -> Update:
    return update(Stay).where(Stay.slug == slug).values(columns)


def landing(**columns: Any) -> Update:
    """Change of the landing of Nick Hague with Soyuz MS-12, on 3 October 2019."""
    own = Flight.launch_id == id_of(Launch, "soyuz-ms-12")
    person = Flight.person_id == id_of(Person, "nick-hague")
    return update(Flight).where(own, person).values(columns)


def end_of_flight(launch: str, **columns: Any) -> Update:
    return update(Payload).where(Payload.launch_id == id_of(Launch, launch)).values(columns)


BREAKS: list[tuple[Update, str]] = [
    (
        stay("progress-ms-11-pirs-nadir", arrived_at=at(2019, 4, 3)),
        "progress-ms-11-pirs-nadir: the arrival is before the launch",
    ),
    (
        stay("progress-ms-11-pirs-nadir", departed_at=at(2019, 4, 1)),
        "progress-ms-11-pirs-nadir: the departure is before the arrival",
    ),
    (
        end_of_flight("progress-ms-11", flight_ended_at=at(2019, 7, 1)),
        "progress-ms-11-pirs-nadir: the flight ended before the departure",
    ),
    (
        stay("progress-ms-11-pirs-nadir", departed_at=None, departed_at_precision=None),
        "pirs-nadir: progress-ms-11-pirs-nadir and progress-ms-12-pirs-nadir overlap",
    ),
    (
        stay("soyuz-ms-12-rassvet-nadir", port_id=id_of(Port, "poisk-zenith")),
        "poisk-zenith: soyuz-ms-11-poisk-zenith and soyuz-ms-12-rassvet-nadir overlap",
    ),
    (
        stay("soyuz-tm-33-zarya-nadir", departed_at=at(2002, 4, 25)),
        "soyuz-tm-33: soyuz-tm-33-zarya-nadir and soyuz-tm-33-pirs-nadir overlap",
    ),
    (
        update(Port).where(Port.slug == "poisk-zenith").values(in_service_until=date(2025, 1, 1)),
        "progress-ms-33-poisk-zenith: the port was not in service",
    ),
    (
        update(ModuleAttachment)
        .where(ModuleAttachment.port_id == id_of(Port, "nauka-nadir"))
        .values(attached_at=at(2022, 6, 1)),
        "soyuz-ms-21-prichal-nadir: the module of the port was not attached",
    ),
    (
        landing(landed_at=at(2019, 10, 2)),
        "soyuz-ms-12 landed before its departure from rassvet-nadir",
    ),
    (
        landing(landed_at=at(2019, 10, 3, 12)),
        "soyuz-ms-12 landed at another time than its flight ended",
    ),
    (
        landing(landed_with_id=id_of(Launch, "soyuz-ms-11")),
        "soyuz-ms-11 landed, but soyuz-ms-14 left last before",
    ),
    (
        update(Mission).where(Mission.slug == "iss-59").values(ends_at=at(2019, 6, 24, 22)),
        "iss-59 does not end with a departure",
    ),
]


def test_embedded_archive_is_consistent(archive: TestClient) -> None:
    with database_of(archive).snapshot() as reader:
        assert list(check_stays(reader)) == []


@pytest.mark.slow
@pytest.mark.parametrize(("broken", "problem"), BREAKS, ids=[problem for _, problem in BREAKS])
def test_check_detects_inconsistency(archive: TestClient, broken: Update, problem: str) -> None:
    """In a transaction that is rolled back: other tests read the same archive."""
    with database_of(archive).engine.connect() as connection:
        connection.execute(broken)
        found = list(check_stays(Reader(connection)))
        connection.rollback()
    assert problem in found
