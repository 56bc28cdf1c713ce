"""Modules of the embedded archive: facts checked by other sources, and laws that find errors."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Delete, Update, delete, select, update
from starlette.testclient import TestClient

from app.db.database import Reader
from app.db.models import FormerSlug, Module, ModuleAttachment, Port
from app.ingest.dataset.check import check_archive
from app.ingest.dataset.check_modules import check_modules
from app.ingest.dataset.load import load_dataset
from app.ingest.dataset.records import Dataset, DatasetModule
from tests.support.clients import database_of
from tests.support.documents import IF_MATCH_ANY

Break = Callable[[], Update | Delete]


def attached_on(dataset: Dataset, day: date) -> list[DatasetModule]:
    """Modules with an attachment that begins by noon of `day`, and does not end by then."""
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    return [
        module
        for module in dataset.modules.values()
        if any(
            each.attached_at <= noon and (each.detached_at is None or each.detached_at > noon)
            for each in module.attachments
        )
    ]


@pytest.mark.parametrize(
    ("day", "number", "mass_kg", "without_mass"),
    [
        (date(1998, 11, 21), 1, 24968, []),
        (date(1998, 12, 10), 4, 24968 + 1589 + 11895 + 1183, []),
        (date(2000, 11, 2), 7, 39635 + 24604 + 8755 + 1183, []),
        (date(2001, 9, 18), 13, 74177 + 15824 + 14515 + 1497 + 9923 + 3838, ["esp-1"]),
        (date(2021, 7, 27), 39, 325457, ["esp-1", "esp-2", "esp-3", "jem-ef", "bishop"]),
        (
            date(2026, 10, 8),
            41,
            325457 + 20350 + 3890,
            ["esp-1", "esp-2", "esp-3", "jem-ef", "bishop"],
        ),
    ],
)
def test_mass_of_the_station(
    dataset: Dataset, day: date, number: int, mass_kg: int, without_mass: list[str]
) -> None:
    modules = attached_on(dataset, day)
    assert len(modules) == number
    assert sum(module.mass_kg or 0 for module in modules) == mass_kg
    assert [module.slug for module in modules if module.mass_kg is None] == without_mass


def test_modules_are_attached_soon_after_their_launch(dataset: Dataset) -> None:
    """Within the flight that brought them: a wrong month or year is an error."""
    for module in dataset.modules.values():
        launch = dataset.launches[module.launch or ""]
        first = module.attachments[0]
        assert timedelta(days=-1) < first.attached_at - launch.launch_at < timedelta(days=17)
        assert dataset.resolve_citations(module.sources)


def attachments_of(slug: str, *where: Any) -> Any:
    owner = select(Module.id).where(Module.slug == slug).scalar_subquery()
    return (ModuleAttachment.module_id == owner, *where)


def change(slug: str, *where: Any, **values: Any) -> Break:
    return lambda: update(ModuleAttachment).where(*attachments_of(slug, *where)).values(values)


def id_of(slug: str) -> Any:
    return select(Module.id).where(Module.slug == slug).scalar_subquery()


def port_id(slug: str) -> Any:
    return select(Port.id).where(Port.slug == slug).scalar_subquery()


BREAKS: list[tuple[Break, str]] = [
    (
        change("quest", attached_at=datetime(2001, 7, 11, tzinfo=UTC)),
        "quest is attached before its launch",
    ),
    (
        change("p6", ModuleAttachment.ordinal == 1, detached_at=None, detached_until=None),
        "p6 is attached to z1 and p5 at one time",
    ),
    (change("beam", attached_to_id=None, port_id=None), "beam is attached to no module"),
    (change("beam", attached_to_id=id_of("prichal")), "beam is attached to prichal, which is not"),
    (
        change("nauka", attached_to_id=id_of("pirs")),
        "nauka is attached to pirs after that has left",
    ),
    (
        change("nauka", port_id=port_id("zarya-nadir")),
        "nauka is at zarya-nadir, which is not a port",
    ),
    (
        change(
            "rassvet",
            attached_to_id=id_of("zvezda"),
            port_id=port_id("zvezda-nadir"),
        ),
        "pirs and rassvet are at zvezda-nadir at one time",
    ),
    (
        lambda: delete(Module).where(Module.slug == "cupola"),
        "module differs from the dataset: cupola",
    ),
    (
        lambda: update(Port).where(Port.slug == "pma-2-forward").values(in_service_until=None),
        "port differs from the dataset: pma-2, pma-2-forward, None, 2016-08-18",
    ),
    (
        change("pirs", detached_at=datetime(2021, 7, 27, tzinfo=UTC)),
        "attachment differs from the dataset: pirs, zvezda, zvezda-nadir",
    ),
]


@pytest.mark.slow
@pytest.mark.parametrize(("broken", "problem"), BREAKS, ids=[problem for _, problem in BREAKS])
def test_check_detects_inconsistency(archive: TestClient, broken: Break, problem: str) -> None:
    """In a transaction that is rolled back: other tests read the same archive."""
    with database_of(archive).engine.connect() as connection:
        reader = Reader(connection)
        assert list(check_modules(reader)) == []
        connection.execute(broken())
        found = list(check_archive(reader)) if "differs" in problem else list(check_modules(reader))
        connection.rollback()
    assert any(problem in line for line in found)


@pytest.mark.slow
def test_edited_and_deleted_modules_are_kept(own: TestClient) -> None:
    database = database_of(own)
    address = "/v1/modules/harmony"
    ports = own.get(address).json()["ports"]
    documents = [
        {name: port[name] for name in ("slug", "direction", "in_service_from", "in_service_until")}
        for port in reversed(ports)
    ]
    own.patch(address, json={"ports": documents}, headers=IF_MATCH_ANY).raise_for_status()
    own.delete("/v1/modules/beam", headers=IF_MATCH_ANY).raise_for_status()
    report = load_dataset(database.session)
    assert (report.created, report.updated) == (0, 0)
    assert own.get(address).json()["ports"] == ports[::-1]
    assert own.get("/v1/modules/beam").status_code == 410
    with database.snapshot() as reader:
        assert list(check_archive(reader)) == []
    with database.session() as session:  # positive control: as if no editor had changed them
        session.connection().execute(update(Module).values(edited=False))
        session.connection().execute(delete(FormerSlug))
    assert load_dataset(database.session).created == 1
    assert own.get("/v1/modules/beam").status_code == 200
