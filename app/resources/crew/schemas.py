"""How crew assignments can be asked for."""

from app.api.embeds import CrewAssignmentRead
from app.api.lists.pagination import Page, PageQuery
from app.api.lists.sorting import SortChoice
from app.api.params import AnyOf, Day, Maybe, Name, Parameters, Slug
from app.db.models import CrewRole


class CrewSort(SortChoice):
    """The orders that crew assignments can be listed in."""

    NEWEST = "-mission"
    OLDEST = "mission"


class CrewFilters(Parameters):
    """Which assignments of a crew."""

    person: AnyOf[Slug] = []
    """Who, by slug."""
    role: AnyOf[CrewRole] = []
    """The role aboard the station."""
    role_not: AnyOf[CrewRole] = []
    """A role that it must not be."""
    on: Maybe[Day] = None
    """A day, in UTC, on which the role was held."""
    agency: AnyOf[Name] = []
    """The agency that the person flies for."""


class CrewQuery(CrewFilters, PageQuery):
    """A page of one mission's crew."""


class CrewAssignmentFilters(CrewFilters):
    """Which assignments of all crews."""

    mission: AnyOf[Slug] = []
    """The mission, by slug."""


class CrewAssignmentQuery(CrewAssignmentFilters, PageQuery):
    """A page of all crews."""

    sort: CrewSort = CrewSort.NEWEST
    """The order: by mission, newest first with the minus; within one, commanders first."""


class CrewAssignmentPage(Page[CrewAssignmentRead]):
    """A page of crew assignments."""
