"""Queries of the sitemaps: slugs of public records, with their last changes."""

from datetime import UTC, datetime
from functools import cache

from sqlalchemy import bindparam, select

from app.api.read_models import ReadModel, UtcInstant
from app.db.conditions import article_is_public
from app.db.database import Reader
from app.db.functions import AnySelect
from app.db.models import Article, VersionedRecord
from app.domain.enums import RecordType
from app.portal.template_filters import PAGE_PATH_SEGMENTS
from app.resources.registry import RECORD_RESOURCES

MAX_ENTRIES = 50_000
"""Limit of the sitemap protocol for one file."""

_MODELS: dict[str, type[VersionedRecord]] = {
    segment: RECORD_RESOURCES[record_type].model
    for record_type, segment in PAGE_PATH_SEGMENTS.items()
    if record_type is not RecordType.ARTICLE
}
RECORD_COLLECTIONS = tuple(_MODELS)
"""Collections without a date, by the first segment of the paths of their pages."""


class SitemapEntry(ReadModel):
    """Page of a record in a sitemap."""

    slug: str
    updated_at: UtcInstant


def list_sitemap_entries(reader: Reader, collection: str) -> list[SitemapEntry]:
    """List the records of a collection, by slug. Raises KeyError for another collection."""
    return [
        SitemapEntry.model_validate(row) for row in reader.all(_select_sitemap_entries(collection))
    ]


@cache
def _select_sitemap_entries(collection: str) -> AnySelect:
    model = _MODELS[collection]
    return select(model.slug, model.updated_at).order_by(model.slug).limit(MAX_ENTRIES)


def list_sitemap_articles(reader: Reader, year: int) -> list[SitemapEntry]:
    """List the articles of a year in UTC, oldest first."""
    start, end = (datetime(number, 1, 1, tzinfo=UTC) for number in (year, year + 1))
    rows = reader.all(_select_sitemap_articles(), start=start, end=end)
    return [SitemapEntry.model_validate(row) for row in rows]


@cache
def _select_sitemap_articles() -> AnySelect:
    at = Article.published_at
    return (
        select(Article.slug, Article.updated_at)
        .where(article_is_public(), at >= bindparam("start"), at < bindparam("end"))
        .order_by(at, Article.id)
        .limit(MAX_ENTRIES)
    )


def list_article_years(reader: Reader) -> list[int]:
    """List the years in UTC from the first article to the last one."""
    period = _ArticlePeriod.model_validate(reader.first(_select_article_period()))
    if period.first is None or period.last is None:
        return []
    return list(range(period.first.year, period.last.year + 1))


class _ArticlePeriod(ReadModel):
    first: UtcInstant | None
    last: UtcInstant | None


@cache
def _select_article_period() -> AnySelect:
    at = Article.published_at
    # Not min() and max(), which read all articles.
    ends = (select(at).where(article_is_public()).order_by(order) for order in (at, at.desc()))
    first, last = (end.limit(1).scalar_subquery() for end in ends)
    return select(first.label("first"), last.label("last"))
