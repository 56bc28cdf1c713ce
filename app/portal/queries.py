"""Queries of a mission's page, composed of the queries of the resources."""

from collections import defaultdict
from datetime import date
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, exists, select, union
from sqlalchemy.orm import aliased

from app.api.date_params import time_zone_or_default
from app.api.lists.day_counts import ArchiveMonth
from app.db.conditions import article_is_public
from app.db.database import Reader
from app.db.functions import AnySelect
from app.db.models import Article, ArticleMission, Mission
from app.domain.clock import expire_response_at
from app.domain.dates import add_months, start_of_day
from app.domain.horizon import has_come, last_known_time
from app.domain.languages import Language, current_language
from app.portal.schemas import ArticlesOf, PortalLaunch, PortalLaunches, PortalPage, PortalPageQuery
from app.resources.articles.queries import (
    fetch_article,
    get_article_archive,
    is_preferred_translation,
    list_articles,
    select_newest_article,
)
from app.resources.articles.schemas import (
    ArticleArchiveQuery,
    ArticleQuery,
    ArticleRead,
    ArticleSummary,
)
from app.resources.horizon.queries import get_known_until_by_kind
from app.resources.launches.queries import find_next_launch, list_launches
from app.resources.launches.schemas import LaunchQuery
from app.resources.missions.queries import get_current_mission_slug, get_mission
from app.resources.missions.schemas import MissionRead
from app.resources.stays.queries import list_stays_between


def get_portal_page(reader: Reader, slug: str, query: PortalPageQuery) -> PortalPage:
    """Page of the mission `slug`; `current` selects the current mission.

    Raises NotFound if there is no such mission, SlugRenamed if `slug` is an alias.
    """
    mission = get_mission(reader, get_current_mission_slug(reader) if slug == "current" else slug)
    month = query.month or _default_month(mission, time_zone_or_default(query.tz))
    lead = _get_lead_article(reader, mission.slug)
    return PortalPage(
        mission=mission,
        launches=PortalLaunches(
            recent=_list_recent_launches(reader, mission, query), next=find_next_launch(reader)
        ),
        stays=list_stays_between(reader, mission.starts_at, mission.ends_at),
        lead_article=lead,
        articles=_list_articles(reader, mission.slug, month, query, lead),
        archive=_get_archive_month(reader, month, query),
        known_until=get_known_until_by_kind(reader),
    )


def _list_recent_launches(
    reader: Reader, mission: MissionRead, query: PortalPageQuery
) -> list[PortalLaunch]:
    if not query.launches:
        return []
    until = add_months(query.month, 1) if query.month else None
    launches_query = LaunchQuery(
        mission=[mission.slug], launch_at_lt=until, tz=query.tz, limit=query.launches
    )
    relations = defaultdict(list)
    for served in mission.launches:
        relations[served.launch.id].append(served.relation)
    return [
        PortalLaunch.model_construct(**dict(launch), relations=relations[launch.id])
        for launch in list_launches(reader, launches_query).items
    ]


def _get_lead_article(reader: Reader, slug: str) -> ArticleRead | None:
    language = current_language()
    featured = fetch_article(reader, _select_featured(language), slug=slug)
    return featured or fetch_article(reader, _select_newest_about(language), slug=slug)


@cache
def _select_featured(language: Language) -> AnySelect:
    """Featured article of the mission `slug`, as a translation into `language` if there is one."""
    mission = select(Mission.featured_article_id).where(Mission.slug == bindparam("slug"))
    keys = select(Article.translation_key).where(Article.id.in_(mission))
    twin = aliased(Article)
    twins = select(twin.id).where(twin.translation_key.in_(keys), twin.language == language)
    original = select(Article.id).where(Article.id.in_(mission))
    return select_newest_article(
        Article.id.in_(union(twins, original)), is_preferred_translation(language)
    )


@cache
def _select_newest_about(language: Language) -> AnySelect:
    mission_id = select(Mission.id).where(Mission.slug == bindparam("slug")).scalar_subquery()
    preferred = exists().where(
        Article.id == ArticleMission.article_id, is_preferred_translation(language)
    )
    newest = (
        select(ArticleMission.article_id)
        .where(
            ArticleMission.mission_id == mission_id,
            article_is_public(ArticleMission),
            preferred,
        )
        .order_by(ArticleMission.published_sort_at.desc(), ArticleMission.article_id.desc())
        .limit(1)
    )
    return select_newest_article(Article.id.in_(newest))


def _list_articles(
    reader: Reader, slug: str, month: date, query: PortalPageQuery, lead: ArticleRead | None
) -> list[ArticleSummary]:
    """List articles about the mission `slug`, and others of `month` if these are too few."""
    if not query.articles:
        return []
    if query.articles_of is ArticlesOf.ALL:
        return _list_newest_articles(reader, query, published_month=query.month)
    lead_id = lead and lead.id
    own = _list_newest_articles(reader, query, 1, published_month=query.month, mission=[slug])
    articles = {article.id: article for article in own if article.id != lead_id}
    if query.articles_of is None and len(articles) < query.articles:
        others = _list_newest_articles(reader, query, 1, published_month=month)
        articles |= {article.id: article for article in others if article.id != lead_id}
    return list(articles.values())[: query.articles]


def _list_newest_articles(
    reader: Reader, query: PortalPageQuery, more: int = 0, **filters: Any
) -> list[ArticleSummary]:
    """List the newest articles: as many as the query names, and `more`."""
    articles_query = ArticleQuery(
        language=query.language, tz=query.tz, limit=query.articles + more, **filters
    )
    translation = () if query.language else (is_preferred_translation(current_language()),)
    return list(list_articles(reader, articles_query, *translation).items)


def _get_archive_month(reader: Reader, month: date, query: PortalPageQuery) -> ArchiveMonth:
    archive_query = ArticleArchiveQuery(month=month, language=query.language, tz=query.tz)
    archive = get_article_archive(reader, archive_query)
    assert isinstance(archive, ArchiveMonth)  # noqa: S101 - the query names a month
    return archive


def _default_month(mission: MissionRead, zone: ZoneInfo) -> date:
    """Month of the mission's end, or the last month that is known if it has not ended."""
    if mission.ends_at and has_come(mission.ends_at, mission.known_until):
        return mission.ends_at.astimezone(zone).date().replace(day=1)
    month = last_known_time(mission.known_until).astimezone(zone).date().replace(day=1)
    expire_response_at(start_of_day(add_months(month, 1), zone))
    return month
