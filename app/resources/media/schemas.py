"""Media schemas: query parameters, read models and write models."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    StringConstraints,
    ValidationInfo,
    field_validator,
)

from app.api.date_params import AnyDay, Rfc3339
from app.api.embeds.media import Image, ImageSource, build_image
from app.api.links import Url, url_for_request
from app.api.lists.pagination import ListQuery, Page
from app.api.lists.sorting import SortChoice
from app.api.openapi.examples import Example
from app.api.params import (
    Omittable,
    QueryModel,
    SearchText,
    Slug,
    validate_searchable,
)
from app.api.patterns import CONTENT_DIGEST_PATTERN, LICENCE_PATTERN
from app.api.read_models import ReadModel, UtcInstant
from app.api.write_models import (
    DocumentModel,
    FetchableUrl,
    HttpUrlStr,
    MaxChars,
    NonBlankText,
    SearchableText,
    WriteModel,
    example_config,
)
from app.domain.languages import tr
from app.domain.pictures import UNKNOWN_LICENCE

LicenceName = Annotated[
    str,
    StringConstraints(pattern=LICENCE_PATTERN, max_length=60),
    AfterValidator(validate_searchable),
]
"""SPDX identifier such as `CC-BY-4.0`, or another name; `unknown` if it is not known."""


class MediaSort(SortChoice):
    """Sort order of media."""

    NEWEST = "-created_at"
    OLDEST = "created_at"


class MediaFilters(QueryModel):
    """Filters of media."""

    q: Annotated[Omittable[SearchText], Example("soyuz")] = None
    """Full-text search: all words, in any spelling and inflection, as in `/v1/search`."""
    licence: Annotated[Omittable[LicenceName], Example("CC-BY-4.0")] = None
    """Licence, as in `image.licence`."""
    taken_on_gte: Annotated[Omittable[AnyDay], Example("2019-03-01")] = None
    """Taken on or after this day. Excludes pictures without a known day."""
    taken_on_lt: Annotated[Omittable[AnyDay], Example("2019-04-01")] = None
    """Taken before this day. Excludes pictures without a known day."""


class MediaQuery(MediaFilters, ListQuery):
    """Query parameters of the media list."""

    sort: MediaSort = MediaSort.NEWEST
    """Sort by time of upload. `-` means descending order."""


class MediaRead(ReadModel):
    """Published picture."""

    id: int
    slug: str
    image: Image
    source_url: Url | None
    """Page that the picture was taken from, or null."""
    taken_on: date | None
    """Day on which the picture was taken, or null if not known."""
    created_at: UtcInstant
    updated_at: UtcInstant
    version: int
    url: Url

    @classmethod
    def computed_fields(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        return {"image": build_image(row), "url": url_for_request("media", row["slug"])}


class MediaPage(Page[MediaRead]):
    """Page of media."""


class MediaPreview(MediaRead):
    """Picture, published or not, as editors see it."""

    content: str
    """Digest of the uploaded file: the name of the files of the picture."""
    alt: str | None
    """Description in English, or null."""
    alt_ru: str | None
    """Description in Russian, or null."""
    published: bool


class UnpublishedMediaPage(Page[MediaPreview]):
    """Page of media that are not published."""


class FocalPointWrite(WriteModel):
    """Most important place of a picture, which a crop should keep."""

    x: Annotated[StrictInt, Field(ge=0, le=100)]
    """Distance from the left edge, in percent of the width."""
    y: Annotated[StrictInt, Field(ge=0, le=100)]
    """Distance from the top, in percent of the height."""


class MediaFields(WriteModel):
    """Description and rights of a picture."""

    model_config = example_config(
        alt="Soyuz MS-12 on the launch pad",
        alt_ru="«Союз МС-12» на стартовом столе",
        credit="A photographer",
        licence="CC-BY-4.0",
        published=True,
    )

    slug: Slug | None = None
    """Slug in the picture's URL. Default: derived from `alt`, or from the digest of the file."""
    alt: Annotated[SearchableText, MaxChars(300)] | None = None
    """Alternative text in English: a description of the picture."""
    alt_ru: Annotated[SearchableText, MaxChars(300)] | None = None
    """Alternative text in Russian."""
    credit: Annotated[NonBlankText, MaxChars(300)] | None = None
    """Photographer, artist or agency, as they want to be named."""
    licence: LicenceName = UNKNOWN_LICENCE
    """SPDX identifier such as `CC-BY-4.0`, or another name such as `public domain`."""
    source_url: HttpUrlStr | None = None
    """Page that the picture was taken from, or null."""
    taken_on: AnyDay | None = None
    """Day on which the picture was taken, or null if not known."""
    focal_point: FocalPointWrite = Field(default_factory=lambda: FocalPointWrite(x=50, y=50))
    """Most important place. Default: the centre, x=50 and y=50."""
    published: StrictBool = False
    """True if readers see the picture. That needs `alt`, `alt_ru` and a known `licence`."""

    @field_validator("published")
    @classmethod
    def _check_publishable(cls, value: bool, info: ValidationInfo) -> bool:
        missing = [name for name in ("alt", "alt_ru") if info.data.get(name, "") is None]
        if info.data.get("licence") == UNKNOWN_LICENCE:
            missing.append("licence")
        if value and missing:
            names = ", ".join(f"`{name}`" for name in missing)
            raise ValueError(
                tr(
                    f"A picture is published with {names} only: set what is missing.",
                    f"Изображение публикуется, только если указаны {names}.",
                )
            )
        return value


class MediaFetch(MediaFields):
    """Picture to fetch from another site."""

    model_config = example_config(url="https://example.org/soyuz-ms-12.jpg")

    url: FetchableUrl
    """URL of the file, which is also the default of `source_url`. Redirects are not followed."""


class MediaWrite(MediaFields, DocumentModel, read_as=MediaPreview):
    """Writable fields of a picture."""

    content: Annotated[str, StringConstraints(pattern=CONTENT_DIGEST_PATTERN)]
    """Digest of an uploaded file."""


class MediaRecord(MediaWrite):
    """Complete picture."""

    model_config = ConfigDict(json_schema_extra=None)

    id: int
    width: int
    height: int
    blurhash: str
    srcset: list[ImageSource]
    url: Url
    created_at: Rfc3339
    updated_at: Rfc3339
    version: int
