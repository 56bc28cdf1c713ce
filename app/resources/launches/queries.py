"""Queries of launches."""

from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, or_, select
from sqlalchemy.orm import aliased

from app.api.date_params import time_zone_or_default
from app.api.embeds.launches import select_launch_ref, select_launch_summary
from app.api.embeds.missions import select_mission_ref
from app.api.embeds.people import select_person_ref
from app.api.lists.date_filters import DateColumns, DateFilters
from app.api.lists.day_counts import (
    ArchiveIndex,
    ArchiveMonth,
    build_archive,
)
from app.api.lists.pagination import fetch_page
from app.api.lists.record_counts import RecordCounts
from app.api.lists.sorting import build_orders
from app.api.params import View
from app.api.slugs import get_by_slug
from app.db.conditions import has_related
from app.db.database import Reader
from app.db.functions import (
    AnySelect,
    ColumnExpression,
    current_time_param,
    json_array_subquery,
    json_object_subquery,
)
from app.db.models import (
    Flight,
    Launch,
    LaunchSlip,
    Mission,
    MissionLaunch,
    Person,
    Site,
    Spacecraft,
    Vehicle,
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


def conditions(
    filters: LaunchArchiveFilters, corrections: SpellingCorrections = NO_CORRECTIONS
) -> list[ColumnElement[bool]]:
    """SQL conditions of `filters`; `corrections` are other spellings of the words of `q`."""
    dates = LAUNCH_DATE_COLUMNS.conditions(_date_filters(filters))
    return _undated_conditions(filters, corrections) + dates


def _undated_conditions(
    filters: LaunchArchiveFilters, corrections: SpellingCorrections
) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = []
    if filters.status:
        where.append(Launch.status.in_(filters.status))
    if filters.status_not:
        where.append(Launch.status.not_in(filters.status_not))
    if filters.crewed is not None:
        where.append(Launch.crewed.is_(filters.crewed))
    if filters.to_station is not None:
        where.append(Launch.to_station.is_(filters.to_station))
    if filters.q:
        matching = select_matching_ids(RecordType.LAUNCH, filters.q, corrections)
        where.append(Launch.id.in_(matching))
    return where + _vehicle_and_site_conditions(filters) + _link_conditions(filters)


def _vehicle_and_site_conditions(filters: LaunchArchiveFilters) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = []
    vehicles = select(Vehicle.id)
    if filters.vehicle:
        named = vehicles.where(Vehicle.slug.in_(map(vehicle_slug, filters.vehicle)))
        where.append(Launch.vehicle_id.in_(named))
    if filters.vehicle_family:
        related = vehicles.where(Vehicle.family_slug.in_(map(vehicle_slug, filters.vehicle_family)))
        where.append(Launch.vehicle_id.in_(related))
    if filters.site:
        codes = map(str.upper, filters.site)
        known_as = or_(Site.slug.in_(map(slugify, filters.site)), Site.code.in_(codes))
        where.append(Launch.site_id.in_(select(Site.id).where(known_as)))
    if filters.country:
        sites = select(Site.id).where(Site.country.in_(filters.country))
        where.append(Launch.site_id.in_(sites))
    return where


def _link_conditions(filters: LaunchArchiveFilters) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = []
    carried = select(Spacecraft.id).where(Spacecraft.launch_id == Launch.id)
    if filters.spacecraft:
        named = Spacecraft.slug.in_(map(slugify, filters.spacecraft))
        where.append(carried.where(named).exists())
    if filters.kind:
        where.append(carried.where(Spacecraft.kind.in_(filters.kind)).exists())
    if filters.mission:
        own = MissionLaunch.launch_id == Launch.id
        where.append(has_related(Mission, filters.mission, MissionLaunch.mission_id, own))
    if filters.person:
        where.append(
            has_related(Person, filters.person, Flight.person_id, Flight.launch_id == Launch.id)
        )
    return where


def _date_filters(filters: LaunchArchiveFilters) -> DateFilters:
    return DateFilters(
        time_zone_or_default(filters.tz),
        day=filters.launch_on if isinstance(filters, LaunchFilters) else None,
        month=filters.launch_month,
        from_=filters.launch_at_gte,
        before=filters.launch_at_lt,
    )


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
    landed_with = aliased(Launch)
    crew = select(
        json_object_subquery(select_person_ref().where(Person.id == Flight.person_id)).label(
            "person"
        ),
        Flight.role,
        Flight.agency,
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
        Launch.outcome_note,
        Launch.outcome_note_ru,
        Launch.sources,
        Launch.created_at,
        select_launch_history().label("history"),
        json_array_subquery(crew, Flight.ordinal, Flight.id).label("crew"),
        json_array_subquery(missions, Mission.number, MissionLaunch.relation).label("missions"),
    )


def list_launches(reader: Reader, query: LaunchQuery) -> LaunchFullPage | LaunchPage:
    """List the launches that match."""
    where = conditions(query, find_corrections(reader, query.q) if query.q else {})
    if query.view is View.FULL:
        return fetch_page(reader, LaunchFullPage, _select_full(), where, SORTS, query, "launches")
    return fetch_page(reader, LaunchPage, select_launch_summary(), where, SORTS, query, "launches")


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
    return _select_full().where(*ahead).order_by(*SORTS["launch_at"].order_by_clauses()).limit(1)


def find_next_launch(reader: Reader) -> LaunchRead | None:
    """Next planned launch to the station, overdue by `MAX_OVERDUE` at most, or None."""
    row = reader.first(_select_next())
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


@cache
def _select_ids() -> AnySelect:
    return select(Launch.id)


def get_launch_archive(reader: Reader, query: LaunchArchiveQuery) -> ArchiveMonth | ArchiveIndex:
    """Get the archive of a month, or the index of all months, of the launches that match."""
    where = _undated_conditions(query, find_corrections(reader, query.q) if query.q else {})
    dates = _date_filters(query)
    where += LAUNCH_DATE_COLUMNS.exact_conditions(dates)
    records = _select_ids().where(*where) if where else _select_ids()
    counts = RecordCounts(LAUNCH_DATE_COLUMNS, records, dates.sort_range())
    return build_archive(reader, counts, query, "launches", "launch_on")
