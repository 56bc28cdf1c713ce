"""How the mission page is put together."""

from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy import select, union
from sqlalchemy.orm import aliased

from app.archive import ArchiveMonth
from app.articles.queries import find_article, get_article_archive, list_articles, once
from app.articles.schemas import ArticleArchiveQuery, ArticleQuery, ArticleRead, ArticleSummary
from app.database import Reader
from app.dates import add_months, now
from app.languages import spoken
from app.launches.queries import find_next_launch, list_launches
from app.launches.schemas import LaunchQuery
from app.missions.queries import current_slug, get_mission
from app.missions.schemas import MissionRead
from app.models import Article, ArticleMission, Mission
from app.parameters import zone_of
from app.portal.schemas import PortalLaunches, PortalPage, PortalPageQuery
from app.refs import LaunchSummary


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
    featured = Article.id.in_(select(Mission.featured_article_id).where(Mission.slug == slug))
    keys = select(Article.translation_key).where(featured)
    twin = aliased(Article)
    twins = select(twin.id).where(twin.translation_key.in_(keys), twin.language == spoken())
    about = (
        select(ArticleMission.article_id)
        .join(Mission, Mission.id == ArticleMission.mission_id)
        .where(ArticleMission.article_id == Article.id, Mission.slug == slug)
        .exists()
    )
    leading = Article.id.in_(union(twins, select(Article.id).where(featured)))
    return find_article(reader, leading, once()) or find_article(reader, about, once())


def _newest_articles(reader: Reader, query: PortalPageQuery) -> list[ArticleSummary]:
    if not query.articles:
        return []
    wanted = ArticleQuery(
        published_month=query.month, language=query.language, tz=query.tz, limit=query.articles
    )
    each = () if query.language else (once(),)
    return list(list_articles(reader, wanted, *each).items)


def _archive(reader: Reader, mission: MissionRead, query: PortalPageQuery) -> ArchiveMonth:
    month = query.month or _last_month(mission, zone_of(query.tz))
    wanted = ArticleArchiveQuery(month=month, language=query.language, tz=query.tz)
    archive = get_article_archive(reader, wanted)
    assert isinstance(archive, ArchiveMonth)  # noqa: S101 - a month was asked for
    return archive


def _last_month(mission: MissionRead, zone: ZoneInfo) -> date:
    """The month in which the mission ended, or the present one while it goes on."""
    last = min(mission.ends_at or now(), now())
    return last.astimezone(zone).date().replace(day=1)
