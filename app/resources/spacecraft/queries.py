"""Queries of spacecraft."""

from collections.abc import Mapping
from enum import StrEnum
from functools import cache, partial
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, bindparam, func, select
from sqlalchemy.orm import aliased

from app.api.embeds.agencies import select_agency_ref
from app.api.embeds.launches import select_launch_ref
from app.api.embeds.media import select_image
from app.api.embeds.spacecraft import (
    SPACECRAFT_TYPE,
    select_ship_ref,
    select_spacecraft_type_ref,
)
from app.api.embeds.stays import IS_MAIN_PAYLOAD, select_stay_ref
from app.api.lists.facets import ColumnFacet, Facet, Matches, count_facets, match_records
from app.api.lists.pagination import fetch_page
from app.api.lists.references import References, record_reference
from app.api.lists.sorting import build_orders
from app.api.params import View
from app.api.slugs import get_by_slug
from app.db.conditions import has_image, select_agency_ids
from app.db.database import Reader
from app.db.functions import (
    AnySelect,
    hide_from_planner,
    json_array_subquery,
    json_object_subquery,
)
from app.db.models import Agency, Launch, Payload, Spacecraft, SpacecraftType, Stay, agency_key
from app.domain.enums import LAUNCHED_STATUSES, RecordType
from app.domain.text import slugify
from app.resources.spacecraft.schemas import (
    ShipFacet,
    ShipFilters,
    ShipFullPage,
    ShipPage,
    ShipQuery,
    ShipRead,
)
from app.search.ranking import NO_CORRECTIONS, SpellingCorrections, select_matching_ids
from app.search.spelling import find_corrections

SORTS = build_orders(Spacecraft.id, name=(Spacecraft.name_key,))


def _is_of_type(where: ColumnElement[bool]) -> ColumnElement[bool]:
    return Spacecraft.type_id.in_(select(SpacecraftType.id).where(where))


_CONDITIONS: Mapping[str, ColumnElement[bool]] = {
    "type": _is_of_type(SpacecraftType.slug.in_(bindparam("type"))),
    "kind": _is_of_type(SpacecraftType.kind.in_(bindparam("kind"))),
    "operator": Spacecraft.operator_id.in_(select_agency_ids(bindparam("operator"))),
}
"""Conditions by the name of a parameter."""

FACETS: Mapping[StrEnum, Facet] = {
    ShipFacet.TYPE: ColumnFacet(Spacecraft.type_id, SpacecraftType.slug),
    ShipFacet.KIND: ColumnFacet(Spacecraft.type_id, SpacecraftType.kind),
    ShipFacet.OPERATOR: ColumnFacet(Spacecraft.operator_id, Agency.slug),
}
REFERENCES: References = {
    "type": SPACECRAFT_TYPE,
    "operator": record_reference(Agency),
}


def conditions(
    filters: ShipFilters, corrections: SpellingCorrections = NO_CORRECTIONS
) -> list[ColumnElement[bool]]:
    """SQL conditions of `filters`; `corrections` are other spellings of the words of `q`.

    The values of their parameters are those of `parameter_values`.
    """
    where = [_CONDITIONS[name] for name in parameter_values(filters)]
    if filters.has_image is not None:
        where.append(has_image(Spacecraft, filters.has_image))
    if filters.q:
        matching = select_matching_ids(RecordType.SPACECRAFT, filters.q, corrections)
        where.append(Spacecraft.id.in_(matching))
    return where


def parameter_values(filters: ShipFilters) -> dict[str, list[Any]]:
    """Values of the parameters in the conditions of `filters`."""
    values: dict[str, list[Any]] = {
        "type": list(map(slugify, filters.type)),
        "kind": filters.kind,
        "operator": list(map(agency_key, filters.operator)),
    }
    return {name: items for name, items in values.items() if items}


def _select_launch(*, last: bool) -> ScalarSelect[Any]:
    """The first or last launch of a spacecraft that took place, as a `LaunchRef`."""
    launch, flight = aliased(Launch), aliased(Payload)
    own = select(flight.launch_id).where(flight.spacecraft_id == Spacecraft.id)
    # Else SQLite reads all launches by these columns until it finds one of the spacecraft.
    status, sort_at = map(hide_from_planner, (launch.status, launch.launch_sort_at))
    flown = select_launch_ref(launch).where(
        launch.id.in_(own.correlate(Spacecraft)), status.in_(LAUNCHED_STATUSES)
    )
    order = sort_at, launch.id
    ordered = flown.order_by(*(key.desc() if last else key.asc() for key in order))
    return json_object_subquery(ordered.limit(1))


@cache
def _select_summary() -> AnySelect:
    type_ = select_spacecraft_type_ref().where(SpacecraftType.id == Spacecraft.type_id)
    flights = (
        select(func.count())
        .select_from(Payload)
        .join(Launch, Launch.id == Payload.launch_id)
        .where(Payload.spacecraft_id == Spacecraft.id, Launch.status.in_(LAUNCHED_STATUSES))
    )
    return select_ship_ref().add_columns(
        Spacecraft.id,
        json_object_subquery(type_).label("type"),
        json_object_subquery(select_agency_ref(Spacecraft.operator_id)).label("operator_ref"),
        Spacecraft.serial,
        flights.scalar_subquery().label("flights_count"),
        _select_launch(last=False).label("first_launch"),
        _select_launch(last=True).label("last_launch"),
        select_image(Spacecraft.image_media_id),
        Spacecraft.updated_at,
        Spacecraft.version,
    )


@cache
def _select_full() -> AnySelect:
    launch, flight = aliased(Launch), aliased(Payload)
    flights = (
        select(
            flight.name,
            json_object_subquery(
                select_launch_ref(launch).where(launch.id == flight.launch_id)
            ).label("launch"),
            flight.flight_ended_at,
            flight.flight_ended_at_precision,
            flight.end_kind,
        )
        .join(Launch, Launch.id == flight.launch_id)
        .where(flight.spacecraft_id == Spacecraft.id)
    )
    own = select(Payload.launch_id).where(Payload.spacecraft_id == Spacecraft.id, IS_MAIN_PAYLOAD)
    stays = select_stay_ref().where(Stay.launch_id.in_(own.correlate(Spacecraft)))
    return _select_summary().add_columns(
        json_array_subquery(flights, Launch.launch_sort_at, Launch.id).label("flights"),
        json_array_subquery(stays, Stay.arrived_sort_at, Stay.id).label("stays"),
        Spacecraft.sources,
        Spacecraft.created_at,
    )


def list_spacecraft(reader: Reader, query: ShipQuery) -> ShipFullPage | ShipPage:
    """List the spacecraft that match."""
    is_full = query.view is View.FULL
    corrections = find_corrections(reader, query.q) if query.q else NO_CORRECTIONS

    def select_matches(others: ShipQuery) -> Matches:
        return match_records(
            Spacecraft.id, conditions(others, corrections), parameter_values(others)
        )

    page: type[ShipFullPage] | type[ShipPage] = ShipFullPage if is_full else ShipPage
    return fetch_page(
        reader,
        page,
        _select_full() if is_full else _select_summary(),
        conditions(query, corrections),
        SORTS,
        query,
        "spacecraft",
        values=parameter_values(query),
        is_reusable=not query.q,
        references=REFERENCES,
        count_facets=partial(count_facets, reader, FACETS, query, select_matches, "spacecraft"),
    )


def get_spacecraft(reader: Reader, slug: str) -> ShipRead:
    """Get the spacecraft `slug`. Raises NotFound, Gone or SlugRenamed."""
    return get_by_slug(reader, Spacecraft, _select_full(), ShipRead, slug)
