"""News articles, their tags, and their related records."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, validates

from app.db.models.base import Base
from app.db.models.media import IllustratedRecord
from app.db.types import BoundedString, UTCDateTime, enum_type
from app.domain.dates import Precision, now, period_start, sort_instant
from app.domain.enums import ArticleState, RecordType
from app.domain.labels import RecordLabel
from app.domain.markdown import MAX_HTML_CHARS, render_markdown
from app.domain.text import MAX_TAG_CHARS, fold, slugify

READING_WORDS_PER_MINUTE = 200


def _partial_index_where(condition: str) -> dict[str, Any]:
    """Arguments of an index on the rows for which `condition` holds."""
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


class Article(IllustratedRecord, Base):
    """News article with a Markdown body, rendered to sanitised HTML.

    Translations of an article share its `translation_key`. `announced` is set when the article
    becomes public: for a scheduled article, at its time.
    """

    __tablename__ = "articles"
    record_type = RecordType.ARTICLE
    label = RecordLabel("article", "статья", "статьи", "articles", "launch-progress-ms-11")

    title: Mapped[str] = mapped_column(BoundedString(300))
    lead: Mapped[str] = mapped_column(BoundedString(1000))
    body: Mapped[str] = mapped_column(BoundedString(100_000))
    body_html: Mapped[str] = mapped_column(BoundedString(MAX_HTML_CHARS))
    language: Mapped[str] = mapped_column(BoundedString(8), active_history=True)
    state: Mapped[ArticleState] = mapped_column(
        enum_type(ArticleState), default=ArticleState.PUBLISHED, active_history=True
    )
    announced: Mapped[bool] = mapped_column(default=False)
    published_at: Mapped[datetime | None] = mapped_column(UTCDateTime(), active_history=True)
    published_at_precision: Mapped[Precision | None] = mapped_column(
        enum_type(Precision), active_history=True
    )
    published_sort_at: Mapped[datetime | None] = mapped_column(UTCDateTime())
    """See `app.domain.dates.sort_instant`."""
    source_name: Mapped[str] = mapped_column(BoundedString(120))
    source_slug: Mapped[str] = mapped_column(BoundedString(120))
    source_url: Mapped[str | None] = mapped_column(BoundedString(2000))
    image_url: Mapped[str | None] = mapped_column(BoundedString(2000))
    """Image on another site. A picture of the library has none of these columns."""
    image_alt: Mapped[str | None] = mapped_column(BoundedString(300))
    image_credit: Mapped[str | None] = mapped_column(BoundedString(300))
    note: Mapped[str | None] = mapped_column(BoundedString(1000))
    translation_key: Mapped[str] = mapped_column(BoundedString(120))
    reading_minutes: Mapped[int]
    title_key: Mapped[str] = mapped_column(BoundedString(300))

    __table_args__ = (
        UniqueConstraint("translation_key", "language"),
        CheckConstraint("state <> 'published' OR published_at IS NOT NULL", name="dated"),
        Index(None, "published_at"),
        # With the time and the state, for counting all and for skipping articles of other times.
        Index(None, "published_sort_at", "id", "published_at", "state"),
        # Partial indexes, for conditions that few articles meet.
        Index(
            "ix_articles_dayed",
            "published_at",
            "id",
            **_partial_index_where("published_at_precision = 'day'"),
        ),
        Index(
            "ix_articles_imaged",
            "published_sort_at",
            "id",
            **_partial_index_where("image_url IS NOT NULL OR image_media_id IS NOT NULL"),
        ),
        Index("ix_articles_due", "published_at", **_partial_index_where("announced IS FALSE")),
        Index(None, "language", "published_sort_at", "id", "published_at", "state"),
        Index(None, "language", "title_key", "id"),
        Index(None, "source_slug", "published_sort_at", "id", "published_at", "state"),
        Index(None, "source_slug", "title_key", "id"),
        Index(None, "source_url"),
        Index(None, "title_key", "id"),
        Index(None, "updated_at"),
    )

    @validates("body")
    def _discard_html(self, _name: str, body: str) -> str:
        """Discard the HTML of the former body."""
        if body != self.body:
            self.body_html = None  # type: ignore[assignment]  # until the next flush
        return body

    def compute_columns(self) -> None:
        if self.body_html is None:  # a body without HTML rendered before the transaction
            self.body_html = render_markdown(self.body)
        if self.published_at is not None and self.published_at_precision is not None:
            self.published_at = period_start(self.published_at, self.published_at_precision)
            self.published_sort_at = sort_instant(self.published_at, self.published_at_precision)
            is_published = self.state in {
                None,
                ArticleState.PUBLISHED,
            }  # None before the default applies
            is_due = self.published_at <= now()
            self.announced = is_due if is_published else bool(self.announced)
        else:
            self.published_at = self.published_at_precision = self.published_sort_at = None
        self.source_slug = slugify(self.source_name)
        self.translation_key = self.translation_key or self.slug
        self.reading_minutes = max(1, round(len(self.body.split()) / READING_WORDS_PER_MINUTE))
        self.title_key = fold(self.title)[:300]


class ArticleLink:
    """Link of an article to a tag or a record, with copies of columns of the article.

    By an index on the link and a sort key, a list of the articles of a link is read in its order,
    and counted. `app.db.tracking.article_links` updates the copies. They are null until the end of
    the transaction that inserts the link.
    """

    record_type: ClassVar[RecordType | None] = RecordType.ARTICLE
    record_key: ClassVar[str] = "article_id"

    article_id: Mapped[int]
    language: Mapped[str | None] = mapped_column(BoundedString(8))
    state: Mapped[ArticleState | None] = mapped_column(enum_type(ArticleState))
    published_at: Mapped[datetime | None] = mapped_column(UTCDateTime())
    published_at_precision: Mapped[Precision | None] = mapped_column(enum_type(Precision))
    published_sort_at: Mapped[datetime | None] = mapped_column(UTCDateTime())
    title_key: Mapped[str | None] = mapped_column(BoundedString(300))


_CALENDAR_COLUMNS = "published_at", "published_at_precision", "language", "state"
COPIED_COLUMNS = ("published_sort_at", "title_key", *_CALENDAR_COLUMNS)
"""Columns of `ArticleLink` that are copies."""


def _link_indexes(table: str, link: str) -> tuple[Index, Index]:
    """Indexes in both orders of lists; the one by date has all columns that calendars read."""
    return (
        Index(f"ix_{table}_dates", link, "published_sort_at", "article_id", *_CALENDAR_COLUMNS),
        Index(f"ix_{table}_titles", link, "title_key", "article_id"),
    )


class ArticleTag(ArticleLink, Base):
    """Tag of an article."""

    __tablename__ = "article_tags"

    searchable = True

    article_id: Mapped[int] = mapped_column(
        ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True
    )
    tag: Mapped[str] = mapped_column(BoundedString(MAX_TAG_CHARS), primary_key=True)

    __table_args__ = _link_indexes(__tablename__, "tag")


class ArticleMission(ArticleLink, Base):
    """Mission that an article is about."""

    __tablename__ = "article_missions"

    article_id: Mapped[int] = mapped_column(
        ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True
    )
    mission_id: Mapped[int] = mapped_column(
        ForeignKey("missions.id", ondelete="CASCADE"), primary_key=True
    )

    __table_args__ = _link_indexes(__tablename__, "mission_id")


class ArticlePerson(ArticleLink, Base):
    """Person whom an article is about."""

    __tablename__ = "article_people"

    article_id: Mapped[int] = mapped_column(
        ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True
    )
    person_id: Mapped[int] = mapped_column(
        ForeignKey("people.id", ondelete="CASCADE"), primary_key=True
    )

    __table_args__ = _link_indexes(__tablename__, "person_id")


class ArticleLaunch(ArticleLink, Base):
    """Launch that an article is about."""

    __tablename__ = "article_launches"

    article_id: Mapped[int] = mapped_column(
        ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True
    )
    launch_id: Mapped[int] = mapped_column(
        ForeignKey("launches.id", ondelete="CASCADE"), primary_key=True
    )

    __table_args__ = _link_indexes(__tablename__, "launch_id")


class ArticlePicture(Base):
    """Picture of the library in the text of an article."""

    __tablename__ = "article_pictures"
    record_type = RecordType.ARTICLE
    record_key = "article_id"

    article_id: Mapped[int] = mapped_column(
        ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True
    )
    media_id: Mapped[int] = mapped_column(ForeignKey("media.id"), primary_key=True, index=True)


ARTICLE_LINKS = ArticleTag, ArticleMission, ArticlePerson, ArticleLaunch
