"""What people look like, and how they can be asked for."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any

from pydantic import Field

from app.api.embeds.crew import CrewAssignmentRead
from app.api.embeds.launches import LaunchRef
from app.api.embeds.people import PersonRef
from app.api.links import Url
from app.api.lists.pagination import ListViewQuery, Page
from app.api.lists.sorting import SortChoice
from app.api.params import (
    CalendarDay,
    CommaList,
    CountryCode,
    NameParam,
    Omittable,
    QueryModel,
    Rfc3339,
    SearchText,
    Slug,
)
from app.api.read_models import ReadModel, Source, UtcInstant
from app.api.write_models import (
    CitationWrite,
    SearchableText,
    SluggableName,
    WriteModel,
    example_config,
)
from app.domain.clock import current_second, expire_response_at, has_passed
from app.domain.dates import ONE_DAY, Precision
from app.domain.enums import CrewRole, LaunchStatus, ShipRole
from app.domain.labels import SHIP_ROLE_LABELS


class PersonSort(SortChoice):
    """The orders that people can be listed in."""

    A_TO_Z = "name"
    Z_TO_A = "-name"


class PersonFilters(QueryModel):
    """Which people."""

    q: Omittable[SearchText] = None
    """Words that they have, all of them, in any spelling and form; as `/v1/search` finds them."""
    agency: CommaList[NameParam] = []
    """The agency they fly for."""
    agency_not: CommaList[NameParam] = []
    """An agency they must not fly for."""
    nationality: CommaList[CountryCode] = []
    """ISO 3166-1 alpha-2."""
    nationality_not: CommaList[CountryCode] = []
    """A nationality they must not have."""
    role: CommaList[CrewRole] = []
    """A role that they held aboard the station, in `mission` where that is given too."""
    mission: CommaList[Slug] = []
    """A mission in whose crew they were, by slug."""
    aboard_on: Omittable[CalendarDay] = None
    """A day, in UTC, on which they were in space for the station, from launch to landing."""


class PersonQuery(PersonFilters, ListViewQuery):
    """A page of people."""

    sort: PersonSort = PersonSort.A_TO_Z
    """The order: by name."""


class PersonSummary(PersonRef):
    """A person as lists show them."""

    id: int
    missions_count: int
    """Missions in whose crew they were, however many roles they held."""
    days_aboard: int
    """Full days in space on flights to the station, launch to landing or to now."""
    aboard: bool
    """Whether they are in space for the station now, as far as is on record."""
    updated_at: UtcInstant
    version: int

    @classmethod
    def computed_fields(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        moment = current_second()
        flown = [f for f in row["flights"] if f["launch"]["status"] != LaunchStatus.FAILURE]
        spans = [
            (_parse_instant(f["launch"]["launch_at"]), _parse_instant(f["landed_at"]))
            for f in flown
        ]
        aboard = [up for up, down in spans if up and down is None]
        total = sum(((down or moment) - up for up, down in spans if up), start=timedelta())
        if aboard:
            expire_response_at(moment + (ONE_DAY - total % ONE_DAY) / len(aboard))
        return super().computed_fields(row) | {
            "days_aboard": total.days,
            "aboard": any(map(has_passed, aboard)),
        }


class FlightRead(ReadModel):
    """A way up to the station and down again."""

    role: ShipRole
    """The role aboard the ship."""
    role_label: str = Field(examples=["Flight engineer"])
    launch: LaunchRef
    landed_with: LaunchRef | None
    """The launch of the ship they came home with, null while they are in space."""
    landed_at: UtcInstant | None
    landed_at_precision: Precision | None

    @classmethod
    def computed_fields(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        return {"role_label": str(SHIP_ROLE_LABELS[ShipRole(row["role"])])}


class PersonRead(PersonSummary):
    """A person with all that is on record."""

    aliases: list[str]
    """Other spellings of the name."""
    assignments: list[CrewAssignmentRead]
    """The roles they held in missions, newest first."""
    flights: list[FlightRead]
    """Their flights, newest first: with a mission's crew or as visitors."""
    sources: list[Source]
    created_at: UtcInstant


class PersonWrite(WriteModel):
    """A person as editors write them."""

    model_config = example_config(
        name="Yuri Example",
        name_ru="Юрий Пример",
        agency="Roscosmos",
        nationality="RU",
        aliases=["Example Yuri"],
    )

    slug: Slug | None = None
    """The name in the address; made of the name where none is given."""
    name: Annotated[SluggableName, Field(max_length=120)]
    name_ru: Annotated[SearchableText, Field(max_length=120)] | None = None
    """The name in Russian."""
    name_native: Annotated[SearchableText, Field(max_length=120)] | None = None
    """The name in the person's own spelling, null where that is `name`."""
    agency: Annotated[SluggableName, Field(max_length=60)] | None = None
    nationality: CountryCode | None = None
    """ISO 3166-1 alpha-2."""
    aliases: Annotated[
        list[Annotated[SearchableText, Field(max_length=120)]], Field(max_length=20)
    ] = []
    """Other spellings of the name."""
    sources: Annotated[list[CitationWrite], Field(max_length=20)] = []


class PersonRecord(PersonWrite):
    """All that is kept of a person."""

    id: int
    url: Url
    created_at: Rfc3339
    updated_at: Rfc3339
    version: int


class PersonPage(Page[PersonSummary]):
    """A page of people in short."""


class PersonFullPage(Page[PersonRead]):
    """A page of people with all that is on record."""


def _parse_instant(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value) if value else None
