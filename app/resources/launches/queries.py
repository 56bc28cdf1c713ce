"""Queries of launches."""

from collections.abc import Mapping
from enum import StrEnum
from functools import cache, partial
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, bindparam, func, select
from sqlalchemy.orm import aliased

from app.api.date_params import time_zone_or_default
from app.api.embeds.agencies import select_agency_ref
from app.api.embeds.launches import (
    SPACECRAFT,
    is_payload_named,
    select_launch_ref,
    select_launch_summary,
)
from app.api.embeds.media import select_image
from app.api.embeds.missions import select_mission_ref
from app.api.embeds.modules import select_module_ref
from app.api.embeds.people import select_person_ref
from app.api.embeds.sites import PAD, SITE, SITE_COUNTRY
from app.api.embeds.stays import select_stay_ref
from app.api.embeds.vehicles import (
    VEHICLE,
    VEHICLE_FAMILY,
    is_vehicle_named,
    vehicle_name_values,
)
from app.api.lists.date_filters import DateColumns, DateFilters
from app.api.lists.day_counts import (
    ArchiveIndex,
    ArchiveMonth,
    build_archive,
)
from app.api.lists.facets import (
    ColumnFacet,
    Facet,
    Matches,
    ValueFacet,
    YearFacet,
    count_facets,
    match_records,
)
from app.api.lists.pagination import fetch_page
from app.api.lists.record_counts import RecordCounts
from app.api.lists.references import References, record_reference
from app.api.lists.sorting import build_orders
from app.api.params import View
from app.api.slugs import get_by_slug
from app.db.conditions import has_image, has_related, select_agency_ids, select_ids, slug_values
from app.db.database import Reader
from app.db.functions import (
    AnySelect,
    ColumnExpression,
    current_time_param,
    has_json_value,
    json_array_subquery,
    json_object_subquery,
    row_limit_param,
)
from app.db.models import (
    Agency,
    Flight,
    Launch,
    LaunchSlip,
    Mission,
    MissionLaunch,
    Module,
    Pad,
    Payload,
    Person,
    Site,
    Stay,
    Vehicle,
    agency_key,
    vehicle_slug,
)
from app.domain.clock import current_second, expire_response_at
from app.domain.dates import ONE_DAY, period_end
from app.domain.enums import LaunchStatus, RecordType
from app.domain.languages import tr
from app.domain.text import slugify
from app.http.problems import NotFound
from app.resources.launches.schemas import (
    LaunchArchiveFilters,
    LaunchArchiveQuery,
    LaunchFacet,
    LaunchFilters,
    LaunchFullPage,
    LaunchPage,
    LaunchQuery,
    LaunchRead,
)
from app.search.ranking import NO_CORRECTIONS, SpellingCorrections, select_matching_ids
from app.search.spelling import find_corrections

MAX_OVERDUE = ONE_DAY
"""Time for which a planned launch stays the next one after its period has ended."""

SORTS = build_orders(Launch.id, launch_at=(Launch.launch_sort_at,))
LAUNCH_DATE_COLUMNS = DateColumns(
    Launch.launch_at, Launch.launch_at_precision, Launch.launch_sort_at
)


def _is_carried(where: ColumnElement[bool]) -> ColumnElement[bool]:
    return select(Payload.id).where(Payload.launch_id == Launch.id, where).exists()


_CONDITIONS: Mapping[str, ColumnElement[bool]] = {
    "status": Launch.status.in_(bindparam("status")),
    "status_not": Launch.status.not_in(bindparam("status_not")),
    "vehicle": Launch.vehicle_id.in_(select(Vehicle.id).where(is_vehicle_named("vehicle"))),
    "vehicle_family": Launch.vehicle_id.in_(
        select(Vehicle.id).where(Vehicle.family_slug.in_(bindparam("vehicle_family")))
    ),
    "site": Launch.site_id.in_(select(Site.id).where(has_json_value(Site.name_slugs, "site"))),
    "pad": Launch.pad_id.in_(select(Pad.id).where(Pad.slug.in_(bindparam("pad")))),
    "provider": Launch.provider_id.in_(select_agency_ids(bindparam("provider"))),
    "country": Launch.site_id.in_(select(Site.id).where(Site.country.in_(bindparam("country")))),
    "spacecraft": _is_carried(is_payload_named("spacecraft")),
    "kind": _is_carried(Payload.kind.in_(bindparam("kind"))),
    "mission": has_related(
        Mission,
        bindparam("mission"),
        MissionLaunch.mission_id,
        MissionLaunch.launch_id == Launch.id,
    ),
    "person": has_related(
        Person, bindparam("person"), Flight.person_id, Flight.launch_id == Launch.id
    ),
}
"""Conditions with a list of values, by the name of their parameter."""


def _date_filters(filters: LaunchArchiveFilters) -> DateFilters:
    return DateFilters(
        time_zone_or_default(filters.tz),
        day=filters.launch_on if isinstance(filters, LaunchFilters) else None,
        month=filters.launch_month,
        from_=filters.launch_at_gte,
        before=filters.launch_at_lt,
    )


FACETS: Mapping[StrEnum, Facet] = {
    LaunchFacet.STATUS: ColumnFacet(Launch.status),
    LaunchFacet.VEHICLE: ColumnFacet(Launch.vehicle_id, Vehicle.slug),
    LaunchFacet.VEHICLE_FAMILY: ColumnFacet(Launch.vehicle_id, Vehicle.family_slug),
    LaunchFacet.SITE: ColumnFacet(Launch.site_id, Site.slug),
    LaunchFacet.COUNTRY: ColumnFacet(Launch.site_id, Site.country),
    LaunchFacet.KIND: ValueFacet(select(Payload.launch_id.label("id"), Payload.kind.label("key"))),
    LaunchFacet.MISSION: ValueFacet(
        select(MissionLaunch.launch_id.label("id"), MissionLaunch.mission_id.label("key")),
        Mission.slug,
    ),
    LaunchFacet.PERSON: ValueFacet(
        select(Flight.launch_id.label("id"), Flight.person_id.label("key")),
        Person.slug,
        is_unique=True,
    ),
    LaunchFacet.PAD: ColumnFacet(Launch.pad_id, Pad.slug),
    LaunchFacet.PROVIDER: ColumnFacet(Launch.provider_id, Agency.slug),
    LaunchFacet.YEAR: YearFacet(
        Launch.launch_sort_at, _date_filters, "launch_at_gte", "launch_at_lt"
    ),
}
REFERENCES: References = {
    "vehicle": VEHICLE,
    "vehicle_family": VEHICLE_FAMILY,
    "spacecraft": SPACECRAFT,
    "site": SITE,
    "pad": PAD,
    "provider": record_reference(Agency),
    "country": SITE_COUNTRY,
    "mission": record_reference(Mission),
    "person": record_reference(Person),
}

_FLAG_CONDITIONS = {
    (name, flag): column.is_(flag)
    for name, column in (("crewed", Launch.crewed), ("to_station", Launch.to_station))
    for flag in (True, False)
}


def conditions(
    filters: LaunchArchiveFilters, corrections: SpellingCorrections = NO_CORRECTIONS
) -> list[ColumnElement[bool]]:
    """SQL conditions of `filters`; `corrections` are other spellings of the words of `q`.

    The values of their parameters are `parameter_values(filters)`. Without `q` they are the same
    objects for all requests with the same filters.
    """
    dates = LAUNCH_DATE_COLUMNS.conditions(_date_filters(filters))
    return _undated_conditions(filters, corrections) + dates


def _undated_conditions(
    filters: LaunchArchiveFilters, corrections: SpellingCorrections
) -> list[ColumnElement[bool]]:
    flags = {"crewed": filters.crewed, "to_station": filters.to_station}
    where = [_CONDITIONS[name] for name in _list_values(filters) if name in _CONDITIONS]
    where += [_FLAG_CONDITIONS[name, flag] for name, flag in flags.items() if flag is not None]
    if filters.has_image is not None:
        where.append(has_image(Launch, filters.has_image))
    if filters.q:
        matching = select_matching_ids(RecordType.LAUNCH, filters.q, corrections)
        where.append(Launch.id.in_(matching))
    return where


def parameter_values(filters: LaunchArchiveFilters) -> dict[str, Any]:
    """Values of the parameters in the conditions of `filters`."""
    return _date_filters(filters).values() | _list_values(filters)


def _list_values(filters: LaunchArchiveFilters) -> dict[str, list[Any]]:
    values: dict[str, list[Any]] = {
        "status": filters.status,
        "status_not": filters.status_not,
        **vehicle_name_values("vehicle", filters.vehicle),
        "vehicle_family": list(map(vehicle_slug, filters.vehicle_family)),
        "site": list(map(slugify, filters.site)),
        "pad": filters.pad,
        "provider": list(map(agency_key, filters.provider)),
        "country": filters.country,
        "spacecraft": list(map(slugify, filters.spacecraft)),
        "kind": filters.kind,
        "person": filters.person,
    }
    values |= slug_values(Mission, "mission", filters.mission) if filters.mission else {}
    return {name: items for name, items in values.items() if items or name == "mission_number"}


def select_launch_history() -> ScalarSelect[Any]:
    """Changes of time or status of a launch as a JSON array, newest first."""

    def moment(
        status: ColumnExpression, at: ColumnExpression, precision: ColumnExpression
    ) -> ScalarSelect[Any]:
        return json_object_subquery(
            select(
                status.label("status"),
                at.label("launch_at"),
                precision.label("launch_at_precision"),
            ).correlate(LaunchSlip)
        )

    slip = LaunchSlip
    slips = select(
        moment(slip.from_status, slip.from_at, slip.from_at_precision).label("from"),
        moment(slip.to_status, slip.to_at, slip.to_at_precision).label("to"),
        slip.changed_at,
        slip.reason,
    ).where(slip.launch_id == Launch.id)
    return json_array_subquery(slips, slip.id.desc())


@cache
def _select_full() -> AnySelect:
    landed_with, person = aliased(Launch), aliased(Person)
    of_person = select(person.agency_id).where(person.id == Flight.person_id)
    own = of_person.correlate_except(person).scalar_subquery()
    agency_id = func.coalesce(Flight.agency_id, own)
    crew = select(
        json_object_subquery(
            select_person_ref()
            .add_columns(select_image(Person.image_media_id))
            .where(Person.id == Flight.person_id)
        ).label("person"),
        Flight.role,
        json_object_subquery(select_agency_ref(agency_id)).label("agency_ref"),
        Flight.landed_at,
        Flight.landed_at_precision,
        json_object_subquery(
            select_launch_ref(landed_with).where(landed_with.id == Flight.landed_with_id)
        ).label("landed_with"),
    ).where(Flight.launch_id == Launch.id)
    missions = (
        select_mission_ref()
        .add_columns(MissionLaunch.relation)
        .join(MissionLaunch, MissionLaunch.mission_id == Mission.id)
        .where(MissionLaunch.launch_id == Launch.id)
    )
    return select_launch_summary().add_columns(
        json_object_subquery(select_agency_ref(Launch.provider_id)).label("provider_ref"),
        Launch.outcome_note,
        Launch.outcome_note_ru,
        Launch.probability_percent,
        Launch.hold_reason,
        Launch.links,
        Launch.sources,
        Launch.created_at,
        select_launch_history().label("history"),
        json_array_subquery(
            select_stay_ref().where(Stay.launch_id == Launch.id), Stay.arrived_sort_at, Stay.id
        ).label("stays"),
        json_array_subquery(
            select_module_ref().where(Module.launch_id == Launch.id),
            Module.attached_sort_at,
            Module.id,
        ).label("modules"),
        json_array_subquery(crew, Flight.ordinal, Flight.id).label("crew"),
        json_array_subquery(missions, Mission.number, MissionLaunch.relation).label("missions"),
    )


def list_launches(reader: Reader, query: LaunchQuery) -> LaunchFullPage | LaunchPage:
    """List the launches that match."""
    is_full = query.view is View.FULL
    corrections = find_corrections(reader, query.q) if query.q else NO_CORRECTIONS

    def select_matches(others: LaunchQuery) -> Matches:
        return match_records(Launch.id, conditions(others, corrections), parameter_values(others))

    page: type[LaunchFullPage] | type[LaunchPage] = LaunchFullPage if is_full else LaunchPage
    return fetch_page(
        reader,
        page,
        _select_full() if is_full else select_launch_summary(),
        conditions(query, corrections),
        SORTS,
        query,
        "launches",
        values=parameter_values(query),
        is_reusable=not query.q,
        references=REFERENCES,
        count_facets=partial(count_facets, reader, FACETS, query, select_matches, "launches"),
    )


def get_launch(reader: Reader, slug: str) -> LaunchRead:
    """Get the launch `slug`. Raises NotFound, Gone or SlugRenamed."""
    return get_by_slug(reader, Launch, _select_full(), LaunchRead, slug)


@cache
def _select_next() -> AnySelect:
    ahead = (
        Launch.to_station.is_(True),
        Launch.status == LaunchStatus.PLANNED,
        Launch.launch_sort_at >= current_time_param(lambda: current_second() - MAX_OVERDUE),
    )
    planned = _select_full().where(*ahead).order_by(*SORTS["launch_at"].order_by_clauses())
    return planned.limit(row_limit_param("number"))


def find_next_launch(reader: Reader) -> LaunchRead | None:
    """Next planned launch to the station, overdue by `MAX_OVERDUE` at most, or None."""
    row = reader.first(_select_next(), number=1)
    if row is None:
        return None
    expire_response_at(period_end(row["launch_at"], row["launch_at_precision"]) + MAX_OVERDUE)
    return LaunchRead.model_validate(row)


def get_next_launch(reader: Reader) -> LaunchRead:
    """Get the next planned launch to the station. Raises NotFound."""
    launch = find_next_launch(reader)
    if launch is None:
        raise NotFound(
            tr(
                "No launch to the station is planned. See /v1/launches for past launches.",
                "Запусков к станции не запланировано. Прошедшие запуски: /v1/launches.",
            )
        )
    return launch


def get_launch_archive(reader: Reader, query: LaunchArchiveQuery) -> ArchiveMonth | ArchiveIndex:
    """Get the archive of a month, or the index of all months, of the launches that match."""
    where = _undated_conditions(query, find_corrections(reader, query.q) if query.q else {})
    dates = _date_filters(query)
    where += LAUNCH_DATE_COLUMNS.exact_conditions(dates)
    values = parameter_values(query)
    counts = RecordCounts(
        LAUNCH_DATE_COLUMNS, select_ids(Launch.id, tuple(where)), dates.sort_range(), values
    )
    return build_archive(reader, counts, query, "launches", "launch_on", REFERENCES)
