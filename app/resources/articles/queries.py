"""Queries of articles, drafts and the news archive."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from functools import cache, partial
from typing import Any, NoReturn

from sqlalchemy import (
    ColumnElement,
    bindparam,
    case,
    func,
    or_,
    select,
    tuple_,
)
from sqlalchemy.orm import InstrumentedAttribute, aliased

from app.api.date_params import time_zone_or_default
from app.api.embeds.articles import select_article_ref
from app.api.embeds.launches import select_launch_ref
from app.api.embeds.media import select_image
from app.api.embeds.missions import select_mission_ref
from app.api.embeds.people import select_person_ref
from app.api.lists.day_counts import (
    ArchiveIndex,
    ArchiveMonth,
    DayCountSource,
    build_archive,
)
from app.api.lists.facets import (
    ColumnFacet,
    Facet,
    Matches,
    ValueFacet,
    YearFacet,
    count_facets,
    match_records,
)
from app.api.lists.pagination import fetch_page, select_branch_ids, to_query_params
from app.api.lists.references import check_references
from app.api.lists.sorting import build_orders
from app.api.params import View
from app.api.slugs import deleted_record_error, not_found_detail, raise_missing_record
from app.db.conditions import article_is_public
from app.db.database import Reader
from app.db.functions import (
    AnySelect,
    has_row,
    json_array_subquery,
    json_object_subquery,
    json_values_subquery,
    row_limit_param,
)
from app.db.horizon import get_known_until
from app.db.models import (
    Article,
    ArticleLaunch,
    ArticleMission,
    ArticlePerson,
    ArticleTag,
    FormerSlug,
    Launch,
    Mission,
    Person,
)
from app.domain.dates import utc_month_start_times
from app.domain.enums import ArticleState, HorizonKind, RecordType
from app.domain.languages import LANGUAGES, Language, current_language
from app.http.problems import NotFound, SlugRenamed
from app.resources.articles.day_counts import ArticleDayCounts
from app.resources.articles.filters import REFERENCES, ArticleSelection, to_date_filters
from app.resources.articles.schemas import (
    ArticleArchiveQuery,
    ArticleFacet,
    ArticleFullPage,
    ArticlePage,
    ArticlePreview,
    ArticleQuery,
    ArticleRead,
    ArticleSort,
    FeedEntry,
    FeedQuery,
)

SORTS = build_orders(
    Article.id, published_at=(Article.published_sort_at,), title=(Article.title_key,)
)


def _select_links(column: InstrumentedAttribute[Any]) -> AnySelect:
    """Select the `id` of each public article with each `key` that its links have in `column`."""
    links: Any = column.class_
    ids = select(links.article_id.label("id"), column.label("key"))
    return ids.where(article_is_public(links))


FACETS: Mapping[StrEnum, Facet] = {
    ArticleFacet.TAG: ValueFacet(_select_links(ArticleTag.tag), is_unique=True),
    ArticleFacet.LANGUAGE: ColumnFacet(Article.language),
    ArticleFacet.SOURCE: ColumnFacet(Article.source_slug),
    ArticleFacet.MISSION: ValueFacet(
        _select_links(ArticleMission.mission_id), Mission.slug, is_unique=True
    ),
    ArticleFacet.PERSON: ValueFacet(
        _select_links(ArticlePerson.person_id), Person.slug, is_unique=True
    ),
    ArticleFacet.LAUNCH: ValueFacet(
        _select_links(ArticleLaunch.launch_id), Launch.slug, is_unique=True
    ),
    ArticleFacet.YEAR: YearFacet(
        Article.published_sort_at, to_date_filters, "published_at_gte", "published_at_lt"
    ),
}


@cache
def _select_summary() -> AnySelect:
    """Columns of an `ArticleSummary`, for public articles."""
    return _select_summary_any_status().where(article_is_public())


@cache
def _select_summary_any_status() -> AnySelect:
    return select_article_ref().add_columns(
        Article.id,
        Article.lead,
        Article.source_name,
        Article.source_url,
        Article.image_url,
        Article.image_alt,
        Article.image_credit,
        select_image(Article.image_media_id),
        Article.reading_minutes,
        Article.updated_at,
        Article.version,
        json_values_subquery(ArticleTag.tag, ArticleTag.article_id == Article.id).label("tags"),
    )


@cache
def _select_full() -> AnySelect:
    return select_full_article().where(article_is_public())


@cache
def select_full_article(names_drafts: bool = False) -> AnySelect:
    """Columns of an `ArticleRead`, for articles in any state.

    `names_drafts`: translations are named that are not public, except those in the trash.
    """
    missions = select_mission_ref().join(ArticleMission, ArticleMission.mission_id == Mission.id)
    people = select_person_ref().join(ArticlePerson, ArticlePerson.person_id == Person.id)
    launches = select_launch_ref().join(ArticleLaunch, ArticleLaunch.launch_id == Launch.id)
    other = aliased(Article)
    translations = select(other.language, other.slug).where(
        other.translation_key == Article.translation_key,
        other.id != Article.id,
        other.state != ArticleState.DELETED if names_drafts else article_is_public(other),
    )
    return _select_summary_any_status().add_columns(
        Article.body,
        Article.body_html,
        Article.note,
        Article.created_at,
        json_array_subquery(
            missions.where(ArticleMission.article_id == Article.id), Mission.number
        ).label("missions"),
        json_array_subquery(
            people.where(ArticlePerson.article_id == Article.id), Person.name_key
        ).label("people"),
        json_array_subquery(
            launches.where(ArticleLaunch.article_id == Article.id), Launch.launch_sort_at, Launch.id
        ).label("launches"),
        json_array_subquery(translations, other.language).label("translations"),
        _select_neighbour(-1).label("previous"),
        _select_neighbour(1).label("next"),
    )


def _select_neighbour(step: int) -> Any:
    """Select a reference to the next or previous article, ordered by time and id."""
    beside = aliased(Article)
    keys = beside.published_sort_at, beside.id
    here, there = tuple_(Article.published_sort_at, Article.id), tuple_(*keys)
    order = [column.asc() if step > 0 else column.desc() for column in keys]
    nearest = (
        select(beside.id)
        .where(
            beside.language == Article.language,
            there > here if step > 0 else there < here,
            article_is_public(beside),
        )
        .order_by(*order)
        .limit(1)
        .correlate(Article)
        .scalar_subquery()
    )
    neighbour = aliased(Article)
    return json_object_subquery(select_article_ref(neighbour).where(neighbour.id == nearest))


@cache
def is_preferred_translation(language: Language) -> ColumnElement[bool]:
    """Condition: of an article and its public translations, it is the one to show.

    That in `language`, else that in another language of the portal, else the first by language.
    """
    other = aliased(Article)
    better = select(other.id).where(
        other.translation_key == Article.translation_key,
        _translation_rank(other, language) < _translation_rank(Article, language),
        article_is_public(other),
    )
    return or_(Article.language == language, ~has_row(better))


def _translation_rank(article: type[Article], language: Language) -> ColumnElement[str]:
    """Rank of a translation for a reader of `language`; the first one is shown."""
    group = case((article.language == language, "0"), (article.language.in_(LANGUAGES), "1"))
    return func.coalesce(group, "2").concat(article.language)


def list_articles(
    reader: Reader, query: ArticleQuery, *where: ColumnElement[bool]
) -> ArticleFullPage | ArticlePage:
    """List the articles that match the query and all of `where`."""
    by_title = query.sort in {ArticleSort.A_TO_Z, ArticleSort.Z_TO_A}
    selection = ArticleSelection.resolve(reader, query, *where, by_title=by_title)
    branches = selection.branches()
    conditions = [] if branches else selection.conditions()
    is_full = query.view is View.FULL

    def select_matches(others: ArticleQuery) -> Matches:
        matching = ArticleSelection.resolve(reader, others, *where)
        filters = matching.conditions()
        return match_records(Article.id, filters, matching.values(), article_is_public())

    page: type[ArticleFullPage] | type[ArticlePage] = ArticleFullPage if is_full else ArticlePage
    return fetch_page(
        reader,
        page,
        _select_full() if is_full else _select_summary(),
        conditions,
        SORTS,
        query,
        "articles",
        branches=branches,
        values=selection.values(),
        is_reusable=selection.is_reusable,
        references=REFERENCES,
        count_facets=partial(count_facets, reader, FACETS, query, select_matches, "articles"),
    )


def read_feed(reader: Reader, query: FeedQuery) -> tuple[list[FeedEntry], datetime | None]:
    """The newest articles that match, and the horizon of news."""
    entries = _list_feed_entries(reader, query)
    check_references(reader, REFERENCES, query, found=bool(entries))
    return entries, get_known_until(reader, HorizonKind.NEWS)


def _list_feed_entries(reader: Reader, query: FeedQuery) -> list[FeedEntry]:
    """List the newest articles that match; without `language`, one translation of each."""
    translation = () if query.language else (is_preferred_translation(current_language()),)
    selection, newest = (
        ArticleSelection.resolve(reader, query, *translation),
        SORTS["-published_at"],
    )
    entries = _select_summary().add_columns(Article.body_html)
    if branches := selection.branches():
        entries = entries.where(Article.id.in_(select_branch_ids(branches, newest)))
    else:
        entries = entries.where(*selection.conditions())
    # The same parameter as in the branches: SQLAlchemy has one kind of each name.
    entries = entries.order_by(*newest.order_by_clauses()).limit(row_limit_param("number"))
    values = selection.values()
    rows = reader.all(entries, number=query.limit, **values)
    return [FeedEntry.model_validate(row) for row in rows]


def get_article(reader: Reader, slug: str) -> ArticleRead:
    """Get the public article `slug`. Raises NotFound, Gone or SlugRenamed."""
    article = fetch_article(reader, _select_by_slug(), slug=slug)
    if article is None:
        _raise_not_found(reader, slug)
    return article


@cache
def _select_by_slug() -> AnySelect:
    return select_newest_article(Article.slug == bindparam("slug"))


def _raise_not_found(reader: Reader, slug: str) -> NoReturn:
    """Raise SlugRenamed, Gone or NotFound for a slug that no public article has.

    An article that was never public is not disclosed: the same two statements run in each case,
    so that the response time is the same.
    """
    former_slug = FormerSlug.type == RecordType.ARTICLE, FormerSlug.slug == slug
    former_ids = select(FormerSlug.record_id).where(*former_slug)
    columns = select(
        Article.slug, Article.state, Article.announced, article_is_public().label("public")
    )
    article = reader.first(columns.where(or_(Article.slug == slug, Article.id.in_(former_ids))))
    former = reader.first(former_ids)
    if article and article["public"] and article["slug"] != slug:
        raise SlugRenamed(slug, article["slug"])
    if article:
        deleted = article["announced"] and article["state"] == ArticleState.DELETED
    else:
        deleted = former is not None
    if deleted:
        raise deleted_record_error(RecordType.ARTICLE, slug)
    raise NotFound(f"{not_found_detail(Article, slug)} {Article.label.hint}")


def select_newest_article(*where: ColumnElement[bool]) -> AnySelect:
    """Columns of an `ArticleRead`, for the newest public article that fulfils `where`."""
    newest = (
        select(Article.id)
        .where(article_is_public(), *where)
        .order_by(*SORTS["-published_at"].order_by_clauses())
    )
    # A subquery, so that the JSON columns are built for this article alone.
    newest_id = newest.limit(1).correlate(None).scalar_subquery()
    return select_full_article().where(Article.id == newest_id)


def fetch_article(reader: Reader, statement: AnySelect, **values: Any) -> ArticleRead | None:
    """First article of `statement`, or None."""
    row = reader.first(statement, **values)
    return None if row is None else ArticleRead.model_validate(row)


@cache
def select_preview(names_drafts: bool = True) -> AnySelect:
    """Columns of an `ArticlePreview`. `names_drafts`: see `select_full_article`."""
    columns = select_full_article(names_drafts)
    return columns.add_columns(Article.state, Article.translation_key)


@cache
def _select_preview_by_slug(names_drafts: bool) -> AnySelect:
    return select_preview(names_drafts).where(Article.slug == bindparam("slug"))


def get_article_preview(reader: Reader, slug: str, names_drafts: bool = True) -> ArticlePreview:
    """The article `slug`, whatever its status. Raises NotFound, Gone or SlugRenamed.

    `names_drafts`: for a reader who may see drafts; see `select_full_article`.
    """
    row = reader.first(_select_preview_by_slug(names_drafts), slug=slug)
    if row is None:
        raise_missing_record(reader, Article, slug)
    return ArticlePreview.model_validate(row)


def get_article_archive(reader: Reader, query: ArticleArchiveQuery) -> ArchiveMonth | ArchiveIndex:
    """Get the archive of a month, or the index of all months, of the articles that match."""
    source = _day_count_source(reader, query)
    return build_archive(reader, source, query, "articles", "published_on", REFERENCES)


def _day_count_source(reader: Reader, query: ArticleArchiveQuery) -> DayCountSource:
    """Stored day counts if only languages are filtered; otherwise counts of the articles."""
    other_filters = to_query_params(query, month=None, month_lt=None, tz=None, language=None)
    if not other_filters:
        starts = utc_month_start_times(time_zone_or_default(query.tz))
        return ArticleDayCounts(tuple(query.language), frozenset(at.hour for at in starts))
    return ArticleSelection.resolve(reader, query).counts()
