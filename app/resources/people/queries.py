"""How people are found."""

from functools import cache

from sqlalchemy import ColumnElement, bindparam, func, or_, select
from sqlalchemy.orm import aliased

from app.api.embeds.crew import select_crew_assignments
from app.api.embeds.launches import select_launch_ref
from app.api.embeds.people import select_person_ref
from app.api.lists.pagination import fetch_page
from app.api.lists.sorting import build_orders
from app.api.params import View
from app.api.slugs import raise_missing_record
from app.db.conditions import slug_in, still_running_on
from app.db.database import Reader
from app.db.functions import AnySelect, json_array_subquery, json_object_subquery
from app.db.models import CrewAssignment, Flight, Launch, Mission, Person
from app.domain.dates import utc_day_bounds
from app.domain.enums import LaunchStatus, RecordType
from app.domain.text import slugify
from app.resources.people.schemas import (
    PersonFilters,
    PersonFullPage,
    PersonPage,
    PersonQuery,
    PersonRead,
)
from app.search.ranking import NO_CORRECTIONS, SpellingCorrections, select_matching_ids
from app.search.spelling import find_corrections

SORTS = build_orders(Person.id, name=(Person.name_key,))


def conditions(
    filters: PersonFilters, spelt: SpellingCorrections = NO_CORRECTIONS
) -> list[ColumnElement[bool]]:
    """What `filters` ask of a person. `spelt` has other spellings of the words of `q`."""
    found: list[ColumnElement[bool]] = []
    if filters.q:
        found.append(Person.id.in_(select_matching_ids(RecordType.PERSON, filters.q, spelt)))
    if filters.agency:
        found.append(Person.agency_slug.in_(map(slugify, filters.agency)))
    if filters.agency_not:
        other = Person.agency_slug.not_in(map(slugify, filters.agency_not))
        found.append(or_(Person.agency_slug.is_(None), other))
    if filters.nationality:
        found.append(Person.nationality.in_(filters.nationality))
    if filters.nationality_not:
        other = Person.nationality.not_in(filters.nationality_not)
        found.append(or_(Person.nationality.is_(None), other))
    if filters.role or filters.mission:
        # One EXISTS for both: who commanded that mission, not who was in it and commanded another.
        held = select(CrewAssignment.id).where(CrewAssignment.person_id == Person.id)
        if filters.role:
            held = held.where(CrewAssignment.role.in_(filters.role))
        if filters.mission:
            held = held.join(Mission, Mission.id == CrewAssignment.mission_id)
            held = held.where(slug_in(Mission, filters.mission))
        found.append(held.exists())
    if filters.aboard_on:
        first, after = utc_day_bounds(filters.aboard_on)
        found.append(
            select(Flight.id)
            .join(Launch, Launch.id == Flight.launch_id)
            .where(
                Flight.person_id == Person.id,
                Launch.status != LaunchStatus.FAILURE,
                Launch.launch_at < after,
                still_running_on(Flight.landed_until, first),
            )
            .exists()
        )
    return found


@cache
def _select_summary() -> AnySelect:
    flights = select(
        json_object_subquery(
            select(Launch.status, Launch.launch_at).where(Launch.id == Flight.launch_id)
        ).label("launch"),
        Flight.landed_at,
    ).where(Flight.person_id == Person.id)
    return _select_base().add_columns(json_array_subquery(flights, Flight.id).label("flights"))


@cache
def _select_base() -> AnySelect:
    missions = select(func.count(CrewAssignment.mission_id.distinct())).where(
        CrewAssignment.person_id == Person.id
    )
    return select_person_ref().add_columns(
        Person.id,
        missions.scalar_subquery().label("missions_count"),
        Person.updated_at,
        Person.version,
    )


@cache
def _select_full() -> AnySelect:
    landed_with = aliased(Launch)
    up = aliased(Launch)
    flights = (
        select(
            Flight.role,
            Flight.landed_at,
            Flight.landed_at_precision,
            json_object_subquery(select_launch_ref().where(Launch.id == Flight.launch_id)).label(
                "launch"
            ),
            json_object_subquery(
                select_launch_ref(landed_with).where(landed_with.id == Flight.landed_with_id)
            ).label("landed_with"),
        )
        .join(up, up.id == Flight.launch_id)
        .where(Flight.person_id == Person.id)
    )
    crew = select_crew_assignments().join(Mission, Mission.id == CrewAssignment.mission_id)
    return _select_base().add_columns(
        Person.aliases,
        Person.sources,
        Person.created_at,
        json_array_subquery(flights, up.launch_at.desc(), Flight.id.desc()).label("flights"),
        json_array_subquery(
            crew.where(CrewAssignment.person_id == Person.id),
            Mission.number.desc(),
            CrewAssignment.ordinal,
        ).label("assignments"),
    )


def list_people(reader: Reader, query: PersonQuery) -> PersonFullPage | PersonPage:
    """A page of the people who match."""
    where = conditions(query, find_corrections(reader, query.q))
    if query.view is View.FULL:
        return fetch_page(reader, PersonFullPage, _select_full(), where, SORTS, query, "people")
    return fetch_page(reader, PersonPage, _select_summary(), where, SORTS, query, "people")


def get_person(reader: Reader, slug: str) -> PersonRead:
    """The person `slug`, with all that is on record."""
    row = reader.first(_select_by_slug(), slug=slug)
    if row is None:
        raise_missing_record(reader, Person, slug)
    return PersonRead.model_validate(row)


@cache
def _select_by_slug() -> AnySelect:
    return _select_full().where(Person.slug == bindparam("slug"))
