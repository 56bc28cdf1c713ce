"""Filters of articles as SQL: on articles, or on the rows of a link, which copy their columns."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache, lru_cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, bindparam, false, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, aliased

from app.api.date_params import time_zone_or_default, to_instant
from app.api.lists.date_filters import DateColumns, DateFilters
from app.api.lists.pagination import Branch
from app.api.lists.record_counts import COUNT, NoRecords, RecordCounts
from app.api.lists.references import NameColumn, Reference, References, record_reference
from app.db.conditions import (
    RelatedModel,
    article_is_public,
    select_ids,
    slug_in,
    slug_values,
)
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
from app.db.types import UTCDateTime
from app.domain.dates import MAX_INSTANT, MIN_INSTANT
from app.domain.enums import RecordType
from app.domain.languages import LANGUAGES, Bilingual
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
    values: list[Any]

    @property
    def table(self) -> type[ArticleLink]:
        """Table of the links."""
        table: type[ArticleLink] = self.column.class_
        return table

    @property
    def name(self) -> str:
        """Name of the parameter for the values: `tag`, `mission_id` …"""
        name: str = self.column.key
        return name


@cache
def _has_link(
    column: InstrumentedAttribute[Any], article_id: InstrumentedAttribute[int], name: str
) -> ColumnElement[bool]:
    """Condition: the article has one of the values `name`. Reads its links, which are few."""
    own: Any = aliased(column.class_)
    value = hide_from_planner(getattr(own, column.key))
    where = own.article_id == article_id, value.in_(bindparam(name))
    return has_row(select(own.article_id).where(*where))


@cache
def _is_one_of(column: InstrumentedAttribute[Any], *, is_hidden: bool) -> ColumnElement[bool]:
    """Condition: `column` has one of the values named as it is."""
    shown = hide_from_planner(column) if is_hidden else column
    return shown.in_(bindparam(column.key))


@cache
def _select_ids_by_slug(model: RelatedModel) -> AnySelect:
    return select(model.id).where(slug_in(model, bindparam("slugs"))).order_by(model.id)


_TAG = Reference(
    Bilingual("No article has the tag {}.", "Нет статей с тегом {}."),
    (NameColumn(ArticleTag.tag),),
    (article_is_public(ArticleTag),),
)
_SOURCE = Reference(
    Bilingual("There is no source {} of articles.", "Нет источника статей {}."),
    (NameColumn(Article.source_slug, slugify),),
    (article_is_public(),),
)
_LANGUAGE = Reference(
    Bilingual("No article is in the language {}.", "Нет статей на языке {}."),
    (NameColumn(Article.language),),
    (article_is_public(),),
    always_known=LANGUAGES,
)
REFERENCES: References = {
    "tag": _TAG,
    "tag_not": _TAG,
    "language": _LANGUAGE,
    "source": _SOURCE,
    "source_not": _SOURCE,
    "mission": record_reference(Mission),
    "person": record_reference(Person),
    "launch": record_reference(Launch),
}


def _find_link_filters(reader: Reader, filters: ArticleArchiveFilters) -> list[LinkFilter]:
    """Filters by links, those that usually match the fewest articles first; slugs become ids."""
    found = []
    for slugs, model, column in (
        (filters.launch, Launch, ArticleLaunch.launch_id),
        (filters.person, Person, ArticlePerson.person_id),
        (filters.mission, Mission, ArticleMission.mission_id),
    ):
        if slugs:
            ids = reader.all(_select_ids_by_slug(model), **slug_values(model, "slugs", slugs))
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

    @property
    def is_reusable(self) -> bool:
        """True if the conditions are the same objects for all selections by the same filters."""
        return not self.filters.q

    def values(self) -> dict[str, Any]:
        """Values of the named parameters of the conditions, branches and counts."""
        filters = self.filters
        values: dict[str, Any] = to_date_filters(filters).values()
        lists: dict[str, list[Any]] = {
            "tag_not": filters.tag_not,
            "language": sorted(set(filters.language)),
            "source_slug": _to_slugs(filters.source),
            "source_not": _to_slugs(filters.source_not),
        }
        lists |= {link.name: link.values for link in self.links}
        values |= {name: items for name, items in lists.items() if items}
        if self.few_ids is not None:
            values["few_ids"] = list(self.few_ids)
        if filters.updated_at_gte:
            values["updated_since"] = _updated_since(filters)
        _, _, branch_values = self._choose_index()
        return values | {f"branch_{n}": value for n, value in enumerate(branch_values)}

    def branches(self) -> list[Branch]:
        """Ids of the articles in the order of the list, one branch for each value of a filter.

        Empty if `conditions` alone find the articles in this order.
        """
        if not self._has_values():
            return []
        if self.few_ids is not None:
            return [_few_branch(self._where(Article), self.by_title)]
        columns, column, values = self._choose_index()
        if column is None:
            return []
        ids = select_ids(article_id_of(columns), self._where(columns))
        order = columns.title_key if self.by_title else columns.published_sort_at
        keys = order, article_id_of(columns)
        return [_value_branch(ids, keys, column, f"branch_{n}") for n in range(len(values))]

    def counts(self) -> RecordCounts | NoRecords:
        """Counts for calendars."""
        if not self._has_values():
            return NoRecords()
        sort_range, values = to_date_filters(self.filters).sort_range(), self.values()
        if self.few_ids is not None:
            ids = _select_few(self._where(Article, with_range=False))
            dates = _UNINDEXED_DATE_COLUMNS[Article]
            return RecordCounts(dates, ids, sort_range, values, are_few=True)
        columns, column, parts = self._choose_index()
        ids = select_ids(article_id_of(columns), self._where(columns, with_range=False))
        dates = _DATE_COLUMNS[columns]
        if column is None:
            return RecordCounts(dates, ids, sort_range, values)
        # An article with several of the values is counted once.
        is_repeated = len(parts) > 1 and columns is not Article
        number = _distinct_count(article_id_of(columns)) if is_repeated else COUNT
        return RecordCounts(dates, ids, sort_range, values, column, parts, number)

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
            return Article, Article.source_slug, _to_slugs(self.filters.source)
        if len(self.filters.language) > 1:
            return Article, Article.language, sorted(set(self.filters.language))
        return Article, None, ()

    def _where(
        self, columns: Columns, *, with_range: bool = True
    ) -> tuple[ColumnElement[bool], ...]:
        """Conditions of the matches among `columns`: articles, or the first of `links`."""
        public = article_is_public(columns)  # type: ignore[arg-type]  # a class is hashable
        return public, *self._conditions(columns, with_range=with_range)

    def _conditions(self, columns: Columns, *, with_range: bool) -> list[ColumnElement[bool]]:
        """Conditions on `columns`, of all filters but the link that they are.

        Without the range of sort keys unless `with_range`. Columns of articles are hidden from the
        planner if their index is not in the order of the list.
        """
        filters, id_ = self.filters, article_id_of(columns)
        links = self.links if columns is Article else self.links[1:]
        if not self._has_values():
            return [_NEVER]
        where = [_has_link(link.column, id_, link.name) for link in links]
        if filters.tag_not:
            where.append(_lacks_tags(id_))
        if filters.language:
            is_hidden = self.few_ids is not None or bool(filters.source)
            where.append(_is_one_of(columns.language, is_hidden=is_hidden))
        if filters.q:
            matching = select_matching_ids(RecordType.ARTICLE, filters.q, self.corrections)
            where.append(id_.in_(matching))
        dates = to_date_filters(filters)
        is_unindexed = self.few_ids is not None or self.by_title
        date_columns = (_UNINDEXED_DATE_COLUMNS if is_unindexed else _DATE_COLUMNS)[columns]
        where += (
            date_columns.conditions(dates) if with_range else date_columns.exact_conditions(dates)
        )
        own = (*self._own_conditions(), *self.where)
        if columns is not Article and own:
            return [*where, _has_article(id_, own)]
        return [*where, *own]

    def _own_conditions(self) -> list[ColumnElement[bool]]:
        """Conditions on columns that links do not copy."""
        filters = self.filters
        where: list[ColumnElement[bool]] = []
        if filters.source:
            is_hidden = self.few_ids is not None
            where.append(_is_one_of(Article.source_slug, is_hidden=is_hidden))
        if filters.source_not:
            where.append(_IS_OF_OTHER_SOURCE)
        if filters.has_image is not None:
            where.append(_HAS_IMAGE if filters.has_image else _HAS_NO_IMAGE)
        if filters.updated_at_gte:
            where.append(_IS_UPDATED)
        return where


_NEVER = false()
_HAS_IMAGE = or_(Article.image_url.is_not(None), Article.image_media_id.is_not(None))
"""As in the index of articles with an image."""
_HAS_NO_IMAGE = and_(
    Article.image_url.is_(None), hide_from_planner(Article.image_media_id).is_(None)
)
_IS_AMONG_FEW = Article.id.in_(bindparam("few_ids"))
_IS_OF_OTHER_SOURCE = Article.source_slug.not_in(bindparam("source_not"))
_IS_UPDATED = hide_from_planner(Article.updated_at) >= bindparam(
    "updated_since", type_=UTCDateTime()
)


@cache
def _lacks_tags(article_id: InstrumentedAttribute[int]) -> ColumnElement[bool]:
    return ~_has_link(ArticleTag.tag, article_id, "tag_not")


@lru_cache(maxsize=256)
def _has_article(
    article_id: InstrumentedAttribute[int], where: tuple[ColumnElement[bool], ...]
) -> ColumnElement[bool]:
    """Condition: the article of a link fulfils `where`."""
    return has_row(select(Article.id).where(Article.id == article_id, *where))


def _select_few(where: tuple[ColumnElement[bool], ...]) -> AnySelect:
    return select_ids(Article.id, (*where, _IS_AMONG_FEW))


@cache
def _distinct_count(article_id: InstrumentedAttribute[int]) -> ColumnElement[int]:
    return func.count(article_id.distinct())


@lru_cache(maxsize=256)
def _few_branch(where: tuple[ColumnElement[bool], ...], by_title: bool) -> Branch:
    """The articles among `few_ids` that fulfil `where`."""
    key = Article.title_key if by_title else Article.published_sort_at
    return Branch(_select_few(where), (hide_from_planner(key), Article.id))


@lru_cache(maxsize=256)
def _value_branch(
    ids: AnySelect,
    keys: tuple[InstrumentedAttribute[Any], ...],
    column: InstrumentedAttribute[Any],
    name: str,
) -> Branch:
    """The rows of `ids` with the value `name` in `column`, in the order of `keys`."""
    return Branch(ids.where(column == bindparam(name, type_=column.type)), keys)


def _to_slugs(names: Sequence[str]) -> list[str]:
    return sorted(set(map(slugify, names)))


def _updated_since(filters: ArticleArchiveFilters) -> datetime | None:
    since = filters.updated_at_gte
    return to_instant(since, time_zone_or_default(filters.tz)) if since else None


def to_date_filters(filters: ArticleArchiveFilters) -> DateFilters:
    """Date filters of `filters`."""
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
        yield select(Article.id).where(Article.source_slug.in_(_to_slugs(filters.source)))
    if filters.has_image and (by_title or links):
        yield select(Article.id).where(_HAS_IMAGE)
    # Of ranges, the index is used because it is in the order.
    if since := _updated_since(filters):
        updated = select(Article.id).where(Article.updated_at >= since)
        yield updated.order_by(Article.updated_at)
    low, high = to_date_filters(filters).sort_range()
    if by_title and (low, high) != (MIN_INSTANT, MAX_INSTANT):
        sort_at = Article.published_sort_at
        yield select(Article.id).where(sort_at >= low, sort_at < high).order_by(sort_at)


def _read_few(reader: Reader, ids: AnySelect) -> list[int] | None:
    """Read the ids that a statement selects; None if there are more than `FEW_ROWS`."""
    rows = reader.all(ids.limit(FEW_ROWS + 1))
    return None if len(rows) > FEW_ROWS else [id_ for row in rows for id_ in row.values()]
