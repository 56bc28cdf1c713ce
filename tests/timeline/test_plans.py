"""Query plans of the timeline with 20,000 events: no page or calendar reads many of them."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, insert
from starlette.testclient import TestClient

from app.api.lists import record_counts
from app.db.models import (
    Flight,
    Launch,
    Payload,
    Spacecraft,
    SpacecraftType,
    Spacewalk,
    SpacewalkMember,
    Stay,
)
from app.db.timeouts import disable_timeouts
from app.domain.dates import Precision
from app.domain.enums import (
    ArrivalKind,
    FlightEndKind,
    LaunchStatus,
    ShipRole,
    SpacecraftKind,
    SpacewalkRole,
)
from app.resources.timeline.schemas import TimelineArchiveFilters, TimelineFilters
from tests.support import factories, query_costs
from tests.support.clients import database_of, open_client
from tests.support.databases import CreateDatabase
from tests.support.query_costs import find_cost

pytestmark = pytest.mark.slow  # thousands of events are inserted, for each database

MAX_COST = query_costs.MAX_COST / 2
SHIP_COUNT = 4_000
START, INTERVAL = datetime(1998, 11, 20, tzinfo=UTC), timedelta(hours=60)
"""Time of the first launch, and time between two launches."""
DAY = timedelta(days=1)


def _dates(**dates: datetime) -> dict[str, Any]:
    """Columns of exact dates with their sort keys: `launch=…` is that of `launch_at`."""
    columns: dict[str, Any] = {}
    for name, at in dates.items():
        columns |= {f"{name}_at": at, f"{name}_at_precision": Precision.SECOND}
        columns |= {f"{name}_sort_at": at}
    return columns


def _stays(n: int, launch_at: datetime) -> Iterator[dict[str, Any]]:
    """The stays of a ship: two, the second one after a relocation, of each third one."""
    for number in range(1 if n % 3 else 2):
        arrived_at = launch_at + timedelta(days=1 + 11 * number)
        departed_at = arrived_at + 10 * DAY
        dates = _dates(arrived=arrived_at, departed=departed_at)
        columns = {"launch_id": n, "port_id": 1, "arrival_kind": ArrivalKind.DOCKING}
        until = {"departed_until": departed_at + timedelta(seconds=1)}
        yield {"slug": f"stay-{n}-{number}", "sources": [], **columns, **dates, **until}


def fill(connection: Connection) -> None:
    """Insert many launches, each with stays, a spacewalk and an end of the flight."""
    ships = [(n, START + n * INTERVAL) for n in range(1, SHIP_COUNT)]
    launch = {"status": LaunchStatus.SUCCESS, "crewed": False, "sources": []}
    ship = {"ordinal": 1, "kind": SpacecraftKind.CV, "end_kind": FlightEndKind.DEORBITED}
    walk: dict[str, Any] = {"duration_sort_seconds": 0, "sources": []}
    rows: dict[Any, Iterable[dict[str, Any]]] = {
        Launch: (launch | {"id": n, "slug": f"l-{n}"} | _dates(launch=at) for n, at in ships),
        SpacecraftType: [
            {"id": 1, "slug": "ship", "name": "Ship", "name_key": "ship", "sources": []}
            | {"kind": SpacecraftKind.CV, "crewed": False}
        ],
        Spacecraft: (
            {"id": n, "slug": f"craft-{n}", "name": f"Craft {n}", "name_key": f"craft {n}"}
            | {"type_id": 1, "sources": []}
            for n, _ in ships
        ),
        Payload: (
            ship
            | {"launch_id": n, "name": f"Ship {n}", "slug": f"ship-{n}", "spacecraft_id": n}
            | _dates(flight_ended=at + 40 * DAY)
            for n, at in ships
        ),
        Stay: (stay for n, at in ships for stay in _stays(n, at)),
        Spacewalk: (walk | {"id": n, "slug": f"w-{n}"} | _dates(starts=at) for n, at in ships),
        Flight: (
            {"person_id": 2 + n % 100, "launch_id": n, "ordinal": 1, "role": ShipRole.COMMANDER}
            | {"landed_with_id": n}
            for n in range(1, SHIP_COUNT, 3)
        ),
        SpacewalkMember: (
            {"spacewalk_id": n, "person_id": 1, "ordinal": 1, "role": SpacewalkRole.EV1}
            for n in range(100, SHIP_COUNT, 500)
        ),
    }
    for model, inserted in rows.items():
        connection.execute(insert(model), list(inserted))


@pytest.fixture(scope="module")
def large(create_database: CreateDatabase) -> Iterator[TestClient]:
    """Read-only client over many events."""
    with open_client(create_database()) as client:
        with database_of(client).session() as session:
            module, person = factories.module(slug="pirs"), factories.person(slug="walker", id=1)
            session.add_all([module, person, factories.mission(slug="iss-59")])
            session.add_all(factories.person(id=n) for n in range(2, 102))
            session.flush()
            session.add(factories.port(module, id=1))
            session.flush()
            disable_timeouts(session.connection())
            fill(session.connection())
        with database_of(client).engine.connect() as connection:
            autocommit = connection.execution_options(isolation_level="AUTOCOMMIT")
            if connection.dialect.name == "postgresql":  # as autovacuum does; SQLite has none
                autocommit.exec_driver_sql("ANALYZE")
        yield client


FILTERS = {
    "kind": [
        "launch", "docking", "relocation", "undocking", "spacewalk", "flight_end", "landing",
        "handover", "docking,spacewalk",
    ],
    "mission": ["iss-59", "nonesuch"],
    "person": ["walker", "nonesuch"],
    "spacecraft": ["ship-700", "nonesuch"],
    "module": ["pirs", "nonesuch"],
    "on": ["2001-04-04"],
    "on_this_day": ["04-12", "02-29"],
    "at_gte": ["2001-04-04", "2020-04-04"],
    "at_lt": ["2001-04-04", "2020-04-04"],
    "tz": ["Asia/Kathmandu"],
}  # fmt: skip
"""Values of each filter: common, rare and without matches."""

QUERIES = ["", *(f"{name}={value}" for name, values in FILTERS.items() for value in values)]
LISTS = ["/v1/timeline?sort=at", *(f"/v1/timeline?{query}" for query in QUERIES)]
CALENDARS = [
    f"/v1/timeline/archive?month=2001-04&{query}" for query in QUERIES if not query.startswith("on")
]


def test_each_filter_has_values() -> None:
    """A filter without values would have no test of its plans."""
    assert FILTERS.keys() == TimelineFilters.model_fields.keys()
    assert FILTERS.keys() - {"on", "on_this_day"} == TimelineArchiveFilters.model_fields.keys()


@pytest.mark.parametrize("path", [*LISTS, *CALENDARS, "/v1/timeline.atom"])
def test_response_reads_few_events(large: TestClient, path: str) -> None:
    """The same holds for the next page."""
    status = 422 if "nonesuch" in path else 200  # a refusal reads few events too
    assert find_cost(large, path, status) < MAX_COST


def test_index_of_months_reads_few_events(
    large: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record_counts, "MAX_COUNTED_ROWS", 500)
    assert find_cost(large, "/v1/timeline/archive") < MAX_COST
    monkeypatch.setattr(record_counts, "MAX_COUNTED_ROWS", 1_000_000)
    assert find_cost(large, "/v1/timeline/archive?tz=UTC") > MAX_COST  # positive control
