"""Facets: the count of a value is the total of the list that its link gives."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.api.lists import facets, pagination
from app.db.database import Database
from app.db.models import Base
from app.domain.dates import Precision
from app.domain.enums import RecordType
from app.resources.registry import RECORD_RESOURCES
from bench.copies import fill_copies
from tests.support import documents, factories
from tests.support.clients import database_of, open_client
from tests.support.databases import CreateDatabase
from tests.support.openapi import committed_openapi
from tests.support.query_costs import record_cost


def list_facets() -> Iterator[tuple[str, list[str]]]:
    """Each list with facets, by its path, and the names of its facets."""
    document = committed_openapi()
    schemas = document["components"]["schemas"]
    for path, methods in document["paths"].items():
        for parameter in methods.get("get", {}).get("parameters", []):
            if parameter["name"] == "facet":
                reference = parameter["schema"]["items"]["$ref"].rpartition("/")[2]
                yield path, schemas[reference]["enum"]


FACETS = dict(list_facets())

LONG_LIST_ROWS = 9_900
"""Rows of each list, below the limit of counts; the numbers of missions have four digits."""
MIN_LONG_LIST_ROWS = 7_500
"""Fewer rows of the crew assignments: a mission has several."""
MIN_LARGEST_COUNT = 10
SAMPLED_VALUES = 5
LISTS_OF_MISSIONS = {"/v1/missions", "/v1/crew-assignments"}

QUERIES = [
    ("/v1/launches", ""),
    ("/v1/launches", "vehicle=soyuz-fg,proton-k&launch_at_gte=2000-06-01&q=soyuz"),
    ("/v1/launches", "tz=Pacific/Apia&status_not=success&mission=59,iss-57&sort=launch_at"),
    ("/v1/launches", "kind=CV&kind=module&crewed=false&country=US,KZ&limit=1"),
    ("/v1/vehicles", ""),
    ("/v1/vehicles", "family=soyuz,falcon&maker=spacex,rkts-progress&q=soyuz&sort=-name"),
    ("/v1/spacecraft", ""),
    ("/v1/spacecraft", "type=soyuz-ms,Crew Dragon 2&kind=SC&operator=spacex,roscosmos&q=dragon"),
    ("/v1/spacecraft-types", ""),
    ("/v1/spacecraft-types", "kind=SC&maker=rsc-energia,spacex&crewed=true&q=soyuz&sort=-name"),
    ("/v1/missions", ""),
    ("/v1/missions", "person=peggy-whitson&starts_on_lt=2010-01-01&view=full"),
    ("/v1/people", ""),
    ("/v1/people", "agency_not=NASA&role=commander&mission=59,60,61&nationality=RU"),
    ("/v1/crew-assignments", ""),
    ("/v1/crew-assignments", "mission=59&role=flight_engineer"),
    ("/v1/modules", ""),
    ("/v1/modules", "owner=NASA&kind=node,truss&q=node&sort=name"),
    ("/v1/sites", ""),
    ("/v1/sites", "country=US,KZ&q=space&sort=-name"),
    ("/v1/stays", ""),
    ("/v1/stays", "mission=59&kind=CV&port=pirs-nadir,rassvet-nadir&q=progress&tz=Asia/Tokyo"),
    ("/v1/stays", "module=pirs&arrived_at_gte=2010-06-01&sort=departed_at&view=full"),
    ("/v1/spacewalks", ""),
    ("/v1/agencies", "kind=government,commercial&country=US,RU"),
    ("/v1/spacewalks", "operator=NASA&person=anne-mcclain,nick-hague&mission=59&q=battery"),
    ("/v1/spacewalks", "airlock=pirs&starts_at_lt=2015-01-01&tz=Pacific/Apia&sort=duration"),
    ("/v1/articles", ""),
    ("/v1/articles", "tag=launch,crew&language=en&mission=iss-59,iss-58&sort=title"),
    ("/v1/articles", "tag_not=launch&person=nick-hague&published_at_gte=2018-06-01&tz=Asia/Tokyo"),
]


def get_facets(client: TestClient, path: str, query: str) -> list[dict[str, Any]]:
    answer = client.get(f"{path}?{query}&facet={','.join(FACETS[path])}")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["facets"]
    return found


def total(client: TestClient, url: str) -> int:
    answer = client.get(f"{url}&limit=1&with_total=true").raise_for_status().json()
    number: int = answer["total"]
    return number


def test_every_list_with_filters_by_names_has_facets() -> None:
    assert FACETS.keys() == {path for path, _ in QUERIES}
    assert {"vehicle", "year", "status"} <= set(FACETS["/v1/launches"])


@pytest.mark.slow
@pytest.mark.parametrize(("path", "query"), QUERIES)
def test_count_equals_total_of_link(archive: TestClient, path: str, query: str) -> None:
    found = get_facets(archive, path, query)
    assert [facet["name"] for facet in found] == FACETS[path]
    for facet in found:
        counts = [(-value["count"], value["value"]) for value in facet["values"]]
        assert counts == sorted(counts)
        assert len(counts) <= facets.MAX_FACET_VALUES
        assert not facet["counts_are_minimum"]
        for value in [*facet["values"][:2], *facet["values"][-1:]]:
            assert total(archive, value["url"]) == value["count"], value


@pytest.mark.slow
def test_count_equals_total_of_link_in_long_lists(
    create_database: CreateDatabase, archive_template_url: str
) -> None:
    """Missions last: hundreds at a time would make each stay one of hundreds of missions."""
    with open_client(create_database(archive_template_url)) as client:
        others = set(RECORD_RESOURCES) - {RecordType.MEDIA, RecordType.MISSION}
        fill_copies(database_of(client), LONG_LIST_ROWS, sorted(others))
        for path in FACETS.keys() - LISTS_OF_MISSIONS:
            check_counts(client, path)
        fill_copies(database_of(client), LONG_LIST_ROWS, [RecordType.MISSION])
        for path in LISTS_OF_MISSIONS:
            check_counts(client, path)


def check_counts(client: TestClient, path: str) -> None:
    """Check the counts of all facets of a list, of the largest, the smallest and other values."""
    rows = total(client, f"{path}?lang=en")
    assert MIN_LONG_LIST_ROWS < rows <= LONG_LIST_ROWS, path
    found = get_facets(client, path, "")
    assert [facet["name"] for facet in found] == FACETS[path]
    for facet in found:
        assert not facet["counts_are_minimum"]
        assert facet["values"][0]["count"] > MIN_LARGEST_COUNT, (path, facet["name"])
        for value in sample_values(facet["values"]):
            assert total(client, value["url"]) == value["count"], value


def sample_values(values: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The largest and the smallest value, and five between them."""
    between = values[1:-1]
    chosen = between[:: max(1, len(between) // SAMPLED_VALUES)][:SAMPLED_VALUES]
    return [*values[:1], *chosen, *values[1:][-1:]]


@pytest.mark.parametrize("count", range(12))
def test_samples_have_both_ends(count: int) -> None:
    values = [{"value": n} for n in range(count)]
    chosen = sample_values(values)
    assert len(chosen) == min(count, SAMPLED_VALUES + 2)
    assert [each for each in values if each in chosen] == chosen
    assert chosen[:1] + chosen[1:][-1:] == values[:1] + values[1:][-1:]


def test_counts_of_a_single_value_add_up_to_the_total(archive: TestClient) -> None:
    for path, name in (("launches", "status"), ("articles", "language"), ("launches", "year")):
        (facet,) = archive.get(f"/v1/{path}?facet={name}").json()["facets"]
        counted = sum(value["count"] for value in facet["values"])
        assert counted == total(archive, f"/v1/{path}?lang=en")


def test_facet_ignores_its_own_filter_and_link_replaces_it(archive: TestClient) -> None:
    plain, filtered = (
        archive.get(f"/v1/launches?crewed=true&facet=vehicle{more}").json()["facets"]
        for more in ("", "&vehicle=soyuz-fg")
    )
    values = [[(v["value"], v["count"]) for v in each[0]["values"]] for each in (plain, filtered)]
    assert values[0] == values[1]
    assert filtered[0]["values"][1]["url"].endswith("?vehicle=space-shuttle&crewed=true")


def test_facets_are_on_the_first_page_alone(archive: TestClient) -> None:
    first = archive.get("/v1/launches?facet=status&limit=2").json()
    assert first["facets"]
    second = archive.get(first["next"]).json()
    assert second["facets"] == []
    assert second["items"]
    assert archive.get("/v1/launches?limit=2").json()["facets"] == []


def test_link_keeps_the_language(archive: TestClient) -> None:
    (facet,) = archive.get("/v1/people?facet=agency&lang=ru").json()["facets"]
    assert facet["values"][0]["url"].endswith("/v1/people?agency=nasa&lang=ru")


def test_unknown_facets_and_other_formats_are_refused(archive: TestClient) -> None:
    for query in ("facet=colour", "facet=vehicle&format=csv"):
        answer = archive.get(f"/v1/launches?{query}")
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["parameter"] == "facet"


def test_empty_list_has_facets_without_values(client: TestClient) -> None:
    found = get_facets(client, "/v1/launches", "")
    assert [(facet["name"], facet["values"]) for facet in found] == [
        (name, []) for name in FACETS["/v1/launches"]
    ]


def test_drafts_are_not_counted(editor: TestClient) -> None:
    editor.post("/v1/articles", json=documents.article(tags=["secret"]))
    (facet,) = editor.get("/v1/articles?facet=tag").json()["facets"]
    assert facet["values"] == []


def test_counts_of_many_records_are_minimum(
    archive: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (facets, pagination):
        monkeypatch.setattr(module, "MAX_COUNTED_ITEMS", 100)
    (facet,) = archive.get("/v1/launches?facet=status").json()["facets"]
    assert facet["counts_are_minimum"]
    assert sum(value["count"] for value in facet["values"]) == 100


def test_facet_takes_two_statements(archive: TestClient, statements: list[str]) -> None:
    for path, names in FACETS.items():
        statements.clear()
        archive.get(path)
        of_list = len(statements)
        for name in names:
            statements.clear()
            assert archive.get(f"{path}?facet={name}").status_code == 200
            assert len(statements) == of_list + 2, (path, name)


@pytest.mark.parametrize("create_database", ["sqlite"], indirect=True)
def test_facets_without_filters_read_indexes(archive: TestClient) -> None:
    """The agencies of crews are those of people; each mission is a range of stays.

    The planner of PostgreSQL reads small tables whole.
    """
    engine = database_of(archive).engine
    scans = set()
    for path, name in ((path, name) for path, names in FACETS.items() for name in names):
        with record_cost(archive) as cost:
            archive.get(f"{path}?facet={name}")
        with engine.connect() as connection:
            for statement, values in cost.statements_run:
                plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
                for *_, step in plan:
                    kind, table, *index = step.split()
                    if kind == "SCAN" and table in Base.metadata.tables and not index:
                        scans.add((path, name, table))
    assert scans == {
        ("/v1/crew-assignments", "agency", "crew_assignments"),
        ("/v1/stays", "mission", "missions"),
    }


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "Pacific/Apia", "America/Los_Angeles"])
def test_years_count_as_the_filters_do(client: TestClient, database: Database, zone: str) -> None:
    last_minute = datetime(2019, 12, 31, 23, 30, tzinfo=UTC)
    new_year = datetime(2020, 1, 1, tzinfo=UTC)
    dates = [(last_minute, Precision.MINUTE), *((new_year, precision) for precision in Precision)]
    with database.session() as session:
        for at, precision in dates:
            session.add(factories.launch(launch_at=at, launch_at_precision=precision))
    (facet,) = client.get(f"/v1/launches?facet=year&tz={zone}").json()["facets"]
    counts = {value["value"]: value["count"] for value in facet["values"]}
    for year in range(2017, 2023):
        days = f"launch_at_gte={year}-01-01&launch_at_lt={year + 1}-01-01"
        number = total(client, f"/v1/launches?{days}&tz={zone}")
        assert counts.get(str(year), 0) == number, year
    assert sum(counts.values()) >= len(dates)
    assert ("2021" in counts) == zone.startswith(("Asia", "Pacific"))  # the last hours of 2020
