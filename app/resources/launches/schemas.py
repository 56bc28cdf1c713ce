"""Launch schemas: query parameters, read models and write models."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import (
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    ValidationInfo,
    field_validator,
)

from app.api.date_params import CalendarDay, CalendarMonth, Rfc3339, Rfc3339OrDate, TimeZone
from app.api.embeds.agencies import AgencyRef
from app.api.embeds.launches import (
    LaunchRef,
    LaunchSummary,
    SiteRead,
    SpacecraftRead,
    localize_outcome_note,
)
from app.api.embeds.media import Image
from app.api.embeds.missions import MissionRef
from app.api.embeds.modules import ModuleRef
from app.api.embeds.people import PersonRef
from app.api.embeds.stays import StayRef
from app.api.embeds.vehicles import VehicleRef
from app.api.links import Url
from app.api.lists.day_counts import ArchiveQuery
from app.api.lists.facets import FacetFields
from app.api.lists.pagination import ListViewQuery, Page
from app.api.lists.sorting import SortChoice
from app.api.openapi.examples import Example
from app.api.params import (
    CommaList,
    CountryCode,
    MissionName,
    NameParam,
    Omittable,
    QueryModel,
    SearchText,
    Slug,
)
from app.api.patterns import COSPAR_ID_PATTERN, LANGUAGE_CODE_PATTERN, SITE_CODE_PATTERN
from app.api.read_models import ReadModel, Source, UtcInstant
from app.api.write_models import (
    CitationWrite,
    DocumentModel,
    HttpsUrlStr,
    MaxChars,
    NonBlankText,
    OrName,
    SluggableName,
    WriteModel,
    default_precision,
    example_config,
)
from app.api.writes.images import PictureWrite
from app.domain.dates import Precision
from app.domain.enums import (
    FlightEndKind,
    LaunchRelation,
    LaunchStatus,
    LinkKind,
    ShipRole,
    SpacecraftKind,
)
from app.domain.labels import SHIP_ROLE_LABELS
from app.domain.languages import tr


class LaunchFacet(StrEnum):
    """Facet of launches."""

    STATUS = "status"
    VEHICLE = "vehicle"
    VEHICLE_FAMILY = "vehicle_family"
    SITE = "site"
    COUNTRY = "country"
    KIND = "kind"
    MISSION = "mission"
    PERSON = "person"
    YEAR = "year"
    PAD = "pad"
    PROVIDER = "provider"


class LaunchSort(SortChoice):
    """Sort order of launches."""

    NEWEST = "-launch_at"
    OLDEST = "launch_at"


class LaunchArchiveFilters(QueryModel):
    """Filters of launches that the calendar supports too."""

    status: Annotated[CommaList[LaunchStatus], Example(["success"])] = []
    """Status of the launch."""
    status_not: Annotated[CommaList[LaunchStatus], Example(["failure"])] = []
    """Status to exclude."""
    vehicle: Annotated[CommaList[NameParam], Example(["Soyuz-2.1a"])] = []
    """Launch vehicle, by name or slug in any case: `Soyuz-2.1a` or `soyuz-2-1a`."""
    vehicle_family: Annotated[CommaList[NameParam], Example(["Soyuz"])] = []
    """Family of the launch vehicle, such as `Soyuz`."""
    spacecraft: Annotated[CommaList[NameParam], Example(["Progress MS-11"])] = []
    """Spacecraft or module aboard, by name or slug: `Progress MS-11` or `progress-ms-11`."""
    kind: Annotated[CommaList[SpacecraftKind], Example(["CV"])] = []
    """Kind of spacecraft aboard."""
    site: Annotated[CommaList[NameParam], Example(["Baikonur Cosmodrome"])] = []
    """Launch site, by name, slug or code."""
    pad: Annotated[CommaList[Slug], Example(["baikonur-site-31-6"])] = []
    """Launch pad, by slug."""
    provider: Annotated[CommaList[NameParam], Example(["SpaceX"])] = []
    """Agency or company that launches."""
    country: Annotated[CommaList[CountryCode], Example(["KZ"])] = []
    """Country of the launch site, as an ISO 3166-1 alpha-2 code."""
    crewed: Annotated[Omittable[bool], Example(True)] = None
    """Crewed (`true`) or uncrewed (`false`) launches."""
    to_station: Annotated[Omittable[bool], Example(True)] = None
    """Launches to the station (`true`) or elsewhere (`false`). Default: all."""
    mission: Annotated[CommaList[MissionName], Example(["iss-59"])] = []
    """Related mission, by slug, name or number: `iss-59`, `ISS-59` or `59`."""
    person: Annotated[CommaList[Slug], Example(["anne-mcclain"])] = []
    """Crew member at launch, by slug."""
    q: Annotated[Omittable[SearchText], Example("kononenko")] = None
    """Full-text search: all words, in any spelling and inflection, as in `/v1/search`."""
    has_image: Annotated[Omittable[bool], Example(False)] = None
    """Launches with an image (`true`) or without one (`false`)."""
    launch_month: Annotated[Omittable[CalendarMonth], Example("2019-04")] = None
    """Launched in this month, in the time zone `tz`. Excludes launches without a known day."""
    launch_at_gte: Annotated[Omittable[Rfc3339OrDate], Example("2019-04-04T00:00:00Z")] = None
    """Launched at or after this time. An inexact date matches if any part of its period does."""
    launch_at_lt: Annotated[Omittable[Rfc3339OrDate], Example("2019-05-01")] = None
    """Launched before this time."""
    tz: Omittable[TimeZone] = None
    """IANA time zone of day and month boundaries. Default: the portal's time zone."""


class LaunchFilters(LaunchArchiveFilters):
    """Filters of launches."""

    launch_on: Annotated[Omittable[CalendarDay], Example("2019-04-04")] = None
    """Launched on this day, in the time zone `tz`. Excludes launches without a known day."""


class LaunchQuery(LaunchFilters, ListViewQuery):
    """Query parameters of the launch list."""

    facet: Annotated[CommaList[LaunchFacet], Example(["vehicle"])] = []
    """Filters whose values are counted, in `facets`."""
    sort: LaunchSort = LaunchSort.NEWEST
    """Sort by launch time; a vague time is last in its period. `-` means descending order."""


class LaunchArchiveQuery(LaunchArchiveFilters, ArchiveQuery):
    """Query parameters of the launch calendar."""


class MissionServed(ReadModel):
    """Mission related to a launch."""

    relation: LaunchRelation
    mission: MissionRef

    @classmethod
    def computed_fields(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        return {"mission": dict(row)}


class LaunchCrewRead(ReadModel):
    """Crew member at launch."""

    person: PersonRef
    image: Image | None
    """Portrait of the person, or null."""
    role: ShipRole
    role_label: str = Field(examples=["Flight engineer"])
    agency: str | None
    """Agency that the person flew for."""
    agency_ref: AgencyRef | None
    """The record of this agency."""
    landed_at: UtcInstant | None
    """Landing time, or null while the person is in space."""
    landed_at_precision: Precision | None
    landed_with: LaunchRef | None
    """Launch of the spacecraft that the person landed with."""

    @classmethod
    def computed_fields(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "image": row["person"]["image"],
            "role_label": str(SHIP_ROLE_LABELS[ShipRole(row["role"])]),
            "agency": row["agency_ref"] and row["agency_ref"]["name"],
        }


class LaunchMoment(ReadModel):
    """Time and status of a launch before or after a change."""

    status: LaunchStatus
    launch_at: UtcInstant
    launch_at_precision: Precision


class LaunchSlipRead(ReadModel):
    """Change of a launch's time or status."""

    model_config = ConfigDict(populate_by_name=True)

    from_: LaunchMoment = Field(alias="from")
    to: LaunchMoment
    changed_at: UtcInstant
    reason: str | None
    """Reason for the change, or null."""


class LaunchLink(ReadModel):
    """Link of a launch."""

    kind: LinkKind
    url: Url
    language: str | None = Field(examples=["en"])
    """Language code (ISO 639), or null if unknown."""
    live: bool
    """True for a webcast that is live."""


class LaunchRead(LaunchSummary):
    """Launch with all its fields."""

    provider: str | None = Field(examples=["SpaceX"])
    """Agency or company that launches, or null if unknown."""
    provider_ref: AgencyRef | None
    """The record of the provider."""
    missions: list[MissionServed]
    crew: list[LaunchCrewRead]
    """Crew at launch, commander of the spacecraft first."""
    stays: list[StayRef]
    """Stays of the main spacecraft at the station, in order."""
    modules: list[ModuleRef]
    """Modules and other elements of the station that it carried, the first attached one first."""
    outcome_note: str | None
    """Deviation from the plan, or null."""
    probability_percent: int | None
    """Probability of weather that permits the launch, or null."""
    hold_reason: str | None
    """Reason of a hold, or null."""
    links: list[LaunchLink]
    """Webcasts, and pages about the launch."""
    history: list[LaunchSlipRead]
    """Changes of time or status, newest first."""
    sources: list[Source]
    created_at: UtcInstant

    @classmethod
    def computed_fields(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        return super().computed_fields(row) | {
            "provider": row["provider_ref"] and row["provider_ref"]["name"],
            "outcome_note": localize_outcome_note(row),
        }

    def last_modified(self) -> datetime:
        return max([self.updated_at, *(stay.updated_at for stay in self.stays)])


class VehicleName(WriteModel, read_as=VehicleRef):
    """Launch vehicle of the archive, by name."""

    name: Annotated[SluggableName, MaxChars(80)]
    """Name of the vehicle, or its slug, in any case."""
    family: Annotated[SluggableName, MaxChars(80)] | None = None
    """Family of the vehicle; another one than that of the vehicle is refused."""


class VehicleOfRecord(VehicleName):
    """Launch vehicle with its family."""

    family: Annotated[SluggableName, MaxChars(80)]


class SiteWrite(WriteModel, read_as=SiteRead):
    """Launch site of a launch."""

    name: Annotated[SluggableName, MaxChars(120)]
    """Name of the site, or its slug, code or alias. The site must exist."""
    country: CountryCode | None = None
    """Country of the site, as an ISO 3166-1 alpha-2 code, which is checked."""
    code: Annotated[str, Field(pattern=SITE_CODE_PATTERN, max_length=12)] | None = None
    """Code of the site, if it is not known by `name`."""


class LinkWrite(WriteModel):
    """Link of a launch."""

    kind: LinkKind
    url: HttpsUrlStr
    """An https URL."""
    language: Annotated[str, Field(pattern=LANGUAGE_CODE_PATTERN)] | None = None
    """Language code (ISO 639)."""
    live: StrictBool = False
    """True for a webcast that is live."""


class SpacecraftWrite(WriteModel, read_as=SpacecraftRead):
    """Spacecraft or module that a launch carries."""

    name: Annotated[SluggableName, MaxChars(120)]
    kind: SpacecraftKind
    flight_ended_at: Rfc3339 | None = None
    """End of its flight, or null if it has not ended or is not known."""
    flight_ended_at_precision: Annotated[Precision | None, Field(validate_default=True)] = None
    """Precision of `flight_ended_at`. Default: `second`."""
    end_kind: FlightEndKind | None = None
    """Landing, splashdown, controlled burn-up or loss; null if not known."""
    slug: Slug | None = None
    """Slug of the spacecraft that flies. Null: the spacecraft with this name, if there is one."""

    @field_validator("flight_ended_at_precision")
    @classmethod
    def _set_default_precision(
        cls, value: Precision | None, info: ValidationInfo
    ) -> Precision | None:
        return default_precision(info.data.get("flight_ended_at"), value)


class SeatWrite(WriteModel, read_as=LaunchCrewRead):
    """Crew member at launch, with their landing."""

    person: Slug
    role: ShipRole
    agency: Annotated[SluggableName, MaxChars(120)] | None = None
    """Agency that the person flew for, by slug or any of its names. Null: the agency of the
    person."""
    landed_with: Slug | None = None
    """Launch of the spacecraft that the person landed with, or null while in space."""
    landed_at: Rfc3339 | None = None
    landed_at_precision: Precision | None = None

    @classmethod
    def read_response(cls, part: Any) -> Any:
        match part:
            case {"person": {"agency": str() as own}, "agency": agency} if agency == own:
                part = part | {"agency": None}
        return super().read_response(part)


class LaunchWriteBase(WriteModel):
    """Writable fields of a launch."""

    slug: Slug | None = None
    """Slug in the launch's URL. Default: derived from the main spacecraft's name."""
    cospar_id: Annotated[str, Field(pattern=COSPAR_ID_PATTERN, max_length=11)] | None = None
    """International designator (COSPAR ID)."""
    status: LaunchStatus
    launch_at: Rfc3339
    launch_at_precision: Precision = Precision.SECOND
    """Precision of `launch_at`."""
    launch_at_uncertain: StrictBool = False
    """True if the launch may fall outside the period that `launch_at_precision` gives."""
    window_starts_at: Rfc3339 | None = None
    window_ends_at: Rfc3339 | None = None
    vehicle: VehicleName | None = None
    site: Annotated[SiteWrite, OrName()] | None = None
    """Launch site, by name, slug, code or alias in any case. It must exist."""
    pad: Annotated[SluggableName, MaxChars(120)] | None = None
    """Launch pad of the site, by name, slug, code or alias in any case. It must exist."""
    provider: Annotated[SluggableName, MaxChars(120)] | None = None
    """Agency or company that launches, by slug or any of its names."""
    spacecraft: Annotated[list[SpacecraftWrite], Field(min_length=1, max_length=200)]
    """Spacecraft and modules aboard, the main one first."""
    crewed: StrictBool
    to_station: StrictBool = True
    """False for a launch that goes elsewhere, which is never the next launch."""
    crew: Annotated[list[SeatWrite], Field(max_length=20)] = []
    """Crew at launch, commander of the spacecraft first."""
    outcome_note: Annotated[NonBlankText, MaxChars(1000)] | None = None
    """Deviation from the plan, or null."""
    outcome_note_ru: Annotated[NonBlankText, MaxChars(1000)] | None = None
    """`outcome_note` in Russian."""
    probability_percent: Annotated[StrictInt, Field(ge=0, le=100)] | None = None
    """Probability of weather that permits the launch."""
    hold_reason: Annotated[NonBlankText, MaxChars(1000)] | None = None
    """Reason of a hold."""
    links: Annotated[list[LinkWrite], Field(max_length=50)] = []
    """Webcasts, and pages about the launch."""
    image: PictureWrite | None = None
    """Image of the launch."""
    sources: Annotated[list[CitationWrite], Field(max_length=20)] = []

    @field_validator("window_ends_at")
    @classmethod
    def _check_window_order(cls, value: datetime | None, info: ValidationInfo) -> datetime | None:
        if value and (start := info.data.get("window_starts_at")) and value < start:
            raise ValueError(
                tr(
                    "`window_ends_at` must not be before `window_starts_at`.",
                    "`window_ends_at` не может быть раньше `window_starts_at`.",
                )
            )
        return value


class LaunchWrite(LaunchWriteBase, DocumentModel, read_as=LaunchRead):
    """Writable fields of a launch."""

    model_config = example_config(
        status="planned",
        launch_at="2031-04-04T11:01:35Z",
        launch_at_precision="minute",
        vehicle={"name": "Soyuz-2.1a", "family": "Soyuz"},
        site="baikonur-cosmodrome",
        spacecraft=[{"name": "Progress Example", "kind": "CV"}],
        crewed=False,
    )

    change_reason: Annotated[NonBlankText, MaxChars(300)] | None = None
    """Reason for a change of time or status, recorded in `history`."""


class SiteRecord(SiteWrite):
    """Launch site of a complete launch."""

    country: CountryCode


class LaunchRecord(LaunchWriteBase):
    """Complete launch, with references by slug."""

    site: SiteRecord | None
    id: int
    vehicle: VehicleOfRecord | None = None
    history: list[LaunchSlipRead]
    url: Url
    created_at: Rfc3339
    updated_at: Rfc3339
    version: int


class LaunchPage(Page[LaunchSummary], FacetFields):
    """Page of launch summaries."""


class LaunchFullPage(Page[LaunchRead], FacetFields):
    """Page of full launches."""
