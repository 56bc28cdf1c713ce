"""Schemas of spacecraft types: query parameters, read models and write models."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any

from pydantic import ConfigDict, Field, StrictBool, StrictInt

from app.api.date_params import Rfc3339
from app.api.embeds.agencies import AgencyRef
from app.api.embeds.launches import LaunchRef
from app.api.embeds.spacecraft import SpacecraftTypeRef
from app.api.links import Url, url_for_request
from app.api.lists.facets import FacetFields
from app.api.lists.pagination import ListViewQuery, Page
from app.api.lists.sorting import SortChoice
from app.api.openapi.examples import Example
from app.api.params import CommaList, NameParam, Omittable, QueryModel, SearchText, Slug
from app.api.read_models import Source, UtcInstant
from app.api.write_models import (
    CitationWrite,
    DocumentModel,
    MaxChars,
    Metres,
    SluggableName,
    example_config,
)
from app.domain.enums import SpacecraftKind


class SpacecraftTypeFacet(StrEnum):
    """Facet of spacecraft types."""

    KIND = "kind"
    MAKER = "maker"


class SpacecraftTypeSort(SortChoice):
    """Sort order of spacecraft types."""

    A_TO_Z = "name"
    Z_TO_A = "-name"


class SpacecraftTypeFilters(QueryModel):
    """Filters of spacecraft types."""

    q: Annotated[Omittable[SearchText], Example("soyuz")] = None
    """Full-text search: all words, in any spelling and inflection, as in `/v1/search`."""
    kind: Annotated[CommaList[SpacecraftKind], Example(["CV"])] = []
    """Kind of spacecraft."""
    maker: Annotated[CommaList[NameParam], Example(["spacex"])] = []
    """Agency or company that makes the spacecraft."""
    crewed: Annotated[Omittable[bool], Example(True)] = None
    """Types that can carry a crew (`true`) or cannot (`false`)."""


class SpacecraftTypeQuery(SpacecraftTypeFilters, ListViewQuery):
    """Query parameters of the list of spacecraft types."""

    facet: Annotated[CommaList[SpacecraftTypeFacet], Example(["kind"])] = []
    """Filters whose values are counted, in `facets`."""
    sort: SpacecraftTypeSort = SpacecraftTypeSort.A_TO_Z
    """Sort by name. `-` means descending order."""


class SpacecraftTypeSummary(SpacecraftTypeRef):
    """Spacecraft type in a list."""

    id: int
    maker: str | None = Field(examples=["rsc-energia"])
    """Agency or company that makes the spacecraft, by slug, or null if unknown."""
    maker_ref: AgencyRef | None
    """The record of this agency or company."""
    crewed: bool
    """True if the type can carry a crew."""
    crew_capacity: int | None
    """Seats, or null if unknown or without a crew."""
    height_m: float | None
    """Height or length in metres, or null if unknown."""
    diameter_m: float | None
    """Diameter in metres, or null if unknown."""
    spacecraft_count: int
    """Spacecraft of the type in the archive."""
    flights_count: int
    """Their flights in the archive whose launch took place."""
    first_launch: LaunchRef | None
    """First of these launches."""
    spacecraft_url: Url
    """URL of the list of the spacecraft."""
    updated_at: UtcInstant
    version: int

    @classmethod
    def computed_fields(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        maker = row["maker_ref"]
        return super().computed_fields(row) | {
            "maker": maker and maker["slug"],
            "spacecraft_url": url_for_request("spacecraft", type=row["slug"]),
        }


class SpacecraftTypeRead(SpacecraftTypeSummary):
    """Spacecraft type with all its fields."""

    sources: list[Source]
    created_at: UtcInstant


class SpacecraftTypeWrite(DocumentModel, read_as=SpacecraftTypeRead):
    """Writable fields of a spacecraft type."""

    model_config = example_config(name="Soyuz MX", kind="SC", crewed=True, crew_capacity=3)

    slug: Slug | None = None
    """Slug in the URL of the type. Default: derived from `name`."""
    name: Annotated[SluggableName, MaxChars(120)]
    kind: SpacecraftKind
    maker: Slug | None = None
    """Agency or company that makes the spacecraft, by slug."""
    crewed: StrictBool
    """True if the type can carry a crew."""
    crew_capacity: Annotated[StrictInt, Field(ge=1, le=100)] | None = None
    """Seats."""
    height_m: Metres | None = None
    """Height or length in metres."""
    diameter_m: Metres | None = None
    """Diameter in metres."""
    sources: Annotated[list[CitationWrite], Field(max_length=20)] = []


class SpacecraftTypeRecord(SpacecraftTypeWrite):
    """Complete spacecraft type."""

    model_config = ConfigDict(json_schema_extra=None)

    id: int
    url: Url
    created_at: Rfc3339
    updated_at: Rfc3339
    version: int


class SpacecraftTypePage(Page[SpacecraftTypeSummary], FacetFields):
    """Page of summaries of spacecraft types."""


class SpacecraftTypeFullPage(Page[SpacecraftTypeRead], FacetFields):
    """Page of full spacecraft types."""
