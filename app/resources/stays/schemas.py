"""Stay schemas: query parameters, read models and write models."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field, StrictBool, ValidationInfo, field_validator

from app.api.date_params import CalendarDay, CalendarMonth, Rfc3339, Rfc3339OrDate, TimeZone
from app.api.embeds.stays import StaySummary
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
    WriteModel,
    default_precision,
    example_config,
)
from app.domain.dates import Precision
from app.domain.enums import ArrivalKind, FlightEndKind, SpacecraftKind


class StayFacet(StrEnum):
    """Facet of stays."""

    PORT = "port"
    KIND = "kind"
    ARRIVAL_KIND = "arrival_kind"
    MISSION = "mission"
    YEAR = "year"


class StaySort(SortChoice):
    """Sort order of stays."""

    NEWEST = "-arrived_at"
    OLDEST = "arrived_at"
    LAST_DEPARTED = "-departed_at"
    FIRST_DEPARTED = "departed_at"


class StayArchiveFilters(QueryModel):
    """Filters of stays that the calendar supports too."""

    port: Annotated[CommaList[Slug], Example(["pirs-nadir"])] = []
    """Port, by slug."""
    module: Annotated[CommaList[Slug], Example(["pirs"])] = []
    """Module that the port belongs to, by slug."""
    spacecraft: Annotated[CommaList[NameParam], Example(["Progress MS-11"])] = []
    """Spacecraft, by name or slug: `Progress MS-11` or `progress-ms-11`."""
    launch: Annotated[CommaList[Slug], Example(["progress-ms-11"])] = []
    """Launch of the spacecraft, by slug."""
    kind: Annotated[CommaList[SpacecraftKind], Example(["CV"])] = []
    """Kind of spacecraft."""
    arrival_kind: Annotated[CommaList[ArrivalKind], Example(["docking"])] = []
    """Kind of arrival."""
    mission: Annotated[CommaList[MissionName], Example(["iss-59"])] = []
    """Mission during which the spacecraft was there, by slug, name or number."""
    on: Annotated[Omittable[CalendarDay], Example("2019-04-04")] = None
    """There at any time of this day, in the time zone `tz`, as far as is known."""
    docked: Annotated[Omittable[bool], Example(True)] = None
    """Spacecraft that are there now (`true`) or not (`false`). Neither has those not known."""
    q: Annotated[Omittable[SearchText], Example("progress pirs")] = None
    """Full-text search: all words, in any spelling and inflection, as in `/v1/search`."""
    arrived_month: Annotated[Omittable[CalendarMonth], Example("2019-04")] = None
    """Arrived in this month, in the time zone `tz`. Excludes arrivals without a known day."""
    arrived_at_gte: Annotated[Omittable[Rfc3339OrDate], Example("2019-04-04T00:00:00Z")] = None
    """Arrived at or after this time. An inexact date matches if any part of its period does."""
    arrived_at_lt: Annotated[Omittable[Rfc3339OrDate], Example("2019-05-01")] = None
    """Arrived before this time."""
    departed_at_gte: Annotated[Omittable[Rfc3339OrDate], Example("2019-07-01")] = None
    """Departed at or after this time, or has no known departure."""
    departed_at_lt: Annotated[Omittable[Rfc3339OrDate], Example("2019-08-01")] = None
    """Departed before this time."""
    tz: Omittable[TimeZone] = None
    """IANA time zone of day and month boundaries. Default: the portal's time zone."""


class StayFilters(StayArchiveFilters):
    """Filters of stays."""

    arrived_on: Annotated[Omittable[CalendarDay], Example("2019-04-04")] = None
    """Arrived on this day, in the time zone `tz`. Excludes arrivals without a known day."""


class StayQuery(StayFilters, ListViewQuery):
    """Query parameters of the list of stays."""

    facet: Annotated[CommaList[StayFacet], Example(["port"])] = []
    """Filters whose values are counted, in `facets`."""
    sort: StaySort = StaySort.NEWEST
    """Sort by arrival or departure; a stay without a departure is last. `-` means descending."""


class StayArchiveQuery(StayArchiveFilters, ArchiveQuery):
    """Query parameters of the calendar of arrivals."""


class StayRead(StaySummary):
    """Stay with all its fields."""

    flight_ended_at: UtcInstant | None
    """End of the spacecraft's flight, or null if it has not ended or is not known."""
    flight_ended_at_precision: Precision | None
    end_kind: FlightEndKind | None
    """Landing, splashdown, controlled burn-up or loss; null if not known."""
    known_until: UtcInstant | None
    """Time until which dockings are known, or null if there is no limit."""
    sources: list[Source]
    created_at: UtcInstant

    @classmethod
    def computed_fields(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        ends = ("flight_ended_at", "flight_ended_at_precision", "end_kind")
        return super().computed_fields(row) | {name: row["spacecraft"][name] for name in ends}


class StayWriteBase(WriteModel):
    """Writable fields of a stay."""

    slug: Slug | None = None
    """Slug in the stay's URL. Default: derived from `launch` and `port`."""
    launch: Slug
    """Launch, by slug; its main spacecraft is at the port."""
    port: Slug
    """Port, by slug."""
    arrived_at: Rfc3339
    arrived_at_precision: Precision = Precision.SECOND
    """Precision of `arrived_at`."""
    arrived_at_uncertain: StrictBool = False
    """True if the arrival may fall outside the period that `arrived_at_precision` gives."""
    arrival_kind: ArrivalKind
    departed_at: Rfc3339 | None = None
    """Undocking, or release by the arm. Null if the spacecraft has not left."""
    departed_at_precision: Annotated[Precision | None, Field(validate_default=True)] = None
    """Precision of `departed_at`. Default: `second`."""
    departed_at_uncertain: StrictBool = False
    """True if the departure may fall outside the period that `departed_at_precision` gives."""
    sources: Annotated[list[CitationWrite], Field(max_length=20)] = []

    @field_validator("departed_at_precision")
    @classmethod
    def _set_default_precision(
        cls, value: Precision | None, info: ValidationInfo
    ) -> Precision | None:
        return default_precision(info.data.get("departed_at"), value)


class StayWrite(StayWriteBase, DocumentModel, read_as=StayRead):
    """Writable fields of a stay."""

    model_config = example_config(
        launch="progress-ms-11",
        port="pirs-nadir",
        arrived_at="2019-08-10T14:25:00Z",
        arrived_at_precision="minute",
        arrival_kind="docking",
    )


class StayRecord(StayWriteBase):
    """Complete stay, with references by slug."""

    id: int
    url: Url
    created_at: Rfc3339
    updated_at: Rfc3339
    version: int


class StayPage(Page[StaySummary], FacetFields):
    """Page of stay summaries."""

    known_until: UtcInstant | None
    """Time until which dockings are known, or null if there is no limit."""


class StayFullPage(Page[StayRead], FacetFields):
    """Page of full stays."""

    known_until: UtcInstant | None
    """Time until which dockings are known, or null if there is no limit."""
