"""How articles are found."""

from functools import cache
from typing import Any, NoReturn

from sqlalchemy import ColumnElement, or_, select, tuple_
from sqlalchemy.orm import aliased

from app.archive import ArchiveIndex, ArchiveMonth, Dated, archive_of
from app.articles.schemas import (
    ArticleArchiveQuery,
    ArticleCalendarFilters,
    ArticleFilters,
    ArticleFullPage,
    ArticlePage,
    ArticleQuery,
    ArticleRead,
    FeedEntry,
    FeedQuery,
)
from app.conditions import contains_words, linked
from app.database import Reader, Rows, nested, nested_one, nested_values
from app.dates import add_months
from app.errors import Gone, NotFound
from app.languages import either, spoken
from app.models import (
    Article,
    ArticleLaunch,
    ArticleMission,
    ArticlePerson,
    ArticleState,
    ArticleTag,
    FormerSlug,
    Launch,
    Mission,
    Person,
    RecordType,
)
from app.pagination import fetch_page
from app.parameters import View, instant, zone_of
from app.refs import article_ref, launch_ref, mission_ref, person_ref, public
from app.slugs import HINTS, missing, none_such
from app.sorting import orders
from app.text import slugify

SORTS = orders(Article.id, published_at=(Article.published_at,), title=(Article.title_key,))
DATED = Dated(Article.published_at, Article.published_at_precision)


def conditions(filters: ArticleCalendarFilters) -> list[ColumnElement[bool]]:
    """What `filters` ask of an article."""
    found = [public()]
    if filters.q:
        found.append(contains_words(Article.search_text, filters.q))
    if filters.language:
        found.append(Article.language.in_(filters.language))
    if filters.source:
        found.append(Article.source_slug.in_(map(slugify, filters.source)))
    if filters.source_not:
        found.append(Article.source_slug.not_in(map(slugify, filters.source_not)))
    if filters.has_image is not None:
        imaged = Article.image_url.is_not(None)
        found.append(imaged if filters.has_image else ~imaged)
    return found + _by_links(filters) + _by_dates(filters)


def _by_links(filters: ArticleCalendarFilters) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    tags = select(ArticleTag.tag).where(ArticleTag.article_id == Article.id)
    if filters.tag:
        found.append(tags.where(ArticleTag.tag.in_(filters.tag)).exists())
    if filters.tag_not:
        found.append(~tags.where(ArticleTag.tag.in_(filters.tag_not)).exists())
    if filters.mission:
        own = ArticleMission.article_id == Article.id
        found.append(linked(Mission, filters.mission, ArticleMission.mission_id, own))
    if filters.person:
        own = ArticlePerson.article_id == Article.id
        found.append(linked(Person, filters.person, ArticlePerson.person_id, own))
    if filters.launch:
        own = ArticleLaunch.article_id == Article.id
        found.append(linked(Launch, filters.launch, ArticleLaunch.launch_id, own))
    return found


def _by_dates(filters: ArticleCalendarFilters) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    zone = zone_of(filters.tz)
    if isinstance(filters, ArticleFilters) and filters.published_on:
        found.append(DATED.on(filters.published_on, zone))
    if filters.published_month:
        month = filters.published_month
        found.append(DATED.within(month, add_months(month, 1), zone))
    if filters.published_at_gte:
        found.append(Article.published_until > instant(filters.published_at_gte, zone))
    if filters.published_at_lt:
        found.append(Article.published_at < instant(filters.published_at_lt, zone))
    if filters.updated_at_gte:
        found.append(Article.updated_at >= instant(filters.updated_at_gte, zone))
    return found


@cache
def _summary() -> Rows:
    return article_ref().add_columns(
        Article.id,
        Article.lead,
        Article.source_name,
        Article.source_url,
        Article.image_url,
        Article.image_alt,
        Article.image_credit,
        Article.reading_minutes,
        Article.updated_at,
        Article.version,
        nested_values(ArticleTag.tag, ArticleTag.article_id == Article.id).label("tags"),
    )


@cache
def whole_article() -> Rows:
    """What an `ArticleRead` is filled from."""
    missions = mission_ref().join(ArticleMission, ArticleMission.mission_id == Mission.id)
    people = person_ref().join(ArticlePerson, ArticlePerson.person_id == Person.id)
    launches = launch_ref().join(ArticleLaunch, ArticleLaunch.launch_id == Launch.id)
    other = aliased(Article)
    translations = select(other.language, other.slug).where(
        other.translation_key == Article.translation_key, other.id != Article.id, public(other)
    )
    return _summary().add_columns(
        Article.body,
        Article.body_html,
        Article.note,
        Article.created_at,
        nested(missions.where(ArticleMission.article_id == Article.id), Mission.number).label(
            "missions"
        ),
        nested(people.where(ArticlePerson.article_id == Article.id), Person.name_key).label(
            "people"
        ),
        nested(
            launches.where(ArticleLaunch.article_id == Article.id), Launch.launch_at, Launch.id
        ).label("launches"),
        nested(translations, other.language).label("translations"),
        _neighbour(-1).label("previous"),
        _neighbour(1).label("next"),
    )


def _neighbour(step: int) -> Any:
    """The article before or after in time, ties broken by id as lists do."""
    beside = aliased(Article)
    here, there = tuple_(Article.published_at, Article.id), tuple_(beside.published_at, beside.id)
    order = [
        column.asc() if step > 0 else column.desc() for column in (beside.published_at, beside.id)
    ]
    nearest = (
        select(beside.id)
        .where(
            beside.language == Article.language,
            there > here if step > 0 else there < here,
            public(beside),
        )
        .order_by(*order)
        .limit(1)
        .correlate(Article)
        .scalar_subquery()
    )
    found = aliased(Article)
    return nested_one(article_ref(found).where(found.id == nearest))


def once() -> ColumnElement[bool]:
    """Whether an article is in the language that is spoken, or has no public translation into it.

    So each is found once, whatever languages it is there in.
    """
    twin = aliased(Article)
    same = twin.translation_key == Article.translation_key, twin.language == spoken()
    translated = select(twin.id).where(*same, public(twin)).exists()
    return or_(Article.language == spoken(), ~translated)


def list_articles(
    reader: Reader, query: ArticleQuery, *where: ColumnElement[bool]
) -> ArticleFullPage | ArticlePage:
    """A page of the articles that match, and that all of `where` holds for."""
    if query.view is View.FULL:
        whole = whole_article().where(*conditions(query), *where)
        return fetch_page(reader, ArticleFullPage, whole, SORTS, query, "articles")
    summary = _summary().where(*conditions(query), *where)
    return fetch_page(reader, ArticlePage, summary, SORTS, query, "articles")


def list_entries(reader: Reader, query: FeedQuery) -> list[FeedEntry]:
    """The newest of the articles that match."""
    found = _summary().add_columns(Article.body_html).where(*conditions(query))
    newest = found.order_by(*SORTS["-published_at"].clauses()).limit(query.limit)
    return [FeedEntry.model_validate(row) for row in reader.all(newest)]


def get_article(reader: Reader, slug: str) -> ArticleRead:
    """The article `slug`, with all that belongs to it."""
    article = find_article(reader, Article.slug == slug)
    if article is None:
        _say_missing(reader, slug)
    return article


def _say_missing(reader: Reader, slug: str) -> NoReturn:
    """Say what has become of an article, but not where one is that the public does not see."""
    former = FormerSlug.type == RecordType.ARTICLE, FormerSlug.slug == slug
    led_to = Article.id.in_(select(FormerSlug.record_id).where(*former))
    hidden = select(Article.state, Article.announced).where(
        or_(Article.slug == slug, led_to), ~public()
    )
    found = reader.first(hidden)
    if found is None:
        missing(reader, Article, slug)
    if found["announced"] and found["state"] == ArticleState.DELETED:
        raise Gone(either(f"The article {slug!r} has been deleted.", f"Запись {slug!r} удалена."))
    raise NotFound(f"{none_such(RecordType.ARTICLE, slug)} {HINTS[RecordType.ARTICLE]}")


def find_article(reader: Reader, *where: ColumnElement[bool]) -> ArticleRead | None:
    """The newest whole public article that `where` holds for, None where there is none."""
    order = SORTS["-published_at"].clauses()
    row = reader.first(whole_article().where(public(), *where).order_by(*order).limit(1))
    return None if row is None else ArticleRead.model_validate(row)


def get_article_archive(reader: Reader, query: ArticleArchiveQuery) -> ArchiveMonth | ArchiveIndex:
    """The calendar of a month, or the index of all months, over the articles that match."""
    records = select(Article.id).where(*conditions(query))
    return archive_of(reader, DATED, records, query, "articles", "published_on")
