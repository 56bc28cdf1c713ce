"""What launches look like, and how they can be asked for."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from pydantic import ConfigDict, Field, StrictBool, ValidationInfo, field_validator

from app.api.embeds.launches import LaunchRef, LaunchSummary, localize_outcome_note
from app.api.embeds.missions import MissionRef
from app.api.embeds.people import PersonRef
from app.api.links import Url
from app.api.lists.day_counts import ArchiveQuery
from app.api.lists.pagination import ListViewQuery, Page
from app.api.lists.sorting import SortChoice
from app.api.params import (
    CalendarDay,
    CalendarMonth,
    CommaList,
    CountryCode,
    NameParam,
    Omittable,
    QueryModel,
    Rfc3339,
    Rfc3339OrDate,
    SearchText,
    Slug,
    TimeZone,
)
from app.api.read_models import ReadModel, Source, UtcInstant
from app.api.write_models import (
    CitationWrite,
    NonBlankText,
    SluggableName,
    WriteModel,
    example_config,
)
from app.domain.dates import Precision
from app.domain.enums import LaunchRelation, LaunchStatus, ShipRole, SpacecraftKind
from app.domain.labels import SHIP_ROLE_LABELS
from app.domain.languages import tr


class LaunchSort(SortChoice):
    """The orders that launches can be listed in."""

    NEWEST = "-launch_at"
    OLDEST = "launch_at"


class LaunchArchiveFilters(QueryModel):
    """Which launches a calendar counts; which days it shows is its own to say."""

    status: CommaList[LaunchStatus] = []
    """How far it has come, and with what outcome."""
    status_not: CommaList[LaunchStatus] = []
    """What its status must not be."""
    vehicle: CommaList[NameParam] = []
    """The launch vehicle, by name or slug: `Soyuz-2.1a` or `soyuz-2-1a`."""
    vehicle_family: CommaList[NameParam] = []
    """The family of the launch vehicle, such as Soyuz."""
    spacecraft: CommaList[NameParam] = []
    """A ship or module it carried, by name or slug: `Progress MS-11` or `progress-ms-11`."""
    kind: CommaList[SpacecraftKind] = []
    """A kind of thing it carried."""
    site: CommaList[NameParam] = []
    """The site it left from, by name, slug or code."""
    country: CommaList[CountryCode] = []
    """The country where that site lies, ISO 3166-1 alpha-2."""
    crewed: Omittable[bool] = None
    """Whether people were aboard."""
    mission: CommaList[Slug] = []
    """A mission that it served, by slug."""
    person: CommaList[Slug] = []
    """Somebody who was aboard, by slug."""
    q: Omittable[SearchText] = None
    """Words that it has, all of them, in any spelling and form; as `/v1/search` finds them."""
    launch_month: Omittable[CalendarMonth] = None
    """The month it left, in the zone `tz`; only launches whose day is known."""
    launch_at_gte: Omittable[Rfc3339OrDate] = None
    """Left at this instant or later; a date that is not exact counts with all it may be."""
    launch_at_lt: Omittable[Rfc3339OrDate] = None
    """Left before this instant."""
    tz: Omittable[TimeZone] = None
    """The IANA time zone that days are days of; otherwise the portal's own."""


class LaunchFilters(LaunchArchiveFilters):
    """Which launches."""

    launch_on: Omittable[CalendarDay] = None
    """The day it left, in the zone `tz`; only launches whose day is known."""


class LaunchQuery(LaunchFilters, ListViewQuery):
    """A page of launches."""

    sort: LaunchSort = LaunchSort.NEWEST
    """The order: by launch time, newest first with the minus."""


class LaunchArchiveQuery(LaunchArchiveFilters, ArchiveQuery):
    """A calendar of launches."""


class MissionServed(ReadModel):
    """A mission that a launch served."""

    relation: LaunchRelation
    mission: MissionRef

    @classmethod
    def computed_fields(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        return {"mission": dict(row)}


class LaunchCrewRead(ReadModel):
    """Somebody aboard at launch."""

    person: PersonRef
    role: ShipRole
    """The role aboard the ship, which need not be the one aboard the station."""
    role_label: str = Field(examples=["Flight engineer"])
    landed_at: UtcInstant | None
    """Null while they are in space."""
    landed_at_precision: Precision | None
    landed_with: LaunchRef | None
    """The launch of the ship they came home with."""

    @classmethod
    def computed_fields(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        return {"role_label": str(SHIP_ROLE_LABELS[ShipRole(row["role"])])}


class LaunchMoment(ReadModel):
    """The time and status of a launch, as they were known at some time."""

    status: LaunchStatus
    launch_at: UtcInstant
    launch_at_precision: Precision


class LaunchSlipRead(ReadModel):
    """That a launch's time or status changed, and why."""

    model_config = ConfigDict(populate_by_name=True)

    from_: LaunchMoment = Field(alias="from")
    to: LaunchMoment
    changed_at: UtcInstant
    reason: str | None
    """Null where nobody gave one."""


class LaunchRead(LaunchSummary):
    """A launch with all that belongs to it."""

    missions: list[MissionServed]
    crew: list[LaunchCrewRead]
    """The ship's commander first."""
    outcome_note: str | None
    """What went other than planned."""
    history: list[LaunchSlipRead]
    """Every change of its time or status, newest first."""
    sources: list[Source]
    created_at: UtcInstant

    @classmethod
    def computed_fields(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        return super().computed_fields(row) | {"outcome_note": localize_outcome_note(row)}


class VehicleWrite(WriteModel):
    """A launch vehicle, by its name; one that is not known yet is added."""

    name: Annotated[SluggableName, Field(max_length=80)]
    family: Annotated[SluggableName, Field(max_length=80)]


class SiteWrite(WriteModel):
    """A launch site, by its name; one that is not known yet is added."""

    name: Annotated[SluggableName, Field(max_length=120)]
    country: CountryCode
    """ISO 3166-1 alpha-2: where the site lies."""
    code: Annotated[str, Field(pattern="^[A-Za-z0-9][A-Za-z0-9-]*$", max_length=12)] | None = None
    """What catalogues call it: kept with a new site, or made of the name where it is taken."""


class SpacecraftWrite(WriteModel):
    """A ship or module that a launch carries."""

    name: Annotated[SluggableName, Field(max_length=120)]
    kind: SpacecraftKind


class SeatWrite(WriteModel):
    """Somebody's way up by a launch, and down again by the same ship or another."""

    person: Slug
    role: ShipRole
    landed_with: Slug | None = None
    """The launch of the ship that brought them home; null while they are in space."""
    landed_at: Rfc3339 | None = None
    landed_at_precision: Precision | None = None


class LaunchWriteBase(WriteModel):
    """What is kept of a launch and can be written."""

    slug: Slug | None = None
    """The name in its address; made of the main ship's name where none is given."""
    cospar_id: Annotated[str, Field(pattern="^[0-9]{4}-[A-Z0-9]{2,6}$", max_length=11)] | None = (
        None
    )
    """The international designator."""
    status: LaunchStatus
    launch_at: Rfc3339
    launch_at_precision: Precision = Precision.SECOND
    """How exact that is."""
    launch_at_uncertain: StrictBool = False
    """Whether even that period is doubtful."""
    window_starts_at: Rfc3339 | None = None
    window_ends_at: Rfc3339 | None = None
    vehicle: VehicleWrite | None = None
    site: SiteWrite | None = None
    pad: Annotated[NonBlankText, Field(max_length=40)] | None = None
    spacecraft: Annotated[list[SpacecraftWrite], Field(min_length=1, max_length=200)]
    """What it carries, the main ship first."""
    crewed: StrictBool
    crew: Annotated[list[SeatWrite], Field(max_length=20)] = []
    """The ship's commander first."""
    outcome_note: Annotated[NonBlankText, Field(max_length=1000)] | None = None
    """What went other than planned."""
    outcome_note_ru: Annotated[NonBlankText, Field(max_length=1000)] | None = None
    """The same in Russian."""
    sources: Annotated[list[CitationWrite], Field(max_length=20)] = []

    @field_validator("window_ends_at")
    @classmethod
    def _check_window_order(cls, value: datetime | None, info: ValidationInfo) -> datetime | None:
        if value and (opens := info.data.get("window_starts_at")) and value < opens:
            raise ValueError(
                tr(
                    "The window closes before it opens.",
                    "Окно закрывается раньше, чем открывается.",
                )
            )
        return value


class LaunchWrite(LaunchWriteBase):
    """A launch as editors write it."""

    model_config = example_config(
        status="planned",
        launch_at="2031-04-04T11:01:35Z",
        launch_at_precision="minute",
        vehicle={"name": "Soyuz-2.1a", "family": "Soyuz"},
        site={"name": "Baikonur Cosmodrome", "country": "KZ"},
        spacecraft=[{"name": "Progress Example", "kind": "CV"}],
        crewed=False,
    )

    change_reason: Annotated[NonBlankText, Field(max_length=300)] | None = None
    """Why time or status change: kept with the change in the launch's history."""


class LaunchRecord(LaunchWriteBase):
    """All that is kept of a launch, each reference by slug."""

    id: int
    history: list[LaunchSlipRead]
    url: Url
    created_at: Rfc3339
    updated_at: Rfc3339
    version: int


class LaunchPage(Page[LaunchSummary]):
    """A page of launches in short."""


class LaunchFullPage(Page[LaunchRead]):
    """A page of whole launches."""
