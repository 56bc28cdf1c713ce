"""Parameters of the HTML pages of the portal."""

from typing import Annotated, Any

from pydantic import ConfigDict, Field, model_validator

from app.api.date_params import CalendarDay, CalendarMonth
from app.api.lists.pagination import CursorParam
from app.api.params import NameParam, Omittable, QueryModel, SearchText
from app.domain.dates import MAX_INSTANT, MIN_INSTANT
from app.resources.people.schemas import PersonSort


class HtmlPageQuery(QueryModel):
    """Parameters of every page. Unknown ones are ignored: shared links often gain some."""

    model_config = ConfigDict(extra="ignore")


class HtmlDayQuery(HtmlPageQuery):
    """Parameters of pages with a calendar."""

    day: Omittable[CalendarDay] = None
    """Day whose news is listed."""


class HtmlMissionQuery(HtmlDayQuery):
    """Parameters of a mission's page."""

    month: Omittable[CalendarMonth] = None
    """Month of the calendar."""


class HtmlListQuery(HtmlPageQuery):
    """Parameters of pages with a paginated list."""

    cursor: Omittable[CursorParam] = None
    """Start of the page, from the link on the page before."""


class HtmlFilterQuery(HtmlListQuery):
    """Parameters of a list with a form; a field without a value is not a filter."""

    q: Omittable[SearchText] = None
    """Search text."""

    @model_validator(mode="before")
    @classmethod
    def _drop_empty_fields(cls, values: Any) -> Any:
        return {name: value for name, value in values.items() if value != ""}


class HtmlLaunchesQuery(HtmlFilterQuery):
    """Parameters of the list of launches."""

    crewed: Omittable[bool] = None
    """Crewed or uncrewed launches."""
    year: Annotated[Omittable[int], Field(ge=MIN_INSTANT.year, lt=MAX_INSTANT.year)] = None
    """Year of the launch."""
    vehicle: Omittable[NameParam] = None
    """Launch vehicle."""
    site: Omittable[NameParam] = None
    """Launch site."""
    provider: Omittable[NameParam] = None
    """Launch provider."""


class HtmlPeopleQuery(HtmlFilterQuery):
    """Parameters of the list of people."""

    agency: Omittable[NameParam] = None
    """Agency of the person."""
    sort: PersonSort = PersonSort.A_TO_Z
    """Order of the list."""


class HtmlSpacewalksQuery(HtmlFilterQuery):
    """Parameters of the list of spacewalks."""

    operator: Omittable[NameParam] = None
    """Agency whose suits were used."""


class HtmlStationQuery(HtmlPageQuery):
    """Parameters of the station's page."""

    on: Omittable[CalendarDay] = None
    """Day. Default: the last known one."""


class HtmlSearchQuery(HtmlListQuery):
    """Parameters of the search page."""

    q: Annotated[str, Field(max_length=100)] = ""
    """Search text."""
