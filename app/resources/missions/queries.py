"""Queries of missions."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from functools import cache, partial
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import aliased

from app.api.embeds.crew import select_crew_assignments
from app.api.embeds.launches import select_launch_summary
from app.api.embeds.media import select_image
from app.api.embeds.missions import select_mission_ref
from app.api.embeds.spacewalks import select_spacewalk_summary
from app.api.lists.date_filters import DateColumns, DateFilters
from app.api.lists.facets import Facet, Matches, ValueFacet, YearFacet, count_facets, match_records
from app.api.lists.pagination import fetch_page
from app.api.lists.references import References, record_reference
from app.api.lists.sorting import build_orders
from app.api.params import View
from app.api.slugs import get_by_slug
from app.db.conditions import article_is_public, has_image, has_related, still_running_on
from app.db.database import Reader
from app.db.functions import AnySelect, json_array_subquery, json_object_subquery
from app.db.horizon import (
    get_known_until,
    is_horizon_outdated,
    known_until_subquery,
    last_known_time_of,
)
from app.db.models import (
    ArticleMission,
    CrewAssignment,
    Launch,
    Mission,
    MissionLaunch,
    MissionTask,
    Person,
    Spacewalk,
)
from app.domain.clock import current_second, has_passed
from app.domain.dates import UTC_ZONE, now, utc_day_bounds
from app.domain.enums import HorizonKind, RecordType
from app.domain.languages import tr
from app.http.problems import NotFound
from app.resources.missions.schemas import (
    MissionFacet,
    MissionFilters,
    MissionFullPage,
    MissionPage,
    MissionQuery,
    MissionRead,
    MissionStatus,
)
from app.search.ranking import NO_CORRECTIONS, SpellingCorrections, select_matching_ids
from app.search.spelling import find_corrections

_MAX_FULL_MISSION_COUNT = 50
"""Missions on a page with all fields, each of which has its crew, launches and spacewalks."""

MAX_SHOWN_SPACEWALK_COUNT = 50
"""Spacewalks in the answer of a mission."""

SORTS = build_orders(Mission.id, number=(Mission.number,))
_START_DATE_COLUMNS = DateColumns(
    Mission.starts_at, Mission.starts_at_precision, Mission.starts_sort_at
)


def _start_filters(filters: MissionFilters) -> DateFilters:
    return DateFilters(UTC_ZONE, from_=filters.starts_on_gte, before=filters.starts_on_lt)


FACETS: Mapping[StrEnum, Facet] = {
    MissionFacet.PERSON: ValueFacet(
        select(CrewAssignment.mission_id.label("id"), CrewAssignment.person_id.label("key")),
        Person.slug,
    ),
    MissionFacet.YEAR: YearFacet(
        Mission.starts_sort_at, _start_filters, "starts_on_gte", "starts_on_lt"
    ),
}
REFERENCES: References = {"person": record_reference(Person)}


def conditions(
    filters: MissionFilters, corrections: SpellingCorrections = NO_CORRECTIONS
) -> list[ColumnElement[bool]]:
    """SQL conditions of `filters`; `corrections` are other spellings of the words of `q`.

    The values of their parameters are `parameter_values(filters)`.
    """
    where: list[ColumnElement[bool]] = []
    if filters.status:
        where.append(or_(*(has_status(status, now()) for status in filters.status)))
    if filters.status_not:
        where.append(~or_(*(has_status(status, now()) for status in filters.status_not)))
    if filters.number:
        where.append(Mission.number.in_(filters.number))
    if filters.has_image is not None:
        where.append(has_image(Mission, filters.has_image))
    if filters.q:
        matching = select_matching_ids(RecordType.MISSION, filters.q, corrections)
        where.append(Mission.id.in_(matching))
    if filters.person:
        own = CrewAssignment.mission_id == Mission.id
        where.append(has_related(Person, filters.person, CrewAssignment.person_id, own))
    return where + _date_conditions(filters)


def parameter_values(filters: MissionFilters) -> dict[str, Any]:
    """Values of the parameters in the conditions of `filters`."""
    return _start_filters(filters).values()


def has_status(status: MissionStatus, present: datetime) -> ColumnElement[bool]:
    """Condition: the mission has `status`; the rules are those of `get_mission_status`."""
    last_known = last_known_time_of(HorizonKind.CREWS, present)
    ended = and_(Mission.ends_at.is_not(None), Mission.ends_at <= last_known)
    outdated = is_horizon_outdated(HorizonKind.CREWS, present)
    has_come = Mission.starts_at <= present
    match status:
        case MissionStatus.PLANNED:
            return and_(Mission.starts_at > last_known, or_(~has_come, ~outdated))
        case MissionStatus.ACTIVE:
            return and_(Mission.starts_at <= last_known, ~ended, ~outdated)
        case MissionStatus.COMPLETED:
            return ended
        case MissionStatus.UNKNOWN:
            return and_(has_come, ~ended, outdated)


def _date_conditions(filters: MissionFilters) -> list[ColumnElement[bool]]:
    """Conditions of the date filters; an inexact date is a period, and matches if it overlaps."""
    where = _START_DATE_COLUMNS.conditions(_start_filters(filters))
    if filters.active_on:
        first, after = utc_day_bounds(filters.active_on)
        where += [
            Mission.starts_at < after,
            still_running_on(Mission.ends_until, first, HorizonKind.CREWS),
        ]
    if filters.ends_on_gte:
        first = utc_day_bounds(filters.ends_on_gte)[0]
        where.append(or_(Mission.ends_until.is_(None), Mission.ends_until > first))
    if filters.ends_on_lt:
        where.append(Mission.ends_at < utc_day_bounds(filters.ends_on_lt)[0])
    return where


@cache
def _select_summary() -> AnySelect:
    return select_mission_ref().add_columns(
        Mission.id,
        Mission.starts_at,
        Mission.starts_at_precision,
        Mission.ends_at,
        Mission.ends_at_precision,
        Mission.summary,
        Mission.summary_ru,
        select_image(Mission.image_media_id),
        Mission.updated_at,
        Mission.version,
        known_until_subquery(HorizonKind.CREWS).label("known_until"),
    )


@cache
def _select_full() -> AnySelect:
    tasks = select(MissionTask.position, MissionTask.text, MissionTask.text_ru, MissionTask.derived)
    crew = select_crew_assignments().where(CrewAssignment.mission_id == Mission.id)
    launches = (
        select_launch_summary()
        .add_columns(MissionLaunch.relation)
        .join(MissionLaunch, MissionLaunch.launch_id == Launch.id)
        .where(MissionLaunch.mission_id == Mission.id)
    )
    walk = aliased(Spacewalk)
    first_walks = (
        select(walk.id)
        .where(walk.mission_id == Mission.id)
        .order_by(walk.starts_sort_at, walk.id)
        .limit(MAX_SHOWN_SPACEWALK_COUNT)
        .correlate(Mission)  # explicit: SQLAlchemy correlates one level up only
    )
    walks = select_spacewalk_summary().where(Spacewalk.id.in_(first_walks))
    return _select_summary().add_columns(
        Mission.alternative_names,
        Mission.sources,
        Mission.created_at,
        json_array_subquery(
            tasks.where(MissionTask.mission_id == Mission.id), MissionTask.position
        ).label("tasks"),
        json_array_subquery(crew, CrewAssignment.ordinal).label("crew"),
        json_array_subquery(
            launches, Launch.launch_sort_at.desc(), Launch.id.desc(), MissionLaunch.relation
        ).label("launches"),
        json_array_subquery(walks, Spacewalk.starts_sort_at, Spacewalk.id).label("spacewalks"),
        json_object_subquery(_select_counts()).label("counts"),
        _select_neighbour(-1).label("previous"),
        _select_neighbour(1).label("next"),
    )


def _select_counts() -> AnySelect:
    def number(column: Any, of: Any, *where: ColumnElement[bool]) -> Any:
        return (
            select(func.count(column.distinct()))
            .where(of == Mission.id, *where)
            .correlate(Mission)  # explicit: SQLAlchemy correlates one level up only
            .scalar_subquery()
        )

    return select(
        number(CrewAssignment.person_id, CrewAssignment.mission_id).label("crew"),
        number(MissionLaunch.launch_id, MissionLaunch.mission_id).label("launches"),
        number(Spacewalk.id, Spacewalk.mission_id).label("spacewalks"),
        number(
            ArticleMission.article_id,
            ArticleMission.mission_id,
            article_is_public(ArticleMission),
        ).label("articles"),
    )


def _select_neighbour(step: int) -> Any:
    beside = aliased(Mission)
    number = (
        select(func.min(beside.number) if step > 0 else func.max(beside.number))
        .where(beside.number > Mission.number if step > 0 else beside.number < Mission.number)
        .correlate(Mission)
        .scalar_subquery()
    )
    other = aliased(Mission)
    return json_object_subquery(select_mission_ref(other).where(other.number == number))


def list_missions(reader: Reader, query: MissionQuery) -> MissionFullPage | MissionPage:
    """List the missions that match."""
    corrections = find_corrections(reader, query.q) if query.q else NO_CORRECTIONS

    def select_matches(others: MissionQuery) -> Matches:
        return match_records(Mission.id, conditions(others, corrections), parameter_values(others))

    where = conditions(query, corrections)
    fields = {"known_until": get_known_until(reader, HorizonKind.CREWS)}
    facets = partial(count_facets, reader, FACETS, query, select_matches, "missions")
    if query.view is View.FULL:
        return fetch_page(
            reader,
            MissionFullPage,
            _select_full(),
            where,
            SORTS,
            query,
            "missions",
            values=parameter_values(query),
            page_fields=fields,
            references=REFERENCES,
            count_facets=facets,
            max_items=_MAX_FULL_MISSION_COUNT,
        )
    return fetch_page(
        reader,
        MissionPage,
        _select_summary(),
        where,
        SORTS,
        query,
        "missions",
        values=parameter_values(query),
        page_fields=fields,
        references=REFERENCES,
        count_facets=facets,
    )


def get_mission(reader: Reader, slug: str) -> MissionRead:
    """Get the mission `slug`. Raises NotFound, Gone or SlugRenamed."""
    return get_by_slug(reader, Mission, _select_full(), MissionRead, slug)


def get_current_mission_slug(reader: Reader) -> str:
    """Slug of the current mission, the one that started last. Raises NotFound.

    Behind the horizon it is the mission that was active at the horizon.
    """
    moment = current_second()
    last_known = last_known_time_of(HorizonKind.CREWS, moment)
    other = aliased(Mission)
    next_start = select(func.min(other.starts_at)).where(other.starts_at > moment)
    current = reader.first(
        select(Mission.slug, Mission.ends_at, next_start.scalar_subquery().label("next_starts_at"))
        .where(
            Mission.starts_at <= last_known,
            or_(Mission.ends_at.is_(None), Mission.ends_at > last_known),
        )
        .order_by(Mission.starts_sort_at.desc(), Mission.number.desc())
    )
    if current:
        for at in filter(None, (current["ends_at"], current["next_starts_at"])):
            has_passed(at)  # the response expires at a time ahead
        slug: str = current["slug"]
        return slug
    planned = reader.first(
        select(Mission.slug, Mission.starts_at)
        .where(has_status(MissionStatus.PLANNED, moment))
        .order_by(Mission.starts_sort_at, Mission.number)
    )
    if planned is None:
        raise NotFound(
            tr(
                "No mission is active. No mission is planned.",
                "Сейчас экспедиции нет. Следующая не запланирована.",
            )
        )
    slug, day = planned["slug"], f"{planned['starts_at']:%Y-%m-%d}"
    raise NotFound(
        tr(
            f"No mission is active. The next one, {slug}, is planned to start on {day}.",
            f"Сейчас экспедиции нет. Следующая, {slug}, начнётся по плану {day}.",
        )
    )


def get_current_mission(reader: Reader) -> MissionRead:
    """Get the current mission. Raises NotFound."""
    return get_mission(reader, get_current_mission_slug(reader))
