"""Article schemas: query parameters, read models and write models."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator
from pydantic_core import PydanticKnownError

from app.api.date_params import (
    CalendarDay,
    CalendarMonth,
    Rfc3339,
    Rfc3339OrDate,
    TimeZone,
    time_zone_or_default,
)
from app.api.embeds.articles import ArticleRef
from app.api.embeds.launches import LaunchRef
from app.api.embeds.media import Image
from app.api.embeds.missions import MissionRef
from app.api.embeds.people import PersonRef
from app.api.links import Url
from app.api.lists.day_counts import ArchiveQuery
from app.api.lists.facets import FacetFields
from app.api.lists.pagination import MAX_PAGE_ITEMS, ListQuery, ListViewQuery, Page
from app.api.lists.sorting import SortChoice
from app.api.openapi.examples import Example
from app.api.params import (
    CommaList,
    DecimalInt,
    LanguageCode,
    MissionName,
    NameParam,
    Omittable,
    QueryModel,
    SearchText,
    Slug,
)
from app.api.read_models import ReadModel, UtcInstant
from app.api.write_models import (
    DocumentModel,
    HttpUrlStr,
    MaxChars,
    NonBlankText,
    SluggableName,
    SlugList,
    TagList,
    WriteModel,
    default_precision,
    example_config,
)
from app.config import current_settings
from app.domain.dates import Precision, local_day, now
from app.domain.enums import ArticleState
from app.resources.articles.body_pictures import BodyHtml
from app.resources.articles.body_schemas import ArticleBody


class ArticleFacet(StrEnum):
    """Facet of articles."""

    TAG = "tag"
    LANGUAGE = "language"
    SOURCE = "source"
    MISSION = "mission"
    PERSON = "person"
    LAUNCH = "launch"
    YEAR = "year"


class ArticleSort(SortChoice):
    """Sort order of articles."""

    NEWEST = "-published_at"
    OLDEST = "published_at"
    A_TO_Z = "title"
    Z_TO_A = "-title"


class ArticleArchiveFilters(QueryModel):
    """Filters of articles that the calendar supports too."""

    published_month: Annotated[Omittable[CalendarMonth], Example("2019-04")] = None
    """Published in this month, in the time zone `tz`. Excludes articles without a known day."""
    published_at_gte: Annotated[Omittable[Rfc3339OrDate], Example("2019-04-04T00:00:00Z")] = None
    """Published at or after this time. An inexact date matches if any part of its period does."""
    published_at_lt: Annotated[Omittable[Rfc3339OrDate], Example("2019-05-01")] = None
    """Published before this time."""
    q: Annotated[Omittable[SearchText], Example("kononenko")] = None
    """Full-text search: all words, in any spelling and inflection, as in `/v1/search`."""
    tag: Annotated[CommaList[Slug], Example(["launch"])] = []
    """Tag of the article."""
    tag_not: Annotated[CommaList[Slug], Example(["launch"])] = []
    """Tag that the article must not have."""
    language: Annotated[CommaList[LanguageCode], Example(["en"])] = []
    """Language of the article, such as `en` or `ru`."""
    source: Annotated[CommaList[NameParam], Example(["Zarya chronicle"])] = []
    """Publisher, by name or slug."""
    source_not: Annotated[CommaList[NameParam], Example(["Zarya chronicle"])] = []
    """Publisher to exclude, by name or slug."""
    mission: Annotated[CommaList[MissionName], Example(["iss-59"])] = []
    """Related mission, by slug, name or number: `iss-59`, `ISS-59` or `59`."""
    person: Annotated[CommaList[Slug], Example(["anne-mcclain"])] = []
    """Related person, by slug."""
    launch: Annotated[CommaList[Slug], Example(["progress-ms-11"])] = []
    """Related launch, by slug."""
    has_image: Annotated[Omittable[bool], Example(False)] = None
    """Articles with an image (`true`) or without one (`false`)."""
    updated_at_gte: Annotated[Omittable[Rfc3339OrDate], Example("2019-04-04T00:00:00Z")] = None
    """Updated at or after this time."""
    tz: Omittable[TimeZone] = None
    """IANA time zone of day and month boundaries. Default: the portal's time zone."""


class ArticleFilters(ArticleArchiveFilters):
    """Filters of articles."""

    published_on: Annotated[Omittable[CalendarDay], Example("2019-04-04")] = None
    """Published on this day, in the time zone `tz`. Excludes articles without a known day."""


class ArticleQuery(ArticleFilters, ListViewQuery):
    """Query parameters of the article list."""

    facet: Annotated[CommaList[ArticleFacet], Example(["tag"])] = []
    """Filters whose values are counted, in `facets`."""
    sort: ArticleSort = ArticleSort.NEWEST
    """Sort by title or time; a vague time is last in its period. `-` means descending order."""


class FeedQuery(ArticleFilters):
    """Query parameters of the article feeds."""

    limit: DecimalInt = Field(default=20, ge=1, le=MAX_PAGE_ITEMS)
    """Maximum number of articles in the feed."""


class ArticleArchiveQuery(ArticleArchiveFilters, ArchiveQuery):
    """Query parameters of the article calendar."""


class ArticleSource(ReadModel):
    """Publisher of an article."""

    name: str
    url: Url | None
    """URL of the original article, or null."""


class Translation(ReadModel):
    """Translation of an article."""

    language: str
    slug: str


def _build_image(row: Mapping[str, Any]) -> dict[str, Any] | None:
    """Fields of the `Image` of an article, in the library or on another site."""
    if row["image"] or not row["image_url"]:
        image: dict[str, Any] | None = row["image"]
        return image
    unknown = ("media", "width", "height", "licence", "blurhash", "focal_point")
    return dict.fromkeys(unknown) | {
        "url": row["image_url"],
        "srcset": [],
        "alt": row["image_alt"] or "",
        "credit": row["image_credit"],
    }


class ArticleSummary(ArticleRef):
    """Article in a list."""

    id: int
    lead: str
    published_on: date | None
    """Publication day in the portal's time zone, or null if the day is not known."""
    source: ArticleSource
    image: Image | None
    tags: list[str]
    reading_minutes: int
    updated_at: UtcInstant
    version: int

    @classmethod
    def computed_fields(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        at, precision = row["published_at"], row["published_at_precision"]
        return super().computed_fields(row) | {
            "published_on": at and local_day(at, Precision(precision), time_zone_or_default(None)),
            "source": {"name": row["source_name"], "url": row["source_url"]},
            "image": _build_image(row),
        }


class ArticleRead(ArticleSummary):
    """Article with all its fields."""

    body: str
    """Text in Markdown."""
    body_html: BodyHtml
    """`body` as sanitized HTML."""
    note: str | None
    """Editor's note about the record, such as a doubtful date."""
    missions: list[MissionRef]
    people: list[PersonRef]
    launches: list[LaunchRef]
    translations: list[Translation]
    previous: ArticleRef | None
    """Previously published article in the same language."""
    next: ArticleRef | None
    """Next published article in the same language."""
    created_at: UtcInstant


class FeedEntry(ArticleSummary):
    """Article in a feed."""

    body_html: BodyHtml


class ArticlePage(Page[ArticleSummary], FacetFields):
    """Page of article summaries."""


class ArticleFullPage(Page[ArticleRead], FacetFields):
    """Page of full articles."""


class ArticleStatus(StrEnum):
    """Status of an article. A `scheduled` article becomes public at `published_at`."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    PUBLISHED = "published"
    UNPUBLISHED = "unpublished"
    DELETED = "deleted"


def get_article_status(state: ArticleState, published_at: datetime | None) -> ArticleStatus:
    """Return the current status of an article."""
    if state == ArticleState.PUBLISHED and published_at and published_at > now():
        return ArticleStatus.SCHEDULED
    return ArticleStatus(state)


class ArticlePreview(ArticleRead):
    """Article in any status, as editors see it."""

    status: ArticleStatus
    published_at: UtcInstant | None  # type: ignore[assignment]  # null in drafts
    published_at_precision: Precision | None  # type: ignore[assignment]  # null in drafts
    translations: list[Translation]
    """Translations of the article, in any status but `deleted`."""
    translation_key: str
    """Key shared by an article and its translations."""

    @classmethod
    def computed_fields(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        state = ArticleState(row["state"])
        return super().computed_fields(row) | {
            "status": get_article_status(state, row["published_at"])
        }


class DraftQuery(ListQuery):
    """Query parameters of the draft list."""

    status: Annotated[CommaList[ArticleStatus], Example(["draft"])] = []
    """Status: `draft`, `scheduled`, `unpublished` or `deleted`. Default: all of these."""
    q: Annotated[Omittable[SearchText], Example("docking")] = None
    """Words of the title, the lead or the text; a part of a word is enough. All must match."""
    language: Annotated[CommaList[LanguageCode], Example(["en"])] = []
    """Language of the article, such as `en` or `ru`."""
    source: Annotated[CommaList[NameParam], Example(["Press office"])] = []
    """Publisher, by name or slug."""
    mission: Annotated[CommaList[MissionName], Example(["iss-59"])] = []
    """Related mission, by slug, name or number: `iss-59`, `ISS-59` or `59`."""
    imported: Annotated[Omittable[bool], Example(False)] = None
    """Articles that an import created (`true`) or an editor wrote (`false`)."""


class DraftPage(Page[ArticlePreview]):
    """Page of articles that are not public."""


class ArticleSourceWrite(WriteModel):
    """Publisher of an article."""

    name: Annotated[SluggableName, MaxChars(120)]
    url: HttpUrlStr | None = None
    """URL of the original article, or null."""


class ImageWrite(WriteModel, read_as=Image):
    """Image of an article: a picture of the library, or one on another site."""

    media: Slug | None = None
    """Published picture of `/v1/media`, by slug. The other fields are then those of the picture."""
    url: Annotated[HttpUrlStr | None, Field(validate_default=True)] = None
    """URL of an image on another site."""
    alt: Annotated[NonBlankText, MaxChars(300)] | None = Field(None, validate_default=True)
    """Alternative text: a description of the image. Required with `url`."""
    credit: Annotated[NonBlankText, MaxChars(300)] | None = None

    @field_validator("url", "alt")
    @classmethod
    def _require_without_media(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None and info.data.get("media") is None:
            raise PydanticKnownError("missing")
        return value


class ImageRecord(ImageWrite):
    """Image of an article, with what is known of a picture of the library."""

    url: Url
    alt: str


class ArticleWriteBase(DocumentModel):
    """Fields of an article, as they are written and stored."""

    slug: Slug | None = None
    """Slug in the article's URL. Default: derived from `title`."""
    title: Annotated[SluggableName, MaxChars(300)]
    lead: Annotated[NonBlankText, MaxChars(1000)]
    body: ArticleBody
    """Text in Markdown. HTML in it is escaped. An image is a published picture of `/v1/media`:
    `![description](media:slug)`."""
    language: LanguageCode
    published_at: Rfc3339 | None = None
    """Publication time, past or future. Default: the time of `publish`."""
    published_at_precision: Annotated[Precision | None, Field(validate_default=True)] = None
    """Precision of `published_at`. Default: `second`."""
    source: ArticleSourceWrite
    image: ImageWrite | None = None
    note: Annotated[NonBlankText, MaxChars(1000)] | None = None
    """Editor's note about the record, such as a doubtful date."""
    tags: TagList = []
    missions: SlugList = []
    """Related missions, by slug."""
    people: SlugList = []
    """Related people, by slug."""
    launches: SlugList = []
    """Related launches, by slug."""
    translation_key: Slug | None = None
    """`translation_key` of the article that this one translates. Default: a new key."""

    @field_validator("published_at_precision")
    @classmethod
    def _set_default_precision(
        cls, value: Precision | None, info: ValidationInfo
    ) -> Precision | None:
        return default_precision(info.data.get("published_at"), value)


def _default_source(source: Any) -> Any:
    """`source`, or without one the publisher of the installation's own news, if it has a name."""
    if source is not None:
        return source
    if name := current_settings().news_source:
        return {"name": name}
    raise PydanticKnownError("missing")


class ArticleWrite(ArticleWriteBase, read_as=ArticlePreview):
    """Writable fields of an article. It becomes public with `POST /v1/articles/{slug}/publish`."""

    model_config = example_config(
        title="A globe held in hands",
        lead="The monument to the first docking of Soyuz and Apollo stands again.",
        body="It was taken down in 1996, and is *back* for the 80th birthday of the town.",
        language="en",
        published_at="2018-08-31T00:00:00Z",
        published_at_precision="day",
        source={"name": "Press office", "url": None},
        tags=["history"],
        missions=["iss-59"],
    )

    source: Annotated[
        ArticleSourceWrite,
        BeforeValidator(_default_source),
        Field(default_factory=lambda: None, validate_default=True),
    ]
    """Publisher. Required, unless the installation has a name for its own news."""
    translation_of: Slug | None = None
    """Slug of an article that this one translates, in place of `translation_key`."""


class ArticleRecord(ArticleWriteBase):
    """Complete article, with references by slug."""

    id: int
    status: ArticleStatus
    image: ImageRecord | None
    body_html: BodyHtml
    url: Url
    created_at: Rfc3339
    updated_at: Rfc3339
    version: int
