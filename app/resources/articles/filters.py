"""Filters of articles as SQL: on articles, or on the rows of a link, which copy their columns."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, false, func, select
from sqlalchemy.orm import InstrumentedAttribute, aliased

from app.api.date_params import time_zone_or_default, to_instant
from app.api.lists.date_filters import DateColumns, DateFilters
from app.api.lists.pagination import Branch
from app.api.lists.record_counts import COUNT, NoRecords, RecordCounts
from app.db.conditions import article_is_public, slug_in
from app.db.database import Reader
from app.db.functions import AnySelect, has_row, hide_from_planner
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
from app.domain.dates import MAX_INSTANT, MIN_INSTANT
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


_DATE_COLUMNS: Mapping[Columns, DateColumns] = {
    columns: DateColumns(
        columns.published_at, columns.published_at_precision, columns.published_sort_at
    )
    for columns in (Article, *ARTICLE_LINKS)
}
"""Dates of publication, for date filters and calendars."""

_UNINDEXED_DATE_COLUMNS: Mapping[Columns, DateColumns] = {
    columns: replace(dates, sort_at=hide_from_planner(dates.sort_at))
    for columns, dates in _DATE_COLUMNS.items()
}
"""The same, without an index."""


class LinkFilter(NamedTuple):
    """Filter by one kind of link: an article matches if it has one of `values`."""

    column: InstrumentedAttribute[Any]
    values: Sequence[Any]

    @property
    def table(self) -> type[ArticleLink]:
        """Table of the links."""
        table: type[ArticleLink] = self.column.class_
        return table

    def condition(self, article_id: InstrumentedAttribute[int]) -> ColumnElement[bool]:
        """Condition: the article has one of the values. Reads its links, which are few."""
        own: Any = aliased(self.table)
        value = hide_from_planner(getattr(own, self.column.key))
        where = own.article_id == article_id, value.in_(self.values)
        return has_row(select(own.article_id).where(*where))


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
    """Filters by links, those that usually match the fewest articles first."""
    corrections: SpellingCorrections
    """Other spellings of the words of the filter `q`."""
    where: tuple[ColumnElement[bool], ...]
    """Conditions on `Article`."""
    by_title: bool
    """True for a list in the order of titles instead of dates."""
    few_ids: Sequence[int] | None
    """At most `FEW_ROWS` ids, the matches among them; None if no filter has so few."""

    @classmethod
    def resolve(
        cls,
        reader: Reader,
        filters: ArticleArchiveFilters,
        *where: ColumnElement[bool],
        by_title: bool = False,
    ) -> "ArticleSelection":
        """Build the selection by `filters`, with the ids of the records that they name."""
        corrections = find_corrections(reader, filters.q) if filters.q else NO_CORRECTIONS
        links = _find_link_filters(reader, filters)
        candidates = _select_candidates(filters, links, by_title)
        read = (_read_few(reader, ids) for ids in candidates)
        few_ids = next((ids for ids in read if ids is not None), None)
        return cls(filters, links, corrections, where, by_title, few_ids)

    def conditions(self) -> list[ColumnElement[bool]]:
        """Conditions on articles."""
        return self._conditions(Article, with_range=True)

    def branches(self) -> list[Branch]:
        """Ids of the articles in the order of the list, one branch for each value of a filter.

        Empty if `conditions` alone find the articles in this order.
        """
        if not self._has_values():
            return []
        if self.few_ids is not None:
            key = Article.title_key if self.by_title else Article.published_sort_at
            ids = self._select_ids(Article).where(Article.id.in_(self.few_ids))
            return [Branch(ids, (hide_from_planner(key), Article.id))]
        columns, column, values = self._choose_index()
        if column is None:
            return []
        ids = self._select_ids(columns)
        order = columns.title_key if self.by_title else columns.published_sort_at
        keys = order, article_id_of(columns)
        return [Branch(ids.where(column == value), keys) for value in values]

    def counts(self) -> RecordCounts | NoRecords:
        """Counts for calendars."""
        if not self._has_values():
            return NoRecords()
        sort_range = _date_filters(self.filters).sort_range()
        if self.few_ids is not None:
            ids = self._select_ids(Article, with_range=False)
            ids = ids.where(Article.id.in_(self.few_ids))
            return RecordCounts(_UNINDEXED_DATE_COLUMNS[Article], ids, sort_range, are_few=True)
        columns, column, values = self._choose_index()
        ids = self._select_ids(columns, with_range=False)
        dates = _DATE_COLUMNS[columns]
        if column is None:
            return RecordCounts(dates, ids, sort_range)
        # An article with several of the values is counted once.
        is_repeated = len(values) > 1 and columns is not Article
        number = func.count(article_id_of(columns).distinct()) if is_repeated else COUNT
        return RecordCounts(dates, ids, sort_range, column, values, number)

    def _has_values(self) -> bool:
        """True if each filter by links names a record that exists, or a tag."""
        return all(link.values for link in self.links)

    def _choose_index(self) -> tuple[Columns, InstrumentedAttribute[Any] | None, Sequence[Any]]:
        """Filter whose index is in the order of the list: table, column and values.

        The index is read once for each value. The column is None if the conditions on articles
        find an index without help, because no filter by links or with several values has one.
        """
        if self.links:
            return self.links[0].table, *self.links[0]
        if len(self.filters.source) > 1:
            return Article, Article.source_slug, sorted(set(map(slugify, self.filters.source)))
        if len(self.filters.language) > 1:
            return Article, Article.language, sorted(set(self.filters.language))
        return Article, None, ()

    def _select_ids(self, columns: Columns, *, with_range: bool = True) -> AnySelect:
        """Select the ids of the matches from `columns`: articles, or the first of `links`."""
        where = self._conditions(columns, with_range=with_range)
        return select(article_id_of(columns)).where(
            article_is_public(columns),  # type: ignore[arg-type]  # a class is hashable
            *where,
        )

    def _conditions(self, columns: Columns, *, with_range: bool) -> list[ColumnElement[bool]]:
        """Conditions on `columns`, of all filters but the link that they are.

        Without the range of sort keys unless `with_range`. Columns of articles are hidden from the
        planner if their index is not in the order of the list.
        """
        filters, id_ = self.filters, article_id_of(columns)
        links = self.links if columns is Article else self.links[1:]
        if not self._has_values():
            return [false()]
        where = [link.condition(id_) for link in links]
        if filters.tag_not:
            where.append(~LinkFilter(ArticleTag.tag, filters.tag_not).condition(id_))
        if filters.language:
            is_hidden = self.few_ids is not None or filters.source
            language = hide_from_planner(columns.language) if is_hidden else columns.language
            where.append(language.in_(filters.language))
        if filters.q:
            matching = select_matching_ids(RecordType.ARTICLE, filters.q, self.corrections)
            where.append(id_.in_(matching))
        dates = _date_filters(filters)
        is_unindexed = self.few_ids is not None or self.by_title
        date_columns = (_UNINDEXED_DATE_COLUMNS if is_unindexed else _DATE_COLUMNS)[columns]
        where += (
            date_columns.conditions(dates) if with_range else date_columns.exact_conditions(dates)
        )
        own = [*self._own_conditions(), *self.where]
        if columns is not Article and own:
            own = [has_row(select(Article.id).where(Article.id == id_, *own))]
        return where + own

    def _own_conditions(self) -> list[ColumnElement[bool]]:
        """Conditions on columns that links do not copy."""
        filters = self.filters
        where: list[ColumnElement[bool]] = []
        is_hidden = self.few_ids is not None
        source = hide_from_planner(Article.source_slug) if is_hidden else Article.source_slug
        if filters.source:
            where.append(source.in_(map(slugify, filters.source)))
        if filters.source_not:
            where.append(Article.source_slug.not_in(map(slugify, filters.source_not)))
        if filters.has_image is not None:
            imaged = Article.image_url.is_not(None)
            where.append(imaged if filters.has_image else ~imaged)
        if filters.updated_at_gte:
            since = to_instant(filters.updated_at_gte, time_zone_or_default(filters.tz))
            where.append(hide_from_planner(Article.updated_at) >= since)
        return where


def _date_filters(filters: ArticleArchiveFilters) -> DateFilters:
    return DateFilters(
        time_zone_or_default(filters.tz),
        day=filters.published_on if isinstance(filters, ArticleFilters) else None,
        month=filters.published_month,
        from_=filters.published_at_gte,
        before=filters.published_at_lt,
    )


def _select_candidates(
    filters: ArticleArchiveFilters, links: Sequence[LinkFilter], by_title: bool
) -> Iterator[AnySelect]:
    """Select the ids that match a filter without an index in the order of the list.

    If they are few, it is quicker to sort them than to test articles in the order of the list.
    """
    if filters.source and links:
        yield select(Article.id).where(Article.source_slug.in_(map(slugify, filters.source)))
    if filters.has_image and (by_title or links):
        yield select(Article.id).where(Article.image_url.is_not(None))
    # Of ranges, the index is used because it is in the order.
    if filters.updated_at_gte:
        since = to_instant(filters.updated_at_gte, time_zone_or_default(filters.tz))
        updated = select(Article.id).where(Article.updated_at >= since)
        yield updated.order_by(Article.updated_at)
    low, high = _date_filters(filters).sort_range()
    if by_title and (low, high) != (MIN_INSTANT, MAX_INSTANT):
        sort_at = Article.published_sort_at
        yield select(Article.id).where(sort_at >= low, sort_at < high).order_by(sort_at)


def _read_few(reader: Reader, ids: AnySelect) -> list[int] | None:
    """Read the ids that a statement selects; None if there are more than `FEW_ROWS`."""
    rows = reader.all(ids.limit(FEW_ROWS + 1))
    return None if len(rows) > FEW_ROWS else [id_ for row in rows for id_ in row.values()]
