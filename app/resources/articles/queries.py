"""How articles are found."""

from collections.abc import Sequence
from functools import cache
from typing import Any, NoReturn

from sqlalchemy import ColumnElement, bindparam, or_, select, tuple_
from sqlalchemy.orm import aliased

from app.api.embeds import article_ref, launch_ref, mission_ref, person_ref, public
from app.api.lists.day_counts import ArchiveIndex, ArchiveMonth, Dated, Records, Source, archive_of
from app.api.lists.pagination import fetch_page, parameters
from app.api.lists.sorting import orders
from app.api.params import View, instant, zone_of
from app.api.slugs import HINTS, none_such
from app.db.conditions import named
from app.db.database import Reader
from app.db.functions import Rows, nested, nested_one, nested_values
from app.db.models import (
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
from app.domain.dates import add_months, first_hours
from app.domain.languages import Speech, either
from app.domain.text import slugify
from app.http.problems import Gone, NotFound, Renamed
from app.resources.articles.day_counts import ArticleDays
from app.resources.articles.schemas import (
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
from app.search.ranking import AS_WRITTEN, Spellings, of_kind
from app.search.spelling import spellings

SORTS = orders(Article.id, published_at=(Article.published_at,), title=(Article.title_key,))
DATED = Dated(Article.published_at, Article.published_at_precision)


def conditions(
    filters: ArticleCalendarFilters, spelt: Spellings = AS_WRITTEN
) -> list[ColumnElement[bool]]:
    """What `filters` ask of a public article. `spelt` has other spellings of the words of `q`."""
    found: list[ColumnElement[bool]] = []
    if filters.q:
        found.append(Article.id.in_(of_kind(RecordType.ARTICLE, filters.q, spelt)))
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
    if filters.tag:
        found.append(_tagged(filters.tag))
    if filters.tag_not:
        found.append(~_tagged(filters.tag_not))
    # By IN: what is about one of them is found by the link, among however many articles.
    if filters.mission:
        about = select(ArticleMission.article_id).join(
            Mission, Mission.id == ArticleMission.mission_id
        )
        found.append(Article.id.in_(about.where(named(Mission, filters.mission))))
    if filters.person:
        about = select(ArticlePerson.article_id).join(Person, Person.id == ArticlePerson.person_id)
        found.append(Article.id.in_(about.where(named(Person, filters.person))))
    if filters.launch:
        about = select(ArticleLaunch.article_id).join(Launch, Launch.id == ArticleLaunch.launch_id)
        found.append(Article.id.in_(about.where(named(Launch, filters.launch))))
    return found


def _tagged(tags: Sequence[str]) -> ColumnElement[bool]:
    own = select(ArticleTag.tag).where(ArticleTag.article_id == Article.id)
    return own.where(ArticleTag.tag.in_(tags)).exists()


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
    """What an `ArticleSummary` of a public article is filled from."""
    return _short().where(public())


@cache
def _short() -> Rows:
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
def _whole() -> Rows:
    return whole_article().where(public())


@cache
def whole_article() -> Rows:
    """What an `ArticleRead` is filled from, be the article public or not."""
    missions = mission_ref().join(ArticleMission, ArticleMission.mission_id == Mission.id)
    people = person_ref().join(ArticlePerson, ArticlePerson.person_id == Person.id)
    launches = launch_ref().join(ArticleLaunch, ArticleLaunch.launch_id == Launch.id)
    other = aliased(Article)
    translations = select(other.language, other.slug).where(
        other.translation_key == Article.translation_key, other.id != Article.id, public(other)
    )
    return _short().add_columns(
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


@cache
def once(speech: Speech) -> ColumnElement[bool]:
    """Whether an article is in the language `speech`, or has no public translation into it.

    So each is found once, whatever languages it is there in.
    """
    twin = aliased(Article)
    same = twin.translation_key == Article.translation_key, twin.language == speech
    translated = select(twin.id).where(*same, public(twin)).exists()
    return or_(Article.language == speech, ~translated)


def list_articles(
    reader: Reader, query: ArticleQuery, *where: ColumnElement[bool]
) -> ArticleFullPage | ArticlePage:
    """A page of the articles that match, and that all of `where` holds for."""
    where = (*conditions(query, spellings(reader, query.q)), *where)
    if query.view is View.FULL:
        return fetch_page(reader, ArticleFullPage, _whole(), where, SORTS, query, "articles")
    return fetch_page(reader, ArticlePage, _summary(), where, SORTS, query, "articles")


def list_entries(reader: Reader, query: FeedQuery) -> list[FeedEntry]:
    """The newest of the articles that match."""
    found = (
        _summary()
        .add_columns(Article.body_html)
        .where(*conditions(query, spellings(reader, query.q)))
    )
    newest = found.order_by(*SORTS["-published_at"].clauses()).limit(query.limit)
    return [FeedEntry.model_validate(row) for row in reader.all(newest)]


def get_article(reader: Reader, slug: str) -> ArticleRead:
    """The article `slug`, with all that belongs to it."""
    article = first_article(reader, _of_slug(), slug=slug)
    if article is None:
        _say_missing(reader, slug)
    return article


@cache
def _of_slug() -> Rows:
    return newest_article(Article.slug == bindparam("slug"))


def _say_missing(reader: Reader, slug: str) -> NoReturn:
    """Say what has become of an article, but not where one is that the public does not see.

    Whatever there is, the same two statements are asked: how long they take tells nothing.
    """
    former = FormerSlug.type == RecordType.ARTICLE, FormerSlug.slug == slug
    led_to = select(FormerSlug.record_id).where(*former)
    known = select(Article.slug, Article.state, Article.announced, public().label("shown"))
    found = reader.first(known.where(or_(Article.slug == slug, Article.id.in_(led_to))))
    had = reader.first(led_to)
    if found and found["shown"] and found["slug"] != slug:
        raise Renamed(slug, found["slug"])
    deleted = found["announced"] and found["state"] == ArticleState.DELETED if found else had
    if deleted:
        raise Gone(either(f"The article {slug!r} has been deleted.", f"Запись {slug!r} удалена."))
    raise NotFound(f"{none_such(RecordType.ARTICLE, slug)} {HINTS[RecordType.ARTICLE]}")


def newest_article(*where: ColumnElement[bool]) -> Rows:
    """The newest whole public article that `where` holds for."""
    newest = select(Article.id).where(public(), *where).order_by(*SORTS["-published_at"].clauses())
    # Found first: all that belongs to an article is put together for this one alone.
    found = newest.limit(1).correlate(None).scalar_subquery()
    return whole_article().where(Article.id == found)


def first_article(reader: Reader, statement: Rows, **values: Any) -> ArticleRead | None:
    """The article that `statement` finds, None where there is none."""
    row = reader.first(statement, **values)
    return None if row is None else ArticleRead.model_validate(row)


def get_article_archive(reader: Reader, query: ArticleArchiveQuery) -> ArchiveMonth | ArchiveIndex:
    """The calendar of a month, or the index of all months, over the articles that match."""
    return archive_of(reader, _source(reader, query), query, "articles", "published_on")


def _source(reader: Reader, query: ArticleArchiveQuery) -> Source:
    """The counts of days for a plain calendar, of some languages or all; else the articles."""
    narrowed = parameters(query, month=None, tz=None, language=None)
    hours = first_hours(zone_of(query.tz))
    if narrowed or hours is None:
        where = conditions(query, spellings(reader, query.q))
        return Records(DATED, select(Article.id).where(public(), *where))
    return ArticleDays(tuple(query.language), hours)
