"""Queries of spacewalks."""

from collections.abc import Mapping
from enum import StrEnum
from functools import cache, partial
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, or_, select

from app.api.date_params import time_zone_or_default
from app.api.embeds.spacewalks import select_spacewalk_summary
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
from app.db.conditions import has_related, select_agency_ids, select_ids, slug_in, slug_values
from app.db.database import Reader
from app.db.functions import AnySelect
from app.db.horizon import get_known_until
from app.db.models import Agency, Mission, Module, Person, Spacewalk, SpacewalkMember, agency_key
from app.db.types import UTCDateTime
from app.domain.dates import ONE_DAY, PRECISIONS_WITH_TIME, Precision
from app.domain.enums import HorizonKind, RecordType
from app.resources.spacewalks.schemas import (
    SpacewalkArchiveFilters,
    SpacewalkArchiveQuery,
    SpacewalkFacet,
    SpacewalkFilters,
    SpacewalkFullPage,
    SpacewalkPage,
    SpacewalkQuery,
    SpacewalkRead,
)
from app.search.ranking import NO_CORRECTIONS, SpellingCorrections, select_matching_ids
from app.search.spelling import find_corrections

SORTS = build_orders(
    Spacewalk.id,
    starts_at=(Spacewalk.starts_sort_at,),
    duration=(Spacewalk.duration_sort_seconds,),
)
SPACEWALK_DATE_COLUMNS = DateColumns(
    Spacewalk.starts_at, Spacewalk.starts_at_precision, Spacewalk.starts_sort_at
)

MAX_DURATION = ONE_DAY
"""Longest duration of a spacewalk, as the table limits it."""


def _bound(name: str) -> Any:
    return bindparam(f"on_{name}", type_=UTCDateTime())


_IS_ON_DAY = and_(
    Spacewalk.starts_sort_at >= _bound("low"),
    Spacewalk.starts_sort_at < _bound("high"),
    or_(
        and_(
            Spacewalk.starts_at_precision.in_(PRECISIONS_WITH_TIME),
            Spacewalk.starts_at < _bound("clock_end"),
            or_(
                Spacewalk.starts_at >= _bound("clock_start"),
                Spacewalk.ends_at > _bound("clock_start"),
            ),
        ),
        and_(
            Spacewalk.starts_at_precision == Precision.DAY,
            Spacewalk.starts_at >= _bound("day_start"),
            Spacewalk.starts_at < _bound("day_end"),
        ),
    ),
)
"""Condition: the spacewalk starts on the day `on`, or still goes on."""

_CONDITIONS: Mapping[str, ColumnElement[bool]] = {
    "person": has_related(
        Person,
        bindparam("person"),
        SpacewalkMember.person_id,
        SpacewalkMember.spacewalk_id == Spacewalk.id,
    ),
    "mission": Spacewalk.mission_id.in_(
        select(Mission.id).where(slug_in(Mission, bindparam("mission")))
    ),
    "operator": Spacewalk.operator_id.in_(select_agency_ids(bindparam("operator"))),
    "airlock": Spacewalk.airlock_id.in_(
        select(Module.id).where(Module.slug.in_(bindparam("airlock")))
    ),
    "on_low": _IS_ON_DAY,
}
"""Conditions by the name of a parameter that is given with them."""


def _date_filters(filters: SpacewalkArchiveFilters) -> DateFilters:
    return DateFilters(
        time_zone_or_default(filters.tz),
        day=filters.starts_on if isinstance(filters, SpacewalkFilters) else None,
        month=filters.starts_month,
        from_=filters.starts_at_gte,
        before=filters.starts_at_lt,
    )


FACETS: Mapping[StrEnum, Facet] = {
    SpacewalkFacet.OPERATOR: ColumnFacet(Spacewalk.operator_id, Agency.slug),
    SpacewalkFacet.PERSON: ValueFacet(
        select(SpacewalkMember.spacewalk_id.label("id"), SpacewalkMember.person_id.label("key")),
        Person.slug,
        is_unique=True,
    ),
    SpacewalkFacet.MISSION: ColumnFacet(Spacewalk.mission_id, Mission.slug),
    SpacewalkFacet.AIRLOCK: ColumnFacet(Spacewalk.airlock_id, Module.slug),
    SpacewalkFacet.YEAR: YearFacet(
        Spacewalk.starts_sort_at, _date_filters, "starts_at_gte", "starts_at_lt"
    ),
}
REFERENCES: References = {
    "person": record_reference(Person),
    "mission": record_reference(Mission),
    "operator": record_reference(Agency),
    "airlock": record_reference(Module),
}


def conditions(
    filters: SpacewalkArchiveFilters, corrections: SpellingCorrections = NO_CORRECTIONS
) -> list[ColumnElement[bool]]:
    """SQL conditions of `filters`; `corrections` are other spellings of the words of `q`.

    The values of their parameters are `parameter_values(filters)`. Without `q` they are the same
    objects for all requests with the same filters.
    """
    dates = SPACEWALK_DATE_COLUMNS.conditions(_date_filters(filters))
    return _undated_conditions(filters, corrections) + dates


def _undated_conditions(
    filters: SpacewalkArchiveFilters, corrections: SpellingCorrections
) -> list[ColumnElement[bool]]:
    where = [_CONDITIONS[name] for name in _own_values(filters) if name in _CONDITIONS]
    if filters.q:
        matching = select_matching_ids(RecordType.SPACEWALK, filters.q, corrections)
        where.append(Spacewalk.id.in_(matching))
    return where


def parameter_values(filters: SpacewalkArchiveFilters) -> dict[str, Any]:
    """Values of the parameters in the conditions of `filters`."""
    return _date_filters(filters).values() | _own_values(filters)


def _own_values(filters: SpacewalkArchiveFilters) -> dict[str, Any]:
    lists: dict[str, list[Any]] = {
        "person": filters.person,
        "operator": list(map(agency_key, filters.operator)),
        "airlock": filters.airlock,
    }
    values: dict[str, Any] = {name: items for name, items in lists.items() if items}
    if filters.mission:
        values |= slug_values(Mission, "mission", filters.mission)
    if filters.on:
        zone = time_zone_or_default(filters.tz)
        day = PeriodBounds.of_days(filters.on, filters.on + ONE_DAY, zone)
        values |= {f"on_{name}": at for name, at in day._asdict().items()}
        values["on_low"] -= MAX_DURATION
    return values


@cache
def _select_full() -> AnySelect:
    return select_spacewalk_summary().add_columns(Spacewalk.sources, Spacewalk.created_at)


def list_spacewalks(reader: Reader, query: SpacewalkQuery) -> SpacewalkFullPage | SpacewalkPage:
    """List the spacewalks that match."""
    is_full = query.view is View.FULL
    corrections = find_corrections(reader, query.q) if query.q else NO_CORRECTIONS

    def select_matches(others: SpacewalkQuery) -> Matches:
        return match_records(
            Spacewalk.id, conditions(others, corrections), parameter_values(others)
        )

    page: type[SpacewalkFullPage] | type[SpacewalkPage]
    page = SpacewalkFullPage if is_full else SpacewalkPage
    return fetch_page(
        reader,
        page,
        _select_full() if is_full else select_spacewalk_summary(),
        conditions(query, corrections),
        SORTS,
        query,
        "spacewalks",
        values=parameter_values(query),
        is_reusable=not query.q,
        page_fields={"known_until": get_known_until(reader, HorizonKind.SPACEWALKS)},
        references=REFERENCES,
        count_facets=partial(count_facets, reader, FACETS, query, select_matches, "spacewalks"),
    )


def get_spacewalk(reader: Reader, slug: str) -> SpacewalkRead:
    """Get the spacewalk `slug`. Raises NotFound, Gone or SlugRenamed."""
    return get_by_slug(reader, Spacewalk, _select_full(), SpacewalkRead, slug)


def get_spacewalk_archive(
    reader: Reader, query: SpacewalkArchiveQuery
) -> ArchiveMonth | ArchiveIndex:
    """Get the archive of a month, or the index of all months, of the spacewalks that match."""
    where = _undated_conditions(query, find_corrections(reader, query.q) if query.q else {})
    dates = _date_filters(query)
    where += SPACEWALK_DATE_COLUMNS.exact_conditions(dates)
    counts = RecordCounts(
        SPACEWALK_DATE_COLUMNS,
        select_ids(Spacewalk.id, tuple(where)),
        dates.sort_range(),
        parameter_values(query),
    )
    return build_archive(reader, counts, query, "spacewalks", "starts_on", REFERENCES)
