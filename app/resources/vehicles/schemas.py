"""Vehicle schemas: query parameters, read models and write models."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any

from pydantic import ConfigDict, Field, StrictInt

from app.api.date_params import Rfc3339
from app.api.embeds.agencies import AgencyRef
from app.api.embeds.launches import LaunchRef
from app.api.embeds.vehicles import VehicleRef
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
    NonBlankText,
    SluggableName,
    example_config,
)


class VehicleFacet(StrEnum):
    """Facet of launch vehicles."""

    FAMILY = "family"
    MAKER = "maker"


class VehicleSort(SortChoice):
    """Sort order of launch vehicles."""

    A_TO_Z = "name"
    Z_TO_A = "-name"


class VehicleFilters(QueryModel):
    """Filters of launch vehicles."""

    q: Annotated[Omittable[SearchText], Example("soyuz")] = None
    """Full-text search: all words, in any spelling and inflection, as in `/v1/search`."""
    family: Annotated[CommaList[NameParam], Example(["Soyuz"])] = []
    """Family of the vehicle, such as `Soyuz`."""
    maker: Annotated[CommaList[NameParam], Example(["spacex"])] = []
    """Agency or company that makes the vehicle."""


class VehicleQuery(VehicleFilters, ListViewQuery):
    """Query parameters of the vehicle list."""

    facet: Annotated[CommaList[VehicleFacet], Example(["family"])] = []
    """Filters whose values are counted, in `facets`."""
    sort: VehicleSort = VehicleSort.A_TO_Z
    """Sort by name. `-` means descending order."""


class VehicleSummary(VehicleRef):
    """Launch vehicle in a list."""

    id: int
    variant: str | None = Field(examples=["2.1a"])
    maker: str | None = Field(examples=["progress-rocket-space-centre"])
    """Agency or company that makes it, by slug, or null if unknown."""
    maker_ref: AgencyRef | None
    """The record of this agency or company."""
    stages: int | None
    """Number of stages, strap-on boosters with a stage of their own not counted, or null."""
    height_m: float | None
    """Height in metres, or null if unknown."""
    diameter_m: float | None
    """Largest diameter in metres, or null if unknown."""
    mass_kg: int | None
    """Mass at lift-off in kilograms, or null if unknown."""
    launches_count: int
    """Launches in the archive that took place."""
    successes_count: int
    """Of these, the launches with the status `success`."""
    success_rate: float | None = Field(ge=0, le=1)
    """Share of successes among the launches with a known outcome, or null without any."""
    first_launch: LaunchRef | None
    """First launch in the archive that took place."""
    last_launch: LaunchRef | None
    """Last launch in the archive that took place."""
    launches_url: Url
    """URL of the list of its launches."""
    updated_at: UtcInstant
    version: int

    @classmethod
    def computed_fields(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        successes, decided = row["successes_count"], row["decided_count"]
        maker = row["maker_ref"]
        return super().computed_fields(row) | {
            "maker": maker and maker["slug"],
            "success_rate": round(successes / decided, 4) if decided else None,
            "launches_url": url_for_request("launches", vehicle=row["slug"]),
        }


class VehicleRead(VehicleSummary):
    """Launch vehicle with all its fields."""

    sources: list[Source]
    created_at: UtcInstant


class VehicleWrite(DocumentModel, read_as=VehicleRead):
    """Writable fields of a launch vehicle."""

    model_config = example_config(
        name="Soyuz-2.1x", family="Soyuz", variant="2.1x", stages=3, height_m=46.3
    )

    slug: Slug | None = None
    """Slug in the vehicle's URL. Default: derived from `name`."""
    name: Annotated[SluggableName, MaxChars(80)]
    family: Annotated[SluggableName, MaxChars(80)]
    variant: Annotated[NonBlankText, MaxChars(40)] | None = None
    """Variant within its family, such as `2.1a`."""
    maker: Slug | None = None
    """Agency or company that makes it, by slug."""
    stages: Annotated[StrictInt, Field(ge=1, le=10)] | None = None
    """Number of stages, strap-on boosters with a stage of their own not counted."""
    height_m: Metres | None = None
    """Height in metres."""
    diameter_m: Metres | None = None
    """Largest diameter in metres."""
    mass_kg: Annotated[StrictInt, Field(ge=1, le=10_000_000)] | None = None
    """Mass at lift-off in kilograms."""
    sources: Annotated[list[CitationWrite], Field(max_length=20)] = []


class VehicleRecord(VehicleWrite):
    """Complete launch vehicle."""

    model_config = ConfigDict(json_schema_extra=None)

    id: int
    url: Url
    created_at: Rfc3339
    updated_at: Rfc3339
    version: int


class VehiclePage(Page[VehicleSummary], FacetFields):
    """Page of vehicle summaries."""


class VehicleFullPage(Page[VehicleRead], FacetFields):
    """Page of full vehicles."""
