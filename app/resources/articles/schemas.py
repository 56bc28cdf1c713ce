"""What articles look like, and how they can be asked for."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field, ValidationInfo, field_validator

from app.api.embeds.articles import ArticleRef
from app.api.embeds.launches import LaunchRef
from app.api.embeds.missions import MissionRef
from app.api.embeds.people import PersonRef
from app.api.links import Url
from app.api.lists.day_counts import ArchiveQuery
from app.api.lists.pagination import MAX_PAGE_ITEMS, ListQuery, ListViewQuery, Page
from app.api.lists.sorting import SortChoice
from app.api.params import (
    CalendarDay,
    CalendarMonth,
    CommaList,
    DecimalInt,
    LanguageCode,
    NameParam,
    Omittable,
    QueryModel,
    Rfc3339,
    Rfc3339OrDate,
    SearchText,
    Slug,
    TimeZone,
    time_zone_or_default,
)
from app.api.read_models import ReadModel, UtcInstant
from app.api.write_models import (
    HttpUrlStr,
    NonBlankText,
    SluggableName,
    SlugList,
    WriteModel,
    default_precision,
    example_config,
)
from app.db.models.articles import MAX_HTML_CHARS
from app.domain.dates import Precision, local_day, now
from app.domain.enums import ArticleState
from app.domain.languages import tr
from app.domain.markdown import render_markdown


class ArticleSort(SortChoice):
    """The orders that articles can be listed in."""

    NEWEST = "-published_at"
    OLDEST = "published_at"
    A_TO_Z = "title"
    Z_TO_A = "-title"


class ArticleArchiveFilters(QueryModel):
    """Which articles a calendar counts; which days it shows is its own to say."""

    published_month: Omittable[CalendarMonth] = None
    """The month it was published, in the zone `tz`; only articles whose day is known."""
    published_at_gte: Omittable[Rfc3339OrDate] = None
    """Published at this instant or later; a date that is not exact counts with all it may be."""
    published_at_lt: Omittable[Rfc3339OrDate] = None
    """Published before this instant."""
    q: Omittable[SearchText] = None
    """Words that it has, all of them, in any spelling and form; as `/v1/search` finds them."""
    tag: CommaList[Slug] = []
    """A tag it has."""
    tag_not: CommaList[Slug] = []
    """A tag it must not have."""
    language: CommaList[LanguageCode] = []
    """The language it is written in, such as `en` or `ru`."""
    source: CommaList[NameParam] = []
    """Who published it, by name or slug."""
    source_not: CommaList[NameParam] = []
    """Who must not have published it."""
    mission: CommaList[Slug] = []
    """A mission it is about, by slug."""
    person: CommaList[Slug] = []
    """Somebody it is about, by slug."""
    launch: CommaList[Slug] = []
    """A launch it is about, by slug."""
    has_image: Omittable[bool] = None
    """Whether it has an image."""
    updated_at_gte: Omittable[Rfc3339OrDate] = None
    """Changed at this instant or later."""
    tz: Omittable[TimeZone] = None
    """The IANA time zone that days are days of; otherwise the portal's own."""


class ArticleFilters(ArticleArchiveFilters):
    """Which articles."""

    published_on: Omittable[CalendarDay] = None
    """The day it was published, in the zone `tz`; only articles whose day is known."""


class ArticleQuery(ArticleFilters, ListViewQuery):
    """A page of articles."""

    sort: ArticleSort = ArticleSort.NEWEST
    """The order: by time of publication, newest first with the minus, or by title."""


class FeedQuery(ArticleFilters):
    """A feed of articles."""

    limit: DecimalInt = Field(default=20, ge=1, le=MAX_PAGE_ITEMS)
    """How many of the newest articles the feed holds at the most."""


class ArticleArchiveQuery(ArticleArchiveFilters, ArchiveQuery):
    """A calendar of articles."""


class ArticleSource(ReadModel):
    """Who published an article."""

    name: str
    url: Url | None
    """The address of the original, null where there is none."""


class Image(ReadModel):
    """An article's image."""

    url: Url
    alt: str
    credit: str | None


class Translation(ReadModel):
    """The same article in another language."""

    language: str
    slug: str


class ArticleSummary(ArticleRef):
    """An article as lists show it."""

    id: int
    lead: str
    published_on: date | None
    """The day on the masthead, in the portal's time zone; null where the day is not known."""
    source: ArticleSource
    image: Image | None
    tags: list[str]
    reading_minutes: int
    updated_at: UtcInstant
    version: int

    @classmethod
    def computed_fields(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        image = {
            "url": row["image_url"],
            "alt": row["image_alt"] or "",
            "credit": row["image_credit"],
        }
        at, precision = row["published_at"], row["published_at_precision"]
        return super().computed_fields(row) | {
            "published_on": at and local_day(at, Precision(precision), time_zone_or_default(None)),
            "source": {"name": row["source_name"], "url": row["source_url"]},
            "image": image if row["image_url"] else None,
        }


class ArticleRead(ArticleSummary):
    """An article with all that belongs to it."""

    body: str
    """Markdown."""
    body_html: str
    """The body as HTML, safe to put into a page."""
    note: str | None
    """What readers should know about this record itself, such as a doubtful date."""
    missions: list[MissionRef]
    people: list[PersonRef]
    launches: list[LaunchRef]
    translations: list[Translation]
    previous: ArticleRef | None
    """The article published before it in the same language."""
    next: ArticleRef | None
    """The article published after it in the same language."""
    created_at: UtcInstant


class FeedEntry(ArticleSummary):
    """An article as feeds show it."""

    body_html: str


class ArticlePage(Page[ArticleSummary]):
    """A page of articles in short."""


class ArticleFullPage(Page[ArticleRead]):
    """A page of whole articles."""


class ArticleStatus(StrEnum):
    """Where an article stands; a scheduled one appears by itself when `published_at` has come."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    PUBLISHED = "published"
    UNPUBLISHED = "unpublished"
    DELETED = "deleted"


def get_article_status(state: ArticleState, published_at: datetime | None) -> ArticleStatus:
    """Where an article stands now."""
    if state == ArticleState.PUBLISHED and published_at and published_at > now():
        return ArticleStatus.SCHEDULED
    return ArticleStatus(state)


class ArticlePreview(ArticleRead):
    """An article as it is or will be shown, for those who may write it."""

    status: ArticleStatus
    published_at: UtcInstant | None  # type: ignore[assignment]  # a draft need not have a date
    published_at_precision: Precision | None  # type: ignore[assignment]  # nor how exact it is
    translation_key: str
    """What an article and its translations have in common."""

    @classmethod
    def computed_fields(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        state = ArticleState(row["state"])
        return super().computed_fields(row) | {
            "status": get_article_status(state, row["published_at"])
        }


class DraftQuery(ListQuery):
    """A page of the articles that the public does not see."""

    status: CommaList[ArticleStatus] = []
    """Where they stand: `draft`, `scheduled`, `unpublished` or `deleted`; otherwise all."""


class DraftPage(Page[ArticlePreview]):
    """A page of the articles that the public does not see."""


class ArticleSourceWrite(WriteModel):
    """Who published an article."""

    name: Annotated[SluggableName, Field(max_length=120)]
    url: HttpUrlStr | None = None
    """The address of the original, null where there is none."""


class ImageWrite(WriteModel):
    """An article's image."""

    url: HttpUrlStr
    alt: Annotated[NonBlankText, Field(max_length=300)]
    """What it shows, for those who cannot see it."""
    credit: Annotated[NonBlankText, Field(max_length=300)] | None = None


class ArticleWrite(WriteModel):
    """An article as editors write it; it becomes public by being published."""

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

    slug: Slug | None = None
    """The name in its address; made of the title where none is given."""
    title: Annotated[SluggableName, Field(max_length=300)]
    lead: Annotated[NonBlankText, Field(max_length=1000)]
    body: Annotated[NonBlankText, Field(max_length=100_000)]
    """Markdown; HTML in it is shown as text."""
    language: LanguageCode
    published_at: Rfc3339 | None = None
    """When it was or is to be published; where there is none, when it becomes public."""
    published_at_precision: Annotated[Precision | None, Field(validate_default=True)] = None
    """How exact that is; to the second unless said otherwise."""
    source: ArticleSourceWrite
    image: ImageWrite | None = None
    note: Annotated[NonBlankText, Field(max_length=1000)] | None = None
    """What readers should know about this record itself, such as a doubtful date."""
    tags: SlugList = []
    missions: SlugList = []
    """The missions it is about, by slug."""
    people: SlugList = []
    """The people it is about, by slug."""
    launches: SlugList = []
    """The launches it is about, by slug."""
    translation_key: Slug | None = None
    """That of the article it is a translation of; one of its own is made where it is none."""

    @field_validator("published_at_precision")
    @classmethod
    def _set_default_precision(
        cls, value: Precision | None, info: ValidationInfo
    ) -> Precision | None:
        return default_precision(info.data.get("published_at"), value)

    @field_validator("body")
    @classmethod
    def _check_html_size(cls, body: str) -> str:
        if len(render_markdown(body)) > MAX_HTML_CHARS:
            raise ValueError(
                tr(
                    "As HTML it grows too long. Take less markup, or split it.",
                    "В виде HTML это слишком длинно. Упростите разметку или разделите текст.",
                )
            )
        return body


class ArticleRecord(ArticleWrite):
    """All that is kept of an article, each reference by slug."""

    id: int
    status: ArticleStatus
    body_html: str
    url: Url
    created_at: Rfc3339
    updated_at: Rfc3339
    version: int
