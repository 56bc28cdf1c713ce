"""How the mission page is put together."""

from datetime import date
from functools import cache
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, select, union
from sqlalchemy.orm import aliased

from app.api.embeds import LaunchSummary
from app.api.lists.day_counts import ArchiveMonth
from app.api.params import zone_of
from app.db.database import Reader
from app.db.functions import Rows
from app.db.models import Article, ArticleMission, Mission
from app.domain.clock import has_come, holds_until, present
from app.domain.dates import add_months, start_of
from app.domain.languages import Speech, spoken
from app.portal.schemas import PortalLaunches, PortalPage, PortalPageQuery
from app.resources.articles.queries import (
    first_article,
    get_article_archive,
    list_articles,
    newest_article,
    once,
)
from app.resources.articles.schemas import (
    ArticleArchiveQuery,
    ArticleQuery,
    ArticleRead,
    ArticleSummary,
)
from app.resources.launches.queries import find_next_launch, list_launches
from app.resources.launches.schemas import LaunchQuery
from app.resources.missions.queries import current_slug, get_mission
from app.resources.missions.schemas import MissionRead


def get_portal_page(reader: Reader, slug: str, query: PortalPageQuery) -> PortalPage:
    """The page of the mission `slug`, of the current one where that is `current`."""
    mission = get_mission(reader, current_slug(reader) if slug == "current" else slug)
    return PortalPage(
        mission=mission,
        launches=PortalLaunches(
            recent=_recent_launches(reader, mission.slug, query), next=find_next_launch(reader)
        ),
        lead_article=_lead_article(reader, mission.slug),
        articles=_newest_articles(reader, query),
        archive=_archive(reader, mission, query),
    )


def _recent_launches(reader: Reader, slug: str, query: PortalPageQuery) -> list[LaunchSummary]:
    if not query.launches:
        return []
    until = add_months(query.month, 1) if query.month else None
    wanted = LaunchQuery(mission=[slug], launch_at_lt=until, tz=query.tz, limit=query.launches)
    return list(list_launches(reader, wanted).items)


def _lead_article(reader: Reader, slug: str) -> ArticleRead | None:
    speech = spoken()
    featured = first_article(reader, _featured(speech), slug=slug)
    return featured or first_article(reader, _newest_about(speech), slug=slug)


@cache
def _featured(speech: Speech) -> Rows:
    """The article that the mission `slug` features, in the language `speech` if it is there."""
    mission = select(Mission.featured_article_id).where(Mission.slug == bindparam("slug"))
    keys = select(Article.translation_key).where(Article.id.in_(mission))
    twin = aliased(Article)
    twins = select(twin.id).where(twin.translation_key.in_(keys), twin.language == speech)
    itself = select(Article.id).where(Article.id.in_(mission))
    return newest_article(Article.id.in_(union(twins, itself)), once(speech))


@cache
def _newest_about(speech: Speech) -> Rows:
    about = (
        select(ArticleMission.article_id)
        .join(Mission, Mission.id == ArticleMission.mission_id)
        .where(Mission.slug == bindparam("slug"))
    )
    return newest_article(Article.id.in_(about), once(speech))


def _newest_articles(reader: Reader, query: PortalPageQuery) -> list[ArticleSummary]:
    if not query.articles:
        return []
    wanted = ArticleQuery(
        published_month=query.month, language=query.language, tz=query.tz, limit=query.articles
    )
    each = () if query.language else (once(spoken()),)
    return list(list_articles(reader, wanted, *each).items)


def _archive(reader: Reader, mission: MissionRead, query: PortalPageQuery) -> ArchiveMonth:
    month = query.month or _last_month(mission, zone_of(query.tz))
    wanted = ArticleArchiveQuery(month=month, language=query.language, tz=query.tz)
    archive = get_article_archive(reader, wanted)
    assert isinstance(archive, ArchiveMonth)  # noqa: S101 - a month was asked for
    return archive


def _last_month(mission: MissionRead, zone: ZoneInfo) -> date:
    """The month in which the mission ended, or the present one while it goes on."""
    if mission.ends_at and has_come(mission.ends_at):
        return mission.ends_at.astimezone(zone).date().replace(day=1)
    month = present().astimezone(zone).date().replace(day=1)
    holds_until(start_of(add_months(month, 1), zone))
    return month
