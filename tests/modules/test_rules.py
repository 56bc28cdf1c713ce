"""Rules of modules: refused documents, ports in use, and references that prevent a deletion."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from app.db.database import Database
from app.db.models import Module, Port, Spacewalk, Stay
from app.domain.dates import Precision
from app.domain.enums import ArrivalKind
from tests.support import documents, factories
from tests.support.documents import IF_MATCH_ANY

JANUARY, FEBRUARY, MARCH = (f"2019-0{month}-01T00:00:00Z" for month in (1, 2, 3))


def attachment(at: str, until: str | None = None, **fields: Any) -> dict[str, Any]:
    return {"to": "hub", "attached_at": at, "detached_at": until} | fields


@pytest.fixture
def hub(editor: TestClient) -> TestClient:
    """Client of an archive with the module `hub`, its port, and a launch in February 2019."""
    launch = documents.launch(slug="carrier", status="success", launch_at=FEBRUARY)
    editor.post("/v1/launches", json=launch).raise_for_status()
    ports = [{"direction": "nadir"}, {"slug": "hub-side", "direction": "port"}]
    editor.post("/v1/modules", json=documents.module(name="Hub", ports=ports)).raise_for_status()
    return editor


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"launch": "none"}, "/launch", "unknown-reference"),
    ({"attachments": [attachment(MARCH, to="none")]}, "/attachments/0/to", "unknown-reference"),
    ({"attachments": [attachment(MARCH, port="none")]}, "/attachments/0/port", "unknown-reference"),
    (
        {"attachments": [attachment(MARCH, to=None, port="hub-nadir")]},
        "/attachments/0/port",
        "contradiction",
    ),
    (
        {"launch": "carrier", "attachments": [attachment(JANUARY)]},
        "/attachments/0/attached_at",
        "before-launch",
    ),
    (
        {"attachments": [attachment(MARCH, JANUARY)]},
        "/attachments/0/detached_at",
        "ends-before-start",
    ),
    (
        {"attachments": [attachment(JANUARY), attachment(MARCH)]},
        "/attachments/1/attached_at",
        "overlap",
    ),
    (
        {"attachments": [attachment(JANUARY, MARCH), attachment(FEBRUARY)]},
        "/attachments/1/attached_at",
        "overlap",
    ),
    ({"ports": [{"slug": "hub-nadir", "direction": "nadir"}]}, "/ports/0/slug", "taken"),
    ({"ports": [{"direction": "nadir"}, {"direction": "nadir"}]}, "/ports/1/slug", "repeated"),
    (
        {
            "ports": [
                {
                    "direction": "nadir",
                    "in_service_from": "2019-01-02",
                    "in_service_until": "2019-01-01",
                }
            ]
        },
        "/ports/0/in_service_until",
        "value_error",
    ),
    ({"length_m": "7"}, "/length_m", "float_type"),
    ({"length_m": 0}, "/length_m", "greater_than_equal"),
    ({"mass_kg": 1.5}, "/mass_kg", "int_type"),
]

ACCEPTED: list[dict[str, Any]] = [
    {"launch": "carrier", "attachments": [attachment(MARCH, port="hub-nadir")]},
    {"launch": "carrier", "attachments": [attachment(JANUARY, attached_at_precision="year")]},
    {"attachments": [attachment(JANUARY, FEBRUARY), attachment(FEBRUARY)]},
    {
        "attachments": [
            attachment(JANUARY, "2019-02-01T12:00:00Z"),
            attachment(FEBRUARY, attached_at_precision="day"),
        ]
    },
    {"attachments": [attachment(JANUARY, JANUARY, to=None)]},
    {"ports": [{"direction": "nadir"}, {"slug": "other", "direction": "nadir"}], "length_m": 7},
]
"""Positive controls: the nearest documents that are right."""


@pytest.mark.parametrize(("fields", "pointer", "code"), REFUSED, ids=lambda each: str(each)[:40])
def test_wrong_document_is_refused(
    hub: TestClient, fields: dict[str, Any], pointer: str, code: str
) -> None:
    answer = hub.post("/v1/modules", json=documents.module(**fields))
    assert answer.status_code == 422, answer.text
    (error,) = answer.json()["errors"]
    assert (error["pointer"], error["code"]) == (pointer, code)
    in_russian = hub.post("/v1/modules?lang=ru", json=documents.module(**fields))
    assert in_russian.json()["errors"][0]["detail"] != error["detail"]


@pytest.mark.parametrize("fields", ACCEPTED, ids=lambda each: str(each)[:40])
def test_right_document_is_accepted(hub: TestClient, fields: dict[str, Any]) -> None:
    answer = hub.post("/v1/modules", json=documents.module(**fields))
    assert answer.status_code == 201, answer.text


def test_module_is_not_attached_to_itself(hub: TestClient) -> None:
    change = {"attachments": [attachment(JANUARY)]}
    answer = hub.patch("/v1/modules/hub", json=change, headers=IF_MATCH_ANY)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/attachments/0/to"


def port_ids(database: Database) -> dict[str, int]:
    with database.session() as session:
        return {port.slug: port.id or 0 for port in session.scalars(select(Port))}


def test_ports_keep_their_ids(hub: TestClient, database: Database) -> None:
    """In another order, beside a new port, and after the module is renamed."""
    before = port_ids(database)
    ports = [
        {"direction": "zenith"},
        {"slug": "hub-side", "direction": "starboard", "in_service_from": "2019-01-01"},
        {"slug": "hub-nadir", "direction": "nadir"},
    ]
    change = {"ports": ports, "slug": "centre"}
    answer = hub.patch("/v1/modules/hub", json=change, headers=IF_MATCH_ANY).raise_for_status()
    assert answer.json()["version"] == 2
    assert [port["slug"] for port in answer.json()["ports"]] == [
        "centre-zenith",
        "hub-side",
        "hub-nadir",
    ]
    assert answer.json()["ports"][1]["direction"] == "starboard"
    assert port_ids(database).items() > before.items()


def add_stay(_hub: TestClient, database: Database) -> None:
    at, port_id = datetime(2019, 2, 3, tzinfo=UTC), port_ids(database)["hub-nadir"]
    with database.session() as session:
        launch = factories.launch()
        session.add(launch)
        session.flush()
        stay = Stay(
            slug="visit",
            launch_id=launch.id,
            port_id=port_id,
            arrived_at=at,
            arrived_at_precision=Precision.DAY,
            arrival_kind=ArrivalKind.DOCKING,
            sources=[],
        )
        session.add(stay)


def add_attachment(hub: TestClient, _database: Database) -> None:
    document = documents.module(slug="annex", attachments=[attachment(MARCH, port="hub-nadir")])
    hub.post("/v1/modules", json=document).raise_for_status()


def add_spacewalk(_hub: TestClient, database: Database) -> None:
    with database.session() as session:
        hub_id = session.scalar(select(Module.id).where(Module.slug == "hub"))
        at = datetime(2019, 2, 3, tzinfo=UTC)
        walk = Spacewalk(
            slug="walk", starts_at=at, starts_at_precision="day", airlock_id=hub_id, sources=[]
        )
        session.add(walk)


@pytest.mark.parametrize("use", [add_stay, add_attachment])
def test_port_in_use_is_not_removed(
    hub: TestClient, database: Database, use: Callable[[TestClient, Database], None]
) -> None:
    use(hub, database)
    side = [{"slug": "hub-side", "direction": "port"}]
    nadir = [{"slug": "hub-nadir", "direction": "nadir"}]
    refused = hub.patch("/v1/modules/hub", json={"ports": side}, headers=IF_MATCH_ANY)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["code"] == "in-use"
    assert "hub-nadir" in refused.json()["detail"]
    unused = hub.patch("/v1/modules/hub", json={"ports": nadir}, headers=IF_MATCH_ANY)
    assert [port["slug"] for port in unused.raise_for_status().json()["ports"]] == ["hub-nadir"]


@pytest.mark.parametrize(
    ("refer", "named"),
    [(add_stay, "visit"), (add_attachment, "annex"), (add_spacewalk, "walk")],
)
def test_module_with_references_is_not_deleted(
    hub: TestClient,
    database: Database,
    refer: Callable[[TestClient, Database], None],
    named: str,
) -> None:
    hub.post("/v1/modules", json=documents.module(slug="lone")).raise_for_status()
    refer(hub, database)
    refused = hub.delete("/v1/modules/hub", headers=IF_MATCH_ANY)
    assert refused.status_code == 409
    assert named in refused.json()["detail"]
    assert hub.delete("/v1/modules/lone", headers=IF_MATCH_ANY).status_code == 204


def test_renamed_module_changes_those_attached_to_it(hub: TestClient, database: Database) -> None:
    add_attachment(hub, database)
    cursor = hub.get("/v1/changes?types=module").json()["next"]
    hub.patch("/v1/modules/hub", json={"slug": "centre"}, headers=IF_MATCH_ANY).raise_for_status()
    changed = {item["data"]["slug"]: item["data"] for item in hub.get(cursor).json()["items"]}
    assert changed.keys() == {"centre", "annex"}
    assert changed["annex"]["attachments"][0]["to"] == "centre"
    assert hub.get("/v1/modules/hub", follow_redirects=False).status_code == 308
