"""Launch site schemas: query parameters, read models and write models."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any

from pydantic import ConfigDict, Field

from app.api.date_params import Rfc3339, TimeZoneName
from app.api.embeds.media import Image
from app.api.embeds.sites import PadRef, SiteRef
from app.api.links import Url, url_for_request
from app.api.lists.facets import FacetFields
from app.api.lists.pagination import ListViewQuery, Page
from app.api.lists.sorting import SortChoice
from app.api.openapi.examples import Example
from app.api.params import CommaList, CountryCode, Omittable, QueryModel, SearchText, Slug
from app.api.patterns import SITE_CODE_PATTERN
from app.api.read_models import Source, UtcInstant
from app.api.write_models import (
    CitationWrite,
    DocumentModel,
    MaxChars,
    SluggableName,
    WriteModel,
    example_config,
)
from app.api.writes.images import PictureWrite


class SiteFacet(StrEnum):
    """Facet of launch sites."""

    COUNTRY = "country"


class SiteSort(SortChoice):
    """Sort order of launch sites."""

    A_TO_Z = "name"
    Z_TO_A = "-name"


class SiteFilters(QueryModel):
    """Filters of launch sites."""

    q: Annotated[Omittable[SearchText], Example("baikonur")] = None
    """Full-text search: all words, in any spelling and inflection, as in `/v1/search`."""
    country: Annotated[CommaList[CountryCode], Example(["KZ"])] = []
    """Country of the launch site, as an ISO 3166-1 alpha-2 code."""
    has_image: Annotated[Omittable[bool], Example(False)] = None
    """Launch sites with an image (`true`) or without one (`false`)."""


class SiteQuery(SiteFilters, ListViewQuery):
    """Query parameters of the list of launch sites."""

    facet: Annotated[CommaList[SiteFacet], Example(["country"])] = []
    """Filters whose values are counted, in `facets`."""
    sort: SiteSort = SiteSort.A_TO_Z
    """Sort by name. `-` means descending order."""


class LaunchSiteSummary(SiteRef):
    """Launch site in a list."""

    id: int
    code: str | None = Field(examples=["GIK-5"])
    """Code in the General Catalog of Artificial Space Objects, or null."""
    country: str = Field(
        description="Country of the site, as an ISO 3166-1 alpha-2 code.", examples=["KZ"]
    )
    latitude: float | None
    """Latitude in degrees, north positive, or null if unknown."""
    longitude: float | None
    """Longitude in degrees, east positive, or null if unknown."""
    time_zone: str | None = Field(examples=["Asia/Qyzylorda"])
    """IANA time zone of its local time, or null if unknown."""
    launches_count: int
    """Number of launches from the site, of all statuses."""
    launches_url: Url
    """URL of its launches, with their counts by vehicle, year and pad."""
    image: Image | None
    """Image of the site, or null."""
    updated_at: UtcInstant
    version: int

    @classmethod
    def computed_fields(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        launches = url_for_request("launches", site=row["slug"], facet="vehicle,year,pad")
        return super().computed_fields(row) | {"launches_url": launches}


class PadRead(PadRef):
    """Launch pad of a site."""

    name_ru: str | None
    """Name in Russian, or null."""
    aliases: list[str]
    """Other names."""
    launches_count: int
    """Number of launches from the pad, of all statuses."""


class LaunchSiteRead(LaunchSiteSummary):
    """Launch site with all its fields."""

    aliases: list[str]
    """Other names."""
    pads: list[PadRead]
    """Its pads."""
    sources: list[Source]
    created_at: UtcInstant


Latitude = Annotated[float, Field(strict=True, ge=-90, le=90)]
Longitude = Annotated[float, Field(strict=True, ge=-180, le=180)]
MAX_PAD_COUNT = 100
"""Pads of a site."""

Aliases = Annotated[list[Annotated[SluggableName, MaxChars(120)]], Field(max_length=20)]


class PadWrite(WriteModel, read_as=PadRead):
    """Launch pad of a site. A pad that launches refer to keeps its slug."""

    slug: Slug | None = None
    """Slug of the pad. Default: the site's slug and the name."""
    code: Annotated[SluggableName, MaxChars(40)] | None = None
    """Code in the catalogue of its site, such as `LC31`."""
    name: Annotated[SluggableName, MaxChars(120)]
    name_ru: Annotated[SluggableName, MaxChars(120)] | None = None
    """Name in Russian."""
    aliases: Aliases = []
    """Other names. A launch may name the pad by its slug, name, code or any of them."""
    latitude: Latitude | None = None
    """Latitude in degrees, north positive."""
    longitude: Longitude | None = None
    """Longitude in degrees, east positive."""


class LaunchSiteWrite(DocumentModel, read_as=LaunchSiteRead):
    """Writable fields of a launch site."""

    model_config = example_config(
        name="Example Space Center",
        name_ru="Пример",
        country="KZ",
        latitude=45.6,
        longitude=63.3,
        time_zone="Asia/Qyzylorda",
        pads=[{"name": "Site 7", "latitude": 45.62, "longitude": 63.31}],
    )

    slug: Slug | None = None
    """Slug in the site's URL. Default: derived from `name`."""
    name: Annotated[SluggableName, MaxChars(120)]
    name_ru: Annotated[SluggableName, MaxChars(120)] | None = None
    """Name in Russian."""
    code: Annotated[str, Field(pattern=SITE_CODE_PATTERN, max_length=12)] | None = None
    """Code in the General Catalog of Artificial Space Objects."""
    aliases: Aliases = []
    """Other names. A launch may name the site by its slug, name, code or any of them."""
    country: CountryCode
    """Country of the site, as an ISO 3166-1 alpha-2 code."""
    latitude: Latitude | None = None
    """Latitude in degrees, north positive."""
    longitude: Longitude | None = None
    """Longitude in degrees, east positive."""
    time_zone: TimeZoneName | None = None
    """IANA time zone of its local time."""
    pads: Annotated[list[PadWrite], Field(max_length=MAX_PAD_COUNT)] = []
    """Its pads. A pad with launches cannot be removed."""
    image: PictureWrite | None = None
    """Image of the site."""
    sources: Annotated[list[CitationWrite], Field(max_length=20)] = []


class LaunchSiteRecord(LaunchSiteWrite):
    """Complete launch site."""

    model_config = ConfigDict(json_schema_extra=None)

    id: int
    url: Url
    created_at: Rfc3339
    updated_at: Rfc3339
    version: int


class LaunchSitePage(Page[LaunchSiteSummary], FacetFields):
    """Page of launch site summaries."""


class LaunchSiteFullPage(Page[LaunchSiteRead], FacetFields):
    """Page of full launch sites."""
