"""Spacewalk schemas: query parameters, read models and write models."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import ConfigDict, Field, StrictBool, StrictInt, ValidationInfo, field_validator

from app.api.date_params import CalendarDay, CalendarMonth, Rfc3339, Rfc3339OrDate, TimeZone
from app.api.embeds.spacewalks import SpacewalkMemberRead, SpacewalkSummary
from app.api.links import Url
from app.api.lists.day_counts import ArchiveQuery
from app.api.lists.facets import FacetFields
from app.api.lists.pagination import ListViewQuery, Page
from app.api.lists.sorting import SortChoice
from app.api.openapi.examples import Example
from app.api.params import (
    CommaList,
    MissionName,
    NameParam,
    Omittable,
    QueryModel,
    SearchText,
    Slug,
)
from app.api.read_models import Source, UtcInstant
from app.api.write_models import (
    CitationWrite,
    DocumentModel,
    MaxChars,
    NonBlankText,
    SluggableName,
    WriteModel,
    default_precision,
    example_config,
)
from app.domain.dates import Precision
from app.domain.enums import SpacewalkRole
from app.domain.languages import tr


class SpacewalkFacet(StrEnum):
    """Facet of spacewalks."""

    OPERATOR = "operator"
    PERSON = "person"
    MISSION = "mission"
    AIRLOCK = "airlock"
    YEAR = "year"


class SpacewalkSort(SortChoice):
    """Sort order of spacewalks."""

    NEWEST = "-starts_at"
    OLDEST = "starts_at"
    LONGEST = "-duration"
    SHORTEST = "duration"


class SpacewalkArchiveFilters(QueryModel):
    """Filters of spacewalks that the calendar supports too."""

    q: Annotated[Omittable[SearchText], Example("canadarm2")] = None
    """Full-text search: all words, in any spelling and inflection, as in `/v1/search`."""
    person: Annotated[CommaList[Slug], Example(["anne-mcclain"])] = []
    """Person outside, by slug."""
    mission: Annotated[CommaList[MissionName], Example(["iss-59"])] = []
    """Mission during which it was made, by slug, name or number: `iss-59`, `ISS-59` or `59`."""
    operator: Annotated[CommaList[NameParam], Example(["Roscosmos"])] = []
    """Space agency whose suits were used, by slug or any of its names."""
    airlock: Annotated[CommaList[Slug], Example(["quest"])] = []
    """Module with the hatch, by slug."""
    on: Annotated[Omittable[CalendarDay], Example("2019-04-08")] = None
    """Somebody was outside on this day, in the time zone `tz`. Excludes unknown days."""
    starts_month: Annotated[Omittable[CalendarMonth], Example("2019-03")] = None
    """Started in this month, in the time zone `tz`. Excludes spacewalks without a known day."""
    starts_at_gte: Annotated[Omittable[Rfc3339OrDate], Example("2019-03-22T00:00:00Z")] = None
    """Started at or after this time. An inexact date matches if any part of its period does."""
    starts_at_lt: Annotated[Omittable[Rfc3339OrDate], Example("2019-05-01")] = None
    """Started before this time."""
    tz: Omittable[TimeZone] = None
    """IANA time zone of day and month boundaries. Default: the portal's time zone."""


class SpacewalkFilters(SpacewalkArchiveFilters):
    """Filters of spacewalks."""

    starts_on: Annotated[Omittable[CalendarDay], Example("2019-03-22")] = None
    """Started on this day, in the time zone `tz`. Excludes spacewalks without a known day."""


class SpacewalkQuery(SpacewalkFilters, ListViewQuery):
    """Query parameters of the spacewalk list."""

    facet: Annotated[CommaList[SpacewalkFacet], Example(["operator"])] = []
    """Filters whose values are counted, in `facets`."""
    sort: SpacewalkSort = SpacewalkSort.NEWEST
    """Sort by start or by duration; an unknown duration counts as 0. `-` means descending order."""


class SpacewalkArchiveQuery(SpacewalkArchiveFilters, ArchiveQuery):
    """Query parameters of the spacewalk calendar."""


class SpacewalkRead(SpacewalkSummary):
    """Spacewalk with all its fields."""

    sources: list[Source]
    created_at: UtcInstant


class SpacewalkMemberWrite(WriteModel, read_as=SpacewalkMemberRead):
    """Person in a spacewalk."""

    person: Slug
    role: SpacewalkRole


class SpacewalkWrite(DocumentModel, read_as=SpacewalkRead):
    """Writable fields of a spacewalk."""

    model_config = example_config(
        starts_at="2031-04-08T11:31:00Z",
        starts_at_precision="minute",
        operator="NASA",
        airlock="quest",
        purpose="An example of a repair",
    )

    slug: Slug | None = None
    """Slug in the spacewalk's URL. Default: derived from `number`, or from the day."""
    number: Annotated[StrictInt, Field(ge=1, le=9999)] | None = None
    """Number in the order of time among those from the station, or null before it is made."""
    starts_at: Rfc3339
    starts_at_precision: Precision = Precision.SECOND
    """Precision of `starts_at`."""
    starts_at_uncertain: StrictBool = False
    """True if it may start outside the period that `starts_at_precision` gives."""
    ends_at: Rfc3339 | None = None
    """End, or null if not known."""
    ends_at_precision: Annotated[Precision | None, Field(validate_default=True)] = None
    """Precision of `ends_at`. Default: `second`."""
    duration_seconds: Annotated[StrictInt, Field(ge=1, le=86400)] | None = None
    """Duration in seconds. Default: from start to end, if the minutes of both are known."""
    operator: Annotated[SluggableName, MaxChars(120)] | None = None
    """Space agency whose suits were used, by slug or any of its names, or null if not known."""
    airlock: Slug | None = None
    """Module with the hatch, by slug, or null for the airlock of a Space Shuttle."""
    mission: Slug | None = None
    """Mission during which it was made, by slug."""
    crew: Annotated[list[SpacewalkMemberWrite], Field(max_length=3)] = []
    """People outside, the leader first."""
    purpose: Annotated[NonBlankText, MaxChars(1000)] | None = None
    """Main tasks done, or null if not known."""
    purpose_ru: Annotated[NonBlankText, MaxChars(1000)] | None = None
    """`purpose` in Russian."""
    sources: Annotated[list[CitationWrite], Field(max_length=20)] = []

    @field_validator("ends_at")
    @classmethod
    def _check_end_after_start(
        cls, value: datetime | None, info: ValidationInfo
    ) -> datetime | None:
        if value and (starts := info.data.get("starts_at")) and value <= starts:
            raise ValueError(
                tr(
                    "`ends_at` must be after `starts_at`.",
                    "`ends_at` должно быть позже `starts_at`.",
                )
            )
        return value

    @field_validator("ends_at_precision")
    @classmethod
    def _set_default_precision(
        cls, value: Precision | None, info: ValidationInfo
    ) -> Precision | None:
        return default_precision(info.data.get("ends_at"), value)


class SpacewalkRecord(SpacewalkWrite):
    """Complete spacewalk, with references by slug."""

    model_config = ConfigDict(json_schema_extra=None)

    id: int
    url: Url
    created_at: Rfc3339
    updated_at: Rfc3339
    version: int


class SpacewalkPage(Page[SpacewalkSummary], FacetFields):
    """Page of spacewalk summaries."""

    known_until: UtcInstant | None
    """Time until which spacewalks are known, or null if there is no limit."""


class SpacewalkFullPage(Page[SpacewalkRead], FacetFields):
    """Page of full spacewalks."""

    known_until: UtcInstant | None
    """Time until which spacewalks are known, or null if there is no limit."""
