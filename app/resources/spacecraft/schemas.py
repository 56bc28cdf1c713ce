"""Schemas of spacecraft: query parameters, read models and write models."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any

from pydantic import ConfigDict, Field

from app.api.date_params import Rfc3339
from app.api.embeds.agencies import AgencyRef
from app.api.embeds.launches import LaunchRef
from app.api.embeds.media import Image
from app.api.embeds.spacecraft import ShipRef, SpacecraftTypeRef
from app.api.embeds.stays import StayRef
from app.api.links import Url
from app.api.lists.facets import FacetFields
from app.api.lists.pagination import ListViewQuery, Page
from app.api.lists.sorting import SortChoice
from app.api.openapi.examples import Example
from app.api.params import CommaList, NameParam, Omittable, QueryModel, SearchText, Slug
from app.api.read_models import ReadModel, Source, UtcInstant
from app.api.write_models import (
    CitationWrite,
    DocumentModel,
    MaxChars,
    NonBlankText,
    SluggableName,
    example_config,
)
from app.api.writes.images import PictureWrite
from app.domain.dates import Precision
from app.domain.enums import FlightEndKind, SpacecraftKind


class ShipFacet(StrEnum):
    """Facet of spacecraft."""

    TYPE = "type"
    KIND = "kind"
    OPERATOR = "operator"


class ShipSort(SortChoice):
    """Sort order of spacecraft."""

    A_TO_Z = "name"
    Z_TO_A = "-name"


class ShipFilters(QueryModel):
    """Filters of spacecraft."""

    q: Annotated[Omittable[SearchText], Example("dragon")] = None
    """Full-text search: all words, in any spelling and inflection, as in `/v1/search`."""
    type: Annotated[CommaList[NameParam], Example(["crew-dragon-2"])] = []
    """Type of spacecraft, by slug or name: `soyuz-ms` or `Soyuz MS`."""
    kind: Annotated[CommaList[SpacecraftKind], Example(["CV"])] = []
    """Kind of spacecraft."""
    operator: Annotated[CommaList[NameParam], Example(["nasa"])] = []
    """Agency or company that operates the spacecraft."""
    has_image: Annotated[Omittable[bool], Example(True)] = None
    """Spacecraft with an image (`true`) or without one (`false`)."""


class ShipQuery(ShipFilters, ListViewQuery):
    """Query parameters of the list of spacecraft."""

    facet: Annotated[CommaList[ShipFacet], Example(["type"])] = []
    """Filters whose values are counted, in `facets`."""
    sort: ShipSort = ShipSort.A_TO_Z
    """Sort by name. `-` means descending order."""


class ShipSummary(ShipRef):
    """Spacecraft in a list."""

    id: int
    type: SpacecraftTypeRef
    operator: str | None = Field(examples=["spacex"])
    """Agency or company that operates it, by slug, or null if unknown."""
    operator_ref: AgencyRef | None
    """The record of this agency or company."""
    serial: str | None = Field(examples=["C206"])
    """Serial number, or null if unknown."""
    flights_count: int
    """Flights in the archive whose launch took place."""
    first_launch: LaunchRef | None
    """First of these launches."""
    last_launch: LaunchRef | None
    """Last of these launches."""
    image: Image | None
    """Image of the spacecraft, or null."""
    updated_at: UtcInstant
    version: int

    @classmethod
    def computed_fields(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        operator = row["operator_ref"]
        return super().computed_fields(row) | {"operator": operator and operator["slug"]}


class FlightOfShip(ReadModel):
    """Flight of a spacecraft."""

    name: str = Field(examples=["Dragon Crew-2"])
    """Name of the spacecraft on this flight."""
    launch: LaunchRef
    flight_ended_at: UtcInstant | None
    """End of the flight, or null if it has not ended or is not known."""
    flight_ended_at_precision: Precision | None
    end_kind: FlightEndKind | None
    """Landing, splashdown, controlled burn-up or loss; null if not known."""


class ShipRead(ShipSummary):
    """Spacecraft with all its fields."""

    flights: list[FlightOfShip]
    """Its flights in the archive, in order of launch."""
    stays: list[StayRef]
    """Its stays at the station on flights of which it is the main spacecraft, in order."""
    sources: list[Source]
    created_at: UtcInstant


class ShipWrite(DocumentModel, read_as=ShipRead):
    """Writable fields of a spacecraft. Its flights are those of the launches that name it."""

    model_config = example_config(name="Dragon Example", type="crew-dragon-2", serial="C299")

    slug: Slug | None = None
    """Slug in the URL of the spacecraft. Default: derived from `name`."""
    name: Annotated[SluggableName, MaxChars(120)]
    type: Slug
    """Type of spacecraft, by slug."""
    operator: Slug | None = None
    """Agency or company that operates it, by slug."""
    serial: Annotated[NonBlankText, MaxChars(40)] | None = None
    """Serial number."""
    image: PictureWrite | None = None
    """Image of the spacecraft."""
    sources: Annotated[list[CitationWrite], Field(max_length=20)] = []


class ShipRecord(ShipWrite):
    """Complete spacecraft, with its type by slug."""

    model_config = ConfigDict(json_schema_extra=None)

    id: int
    url: Url
    created_at: Rfc3339
    updated_at: Rfc3339
    version: int


class ShipPage(Page[ShipSummary], FacetFields):
    """Page of summaries of spacecraft."""


class ShipFullPage(Page[ShipRead], FacetFields):
    """Page of full spacecraft."""
