"""How launches are found."""

from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, bindparam, or_, select
from sqlalchemy.orm import aliased

from app.api.embeds.launches import select_launch_ref, select_launch_summary
from app.api.embeds.missions import select_mission_ref
from app.api.embeds.people import select_person_ref
from app.api.lists.day_counts import (
    ArchiveIndex,
    ArchiveMonth,
    DateColumns,
    RecordCounts,
    build_archive,
)
from app.api.lists.pagination import fetch_page
from app.api.lists.sorting import build_orders
from app.api.params import View, time_zone_or_default, to_instant
from app.api.slugs import raise_missing_record
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
)
from app.domain.clock import expire_response_at
from app.domain.dates import add_months, period_end
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

SORTS = build_orders(Launch.id, launch_at=(Launch.launch_at,))
LAUNCH_DATE_COLUMNS = DateColumns(Launch.launch_at, Launch.launch_at_precision)


def conditions(
    filters: LaunchArchiveFilters, spelt: SpellingCorrections = NO_CORRECTIONS
) -> list[ColumnElement[bool]]:
    """What `filters` ask of a launch. `spelt` has other spellings of the words of `q`."""
    found: list[ColumnElement[bool]] = []
    if filters.status:
        found.append(Launch.status.in_(filters.status))
    if filters.status_not:
        found.append(Launch.status.not_in(filters.status_not))
    if filters.crewed is not None:
        found.append(Launch.crewed.is_(filters.crewed))
    if filters.q:
        found.append(Launch.id.in_(select_matching_ids(RecordType.LAUNCH, filters.q, spelt)))
    return (
        found
        + _vehicle_and_site_conditions(filters)
        + _link_conditions(filters)
        + _date_conditions(filters)
    )


def _vehicle_and_site_conditions(filters: LaunchArchiveFilters) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    vehicles = select(Vehicle.id)
    if filters.vehicle:
        named = vehicles.where(Vehicle.slug.in_(map(slugify, filters.vehicle)))
        found.append(Launch.vehicle_id.in_(named))
    if filters.vehicle_family:
        related = vehicles.where(Vehicle.family_slug.in_(map(slugify, filters.vehicle_family)))
        found.append(Launch.vehicle_id.in_(related))
    if filters.site:
        codes = map(str.upper, filters.site)
        known_as = or_(Site.slug.in_(map(slugify, filters.site)), Site.code.in_(codes))
        found.append(Launch.site_id.in_(select(Site.id).where(known_as)))
    if filters.country:
        sites = select(Site.id).where(Site.country.in_(filters.country))
        found.append(Launch.site_id.in_(sites))
    return found


def _link_conditions(filters: LaunchArchiveFilters) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    carried = select(Spacecraft.id).where(Spacecraft.launch_id == Launch.id)
    if filters.spacecraft:
        named = Spacecraft.slug.in_(map(slugify, filters.spacecraft))
        found.append(carried.where(named).exists())
    if filters.kind:
        found.append(carried.where(Spacecraft.kind.in_(filters.kind)).exists())
    if filters.mission:
        own = MissionLaunch.launch_id == Launch.id
        found.append(has_related(Mission, filters.mission, MissionLaunch.mission_id, own))
    if filters.person:
        found.append(
            has_related(Person, filters.person, Flight.person_id, Flight.launch_id == Launch.id)
        )
    return found


def _date_conditions(filters: LaunchArchiveFilters) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    zone = time_zone_or_default(filters.tz)
    if isinstance(filters, LaunchFilters) and filters.launch_on:
        found.append(LAUNCH_DATE_COLUMNS.on_day(filters.launch_on, zone))
    if filters.launch_month:
        found.append(
            LAUNCH_DATE_COLUMNS.in_date_range(
                filters.launch_month, add_months(filters.launch_month, 1), zone
            )
        )
    if filters.launch_at_gte:
        found.append(Launch.launch_until > to_instant(filters.launch_at_gte, zone))
    if filters.launch_at_lt:
        found.append(Launch.launch_at < to_instant(filters.launch_at_lt, zone))
    return found


def select_launch_history() -> ScalarSelect[Any]:
    """What an answer tells of a launch's slips, newest first."""

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
    """A page of the launches that match."""
    where = conditions(query, find_corrections(reader, query.q))
    if query.view is View.FULL:
        return fetch_page(reader, LaunchFullPage, _select_full(), where, SORTS, query, "launches")
    return fetch_page(reader, LaunchPage, select_launch_summary(), where, SORTS, query, "launches")


def get_launch(reader: Reader, slug: str) -> LaunchRead:
    """The launch `slug`, with all that belongs to it."""
    row = reader.first(_select_by_slug(), slug=slug)
    if row is None:
        raise_missing_record(reader, Launch, slug)
    return LaunchRead.model_validate(row)


@cache
def _select_by_slug() -> AnySelect:
    return _select_full().where(Launch.slug == bindparam("slug"))


@cache
def _select_next() -> AnySelect:
    ahead = Launch.status == LaunchStatus.PLANNED, Launch.launch_until > current_time_param()
    return _select_full().where(*ahead).order_by(Launch.launch_at, Launch.id).limit(1)


def find_next_launch(reader: Reader) -> LaunchRead | None:
    """The planned launch nearest ahead, None where none is planned."""
    row = reader.first(_select_next())
    if row is None:
        return None
    expire_response_at(period_end(row["launch_at"], row["launch_at_precision"]))
    return LaunchRead.model_validate(row)


def get_next_launch(reader: Reader) -> LaunchRead:
    """The planned launch nearest ahead."""
    launch = find_next_launch(reader)
    if launch is None:
        raise NotFound(
            tr(
                "No launch is planned. /v1/launches lists those that have been.",
                "Запусков не запланировано. Прошедшие — в /v1/launches.",
            )
        )
    return launch


@cache
def _select_ids() -> AnySelect:
    return select(Launch.id)


def get_launch_archive(reader: Reader, query: LaunchArchiveQuery) -> ArchiveMonth | ArchiveIndex:
    """The calendar of a month, or the index of all months, over the launches that match."""
    where = conditions(query, find_corrections(reader, query.q))
    records = _select_ids().where(*where) if where else _select_ids()
    return build_archive(
        reader, RecordCounts(LAUNCH_DATE_COLUMNS, records), query, "launches", "launch_on"
    )
