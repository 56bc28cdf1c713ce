"""Filters of articles as SQL: on articles, or on the rows of a link, which copy their columns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, exists, false, func, select
from sqlalchemy.orm import InstrumentedAttribute, aliased

from app.api.date_params import time_zone_or_default, to_instant
from app.api.lists.day_counts import COUNT, DateColumns, RecordCounts
from app.api.lists.pagination import Branch
from app.db.conditions import article_is_public, slug_in
from app.db.database import Reader
from app.db.functions import AnySelect
from app.db.models import (
    ARTICLE_LINKS,
    Article,
    ArticleLaunch,
    ArticleLink,
    ArticleMission,
    ArticlePerson,
    ArticleTag,
    Launch,
    Mission,
    Person,
)
from app.domain.enums import RecordType
from app.domain.text import slugify
from app.resources.articles.schemas import ArticleArchiveFilters, ArticleFilters
from app.search.ranking import NO_CORRECTIONS, SpellingCorrections, select_matching_ids
from app.search.spelling import find_corrections

Columns = type[Article] | type[ArticleLink]
"""Table with the columns that articles are filtered and sorted by."""

FEW_ROWS = 1_000
"""Articles that are fetched and sorted, rather than sought in the order of a list."""


def article_id_of(columns: Columns) -> InstrumentedAttribute[int]:
    """Column with the id of the article."""
    return columns.id if issubclass(columns, Article) else columns.article_id


DATE_COLUMNS: Mapping[Columns, DateColumns] = {
    columns: DateColumns(
        columns.published_at, columns.published_at_precision, columns.published_sort_at
    )
    for columns in (Article, *ARTICLE_LINKS)
}
"""Dates of publication, for date filters and calendars."""


class LinkFilter(NamedTuple):
    """Filter by one kind of link: an article matches if it has one of `values`."""

    column: InstrumentedAttribute[Any]
    values: Sequence[Any]

    @property
    def table(self) -> type[ArticleLink]:
        """Table of the links."""
        table: type[ArticleLink] = self.column.class_
        return table

    def select_ids(self) -> AnySelect:
        """Select the ids of the articles; once for each of the values that an article has."""
        return select(self.table.article_id).where(self.column.in_(self.values))

    def condition(self, article_id: InstrumentedAttribute[int]) -> ColumnElement[bool]:
        """Condition: the article has one of the values. Seeks its links."""
        own: Any = aliased(self.table)
        value = getattr(own, self.column.key)
        return exists().where(own.article_id == article_id, value.in_(self.values))


def _find_link_filters(reader: Reader, filters: ArticleArchiveFilters) -> list[LinkFilter]:
    """Filters by links, those that usually match the fewest articles first; slugs become ids."""
    found = []
    for slugs, model, column in (
        (filters.launch, Launch, ArticleLaunch.launch_id),
        (filters.person, Person, ArticlePerson.person_id),
        (filters.mission, Mission, ArticleMission.mission_id),
    ):
        if slugs:
            ids = reader.all(select(model.id).where(slug_in(model, slugs)).order_by(model.id))
            found.append(LinkFilter(column, [row["id"] for row in ids]))
    if filters.tag:
        found.append(LinkFilter(ArticleTag.tag, sorted(set(filters.tag))))
    return found


@dataclass(frozen=True)
class ArticleSelection:
    """The public articles that match all of `filters`, `links` and `where`."""

    filters: ArticleArchiveFilters
    links: Sequence[LinkFilter]
    """Filters by links, the most selective first."""
    corrections: SpellingCorrections
    """Other spellings of the words of the filter `q`."""
    where: tuple[ColumnElement[bool], ...] = ()
    """Conditions on `Article`."""

    @classmethod
    def resolve(
        cls, reader: Reader, filters: ArticleArchiveFilters, *where: ColumnElement[bool]
    ) -> "ArticleSelection":
        """Build the selection by `filters`, with the ids of the records that they name."""
        corrections = find_corrections(reader, filters.q) if filters.q else NO_CORRECTIONS
        links = _find_link_filters(reader, filters)
        return cls(filters, links, corrections, where)

    def conditions(self, columns: Columns = Article) -> list[ColumnElement[bool]]:
        """Conditions on `columns`: those of articles, or those of the first of `links`."""
        filters, id_ = self.filters, article_id_of(columns)
        links = self.links if columns is Article else self.links[1:]
        if not all(link.values for link in links):
            return [false()]
        where = [link.condition(id_) for link in links]
        if columns is not Article:
            where.append(article_is_public(columns))  # type: ignore[arg-type]  # a class is hashable
        if filters.tag_not:
            where.append(~LinkFilter(ArticleTag.tag, filters.tag_not).condition(id_))
        if filters.language:
            where.append(columns.language.in_(filters.language))
        if filters.q:
            matching = select_matching_ids(RecordType.ARTICLE, filters.q, self.corrections)
            where.append(id_.in_(matching))
        where += DATE_COLUMNS[columns].conditions(
            time_zone_or_default(filters.tz),
            day=filters.published_on if isinstance(filters, ArticleFilters) else None,
            month=filters.published_month,
            from_=filters.published_at_gte,
            before=filters.published_at_lt,
        )
        own = [*_own_conditions(filters), *self.where]
        if columns is not Article and own:
            own = [exists().where(Article.id == id_, *own)]
        return where + own

    def branches(self) -> list[Branch]:
        """Keys of the articles in the table of the first of `links`, one branch a value.

        Empty without a filter by links, and if a filter names only records that do not exist.
        """
        if not self.links:
            return []
        columns, link = self.links[0].table, self.links[0].column
        where = self.conditions(columns)
        keys = columns.published_sort_at, columns.article_id
        ids = select(columns.article_id).where(*where)
        return [Branch(ids.where(link == value), keys) for value in self.links[0].values]

    def counts(self) -> RecordCounts:
        """Counts for calendars."""
        if not self.links:
            ids = select(Article.id).where(article_is_public(), *self.conditions())
            return RecordCounts(DATE_COLUMNS[Article], ids)
        columns, (link, values) = self.links[0].table, self.links[0]
        ids = select(columns.article_id).where(link.in_(values), *self.conditions(columns))
        parts = [branch.statement for branch in self.branches()]
        # An article with several of the values is counted once.
        number = COUNT if len(values) == 1 else func.count(columns.article_id.distinct())
        return RecordCounts(DATE_COLUMNS[columns], ids, parts, number)

    def without_order(self, reader: Reader) -> "ArticleSelection":
        """The same selection, for a list in another order than the links.

        The articles of a link are fetched and sorted if they are few. The articles of other links
        are so many that enough are found in the order of the list.
        """
        for link in self.links:
            if _are_few(reader, link.select_ids()):
                others = [other for other in self.links if other is not link]
                few = Article.id.in_(link.select_ids())
                return replace(self, links=others, where=(*self.where, few))
        return self


def _own_conditions(filters: ArticleArchiveFilters) -> list[ColumnElement[bool]]:
    """Conditions on columns that links do not copy."""
    where: list[ColumnElement[bool]] = []
    if filters.source:
        where.append(Article.source_slug.in_(map(slugify, filters.source)))
    if filters.source_not:
        where.append(Article.source_slug.not_in(map(slugify, filters.source_not)))
    if filters.has_image is not None:
        imaged = Article.image_url.is_not(None)
        where.append(imaged if filters.has_image else ~imaged)
    if filters.updated_at_gte:
        since = to_instant(filters.updated_at_gte, time_zone_or_default(filters.tz))
        where.append(Article.updated_at >= since)
    return where


def _are_few(reader: Reader, ids: AnySelect) -> bool:
    some = ids.limit(FEW_ROWS + 1).subquery()
    return (reader.scalar(select(func.count()).select_from(some)) or 0) <= FEW_ROWS
