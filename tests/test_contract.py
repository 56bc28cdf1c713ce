"""Contract of all resources, checked by walking the registry and the declarations."""

import json
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from enum import Enum
from importlib import import_module
from types import ModuleType
from typing import Any, get_args, get_origin
from zoneinfo import ZoneInfo

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from pydantic.fields import FieldInfo
from sqlalchemy import ColumnElement, Index, Table, UniqueConstraint, false, inspect, select
from sqlalchemy.orm import InstrumentedAttribute

from app.api.lists.pagination import ListQuery, to_query_params
from app.api.lists.sorting import Order
from app.api.params import QueryModel
from app.api.routing import authenticated_routes
from app.config import Settings
from app.db.database import Reader, Row
from app.db.models import Base
from app.domain.enums import RecordType
from app.main import ROUTERS, create_app
from app.resources.articles.filters import ArticleSelection
from app.resources.proposals.resource import RESOURCE as PROPOSALS
from app.resources.registry import RECORD_RESOURCES, RESOURCES
from app.resources.resource import RecordResource, Resource
from app.resources.timeline.filters import TimelineSelection
from app.resources.timeline.queries import select_matches
from app.search.index_keys import RANK_COUNT
from tests.support.openapi import committed_openapi

CALENDAR_ONLY = {"tz"}  # defines the day; filters only with another parameter
UNSORTED_LISTS = {"keys", "proposals"}  # in one order
SHORT_LISTS = {"crew", "keys"}  # crews and API keys have a dozen rows
SAMPLES = {"on_this_day": "04-12"}
"""Values of filters with a format of their own."""
COMPUTED_LISTS = {"revisions", "trash"}  # of the audit trail: see tests/revisions
MERGED_LISTS = {"timeline"}  # of several tables: see tests/timeline


def package_of(route: APIRoute) -> str:
    """Package of an endpoint, such as `articles`."""
    return route.endpoint.__module__.split(".")[-2]


def routes_of(router: APIRouter) -> list[APIRoute]:
    return [route for route in router.routes if isinstance(route, APIRoute)]


def has_list(route: APIRoute) -> bool:
    """True if an endpoint returns a paginated list with filters or sort orders."""
    kinds = [field.field_info.annotation for field in route.dependant.query_params]
    lists = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, ListQuery)]
    return any(kind is not ListQuery for kind in lists)


def listing_packages(resources: Iterable[Resource]) -> list[str]:
    """Packages of `resources` with a list, without duplicates."""
    routes = [r for each in resources for router in each.routers for r in routes_of(router)]
    return sorted({package_of(route) for route in routes if has_list(route)})


LISTS = listing_packages([*RESOURCES, PROPOSALS])


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    folder = tmp_path_factory.mktemp("contract")
    return create_app(Settings(database_url=f"sqlite:///{folder}/unused.db"))


def queries(resource: str) -> ModuleType:
    return import_module(f"app.resources.{resource}.queries")


def filters(resource: str) -> type[QueryModel]:
    """Filter model of a resource's list, in its widest form."""
    schemas = import_module(f"app.resources.{resource}.schemas")
    found = [
        kind
        for name, kind in vars(schemas).items()
        if name.endswith("Filters") and kind.__module__ == schemas.__name__
    ]
    widest: type[QueryModel] = max(found, key=lambda kind: len(kind.model_fields))
    return widest


def every_filter() -> Iterator[tuple[str, str]]:
    for resource in LISTS:
        for name in filters(resource).model_fields:
            if name not in CALENDAR_ONLY:
                yield resource, name


def sample(name: str, field: FieldInfo) -> Any:
    """Sample value of a filter, other than its default."""
    return SAMPLES.get(name) or sample_of_type(field.annotation, field.default)


def sample_of_type(annotation: Any, default: Any = None) -> Any:
    """Sample value of a filter's type."""
    kinds = [kind for kind in (get_origin(annotation), annotation, *get_args(annotation)) if kind]
    for kind in kinds:
        if kind is list:
            return [sample_of_type(get_args(annotation)[0])]
        if isinstance(kind, type) and issubclass(kind, Enum):
            return next(member for member in kind if member is not default)
    samples: dict[Any, Any] = {
        bool: True,
        int: 59,
        datetime: datetime(2019, 4, 4, tzinfo=UTC),
        date: date(2019, 4, 1),
        ZoneInfo: ZoneInfo("UTC"),
        str: "ru",
    }
    return next(value for kind, value in samples.items() if kind in _leaves(annotation))


def _leaves(annotation: Any) -> set[Any]:
    return {annotation}.union(*(_leaves(part) for part in get_args(annotation)))


def sql_of(conditions: list[ColumnElement[bool]]) -> tuple[str, Any]:
    """Statement with the conditions, and its parameters."""
    compiled = select(1).where(*conditions).compile()
    return str(compiled), compiled.params


def test_registry_has_every_router_with_a_list() -> None:
    """The tests below do not cover lists outside of the registry."""
    found = {package_of(r) for router in ROUTERS for r in routes_of(router) if has_list(r)}
    assert found == set(LISTS) | COMPUTED_LISTS
    assert {"articles", "audit", "crew", "keys", "launches", "missions", "people"} <= found
    assert (
        set(listing_packages(RESOURCES[1:])) < found
    )  # positive control: a missing resource is detected


def test_registry_has_every_record_type() -> None:
    assert set(RECORD_RESOURCES) == set(RecordType)
    ranks = [record_type.search_rank for record_type in RecordType]
    assert len(set(ranks)) == len(ranks)
    assert set(ranks) <= set(range(RANK_COUNT))


@pytest.mark.parametrize("resource", RECORD_RESOURCES.values(), ids=lambda each: each.tag)
def test_record_resource_is_consistent(resource: RecordResource) -> None:
    assert resource.search.record_type is resource.record_type
    assert resource.search.model is resource.model
    words = re.findall("[A-Z][a-z]+", resource.model.__name__)
    assert RecordType("_".join(words).lower()) is resource.record_type
    assert resource.label.en == resource.record_type.replace("_", " ")
    assert f"/v1/{resource.label.collection}/{{slug}}" in committed_openapi()["paths"]
    table = inspect(resource.model).local_table
    assert table.name in {export.name for export in resource.export_tables}
    assert resource.references <= set(RecordType)
    assert set(resource.writer.write_model.model_fields) - {
        "change_reason",
        "translation_of",
    } <= set(resource.record_model.model_fields)


LEAD_ARTICLE_PATH = "/v1/missions/{slug}/featured-article"
"""Write that editors of articles may make, too: see `tests/editing/test_drafts.py`."""


@pytest.mark.parametrize("resource", RECORD_RESOURCES.values(), ids=lambda each: each.tag)
def test_record_writes_need_the_scope_of_the_resource(
    app: FastAPI, resource: RecordResource
) -> None:
    needed = {route.path: allowed.scopes for route, allowed in authenticated_routes(app)}
    writes = [
        route
        for router in resource.routers
        for route in routes_of(router)
        if route.methods and route.methods & {"POST", "PATCH", "PUT", "DELETE"}
        if route.path != LEAD_ARTICLE_PATH
    ]
    assert len(writes) >= 3
    scopes = {scope for route in writes for scope in needed[route.path]}
    assert scopes - {resource.draft_scope} == {resource.scope}


class _EmptyReader(Reader):
    """Reader of a database without rows."""

    def __init__(self) -> None:
        pass

    def all(self, *_: Any, **__: Any) -> list[Row]:
        return []

    def first(self, *_: Any, **__: Any) -> Row | None:
        return None


def conditions_of(resource: str, query: Any) -> list[ColumnElement[bool]]:
    """Conditions that filters add to the statement of a list."""
    if resource == "articles":  # reads the ids of the records that its filters name
        return ArticleSelection.resolve(_EmptyReader(), query).conditions()
    if resource == "timeline":  # a merge of several statements
        selection = TimelineSelection.resolve(_EmptyReader(), query)
        parts = selection.bounded_parts()  # none if a filter names no record
        return [select_matches(parts).exists() if parts else false()]
    conditions: list[ColumnElement[bool]] = queries(resource).conditions(query)
    return conditions


@pytest.mark.parametrize(("resource", "name"), list(every_filter()))
def test_declared_filter_adds_condition(resource: str, name: str) -> None:
    kind = filters(resource)
    query = kind.model_validate({name: sample(name, kind.model_fields[name])})
    assert sql_of(conditions_of(resource, query)) != sql_of(conditions_of(resource, kind()))


@pytest.mark.parametrize(("resource", "name"), list(every_filter()))
def test_filter_round_trips_through_query_string(resource: str, name: str) -> None:
    """Links such as `next` contain the filters, and parse to the same values."""
    kind = filters(resource)
    query = kind.model_validate({name: sample(name, kind.model_fields[name])})
    parameters = to_query_params(query)
    assert parameters.keys() == {name}
    is_list = get_origin(kind.model_fields[name].annotation) is list
    read = kind.model_validate({name: [parameters[name]] if is_list else parameters[name]})
    assert getattr(read, name) == getattr(query, name)


@pytest.mark.parametrize("resource", [each for each in LISTS if each not in MERGED_LISTS])
def test_sorts_are_declared_and_end_with_primary_key(resource: str) -> None:
    schemas = import_module(f"app.resources.{resource}.schemas")
    sorts = [kind for name, kind in vars(schemas).items() if name.endswith("Sort")]
    orders: dict[str, Order] = queries(resource).SORTS
    assert len(sorts) == (resource not in UNSORTED_LISTS)
    assert all({member.value for member in sort} == set(orders) for sort in sorts)
    for order in orders.values():
        last = order.keys[-1]
        assert isinstance(last, InstrumentedAttribute)
        assert last.expression.primary_key


@pytest.mark.parametrize(
    "resource", [each for each in LISTS if each not in SHORT_LISTS | MERGED_LISTS]
)
def test_sorts_have_indexes(resource: str) -> None:
    for order in queries(resource).SORTS.values():
        columns = [key.expression for key in order.keys]
        (table,) = {column.table for column in columns}
        assert isinstance(table, Table)
        whole = [each for each in table.indexes if each.dialect_options["sqlite"]["where"] is None]
        led = [[column.name for column in index.columns][: len(columns)] for index in whole]
        unique = columns[0].unique or columns[0].primary_key
        assert unique or [column.name for column in columns] in led


def test_foreign_keys_have_indexes() -> None:
    """Without an index, deleting a parent row scans all child tables."""
    for table in Base.metadata.tables.values():
        for key in table.foreign_keys:
            if key.ondelete is None:
                continue
            leading = [next(iter(index.columns)).name for index in table.indexes]
            leading.append(next(iter(table.primary_key.columns)).name)
            leading += [
                next(iter(unique.columns)).name
                for unique in table.constraints
                if isinstance(unique, UniqueConstraint)
            ]
            assert key.parent.name in leading, f"{table.name}.{key.parent.name}"


def operations() -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in committed_openapi()["paths"].items():
        for method, operation in methods.items():
            yield f"{method} {path}", operation


def test_operations_are_documented() -> None:
    names = [operation["operationId"] for _, operation in operations()]
    assert len(names) == len(set(names)) > 12
    for name, operation in operations():
        assert operation["summary"], name
        assert operation["description"], name
        assert operation["tags"], name
        assert "default" in operation["responses"], name
        for parameter in operation.get("parameters", []):
            assert parameter.get("description"), f"{name}: {parameter['name']}"


def test_response_schemas_have_no_defaults() -> None:
    """All keys are always present: a field with a default would not be `required`.

    JSON Feed has no null, so its optional keys are absent.
    """
    optional = {"JsonFeed": {"language", "_zarya"}}
    schemas = committed_openapi()["components"]["schemas"]
    sent = {
        name
        for _, operation in operations()
        for media in operation.get("requestBody", {}).get("content", {}).values()
        for name in _names(media["schema"])
    }
    while more := {inner for name in sent for inner in _names(schemas[name])} - sent:
        sent |= more
    for name, schema in schemas.items():
        if schema["type"] == "object" and name not in sent:
            wanted = set(schema["properties"]) - optional.get(name, set())
            assert set(schema.get("required", [])) == wanted, name


def _names(part: Any) -> set[str]:
    """Names of the schemas that a part of the document refers to."""
    return set(re.findall(r"#/components/schemas/(\w+)", json.dumps(part)))


def test_parameters_are_not_nullable() -> None:
    for name, operation in operations():
        for parameter in operation.get("parameters", []):
            assert "'null'" not in str(parameter["schema"]), f"{name}: {parameter['name']}"


def test_index_names_follow_convention() -> None:
    for table in Base.metadata.tables.values():
        for index in table.indexes:
            assert isinstance(index, Index)
            assert str(index.name).startswith(f"ix_{table.name}_")
