"""Query plans of the timeline with 100,000 events: no page or calendar reads many of them."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, text
from starlette.testclient import TestClient

from app.api.lists import record_counts
from app.db.timeouts import disable_timeouts
from app.resources.timeline.schemas import TimelineArchiveFilters, TimelineFilters
from tests.support import factories
from tests.support.clients import database_of, open_client
from tests.support.databases import CreateDatabase
from tests.support.query_costs import MAX_COST, find_cost

LAUNCH_COUNT = 20_000
INTERVAL_SECONDS = 43_200
"""Seconds between two launches, from 1998 to 2026."""


def _dated(connection: Connection, name: str, seconds: str, key: str | None = None) -> dict[str, str]:
    """Columns of the instant `name` with its sort key, `seconds` after the launch `n`."""
    moment = f"911520000 + n * {INTERVAL_SECONDS} + {seconds}"
    at = f"to_timestamp({moment})"
    if connection.dialect.name == "sqlite":
        at = f"(datetime({moment}, 'unixepoch') || '.000000')"
    columns = {f"{name}_at": at, f"{name}_at_precision": "'second'"}
    return columns | {f"{name}_{key or 'sort_at'}": at}


def fill(connection: Connection) -> None:
    """Insert launches with two stays each, a relocation, a spacewalk, and an end by SQL."""
    disable_timeouts(connection)
    record = {"version": "1", "edited": "false", "sources": "'[]'"}
    stamps = {
        name: value
        for name in ("created", "updated")
        for name, value in _dated(connection, name, "0", "at").items()
        if not name.endswith("precision")
    }
    launch = {
        "slug": "'flown-' || n", "status": "'success'", "crewed": "false", "to_station": "true",
        "launch_at_uncertain": "false",
    } | _dated(connection, "launch", "0")  # fmt: skip
    ship = {
        "launch_id": "n", "ordinal": "1", "name": "'Ship ' || n", "slug": "'ship-' || n",
        "kind": "'CV'", "end_kind": "'deorbited'",
    } | _dated(connection, "flight_ended", "4000000")  # fmt: skip
    stay = {
        "launch_id": "n", "port_id": "1", "arrival_kind": "'docking'",
        "arrived_at_uncertain": "false", "departed_at_uncertain": "false",
    }  # fmt: skip
    first, second = (
        stay
        | {"slug": f"'stay-{number}-' || n"}
        | _dated(connection, "arrived", f"{start}")
        | _dated(connection, "departed", f"{start + 1_000_000}")
        | {"departed_until": _dated(connection, "x", f"{start + 1_000_000}")["x_at"]}
        for number, start in ((1, 100_000), (2, 1_150_000))
    )
    walk = {
        "slug": "'walk-' || n", "starts_at_uncertain": "false", "duration_sort_seconds": "0",
    } | _dated(connection, "starts", "5000")  # fmt: skip
    rows = {"launches": [launch], "spacecraft": [ship], "stays": [first, second]}
    for table, inserted in (rows | {"spacewalks": [walk]}).items():
        for columns in inserted:
            own = columns if table == "spacecraft" else columns | record | stamps
            names, values = ", ".join(own), ", ".join(own.values())
            numbers = f"SELECT n FROM generate_series(10, {LAUNCH_COUNT}) AS g(n)"
            if connection.dialect.name == "sqlite":
                numbers = (
                    "WITH RECURSIVE s(n) AS (SELECT 10 UNION ALL SELECT n + 1 FROM s "
                    f"LIMIT {LAUNCH_COUNT}) SELECT n FROM s"
                )
            where = " WHERE n % 3 = 0" if own is not columns and "stay-2" in own["slug"] else ""
            key = ("id, ", "n, ") if table == "launches" else ("", "")
            statement = f"INSERT INTO {table} ({key[0]}{names}) SELECT {key[1]}{values} "
            connection.execute(text(f"{statement} FROM ({numbers}) AS numbers{where}"))


@pytest.fixture(scope="module")
def large(create_database: CreateDatabase) -> Iterator[TestClient]:
    """Read-only client over many events."""
    with open_client(create_database()) as client:
        with database_of(client).session() as session:
            module = factories.module(slug="pirs")
            person, mission = factories.person(slug="walker"), factories.mission(slug="iss-59")
            session.add_all([module, person, mission])
            session.flush()
            port = factories.port(module, id=1)
            session.add(port)
            session.flush()
            fill(session.connection())
            for n in range(100, 4000, 500):
                session.add(factories.spacewalk_member(n, person))
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
    "module": ["nonesuch"],
    "on": ["2001-04-04"],
    "on_this_day": ["04-12", "02-29"],
    "at_gte": ["2001-04-04", "2020-04-04"],
    "at_lt": ["2001-04-04", "2020-04-04"],
    "tz": ["Asia/Kathmandu"],
}  # fmt: skip
"""Values of each filter: common, rare and without matches."""

QUERIES = ["", *(f"{name}={value}" for name, values in FILTERS.items() for value in values)]
LISTS = [f"/v1/timeline?sort={sort}&{query}" for sort in ("at", "-at") for query in QUERIES]
CALENDARS = [
    f"/v1/timeline/archive?month=2001-04&{query}"
    for query in QUERIES
    if query.partition("=")[0] != "on"
]


def test_each_filter_has_values() -> None:
    """A filter without values would have no test of its plans."""
    assert FILTERS.keys() == TimelineFilters.model_fields.keys()
    assert FILTERS.keys() - {"on"} == TimelineArchiveFilters.model_fields.keys()


@pytest.mark.parametrize("path", [*LISTS, *CALENDARS, "/v1/timeline.atom"])
def test_response_reads_few_events(large: TestClient, path: str) -> None:
    """The same holds for the next page."""
    assert find_cost(large, path) < MAX_COST


def test_index_of_months_reads_few_events(
    large: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record_counts, "MAX_COUNTED_ROWS", 500)
    assert find_cost(large, "/v1/timeline/archive") < MAX_COST
    monkeypatch.setattr(record_counts, "MAX_COUNTED_ROWS", 1_000_000)
    assert find_cost(large, "/v1/timeline/archive?tz=UTC") > MAX_COST  # positive control
