"""Person schemas: query parameters, read models and write models."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import groupby
from typing import Annotated, Any

from pydantic import ConfigDict, Field, StringConstraints, ValidationInfo, field_validator

from app.api.date_params import AnyDay, CalendarDay, DayPrecision, PastDay, Rfc3339
from app.api.embeds.agencies import AgencyRef
from app.api.embeds.crew import CrewAssignmentRead
from app.api.embeds.horizon import HorizonPage
from app.api.embeds.launches import LaunchRef
from app.api.embeds.media import Image
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
from app.api.patterns import LANGUAGE_CODE_PATTERN, WIKIDATA_ID_PATTERN
from app.api.read_models import ReadModel, Source, UtcInstant, instant_of
from app.api.write_models import (
    CitationWrite,
    DocumentModel,
    HttpUrlStr,
    MaxChars,
    NonBlankText,
    SearchableText,
    SluggableName,
    WriteModel,
    default_day_precision,
    example_config,
)
from app.api.writes.images import PictureWrite
from app.domain.clock import current_second, expire_response_at
from app.domain.dates import ONE_DAY, Precision
from app.domain.enums import FLOWN_STATUSES, CrewRole, LaunchStatus, Sex, ShipRole, SpacewalkRole
from app.domain.flights import FlightSpan
from app.domain.horizon import last_known_time
from app.domain.labels import SHIP_ROLE_LABELS
from app.domain.languages import tr


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
    MOST_FLIGHTS = "-flights_count"
    FEWEST_FLIGHTS = "flights_count"
    LONGEST_IN_SPACE = "-flight_seconds"
    SHORTEST_IN_SPACE = "flight_seconds"


class PersonFilters(QueryModel):
    """Filters of people."""

    q: Annotated[Omittable[SearchText], Example("kononenko")] = None
    """Full-text search: all words, in any spelling and inflection, as in `/v1/search`."""
    agency: Annotated[CommaList[NameParam], Example(["NASA"])] = []
    """Agency of the person, by slug or any of its names."""
    agency_not: Annotated[CommaList[NameParam], Example(["NASA"])] = []
    """Agency to exclude, by slug or any of its names."""
    nationality: Annotated[CommaList[CountryCode], Example(["RU"])] = []
    """Nationality, one of several, as an ISO 3166-1 alpha-2 code."""
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
    in_space: Annotated[Omittable[bool], Example(True)] = None
    """True: only people who are in space now, as the field `aboard` says. False: only others."""
    aboard: Annotated[Omittable[bool], Example(True)] = None
    """True: only people aboard the station now, from docking to undocking. False: only others."""
    born_on_gte: Annotated[Omittable[AnyDay], Example("1979-01-01")] = None
    """First day of birth. A birth known to the year or month counts as its first day."""
    born_on_lt: Annotated[Omittable[AnyDay], Example("1980-01-01")] = None
    """Day before which the person was born."""
    has_image: Annotated[Omittable[bool], Example(False)] = None
    """People with an image (`true`) or without one (`false`)."""


class PersonQuery(PersonFilters, ListViewQuery):
    """Query parameters of the people list."""

    facet: Annotated[CommaList[PersonFacet], Example(["agency"])] = []
    """Filters whose values are counted, in `facets`."""
    sort: PersonSort = PersonSort.A_TO_Z
    """Sort by name, or number or duration of spacewalks or flights. `-` means descending order."""


class PersonSummary(PersonRef):
    """Person in a list."""

    id: int
    agency_ref: AgencyRef | None
    """The record of the agency of the person."""
    nationalities: list[str] = Field(examples=[["RU"]])
    """All nationalities, as ISO 3166-1 alpha-2 codes; the first is `nationality`."""
    born_on: date | None
    """Date of birth, or the first day of the period that `born_on_precision` gives. Null if
    unknown."""
    born_on_precision: Precision | None
    died_on: date | None
    """Date of death, or the first day of the period that `died_on_precision` gives. Null if alive
    or unknown."""
    died_on_precision: Precision | None
    missions_count: int
    """Number of missions. A mission with several roles counts once."""
    days_aboard: int = Field(ge=0)
    """Full days in space on flights to the station, from launch to landing, or to the horizon or
    now. Only launches that reached space count."""
    spacewalks_count: int = Field(ge=0)
    """Number of spacewalks that are over."""
    spacewalk_seconds: int = Field(ge=0)
    """Total duration of these spacewalks in seconds; an unknown duration counts as 0."""
    flights_count: int = Field(ge=0)
    """Number of flights to the station whose launch reached space."""
    flight_seconds: int = Field(ge=0)
    """Total duration in seconds of the flights after which the person has landed."""
    aboard: bool | None
    """True if the person is aboard the station now: from launch to landing, as times of docking are
    not known. Null if not known: the person was aboard at `known_until`."""
    known_until: UtcInstant | None
    """Time until which crews and landings are known, or null if there is no limit."""
    image: Image | None
    """Portrait, or null."""
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
            "nationalities": [each["country"] for each in row["nationalities"]],
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
    agency_ref: AgencyRef | None
    """The record of this agency."""
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


class PersonAgencyRead(ReadModel):
    """Agency that a person flew for, on flights one after another."""

    agency: AgencyRef
    first_launch: LaunchRef
    """Launch of the first of these flights."""
    last_launch: LaunchRef
    """Launch of the last of these flights."""


class WikipediaArticleRead(ReadModel):
    """Article of Wikipedia about a person."""

    language: str = Field(examples=["en"])
    """Language of the Wikipedia, as in its address."""
    url: str


class PersonRead(PersonSummary):
    """Person with all their fields."""

    birth_country: str | None
    """Country of birth, as an ISO 3166-1 alpha-2 code. Null if unknown."""
    sex: Sex | None
    """Sex as published, or null if not known."""
    wikidata_id: str | None = Field(examples=["Q4896117"])
    """Item of Wikidata."""
    wikidata_url: str | None
    """Address of this item."""
    wikipedia: list[WikipediaArticleRead]
    """Articles of Wikipedia."""
    biography: str | None
    """Short life, written by an editor, or null."""
    agencies: list[PersonAgencyRead]
    """Agencies that the person flew for, in order of time."""
    first_flight: LaunchRef | None
    """Launch of the first flight to the station that reached space."""
    longest_flight: LaunchRef | None
    """Launch of the longest flight, among those after which the person has landed."""
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

    @classmethod
    def computed_fields(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        flown = [
            flight
            for flight in reversed(row["flights"])
            if LaunchStatus(flight["launch"]["status"]) in FLOWN_STATUSES
        ]
        landed = [flight for flight in flown if flight["landed_at"]]
        biography: str | None = row["biography"]
        wikidata_id: str | None = row["wikidata_id"]
        return super().computed_fields(row) | {
            "wikidata_url": wikidata_id and f"https://www.wikidata.org/wiki/{wikidata_id}",
            "biography": biography and tr(biography, row["biography_ru"] or biography),
            "agencies": list(_group_by_agency(flown)),
            "first_flight": flown[0]["launch"] if flown else None,
            "longest_flight": max(landed, key=_get_duration)["launch"] if landed else None,
        }


def _group_by_agency(flights: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """The agencies of flights, which are in order of time."""
    for agency, group in groupby(flights, key=lambda flight: flight["agency_ref"]):
        launches = [flight["launch"] for flight in group]
        if agency:
            yield {"agency": agency, "first_launch": launches[0], "last_launch": launches[-1]}


def _get_duration(flight: Mapping[str, Any]) -> timedelta:
    launch_at: datetime = instant_of(flight["launch"]["launch_at"])
    landed_at: datetime = instant_of(flight["landed_at"])
    return landed_at - launch_at


class WikipediaArticleWrite(WriteModel):
    """Article of Wikipedia about a person."""

    language: Annotated[
        str, StringConstraints(pattern=LANGUAGE_CODE_PATTERN, max_length=3, to_lower=True)
    ]
    """Language of the Wikipedia, as in its address."""
    url: HttpUrlStr
    """Address of the article in this Wikipedia."""

    @field_validator("url")
    @classmethod
    def _check_host(cls, value: str, info: ValidationInfo) -> str:
        if (language := info.data.get("language")) is None:
            return value
        start = f"https://{language}.wikipedia.org/wiki/"
        if not value.startswith(start):
            raise ValueError(
                tr(f"The address must start with {start}.", f"Адрес должен начинаться с {start}.")
            )
        return value


class PersonWrite(DocumentModel, read_as=PersonRead):
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
    agency: Annotated[SluggableName, MaxChars(120)] | None = None
    """Agency of the person, by slug or any of its names."""
    nationality: CountryCode | None = None
    """Nationality, as an ISO 3166-1 alpha-2 code."""
    other_nationalities: Annotated[list[CountryCode], Field(max_length=5)] = []
    """Further nationalities, beside `nationality`."""
    born_on: PastDay | None = None
    """Date of birth, from 1850-01-01 to today in UTC."""
    born_on_precision: Annotated[DayPrecision | None, Field(validate_default=True)] = None
    """Precision of `born_on`. Default: `day`."""
    birth_country: CountryCode | None = None
    """Country of birth, as an ISO 3166-1 alpha-2 code."""
    died_on: PastDay | None = None
    """Date of death, not before `born_on`."""
    died_on_precision: Annotated[DayPrecision | None, Field(validate_default=True)] = None
    """Precision of `died_on`. Default: `day`."""
    sex: Sex | None = None
    """Sex, as published."""
    wikidata_id: (
        Annotated[str, StringConstraints(pattern=WIKIDATA_ID_PATTERN, max_length=12)] | None
    ) = None
    """Item of Wikidata."""
    wikipedia: Annotated[list[WikipediaArticleWrite], Field(max_length=50)] = []
    """Articles of Wikipedia, one in a language."""
    biography: Annotated[NonBlankText, MaxChars(5000)] | None = None
    """Short life, as plain text."""
    biography_ru: Annotated[NonBlankText, MaxChars(5000)] | None = None
    """Short life in Russian."""
    aliases: Annotated[list[Annotated[SearchableText, MaxChars(120)]], Field(max_length=20)] = []
    """Other spellings of the name."""
    image: PictureWrite | None = None
    """Portrait."""
    sources: Annotated[list[CitationWrite], Field(max_length=20)] = []

    @field_validator("other_nationalities")
    @classmethod
    def _check_nationalities(cls, value: list[str], info: ValidationInfo) -> list[str]:
        first = info.data.get("nationality")
        if value and (first is None or len({first, *value}) <= len(value)):
            raise ValueError(
                tr(
                    "`nationality` is the first one, and none is listed twice.",
                    "Первое гражданство — `nationality`, и ни одно не указано дважды.",
                )
            )
        return value

    @field_validator("born_on_precision", "died_on_precision")
    @classmethod
    def _set_default_precision(
        cls, value: Precision | None, info: ValidationInfo
    ) -> Precision | None:
        day = (info.field_name or "").removesuffix("_precision")
        return default_day_precision(info.data.get(day), value)

    @field_validator("died_on")
    @classmethod
    def _check_death(cls, value: date | None, info: ValidationInfo) -> date | None:
        born_on = info.data.get("born_on")
        if value and born_on and value < born_on:
            raise ValueError(
                tr("The death is before the birth.", "Дата смерти раньше даты рождения.")
            )
        return value

    @field_validator("wikipedia")
    @classmethod
    def _check_languages(cls, value: list[WikipediaArticleWrite]) -> list[WikipediaArticleWrite]:
        if len({article.language for article in value}) < len(value):
            raise ValueError(
                tr("There is one article in a language.", "На каждом языке — одна статья.")
            )
        return value

    def list_nationalities(self) -> list[str]:
        """All nationalities, the first one first."""
        return [self.nationality, *self.other_nationalities] if self.nationality else []


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
