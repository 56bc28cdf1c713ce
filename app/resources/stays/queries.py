"""Queries of stays."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from functools import cache, partial
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, case, func, literal, or_, select

from app.api.date_params import time_zone_or_default, to_instant
from app.api.embeds.launches import SPACECRAFT, is_payload_named
from app.api.embeds.modules import PORT
from app.api.embeds.stays import IS_MAIN_PAYLOAD, StaySummary, select_stay_summary
from app.api.lists.date_filters import DateColumns, DateFilters, PeriodBounds
from app.api.lists.day_counts import ArchiveIndex, ArchiveMonth, build_archive
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
from app.db.conditions import select_ids, slug_in, slug_values
from app.db.database import Reader
from app.db.functions import AnySelect
from app.db.horizon import get_known_until, is_horizon_outdated, is_within_horizon
from app.db.models import Launch, Mission, Module, Payload, Port, Stay
from app.db.types import UTCDateTime
from app.domain.clock import current_second, has_passed
from app.domain.dates import MAX_INSTANT, ONE_DAY, Precision, now
from app.domain.enums import HorizonKind, RecordType
from app.domain.text import slugify
from app.resources.stays.schemas import (
    StayArchiveFilters,
    StayArchiveQuery,
    StayFacet,
    StayFilters,
    StayFullPage,
    StayPage,
    StayQuery,
    StayRead,
)
from app.search.ranking import NO_CORRECTIONS, SpellingCorrections, select_matching_ids
from app.search.spelling import find_corrections

MAX_PAGE_STAY_COUNT = 50
"""Maximum number of stays on the page of a mission."""

SORTS = build_orders(
    Stay.id, arrived_at=(Stay.arrived_sort_at,), departed_at=(Stay.departed_sort_at,)
)
ARRIVAL_DATE_COLUMNS = DateColumns(Stay.arrived_at, Stay.arrived_at_precision, Stay.arrived_sort_at)


def _has_main_spacecraft(where: ColumnElement[bool]) -> ColumnElement[bool]:
    return Stay.launch_id.in_(select(Payload.launch_id).where(where, IS_MAIN_PAYLOAD))


def _is_at_port(where: ColumnElement[bool]) -> ColumnElement[bool]:
    return Stay.port_id.in_(select(Port.id).where(where))


def _overlaps(starts_at: Any, ends_at: Any) -> ColumnElement[bool]:
    """Condition: the ship was there between two instants; one that left at the first was not."""
    return and_(
        Stay.arrived_at < ends_at,
        or_(Stay.departed_at.is_(None), Stay.departed_at > starts_at),
    )


_instant = UTCDateTime()
_NO_END = literal(MAX_INSTANT, _instant)

_IS_DURING_MISSION = _overlaps(Mission.starts_at, func.coalesce(Mission.ends_at, _NO_END))

_CONDITIONS: Mapping[str, ColumnElement[bool]] = {
    "port": _is_at_port(Port.slug.in_(bindparam("port"))),
    "module": _is_at_port(
        Port.module_id.in_(select(Module.id).where(Module.slug.in_(bindparam("module"))))
    ),
    "spacecraft": _has_main_spacecraft(is_payload_named("spacecraft")),
    "kind": _has_main_spacecraft(Payload.kind.in_(bindparam("kind"))),
    "launch": Stay.launch_id.in_(select(Launch.id).where(slug_in(Launch, bindparam("launch")))),
    "arrival_kind": Stay.arrival_kind.in_(bindparam("arrival_kind")),
    "mission": select(Mission.id)
    .where(
        Mission.id.in_(select(Mission.id).where(slug_in(Mission, bindparam("mission")))),
        _IS_DURING_MISSION,
    )
    .exists(),
    "departed_from": Stay.departed_sort_at >= bindparam("departed_from", type_=_instant),
    "departed_before": Stay.departed_at < bindparam("departed_before", type_=_instant),
}
"""Conditions by the name of a parameter."""


def _arrival_filters(filters: StayArchiveFilters) -> DateFilters:
    return DateFilters(
        time_zone_or_default(filters.tz),
        day=filters.arrived_on if isinstance(filters, StayFilters) else None,
        month=filters.arrived_month,
        from_=filters.arrived_at_gte,
        before=filters.arrived_at_lt,
    )


_STAY_ID = Stay.id.label("id")
FACETS: Mapping[StrEnum, Facet] = {
    StayFacet.PORT: ColumnFacet(Stay.port_id, Port.slug),
    StayFacet.KIND: ColumnFacet(
        Stay.launch_id,
        select(Payload.launch_id.label("key"), Payload.kind.label("value")).where(IS_MAIN_PAYLOAD),
    ),
    StayFacet.ARRIVAL_KIND: ColumnFacet(Stay.arrival_kind),
    StayFacet.MISSION: ValueFacet(
        # The second condition follows from the first: it is a range of an index.
        select(_STAY_ID, Mission.id.label("key")).join(
            Mission, and_(_IS_DURING_MISSION, Stay.departed_sort_at > Mission.starts_at)
        ),
        Mission.slug,
        is_unique=True,
    ),
    StayFacet.YEAR: YearFacet(
        Stay.arrived_sort_at, _arrival_filters, "arrived_at_gte", "arrived_at_lt"
    ),
}
REFERENCES: References = {
    "port": PORT,
    "module": record_reference(Module),
    "spacecraft": SPACECRAFT,
    "launch": record_reference(Launch),
    "mission": record_reference(Mission),
}


def conditions(
    filters: StayArchiveFilters, corrections: SpellingCorrections = NO_CORRECTIONS
) -> list[ColumnElement[bool]]:
    """SQL conditions of `filters`; `corrections` are other spellings of the words of `q`.

    The values of their parameters are `parameter_values(filters)`. Without `q`, `on` and `docked`
    they are the same objects for all requests with the same filters.
    """
    dates = ARRIVAL_DATE_COLUMNS.conditions(_arrival_filters(filters))
    return _other_conditions(filters, corrections) + dates


def _other_conditions(
    filters: StayArchiveFilters, corrections: SpellingCorrections
) -> list[ColumnElement[bool]]:
    """Conditions of the filters that are not those of arrivals."""
    where = [_CONDITIONS[name] for name in _other_values(filters) if name in _CONDITIONS]
    if filters.on:
        where.append(_was_there_on(filters))
    if filters.docked is not None:
        where.append(is_docked_at(now(), filters.docked))
    if filters.q:
        matching = select_matching_ids(RecordType.STAY, filters.q, corrections)
        where.append(Stay.id.in_(matching))
    return where


def is_docked_at(present: datetime, flag: bool = True) -> ColumnElement[bool]:
    """Condition: `is_docked` is `flag` at the `present`; see `app.api.embeds.stays.is_docked`."""
    if not flag:
        return or_(Stay.arrived_at > present, Stay.departed_at <= present)
    return and_(
        Stay.arrived_at <= present,
        or_(Stay.departed_at.is_(None), Stay.departed_at > present),
        ~is_horizon_outdated(HorizonKind.DOCKINGS, present),
    )


def _was_there_on(filters: StayArchiveFilters) -> ColumnElement[bool]:
    """Condition: the ship was there at any time of the day `on`, as far as is known.

    A ship that has not left is there until the horizon.
    """
    assert filters.on  # noqa: S101 - the caller has it
    day = PeriodBounds.of_days(filters.on, filters.on + ONE_DAY, time_zone_or_default(filters.tz))
    arrived_before = case(
        (Stay.arrived_at_precision == Precision.DAY, literal(day.day_end, _instant)),
        else_=literal(day.clock_end, _instant),
    )
    departed_after = case(
        (Stay.departed_at_precision == Precision.DAY, literal(day.day_start, _instant)),
        else_=literal(day.clock_start, _instant),
    )
    remains = and_(
        Stay.departed_at.is_(None),
        literal(has_passed(day.clock_start)),
        is_within_horizon(HorizonKind.DOCKINGS, day.clock_start, current_second()),
    )
    return and_(
        Stay.arrived_at < arrived_before, or_(Stay.departed_until > departed_after, remains)
    )


def parameter_values(filters: StayArchiveFilters) -> dict[str, Any]:
    """Values of the parameters in the conditions of `filters`."""
    return _arrival_filters(filters).values() | _other_values(filters)


def _other_values(filters: StayArchiveFilters) -> dict[str, Any]:
    zone = time_zone_or_default(filters.tz)
    from_, before = filters.departed_at_gte, filters.departed_at_lt
    values: dict[str, Any] = {
        "port": filters.port,
        "module": filters.module,
        "spacecraft": list(map(slugify, filters.spacecraft)),
        "kind": filters.kind,
        "launch": filters.launch,
        "arrival_kind": filters.arrival_kind,
        "departed_from": from_ and to_instant(from_, zone).replace(microsecond=0),
        "departed_before": before and to_instant(before, zone),
    }
    values |= slug_values(Mission, "mission", filters.mission) if filters.mission else {}
    return {name: value for name, value in values.items() if value or name == "mission_number"}


@cache
def _select_full() -> AnySelect:
    return select_stay_summary().add_columns(Stay.sources, Stay.created_at)


def list_stays(reader: Reader, query: StayQuery) -> StayFullPage | StayPage:
    """List the stays that match."""
    is_full = query.view is View.FULL
    corrections = find_corrections(reader, query.q) if query.q else NO_CORRECTIONS

    def select_matches(others: StayQuery) -> Matches:
        return match_records(Stay.id, conditions(others, corrections), parameter_values(others))

    page: type[StayFullPage] | type[StayPage] = StayFullPage if is_full else StayPage
    return fetch_page(
        reader,
        page,
        _select_full() if is_full else select_stay_summary(),
        conditions(query, corrections),
        SORTS,
        query,
        "stays",
        values=parameter_values(query),
        is_reusable=not query.q and query.on is None and query.docked is None,
        page_fields={"known_until": get_known_until(reader, HorizonKind.DOCKINGS)},
        references=REFERENCES,
        count_facets=partial(count_facets, reader, FACETS, query, select_matches, "stays"),
    )


@cache
def _select_between() -> AnySelect:
    bounds = (bindparam(name, type_=_instant) for name in ("starts_at", "ends_at"))
    stays = select_stay_summary().where(_overlaps(*bounds))
    return stays.order_by(*SORTS["arrived_at"].order_by_clauses()).limit(MAX_PAGE_STAY_COUNT)


def list_stays_between(
    reader: Reader, starts_at: datetime, ends_at: datetime | None
) -> list[StaySummary]:
    """List the first `MAX_PAGE_STAY_COUNT` stays between two instants, oldest first.

    Without `ends_at`, also those that are ahead.
    """
    rows = reader.all(_select_between(), starts_at=starts_at, ends_at=ends_at or MAX_INSTANT)
    return [StaySummary.model_validate(row) for row in rows]


def get_stay(reader: Reader, slug: str) -> StayRead:
    """Get the stay `slug`. Raises NotFound, Gone or SlugRenamed."""
    return get_by_slug(reader, Stay, _select_full(), StayRead, slug)


def get_stay_archive(reader: Reader, query: StayArchiveQuery) -> ArchiveMonth | ArchiveIndex:
    """Get the archive of a month, or the index of all months, of the stays that match."""
    where = _other_conditions(query, find_corrections(reader, query.q) if query.q else {})
    dates = _arrival_filters(query)
    where += ARRIVAL_DATE_COLUMNS.exact_conditions(dates)
    counts = RecordCounts(
        ARRIVAL_DATE_COLUMNS,
        select_ids(Stay.id, tuple(where)),
        dates.sort_range(),
        parameter_values(query),
    )
    return build_archive(reader, counts, query, "stays", "arrived_on", REFERENCES)
