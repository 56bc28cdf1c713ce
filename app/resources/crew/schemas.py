"""How crew assignments can be asked for."""

from typing import Annotated

from app.api.embeds import CrewAssignmentRead
from app.api.lists.pagination import ListQuery, Page
from app.api.lists.sorting import SortChoice
from app.api.openapi.examples import Example
from app.api.params import CalendarDay, CommaList, NameParam, Omittable, QueryModel, Slug
from app.domain.enums import CrewRole


class CrewSort(SortChoice):
    """The orders that crew assignments can be listed in."""

    NEWEST = "-mission"
    OLDEST = "mission"


class CrewFilters(QueryModel):
    """Which assignments of a crew."""

    person: Annotated[CommaList[Slug], Example(["anne-mcclain"])] = []
    """Who, by slug."""
    role: Annotated[CommaList[CrewRole], Example(["commander"])] = []
    """The role aboard the station."""
    role_not: Annotated[CommaList[CrewRole], Example(["commander"])] = []
    """A role that it must not be."""
    on: Annotated[Omittable[CalendarDay], Example("2019-04-04")] = None
    """A day, in UTC, on which the role was held."""
    agency: Annotated[CommaList[NameParam], Example(["NASA"])] = []
    """The agency that the person flies for."""


class CrewQuery(CrewFilters, ListQuery):
    """A page of one mission's crew."""


class CrewAssignmentFilters(CrewFilters):
    """Which assignments of all crews."""

    mission: Annotated[CommaList[Slug], Example(["iss-59"])] = []
    """The mission, by slug."""


class CrewAssignmentQuery(CrewAssignmentFilters, ListQuery):
    """A page of all crews."""

    sort: CrewSort = CrewSort.NEWEST
    """The order: by mission, newest first with the minus; within one, commanders first."""


class CrewAssignmentPage(Page[CrewAssignmentRead]):
    """A page of crew assignments."""
