"""The mission page in one answer."""

from datetime import datetime

from pydantic import Field

from app.api.embeds import LaunchSummary, ReadModel
from app.api.lists.day_counts import ArchiveMonth
from app.api.params import (
    CalendarMonth,
    CommaList,
    DecimalInt,
    LanguageCode,
    Omittable,
    QueryModel,
    TimeZone,
)
from app.resources.articles.schemas import ArticleRead, ArticleSummary
from app.resources.launches.schemas import LaunchRead
from app.resources.missions.schemas import MissionRead


class PortalPageQuery(QueryModel):
    """How much of a mission's page to show."""

    month: Omittable[CalendarMonth] = None
    """The month of the calendar; otherwise that of the mission's end, or the present one."""
    launches: DecimalInt = Field(default=5, ge=0, le=50)
    """How many launches at the most."""
    articles: DecimalInt = Field(default=3, ge=0, le=50)
    """How many articles at the most, beside the leading one."""
    language: CommaList[LanguageCode] = []
    """The language of news and calendar, such as `en`; otherwise all."""
    tz: Omittable[TimeZone] = None
    """The IANA time zone that days are days of; otherwise the portal's own."""


class PortalLaunches(ReadModel):
    """The launches of a mission's page."""

    recent: list[LaunchSummary]
    """The mission's, newest first, up to the end of `month` where it is given."""
    next: LaunchRead | None
    """The planned launch nearest ahead, whatever its mission."""

    def all_launches(self) -> list[LaunchSummary]:
        """Every launch in it."""
        return [*self.recent, self.next] if self.next else self.recent


class PortalPage(ReadModel):
    """All that a mission's page shows."""

    mission: MissionRead
    launches: PortalLaunches
    lead_article: ArticleRead | None
    """The article that the mission features, else its newest; in the language of the answer where
    it is there in that."""
    articles: list[ArticleSummary]
    """The newest of the month where it is given, else the newest. Without `language`, one that is
    there in several languages is shown once, in that of the answer if it can be."""
    archive: ArchiveMonth
    """The calendar of the news, whatever its mission."""

    def last_modified(self) -> datetime:
        articles = [self.lead_article, *self.articles] if self.lead_article else self.articles
        launches = self.launches.all_launches()
        return max(
            [
                self.mission.last_modified(),
                *(launch.updated_at for launch in launches),
                *(article.updated_at for article in articles),
            ]
        )
