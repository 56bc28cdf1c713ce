"""Queries of crew assignments."""

from collections.abc import Mapping
from enum import StrEnum
from functools import cache, partial

from sqlalchemy import ColumnElement, and_, func, or_, select

from app.api.embeds.crew import CrewAssignmentRead, select_crew_assignments
from app.api.lists.facets import (
    ColumnFacet,
    Facet,
    Matches,
    ValueFacet,
    count_facets,
    match_records,
)
from app.api.lists.pagination import fetch_page
from app.api.lists.references import References, check_references, record_reference
from app.api.lists.sorting import Order
from app.api.slugs import raise_missing_record
from app.db.conditions import select_agency_ids, slug_in, still_running_on
from app.db.database import Reader
from app.db.functions import AnySelect
from app.db.horizon import get_known_until
from app.db.models import Agency, CrewAssignment, Flight, Launch, Mission, Person, agency_key
from app.domain.dates import utc_day_bounds
from app.domain.enums import FLOWN_STATUSES, HorizonKind
from app.domain.languages import tr
from app.http.problems import NotFound
from app.resources.crew.schemas import (
    CrewAssignmentFilters,
    CrewAssignmentPage,
    CrewAssignmentQuery,
    CrewFacet,
    CrewFilters,
    CrewQuery,
)

# Within a mission the order of the crew is the same in both directions.
SORTS = {
    "mission": Order((Mission.number, CrewAssignment.ordinal, CrewAssignment.id), False),
    "-mission": Order((-Mission.number, CrewAssignment.ordinal, CrewAssignment.id), False),
}

_ASSIGNMENT_ID = CrewAssignment.id.label("id")
_OF_PERSON = Person.id == CrewAssignment.person_id
_AGENCY_ID = func.coalesce(Flight.agency_id, Person.agency_id)
"""Agency that the person flew for."""
FACETS: Mapping[StrEnum, Facet] = {
    CrewFacet.ROLE: ColumnFacet(CrewAssignment.role),
    CrewFacet.AGENCY: ValueFacet(
        select(_ASSIGNMENT_ID, _AGENCY_ID.label("key"))
        .join(Person, _OF_PERSON)
        .outerjoin(Flight, Flight.id == CrewAssignment.flight_id),
        Agency.slug,
        is_unique=True,
    ),
    CrewFacet.MISSION: ColumnFacet(CrewAssignment.mission_id, Mission.slug),
    CrewFacet.PERSON: ColumnFacet(CrewAssignment.person_id, Person.slug),
}
REFERENCES: References = {
    "mission": record_reference(Mission),
    "person": record_reference(Person),
    "agency": record_reference(Agency),
}


def conditions(filters: CrewFilters) -> list[ColumnElement[bool]]:
    """SQL conditions of `filters`."""
    where: list[ColumnElement[bool]] = []
    if filters.person:
        where.append(Person.slug.in_(filters.person))
    if filters.role:
        where.append(CrewAssignment.role.in_(filters.role))
    if filters.role_not:
        where.append(CrewAssignment.role.not_in(filters.role_not))
    if filters.agency:
        where.append(_AGENCY_ID.in_(select_agency_ids(list(map(agency_key, filters.agency)))))
    if isinstance(filters, CrewAssignmentFilters) and filters.mission:
        where.append(slug_in(Mission, filters.mission))
    if filters.on:
        first, after = utc_day_bounds(filters.on)
        where += [
            Mission.starts_at < after,
            still_running_on(Mission.ends_until, first, HorizonKind.CREWS),
            or_(CrewAssignment.from_on.is_(None), CrewAssignment.from_on <= filters.on),
            or_(CrewAssignment.to_on.is_(None), CrewAssignment.to_on >= filters.on),
            or_(
                Flight.id.is_(None),
                and_(Launch.status.in_(FLOWN_STATUSES), Launch.launch_at < after),
            ),
            still_running_on(Flight.landed_until, first, HorizonKind.CREWS),
        ]
    return where


@cache
def _select_joined() -> AnySelect:
    """Assignments joined to the filtered tables; each join finds at most one row."""
    return (
        select_crew_assignments()
        .join(Mission, Mission.id == CrewAssignment.mission_id)
        .join(Person, Person.id == CrewAssignment.person_id)
        .outerjoin(Flight, Flight.id == CrewAssignment.flight_id)
        .outerjoin(Launch, Launch.id == Flight.launch_id)
    )


def _select_matches(query: CrewAssignmentQuery) -> Matches:
    where = conditions(query)
    if not where:
        return match_records(CrewAssignment.id, where)
    ids = _select_joined().with_only_columns(CrewAssignment.id, maintain_column_froms=True)
    return Matches(ids.where(*where), {}, is_filtered=True)


def list_crew_assignments(reader: Reader, query: CrewAssignmentQuery) -> CrewAssignmentPage:
    """List the assignments that match."""
    where = conditions(query)
    return fetch_page(
        reader,
        CrewAssignmentPage,
        _select_joined(),
        where,
        SORTS,
        query,
        "crew-assignments",
        page_fields={"known_until": get_known_until(reader, HorizonKind.CREWS)},
        references=REFERENCES,
        count_facets=partial(
            count_facets, reader, FACETS, query, _select_matches, "crew-assignments"
        ),
    )


def list_crew(reader: Reader, slug: str, query: CrewQuery) -> CrewAssignmentPage:
    """List the crew of the mission `slug`. Raises NotFound, Gone or SlugRenamed."""
    where = [Mission.slug == slug, *conditions(query)]
    page = fetch_page(
        reader,
        CrewAssignmentPage,
        _select_joined(),
        where,
        SORTS,
        query,
        *("missions", slug, "crew"),
        default_sort="mission",
        page_fields={"known_until": get_known_until(reader, HorizonKind.CREWS)},
    )
    mission = select(Mission.id).where(Mission.slug == slug)
    if not page.items and reader.scalar(mission) is None:
        raise_missing_record(reader, Mission, slug)
    check_references(reader, REFERENCES, query, found=bool(page.items))
    return page


def get_crew_assignment(reader: Reader, id_: int) -> tuple[CrewAssignmentRead, int]:
    """Get the assignment `id_` and the version of its mission. Raises NotFound."""
    row = reader.first(
        _select_joined().add_columns(Mission.version).where(CrewAssignment.id == id_)
    )
    if row is None:
        raise crew_assignment_not_found(id_)
    return CrewAssignmentRead.model_validate(row), row["version"]


def crew_assignment_not_found(id_: int) -> NotFound:
    """The error for an unknown id."""
    return NotFound(
        tr(
            f"There is no crew assignment {id_}. See /v1/crew-assignments.",
            f"Нет места в экипаже {id_}. См. /v1/crew-assignments.",
        )
    )
