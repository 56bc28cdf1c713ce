"""How crew assignments can be asked for."""

from app.api.embeds.crew import CrewAssignmentRead
from app.api.lists.pagination import ListQuery, Page
from app.api.lists.sorting import SortChoice
from app.api.params import CalendarDay, CommaList, NameParam, Omittable, QueryModel, Slug
from app.domain.enums import CrewRole


class CrewSort(SortChoice):
    """The orders that crew assignments can be listed in."""

    NEWEST = "-mission"
    OLDEST = "mission"


class CrewFilters(QueryModel):
    """Which assignments of a crew."""

    person: CommaList[Slug] = []
    """Who, by slug."""
    role: CommaList[CrewRole] = []
    """The role aboard the station."""
    role_not: CommaList[CrewRole] = []
    """A role that it must not be."""
    on: Omittable[CalendarDay] = None
    """A day, in UTC, on which the role was held."""
    agency: CommaList[NameParam] = []
    """The agency that the person flies for."""


class CrewQuery(CrewFilters, ListQuery):
    """A page of one mission's crew."""


class CrewAssignmentFilters(CrewFilters):
    """Which assignments of all crews."""

    mission: CommaList[Slug] = []
    """The mission, by slug."""


class CrewAssignmentQuery(CrewAssignmentFilters, ListQuery):
    """A page of all crews."""

    sort: CrewSort = CrewSort.NEWEST
    """The order: by mission, newest first with the minus; within one, commanders first."""


class CrewAssignmentPage(Page[CrewAssignmentRead]):
    """A page of crew assignments."""
