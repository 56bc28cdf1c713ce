"""What articles look like, and how they can be asked for."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from app.archive import ArchiveQuery
from app.dates import Precision, day_of
from app.links import Url
from app.pagination import Page, ViewQuery
from app.parameters import (
    AnyOf,
    Day,
    Instant,
    Language,
    Maybe,
    Month,
    Name,
    Parameters,
    Slug,
    Words,
    Zone,
    zone_of,
)
from app.refs import ArticleRef, At, LaunchRef, MissionRef, PersonRef, Shape
from app.sorting import SortChoice


class ArticleSort(SortChoice):
    """The orders that articles can be listed in."""

    NEWEST = "-published_at"
    OLDEST = "published_at"
    A_TO_Z = "title"
    Z_TO_A = "-title"


class ArticleCalendarFilters(Parameters):
    """Which articles a calendar counts; which days it shows is its own to say."""

    published_month: Maybe[Month] = None
    """The month it was published, in the zone `tz`; only articles whose day is known."""
    published_at_gte: Maybe[Instant] = None
    """Published at this instant or later; a date that is not exact counts with all it may be."""
    published_at_lt: Maybe[Instant] = None
    """Published before this instant."""
    q: Maybe[Words] = None
    """Words that title and lead hold, all of them."""
    tag: AnyOf[Slug] = []
    """A tag it has."""
    tag_not: AnyOf[Slug] = []
    """A tag it must not have."""
    language: AnyOf[Language] = []
    """The language it is written in, such as `en` or `ru`."""
    source: AnyOf[Name] = []
    """Who published it, by name or slug."""
    source_not: AnyOf[Name] = []
    """Who must not have published it."""
    mission: AnyOf[Slug] = []
    """A mission it is about, by slug."""
    person: AnyOf[Slug] = []
    """Somebody it is about, by slug."""
    launch: AnyOf[Slug] = []
    """A launch it is about, by slug."""
    has_image: Maybe[bool] = None
    """Whether it has an image."""
    updated_at_gte: Maybe[Instant] = None
    """Changed at this instant or later."""
    tz: Maybe[Zone] = None
    """The IANA time zone that days are days of; otherwise the portal's own."""


class ArticleFilters(ArticleCalendarFilters):
    """Which articles."""

    published_on: Maybe[Day] = None
    """The day it was published, in the zone `tz`; only articles whose day is known."""


class ArticleQuery(ArticleFilters, ViewQuery):
    """A page of articles."""

    sort: ArticleSort = ArticleSort.NEWEST
    """The order: by time of publication, newest first with the minus, or by title."""


class ArticleArchiveQuery(ArticleCalendarFilters, ArchiveQuery):
    """A calendar of articles."""


class ArticleSource(Shape):
    """Who published an article."""

    name: str
    url: Url | None
    """The address of the original, null where there is none."""


class Image(Shape):
    """An article's image."""

    url: Url
    alt: str
    credit: str | None


class Translation(Shape):
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
    updated_at: At
    version: int

    @classmethod
    def complete(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        image = {
            "url": row["image_url"],
            "alt": row["image_alt"] or "",
            "credit": row["image_credit"],
        }
        precision = Precision(row["published_at_precision"])
        return super().complete(row) | {
            "published_on": day_of(row["published_at"], precision, zone_of(None)),
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
    created_at: At


class ArticlePage(Page[ArticleSummary]):
    """A page of articles in short."""


class ArticleFullPage(Page[ArticleRead]):
    """A page of whole articles."""
