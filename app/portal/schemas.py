"""Schemas of a mission's page."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from app.api.date_params import CalendarMonth, TimeZone
from app.api.embeds.launches import LaunchSummary
from app.api.embeds.stays import StaySummary
from app.api.fields import FieldPath, RecordQuery
from app.api.lists.day_counts import ArchiveMonth
from app.api.openapi.examples import Example
from app.api.params import CommaList, DecimalInt, LanguageCode, Omittable
from app.api.read_models import ReadModel
from app.domain.enums import LaunchRelation
from app.resources.articles.schemas import ArticleRead, ArticleSummary
from app.resources.horizon.schemas import KnownUntil
from app.resources.launches.schemas import LaunchRead
from app.resources.missions.schemas import MissionRead


class ArticlesOf(StrEnum):
    """Selection of the articles of a mission's page."""

    MISSION = "mission"
    ALL = "all"


class PortalPageQuery(RecordQuery):
    """Query parameters of a mission's page."""

    fields: Annotated[CommaList[FieldPath], Example(["mission.name"])] = []
    """Fields to return, such as `mission.name,articles.slug`. Default: all."""
    month: Annotated[Omittable[CalendarMonth], Example("2019-04")] = None
    """Month of the calendar. Default: the month of the mission's end, or the last known month."""
    launches: DecimalInt = Field(default=5, ge=0, le=50)
    """Maximum number of launches."""
    articles: DecimalInt = Field(default=3, ge=0, le=50)
    """Maximum number of articles, not counting the lead article."""
    articles_of: Annotated[Omittable[ArticlesOf], Example("all")] = None
    """`mission`: articles about the mission; `all`: about anything. Default: those, then these."""
    language: Annotated[CommaList[LanguageCode], Example(["en"])] = []
    """Language of the articles and the calendar, such as `en`. Default: all."""
    tz: Omittable[TimeZone] = None
    """IANA time zone of day and month boundaries. Default: the portal's time zone."""


class PortalLaunch(LaunchSummary):
    """Launch of a mission."""

    relations: list[LaunchRelation]
    """All that the launch was to the mission."""


class PortalLaunches(ReadModel):
    """Launches of a mission's page."""

    recent: list[PortalLaunch]
    """Launches of the mission, once each, newest first. With `month`: up to the end of that
    month."""
    next: LaunchRead | None
    """Next planned launch to the station, of any mission."""

    def all_launches(self) -> list[LaunchSummary]:
        """Return all launches of the page."""
        return [*self.recent, *([self.next] if self.next else [])]


class PortalPage(ReadModel):
    """Data of a mission's page."""

    mission: MissionRead
    launches: PortalLaunches
    stays: list[StaySummary]
    """Spacecraft at the station during the mission, oldest arrival first, at most 50."""
    lead_article: ArticleRead | None
    """Featured article of the mission, or else its newest article. In the language of the response
    if a translation exists."""
    articles: list[ArticleSummary]
    """Newest articles about the mission but the lead article, then those of the calendar's month
    about anything. With `month`: only of that month. Without `language`: only one translation of
    each article, in the language of the response if possible."""
    archive: ArchiveMonth
    """Article calendar of all missions."""
    known_until: KnownUntil

    def last_modified(self) -> datetime:
        articles = [self.lead_article, *self.articles] if self.lead_article else self.articles
        launches = self.launches.all_launches()
        return max(
            [
                self.mission.last_modified(),
                *(launch.updated_at for launch in launches),
                *(stay.updated_at for stay in self.stays),
                *(article.updated_at for article in articles),
            ]
        )
