"""Queries of spacecraft types."""

from collections.abc import Mapping
from enum import StrEnum
from functools import cache, partial
from typing import Any

from sqlalchemy import ColumnElement, bindparam, func, select
from sqlalchemy.orm import aliased

from app.api.embeds.agencies import select_agency_ref
from app.api.embeds.launches import select_launch_ref
from app.api.embeds.spacecraft import select_spacecraft_type_ref
from app.api.lists.facets import ColumnFacet, Facet, Matches, count_facets, match_records
from app.api.lists.pagination import fetch_page
from app.api.lists.references import References, record_reference
from app.api.lists.sorting import build_orders
from app.api.params import View
from app.api.slugs import get_by_slug
from app.db.conditions import select_agency_ids
from app.db.database import Reader
from app.db.functions import AnySelect, hide_from_planner, json_object_subquery
from app.db.models import Agency, Launch, Payload, Spacecraft, SpacecraftType, agency_key
from app.domain.enums import LAUNCHED_STATUSES, RecordType
from app.resources.spacecraft_types.schemas import (
    SpacecraftTypeFacet,
    SpacecraftTypeFilters,
    SpacecraftTypeFullPage,
    SpacecraftTypePage,
    SpacecraftTypeQuery,
    SpacecraftTypeRead,
)
from app.search.ranking import NO_CORRECTIONS, SpellingCorrections, select_matching_ids
from app.search.spelling import find_corrections

SORTS = build_orders(SpacecraftType.id, name=(SpacecraftType.name_key,))

_CONDITIONS: Mapping[str, ColumnElement[bool]] = {
    "kind": SpacecraftType.kind.in_(bindparam("kind")),
    "maker": SpacecraftType.maker_id.in_(select_agency_ids(bindparam("maker"))),
}
"""Conditions by the name of a parameter."""
_CREWED_CONDITIONS = {flag: SpacecraftType.crewed.is_(flag) for flag in (True, False)}

FACETS: Mapping[StrEnum, Facet] = {
    SpacecraftTypeFacet.KIND: ColumnFacet(SpacecraftType.kind),
    SpacecraftTypeFacet.MAKER: ColumnFacet(SpacecraftType.maker_id, Agency.slug),
}
REFERENCES: References = {
    "maker": record_reference(Agency),
}


def conditions(
    filters: SpacecraftTypeFilters, corrections: SpellingCorrections = NO_CORRECTIONS
) -> list[ColumnElement[bool]]:
    """SQL conditions of `filters`; `corrections` are other spellings of the words of `q`.

    The values of their parameters are those of `parameter_values`.
    """
    where = [_CONDITIONS[name] for name in parameter_values(filters)]
    if filters.crewed is not None:
        where.append(_CREWED_CONDITIONS[filters.crewed])
    if filters.q:
        matching = select_matching_ids(RecordType.SPACECRAFT_TYPE, filters.q, corrections)
        where.append(SpacecraftType.id.in_(matching))
    return where


def parameter_values(filters: SpacecraftTypeFilters) -> dict[str, list[Any]]:
    """Values of the parameters in the conditions of `filters`."""
    values: dict[str, list[Any]] = {
        "kind": filters.kind,
        "maker": list(map(agency_key, filters.maker)),
    }
    return {name: items for name, items in values.items() if items}


@cache
def _select_summary() -> AnySelect:
    own = Spacecraft.type_id == SpacecraftType.id
    launch = aliased(Launch)
    flown = (
        select(Payload.launch_id)
        .join(Spacecraft, Spacecraft.id == Payload.spacecraft_id)
        .where(own)
        .correlate(SpacecraftType)
    )
    # Else SQLite reads all launches by these columns until it finds one of the type.
    status, sort_at = map(hide_from_planner, (launch.status, launch.launch_sort_at))
    took_place = launch.id.in_(flown), status.in_(LAUNCHED_STATUSES)
    first = select_launch_ref(launch).where(*took_place)
    flights = (
        select(func.count())
        .select_from(Payload)
        .join(Spacecraft, Spacecraft.id == Payload.spacecraft_id)
        .join(Launch, Launch.id == Payload.launch_id)
        .where(own, Launch.status.in_(LAUNCHED_STATUSES))
    )
    ships = select(func.count()).select_from(Spacecraft).where(own)
    return select_spacecraft_type_ref().add_columns(
        SpacecraftType.id,
        json_object_subquery(select_agency_ref(SpacecraftType.maker_id)).label("maker_ref"),
        SpacecraftType.crewed,
        SpacecraftType.crew_capacity,
        SpacecraftType.height_m,
        SpacecraftType.diameter_m,
        ships.scalar_subquery().label("spacecraft_count"),
        flights.scalar_subquery().label("flights_count"),
        json_object_subquery(first.order_by(sort_at, launch.id).limit(1)).label("first_launch"),
        SpacecraftType.updated_at,
        SpacecraftType.version,
    )


@cache
def _select_full() -> AnySelect:
    return _select_summary().add_columns(SpacecraftType.sources, SpacecraftType.created_at)


def list_spacecraft_types(
    reader: Reader, query: SpacecraftTypeQuery
) -> SpacecraftTypeFullPage | SpacecraftTypePage:
    """List the spacecraft types that match."""
    is_full = query.view is View.FULL
    corrections = find_corrections(reader, query.q) if query.q else NO_CORRECTIONS

    def select_matches(others: SpacecraftTypeQuery) -> Matches:
        return match_records(
            SpacecraftType.id, conditions(others, corrections), parameter_values(others)
        )

    path = "spacecraft-types"
    page: type[SpacecraftTypeFullPage] | type[SpacecraftTypePage] = (
        SpacecraftTypeFullPage if is_full else SpacecraftTypePage
    )
    return fetch_page(
        reader,
        page,
        _select_full() if is_full else _select_summary(),
        conditions(query, corrections),
        SORTS,
        query,
        path,
        values=parameter_values(query),
        is_reusable=not query.q,
        references=REFERENCES,
        count_facets=partial(count_facets, reader, FACETS, query, select_matches, path),
    )


def get_spacecraft_type(reader: Reader, slug: str) -> SpacecraftTypeRead:
    """Get the spacecraft type `slug`. Raises NotFound, Gone or SlugRenamed."""
    return get_by_slug(reader, SpacecraftType, _select_full(), SpacecraftTypeRead, slug)
