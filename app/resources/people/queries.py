"""Queries of people."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from enum import StrEnum
from functools import cache, partial

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import aliased

from app.api.embeds.agencies import select_agency_name, select_agency_ref
from app.api.embeds.crew import select_crew_assignments
from app.api.embeds.launches import select_launch_ref
from app.api.embeds.media import select_image
from app.api.embeds.people import select_person_ref
from app.api.embeds.spacewalks import select_spacewalk_ref
from app.api.lists.facets import (
    ColumnFacet,
    Facet,
    Matches,
    ValueFacet,
    count_facets,
    match_records,
)
from app.api.lists.pagination import fetch_page
from app.api.lists.references import NameColumn, Reference, References, record_reference
from app.api.lists.sorting import build_orders
from app.api.params import View
from app.api.slugs import get_by_slug
from app.db.aboard import was_aboard
from app.db.conditions import has_image, select_agency_ids, slug_in, still_running_on
from app.db.database import Reader
from app.db.functions import AnySelect, json_array_subquery, json_object_subquery
from app.db.horizon import get_known_until, is_within_horizon, known_until_subquery
from app.db.models import (
    Agency,
    CrewAssignment,
    Flight,
    Launch,
    Mission,
    Person,
    PersonNationality,
    Spacewalk,
    SpacewalkMember,
    agency_key,
)
from app.domain.clock import current_second, expire_response_at
from app.domain.dates import ONE_SECOND, utc_day_bounds
from app.domain.enums import FLOWN_STATUSES, HorizonKind, RecordType
from app.domain.languages import Bilingual
from app.resources.people.schemas import (
    PersonFacet,
    PersonFilters,
    PersonFullPage,
    PersonPage,
    PersonQuery,
    PersonRead,
)
from app.search.ranking import NO_CORRECTIONS, SpellingCorrections, select_matching_ids
from app.search.spelling import find_corrections

SORTS = build_orders(
    Person.id,
    name=(Person.name_key,),
    spacewalks_count=(Person.spacewalks_count,),
    spacewalk_seconds=(Person.spacewalk_seconds,),
    flights_count=(Person.flights_count,),
    flight_seconds=(Person.flight_seconds,),
)
_NATIONALITY = Reference(
    Bilingual("Nobody has the nationality {}.", "Нет людей с гражданством {}."),
    (NameColumn(PersonNationality.country),),
)
FACETS: Mapping[StrEnum, Facet] = {
    PersonFacet.AGENCY: ColumnFacet(Person.agency_id, Agency.slug),
    PersonFacet.NATIONALITY: ValueFacet(
        select(PersonNationality.person_id.label("id"), PersonNationality.country.label("key"))
    ),
}
REFERENCES: References = {
    "agency": record_reference(Agency),
    "agency_not": record_reference(Agency),
    "nationality": _NATIONALITY,
    "nationality_not": _NATIONALITY,
    "mission": record_reference(Mission),
}


def conditions(
    filters: PersonFilters, corrections: SpellingCorrections = NO_CORRECTIONS
) -> list[ColumnElement[bool]]:
    """SQL conditions of `filters`; `corrections` are other spellings of the words of `q`."""
    where = [*_personal_conditions(filters), *_flight_conditions(filters)]
    if filters.q:
        matching = select_matching_ids(RecordType.PERSON, filters.q, corrections)
        where.append(Person.id.in_(matching))
    return where


def _personal_conditions(filters: PersonFilters) -> list[ColumnElement[bool]]:
    """Conditions of what a person is, without crews and flights."""
    where: list[ColumnElement[bool]] = []
    if filters.agency:
        where.append(Person.agency_id.in_(_select_agencies(filters.agency)))
    if filters.agency_not:
        other = Person.agency_id.not_in(_select_agencies(filters.agency_not))
        where.append(or_(Person.agency_id.is_(None), other))
    if filters.nationality:
        where.append(Person.id.in_(_select_citizens(filters.nationality)))
    if filters.nationality_not:
        where.append(Person.id.not_in(_select_citizens(filters.nationality_not)))
    if filters.born_on_gte:
        where.append(Person.born_on >= filters.born_on_gte)
    if filters.born_on_lt:
        where.append(Person.born_on < filters.born_on_lt)
    if filters.has_image is not None:
        where.append(has_image(Person, filters.has_image))
    return where


def _flight_conditions(filters: PersonFilters) -> list[ColumnElement[bool]]:
    """Conditions of crews and flights."""
    where: list[ColumnElement[bool]] = []
    if filters.role or filters.mission:
        # One EXISTS for both: the role is the role in that mission.
        assignments = select(CrewAssignment.id).where(CrewAssignment.person_id == Person.id)
        if filters.role:
            assignments = assignments.where(CrewAssignment.role.in_(filters.role))
        if filters.mission:
            assignments = assignments.join(Mission, Mission.id == CrewAssignment.mission_id)
            assignments = assignments.where(slug_in(Mission, filters.mission))
        where.append(assignments.exists())
    days = {_was_aboard_on: filters.aboard_on, _was_in_space_on: filters.in_space_on}
    where += [condition(day) for condition, day in days.items() if day]
    present = {_is_in_space: filters.in_space, _is_aboard: filters.aboard}
    for condition, wanted in present.items():
        if wanted is not None:
            where.append(condition() if wanted else ~condition())
    return where


def _select_agencies(names: Sequence[str]) -> AnySelect:
    return select_agency_ids(list(map(agency_key, names)))


def _select_citizens(countries: Sequence[str]) -> AnySelect:
    return select(PersonNationality.person_id).where(PersonNationality.country.in_(countries))


def _was_aboard_on(day: date) -> ColumnElement[bool]:
    """Condition: the person was aboard the station on `day`, as far as is known."""
    flights = select(Flight.id).join(Launch, Launch.id == Flight.launch_id)
    aboard = was_aboard(*utc_day_bounds(day))
    return flights.where(Flight.person_id == Person.id, aboard).exists()


def _was_in_space_on(day: date) -> ColumnElement[bool]:
    """Condition: the person was between launch and landing on `day`, as far as is known."""
    first, after = utc_day_bounds(day)
    flights = select(Flight.id).join(Launch, Launch.id == Flight.launch_id)
    return flights.where(
        Flight.person_id == Person.id,
        Launch.status.in_(FLOWN_STATUSES),
        Launch.launch_at < after,
        still_running_on(Flight.landed_until, first, HorizonKind.CREWS),
    ).exists()


def _is_in_space() -> ColumnElement[bool]:
    """Condition: the person is in space now; false behind an outdated horizon, as for `aboard`."""
    present = current_second()
    flights = select(Flight.id).join(Launch, Launch.id == Flight.launch_id)
    return flights.where(
        Flight.person_id == Person.id,
        Launch.status.in_(FLOWN_STATUSES),
        Flight.landed_at.is_(None),
        is_within_horizon(HorizonKind.CREWS, present, present),
    ).exists()


def _is_aboard() -> ColumnElement[bool]:
    """Condition: the person is aboard the station now; false behind an outdated horizon."""
    present = current_second()
    flights = select(Flight.id).join(Launch, Launch.id == Flight.launch_id)
    expire_response_at(present + timedelta(minutes=1))  # a ship may dock or undock
    aboard = was_aboard(present, present + ONE_SECOND)
    return flights.where(Flight.person_id == Person.id, aboard).exists()


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
        json_object_subquery(select_agency_ref(Person.agency_id)).label("agency_ref"),
        json_array_subquery(
            select(PersonNationality.country).where(PersonNationality.person_id == Person.id),
            PersonNationality.ordinal,
        ).label("nationalities"),
        Person.born_on,
        Person.born_on_precision,
        Person.died_on,
        Person.died_on_precision,
        missions.scalar_subquery().label("missions_count"),
        Person.spacewalks_count,
        Person.spacewalk_seconds,
        Person.flights_count,
        Person.flight_seconds,
        select_image(Person.image_media_id),
        Person.updated_at,
        Person.version,
        known_until_subquery(HorizonKind.CREWS).label("known_until"),
    )


@cache
def _select_full() -> AnySelect:
    landed_with = aliased(Launch)
    up = aliased(Launch)
    agency_id = func.coalesce(Flight.agency_id, Person.agency_id)
    flights = (
        select(
            Flight.role,
            select_agency_name(agency_id).label("agency"),
            json_object_subquery(select_agency_ref(agency_id)).label("agency_ref"),
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
    walks = (
        select_spacewalk_ref()
        .add_columns(SpacewalkMember.role)
        .join(SpacewalkMember, SpacewalkMember.spacewalk_id == Spacewalk.id)
        .where(SpacewalkMember.person_id == Person.id)
    )
    return _select_base().add_columns(
        Person.birth_country,
        Person.sex,
        Person.wikidata_id,
        Person.wikipedia,
        Person.biography,
        Person.biography_ru,
        Person.aliases,
        Person.sources,
        Person.created_at,
        json_array_subquery(flights, up.launch_sort_at.desc(), Flight.id.desc()).label("flights"),
        json_array_subquery(
            crew.where(CrewAssignment.person_id == Person.id),
            Mission.number.desc(),
            CrewAssignment.ordinal,
        ).label("assignments"),
        json_array_subquery(walks, Spacewalk.starts_sort_at.desc(), Spacewalk.id.desc()).label(
            "spacewalks"
        ),
    )


def list_people(reader: Reader, query: PersonQuery) -> PersonFullPage | PersonPage:
    """List the people who match."""
    corrections = find_corrections(reader, query.q) if query.q else NO_CORRECTIONS

    def select_matches(others: PersonQuery) -> Matches:
        return match_records(Person.id, conditions(others, corrections))

    where = conditions(query, corrections)
    fields = {"known_until": get_known_until(reader, HorizonKind.CREWS)}
    facets = partial(count_facets, reader, FACETS, query, select_matches, "people")
    if query.view is View.FULL:
        return fetch_page(
            reader,
            PersonFullPage,
            _select_full(),
            where,
            SORTS,
            query,
            "people",
            page_fields=fields,
            references=REFERENCES,
            count_facets=facets,
        )
    return fetch_page(
        reader,
        PersonPage,
        _select_summary(),
        where,
        SORTS,
        query,
        "people",
        page_fields=fields,
        references=REFERENCES,
        count_facets=facets,
    )


def get_person(reader: Reader, slug: str) -> PersonRead:
    """Get the person `slug`. Raises NotFound, Gone or SlugRenamed."""
    return get_by_slug(reader, Person, _select_full(), PersonRead, slug)
