"""Crew assignment schemas: query parameters and pages."""

from enum import StrEnum
from typing import Annotated

from app.api.date_params import CalendarDay
from app.api.embeds.crew import CrewAssignmentRead
from app.api.embeds.horizon import HorizonPage
from app.api.lists.facets import FacetFields
from app.api.lists.pagination import ListQuery
from app.api.lists.sorting import SortChoice
from app.api.openapi.examples import Example
from app.api.params import CommaList, MissionName, NameParam, Omittable, QueryModel, Slug
from app.domain.enums import CrewRole


class CrewFacet(StrEnum):
    """Facet of crew assignments."""

    ROLE = "role"
    AGENCY = "agency"
    MISSION = "mission"
    PERSON = "person"


class CrewSort(SortChoice):
    """Sort order of crew assignments."""

    NEWEST = "-mission"
    OLDEST = "mission"


class CrewFilters(QueryModel):
    """Filters of one mission's crew assignments."""

    person: Annotated[CommaList[Slug], Example(["anne-mcclain"])] = []
    """Crew member, by slug."""
    role: Annotated[CommaList[CrewRole], Example(["commander"])] = []
    """Role aboard the station."""
    role_not: Annotated[CommaList[CrewRole], Example(["commander"])] = []
    """Role to exclude."""
    on: Annotated[Omittable[CalendarDay], Example("2019-04-04")] = None
    """Day in UTC on which the person held the role, as far as is known."""
    agency: Annotated[CommaList[NameParam], Example(["NASA"])] = []
    """Agency of the person, by name or slug."""


class CrewQuery(CrewFilters, ListQuery):
    """Query parameters of the crew of one mission."""


class CrewAssignmentFilters(CrewFilters):
    """Filters of crew assignments."""

    mission: Annotated[CommaList[MissionName], Example(["iss-59"])] = []
    """Mission, by slug, name or number: `iss-59`, `ISS-59` or `59`."""


class CrewAssignmentQuery(CrewAssignmentFilters, ListQuery):
    """Query parameters of the crew assignment list."""

    facet: Annotated[CommaList[CrewFacet], Example(["role"])] = []
    """Filters whose values are counted, in `facets`."""
    sort: CrewSort = CrewSort.NEWEST
    """Sort by mission. `-` means descending order. Within a mission, commanders come first."""


class CrewAssignmentPage(HorizonPage[CrewAssignmentRead], FacetFields):
    """Page of crew assignments."""
