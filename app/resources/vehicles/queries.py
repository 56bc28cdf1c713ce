"""Queries of launch vehicles."""

from collections.abc import Collection, Mapping
from enum import StrEnum
from functools import cache, partial
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, bindparam, func, select
from sqlalchemy.orm import aliased

from app.api.embeds.agencies import select_agency_ref
from app.api.embeds.launches import select_launch_ref
from app.api.embeds.vehicles import VEHICLE_FAMILY, select_vehicle_ref
from app.api.lists.facets import ColumnFacet, Facet, Matches, count_facets, match_records
from app.api.lists.pagination import fetch_page
from app.api.lists.references import References, record_reference
from app.api.lists.sorting import build_orders
from app.api.params import View
from app.api.slugs import get_by_slug
from app.db.conditions import select_agency_ids
from app.db.database import Reader
from app.db.functions import AnySelect, json_object_subquery
from app.db.models import Agency, Launch, Vehicle, agency_key, vehicle_slug
from app.domain.enums import LAUNCHED_STATUSES, LaunchStatus, RecordType
from app.resources.vehicles.schemas import (
    VehicleFacet,
    VehicleFilters,
    VehicleFullPage,
    VehiclePage,
    VehicleQuery,
    VehicleRead,
)
from app.search.ranking import NO_CORRECTIONS, SpellingCorrections, select_matching_ids
from app.search.spelling import find_corrections

SORTS = build_orders(Vehicle.id, name=(Vehicle.name_key,))

_CONDITIONS: Mapping[str, ColumnElement[bool]] = {
    "family": Vehicle.family_slug.in_(bindparam("family")),
    "maker": Vehicle.maker_id.in_(select_agency_ids(bindparam("maker"))),
}
"""Conditions by the name of a parameter."""

FACETS: Mapping[StrEnum, Facet] = {
    VehicleFacet.FAMILY: ColumnFacet(Vehicle.family_slug),
    VehicleFacet.MAKER: ColumnFacet(Vehicle.maker_id, Agency.slug),
}
REFERENCES: References = {
    "family": VEHICLE_FAMILY,
    "maker": record_reference(Agency),
}


def conditions(
    filters: VehicleFilters, corrections: SpellingCorrections = NO_CORRECTIONS
) -> list[ColumnElement[bool]]:
    """SQL conditions of `filters`; `corrections` are other spellings of the words of `q`.

    The values of their parameters are those of `parameter_values`.
    """
    where = [_CONDITIONS[name] for name in parameter_values(filters)]
    if filters.q:
        matching = select_matching_ids(RecordType.VEHICLE, filters.q, corrections)
        where.append(Vehicle.id.in_(matching))
    return where


def parameter_values(filters: VehicleFilters) -> dict[str, list[str]]:
    """Values of the parameters in the conditions of `filters`."""
    values = {
        "family": list(map(vehicle_slug, filters.family)),
        "maker": list(map(agency_key, filters.maker)),
    }
    return {name: items for name, items in values.items() if items}


def _count_launches(statuses: Collection[LaunchStatus]) -> ScalarSelect[Any]:
    """Number of launches of a vehicle with one of `statuses`, by an index that has both."""
    counted = select(func.count()).select_from(Launch)
    counted = counted.where(Launch.vehicle_id == Vehicle.id, Launch.status.in_(statuses))
    return counted.scalar_subquery()


def _select_launch(*, last: bool) -> ScalarSelect[Any]:
    """The first or last launch of a vehicle that took place, as a `LaunchRef`."""
    launch = aliased(Launch)
    order = launch.launch_sort_at, launch.id
    flown = select_launch_ref(launch).where(
        launch.vehicle_id == Vehicle.id, launch.status.in_(LAUNCHED_STATUSES)
    )
    ordered = flown.order_by(*(key.desc() if last else key.asc() for key in order))
    return json_object_subquery(ordered.limit(1))


@cache
def _select_summary() -> AnySelect:
    decided = [status for status in LAUNCHED_STATUSES if status is not LaunchStatus.IN_FLIGHT]
    return select_vehicle_ref().add_columns(
        Vehicle.id,
        Vehicle.variant,
        json_object_subquery(select_agency_ref(Vehicle.maker_id)).label("maker_ref"),
        Vehicle.stages,
        Vehicle.height_m,
        Vehicle.diameter_m,
        Vehicle.mass_kg,
        _count_launches(LAUNCHED_STATUSES).label("launches_count"),
        _count_launches([LaunchStatus.SUCCESS]).label("successes_count"),
        _count_launches(decided).label("decided_count"),
        _select_launch(last=False).label("first_launch"),
        _select_launch(last=True).label("last_launch"),
        Vehicle.updated_at,
        Vehicle.version,
    )


@cache
def _select_full() -> AnySelect:
    return _select_summary().add_columns(Vehicle.sources, Vehicle.created_at)


def list_vehicles(reader: Reader, query: VehicleQuery) -> VehicleFullPage | VehiclePage:
    """List the vehicles that match."""
    is_full = query.view is View.FULL
    corrections = find_corrections(reader, query.q) if query.q else NO_CORRECTIONS

    def select_matches(others: VehicleQuery) -> Matches:
        return match_records(Vehicle.id, conditions(others, corrections), parameter_values(others))

    page: type[VehicleFullPage] | type[VehiclePage] = VehicleFullPage if is_full else VehiclePage
    return fetch_page(
        reader,
        page,
        _select_full() if is_full else _select_summary(),
        conditions(query, corrections),
        SORTS,
        query,
        "vehicles",
        values=parameter_values(query),
        is_reusable=not query.q,
        references=REFERENCES,
        count_facets=partial(count_facets, reader, FACETS, query, select_matches, "vehicles"),
    )


def get_vehicle(reader: Reader, slug: str) -> VehicleRead:
    """Get the vehicle `slug`. Raises NotFound, Gone or SlugRenamed."""
    return get_by_slug(reader, Vehicle, _select_full(), VehicleRead, slug)
