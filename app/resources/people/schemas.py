"""Person schemas: query parameters, read models and write models."""

from collections.abc import Mapping
from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, ConfigDict, Field

from app.api.date_params import AnyDay, CalendarDay, Rfc3339
from app.api.embeds.crew import CrewAssignmentRead
from app.api.embeds.horizon import HorizonPage
from app.api.embeds.launches import LaunchRef
from app.api.embeds.people import PersonRef
from app.api.embeds.spacewalks import SpacewalkRef, localize_spacewalk_role
from app.api.links import Url
from app.api.lists.facets import FacetFields
from app.api.lists.pagination import ListViewQuery
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
from app.api.read_models import ReadModel, Source, UtcInstant, instant_of
from app.api.write_models import (
    CitationWrite,
    MaxChars,
    SearchableText,
    SluggableName,
    WriteModel,
    example_config,
)
from app.domain.clock import current_second, expire_response_at
from app.domain.dates import ONE_DAY, Precision
from app.domain.enums import CrewRole, LaunchStatus, ShipRole, SpacewalkRole
from app.domain.flights import FlightSpan
from app.domain.horizon import last_known_time
from app.domain.labels import SHIP_ROLE_LABELS
from app.domain.languages import tr

MIN_BIRTH_DATE = date(1850, 1, 1)


class PersonFacet(StrEnum):
    """Facet of people."""

    AGENCY = "agency"
    NATIONALITY = "nationality"


class PersonSort(SortChoice):
    """Sort order of people."""

    A_TO_Z = "name"
    Z_TO_A = "-name"
    MOST_SPACEWALKS = "-spacewalks_count"
    FEWEST_SPACEWALKS = "spacewalks_count"
    LONGEST_OUTSIDE = "-spacewalk_seconds"
    SHORTEST_OUTSIDE = "spacewalk_seconds"


class PersonFilters(QueryModel):
    """Filters of people."""

    q: Annotated[Omittable[SearchText], Example("kononenko")] = None
    """Full-text search: all words, in any spelling and inflection, as in `/v1/search`."""
    agency: Annotated[CommaList[NameParam], Example(["NASA"])] = []
    """Agency of the person, by name or slug."""
    agency_not: Annotated[CommaList[NameParam], Example(["NASA"])] = []
    """Agency to exclude, by name or slug."""
    nationality: Annotated[CommaList[CountryCode], Example(["RU"])] = []
    """Nationality, as an ISO 3166-1 alpha-2 code."""
    nationality_not: Annotated[CommaList[CountryCode], Example(["RU"])] = []
    """Nationality to exclude, as an ISO 3166-1 alpha-2 code."""
    role: Annotated[CommaList[CrewRole], Example(["commander"])] = []
    """Role aboard the station. With `mission`: the role in that mission."""
    mission: Annotated[CommaList[MissionName], Example(["iss-59"])] = []
    """Mission of which the person was a crew member, by slug, name or number."""
    aboard_on: Annotated[Omittable[CalendarDay], Example("2019-04-04")] = None
    """Day in UTC on which the person was aboard: from docking to undocking, as far as known."""
    in_space_on: Annotated[Omittable[CalendarDay], Example("2019-04-04")] = None
    """Day in UTC on which the person was in space on a flight to the station."""


class PersonQuery(PersonFilters, ListViewQuery):
    """Query parameters of the people list."""

    facet: Annotated[CommaList[PersonFacet], Example(["agency"])] = []
    """Filters whose values are counted, in `facets`."""
    sort: PersonSort = PersonSort.A_TO_Z
    """Sort by name, or by number or duration of spacewalks. `-` means descending order."""


class PersonSummary(PersonRef):
    """Person in a list."""

    id: int
    born_on: date | None
    """Date of birth, or null if unknown."""
    missions_count: int
    """Number of missions. A mission with several roles counts once."""
    days_aboard: int = Field(ge=0)
    """Full days in space on flights to the station, from launch to landing, or to the horizon or
    now. Only launches that reached space count."""
    spacewalks_count: int = Field(ge=0)
    """Number of spacewalks that are over."""
    spacewalk_seconds: int = Field(ge=0)
    """Total duration of these spacewalks in seconds; an unknown duration counts as 0."""
    aboard: bool | None
    """True if the person is aboard the station now: from launch to landing, as times of docking are
    not known. Null if not known: the person was aboard at `known_until`."""
    known_until: UtcInstant | None
    """Time until which crews and landings are known, or null if there is no limit."""
    updated_at: UtcInstant
    version: int

    @classmethod
    def computed_fields(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        known_until = row["known_until"]
        spans = [
            FlightSpan(
                LaunchStatus(flight["launch"]["status"]),
                instant_of(flight["launch"]["launch_at"]),
                instant_of(flight["landed_at"]),
                known_until,
            )
            for flight in row["flights"]
        ]
        total = sum((span.duration for span in spans), start=timedelta())
        still_open = [span for span in spans if span.is_open]
        present = current_second()
        if still_open and last_known_time(known_until) == present:
            expire_response_at(present + (ONE_DAY - total % ONE_DAY) / len(still_open))
        return super().computed_fields(row) | {
            "days_aboard": total.days,
            "aboard": still_open[0].is_aboard if still_open else False,
        }


class FlightRead(ReadModel):
    """Flight of a person to the station and back."""

    role: ShipRole
    """Role aboard the spacecraft."""
    role_label: str = Field(examples=["Flight engineer"])
    agency: str | None
    """Agency that the person flew for."""
    launch: LaunchRef
    landed_with: LaunchRef | None
    """Launch of the spacecraft that the person landed with. Null if in space or not known."""
    landed_at: UtcInstant | None
    landed_at_precision: Precision | None

    @classmethod
    def computed_fields(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        return {"role_label": str(SHIP_ROLE_LABELS[ShipRole(row["role"])])}


class PersonSpacewalkRead(ReadModel):
    """Spacewalk of a person."""

    role: SpacewalkRole
    """Role in the spacewalk; `ev1` leads it."""
    role_label: str = Field(examples=["Lead spacewalker"])
    spacewalk: SpacewalkRef

    @classmethod
    def computed_fields(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        return {"spacewalk": dict(row), "role_label": localize_spacewalk_role(row["role"])}


class PersonRead(PersonSummary):
    """Person with all their fields."""

    aliases: list[str]
    """Other spellings of the name."""
    assignments: list[CrewAssignmentRead]
    """Crew assignments, newest first."""
    flights: list[FlightRead]
    """Flights, newest first, including visits outside a mission's crew."""
    spacewalks: list[PersonSpacewalkRead]
    """Spacewalks, newest first."""
    sources: list[Source]
    created_at: UtcInstant


def _validate_birth_date(day: date) -> date:
    if not MIN_BIRTH_DATE <= day <= current_second().date():
        raise ValueError(
            tr(
                f"The date of birth must be between {MIN_BIRTH_DATE} and today.",
                f"Дата рождения должна быть от {MIN_BIRTH_DATE} до сегодняшнего дня.",
            )
        )
    return day


class PersonWrite(WriteModel):
    """Writable fields of a person."""

    model_config = example_config(
        name="Yuri Example",
        name_ru="Юрий Пример",
        agency="Roscosmos",
        nationality="RU",
        born_on="1985-04-12",
        aliases=["Example Yuri"],
    )

    slug: Slug | None = None
    """Slug in the person's URL. Default: derived from `name`."""
    name: Annotated[SluggableName, MaxChars(120)]
    name_ru: Annotated[SearchableText, MaxChars(120)] | None = None
    """Name in Russian."""
    name_native: Annotated[SearchableText, MaxChars(120)] | None = None
    """Name in its original spelling, or null if it equals `name`."""
    agency: Annotated[SluggableName, MaxChars(60)] | None = None
    nationality: CountryCode | None = None
    """Nationality, as an ISO 3166-1 alpha-2 code."""
    born_on: Annotated[AnyDay, AfterValidator(_validate_birth_date)] | None = None
    """Date of birth, from 1850-01-01 to today in UTC."""
    aliases: Annotated[list[Annotated[SearchableText, MaxChars(120)]], Field(max_length=20)] = []
    """Other spellings of the name."""
    sources: Annotated[list[CitationWrite], Field(max_length=20)] = []


class PersonRecord(PersonWrite):
    """Complete person."""

    model_config = ConfigDict(json_schema_extra=None)

    id: int
    url: Url
    created_at: Rfc3339
    updated_at: Rfc3339
    version: int


class PersonPage(HorizonPage[PersonSummary], FacetFields):
    """Page of person summaries."""


class PersonFullPage(HorizonPage[PersonRead], FacetFields):
    """Page of full people."""
