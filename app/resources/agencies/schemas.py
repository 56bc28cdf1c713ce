"""Agency schemas: query parameters, read models and write models."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Annotated, Any

from pydantic import ConfigDict, Field, ValidationInfo, field_validator

from app.api.date_params import DayPrecision, PastDay, Rfc3339
from app.api.embeds.agencies import AgencyRef
from app.api.links import Url
from app.api.lists.facets import FacetFields
from app.api.lists.pagination import ListViewQuery, Page
from app.api.lists.sorting import SortChoice
from app.api.openapi.examples import Example
from app.api.params import (
    CommaList,
    CountryCode,
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
    HttpUrlStr,
    MaxChars,
    SearchableText,
    SluggableName,
    default_day_precision,
    example_config,
)
from app.domain.dates import Precision
from app.domain.enums import AgencyKind
from app.domain.labels import AGENCY_KIND_LABELS


class AgencyFacet(StrEnum):
    """Facet of agencies."""

    KIND = "kind"
    COUNTRY = "country"


class AgencySort(SortChoice):
    """Sort order of agencies."""

    A_TO_Z = "name"
    Z_TO_A = "-name"


class AgencyFilters(QueryModel):
    """Filters of agencies."""

    q: Annotated[Omittable[SearchText], Example("roscosmos")] = None
    """Full-text search: all words, in any spelling and inflection, as in `/v1/search`."""
    kind: Annotated[CommaList[AgencyKind], Example(["government"])] = []
    """Kind of the agency."""
    country: Annotated[CommaList[CountryCode], Example(["RU"])] = []
    """Country, as an ISO 3166-1 alpha-2 code. A multinational agency has none."""
    parent: Annotated[CommaList[NameParam], Example(["NASA"])] = []
    """Agency that it is a part of, by slug or any of its names."""


class AgencyQuery(AgencyFilters, ListViewQuery):
    """Query parameters of the agency list."""

    facet: Annotated[CommaList[AgencyFacet], Example(["kind"])] = []
    """Filters whose values are counted, in `facets`."""
    sort: AgencySort = AgencySort.A_TO_Z
    """Sort by name. `-` means descending order."""


class AgencySummary(AgencyRef):
    """Agency in a list."""

    id: int
    full_name: str | None = Field(examples=["European Space Agency"])
    """Full name in English, or null if `name` is the full name."""
    name_native: str | None
    """Name in its own language, or null if that is English or unknown."""
    kind: AgencyKind | None
    kind_label: str | None = Field(examples=["Government"])
    country: str | None = Field(examples=["RU"])
    """Country, as an ISO 3166-1 alpha-2 code. Null if multinational or unknown."""
    founded_on: date | None
    """Day of the foundation, or the first day of the period that `founded_on_precision` gives."""
    founded_on_precision: Precision | None
    parent: AgencyRef | None
    """Agency that it is a part of."""
    website: str | None
    updated_at: UtcInstant
    version: int

    @classmethod
    def computed_fields(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        kind = row["kind"]
        return super().computed_fields(row) | {
            "kind_label": str(AGENCY_KIND_LABELS[AgencyKind(kind)]) if kind else None
        }


class AgencyRead(AgencySummary):
    """Agency with all its fields."""

    aliases: list[str]
    """Other names, which it is found by."""
    people_count: int = Field(ge=0)
    """Number of people whose agency it is."""
    flights_count: int = Field(ge=0)
    """Number of flights of people for it. A launch with three of them counts three times."""
    launches_count: int = Field(ge=0)
    """Number of launches that it provided."""
    spacewalks_count: int = Field(ge=0)
    """Number of spacewalks that it operated."""
    modules_count: int = Field(ge=0)
    """Number of modules that it owns, alone or with others."""
    sources: list[Source]
    created_at: UtcInstant


class AgencyWrite(DocumentModel, read_as=AgencyRead):
    """Writable fields of an agency."""

    model_config = example_config(
        name="Example Space",
        full_name="Example Space Agency",
        abbreviation="EXSA",
        kind="government",
        country="NO",
        founded_on="1987-01-01",
        founded_on_precision="year",
    )

    slug: Slug | None = None
    """Slug in the agency's URL. Default: derived from `name`."""
    name: Annotated[SluggableName, MaxChars(120)]
    """Name in common use, by which other records show the agency."""
    full_name: Annotated[SluggableName, MaxChars(120)] | None = None
    """Full name in English, or null if it equals `name`."""
    name_ru: Annotated[SluggableName, MaxChars(120)] | None = None
    """Name in Russian."""
    name_native: Annotated[SluggableName, MaxChars(120)] | None = None
    """Name in its own language, or null if that is English."""
    abbreviation: Annotated[SluggableName, MaxChars(20)] | None = None
    aliases: Annotated[list[Annotated[SluggableName, MaxChars(120)]], Field(max_length=20)] = []
    """Other names, which it is found by."""
    kind: AgencyKind | None = None
    country: CountryCode | None = None
    """Country, as an ISO 3166-1 alpha-2 code, or null if multinational."""
    founded_on: PastDay | None = None
    """Day of the foundation, or a day of the period that `founded_on_precision` gives."""
    founded_on_precision: Annotated[DayPrecision | None, Field(validate_default=True)] = None
    """Precision of `founded_on`. Default: `day`."""
    parent: Annotated[SearchableText, MaxChars(120)] | None = None
    """Agency that it is a part of, by slug or any of its names."""
    website: Annotated[HttpUrlStr, MaxChars(300)] | None = None
    sources: Annotated[list[CitationWrite], Field(max_length=20)] = []

    @field_validator("founded_on_precision")
    @classmethod
    def _set_default_precision(
        cls, value: Precision | None, info: ValidationInfo
    ) -> Precision | None:
        return default_day_precision(info.data.get("founded_on"), value)


class AgencyRecord(AgencyWrite):
    """Complete agency, with its parent by slug."""

    model_config = ConfigDict(json_schema_extra=None)

    id: int
    url: Url
    created_at: Rfc3339
    updated_at: Rfc3339
    version: int


class AgencyPage(Page[AgencySummary], FacetFields):
    """Page of agency summaries."""


class AgencyFullPage(Page[AgencyRead], FacetFields):
    """Page of full agencies."""
