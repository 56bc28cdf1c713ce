"""Walk of a typical client: a mission's page, then its crew, launches, articles and a full list."""

import sys
from datetime import UTC, date, datetime
from typing import TypeVar
from urllib.parse import parse_qs, urlsplit

from zarya_client import Client
from zarya_client.api.articles import get_article, get_article_archive, list_articles
from zarya_client.api.crew import list_mission_crew
from zarya_client.api.launches import get_launch, list_launches
from zarya_client.api.missions import list_missions
from zarya_client.api.portal import get_mission_page
from zarya_client.models import (
    ArchiveMonth,
    ArticlePage,
    LaunchPage,
    MissionFullPage,
    Problem,
    View,
)
from zarya_client.types import UNSET, Unset

T = TypeVar("T")
MONTH = "2019-04"


def known(answer: T | Problem | None) -> T:
    """Return `answer`. Raises LookupError if it is None or a problem."""
    if answer is None:
        raise LookupError("no response")
    if isinstance(answer, Problem):
        raise LookupError(f"{answer.title}: {answer.detail}")
    return answer


def walk(client: Client, slug: str) -> str:
    """Walk from the page of the mission `slug`, which must be ISS-59, to all articles."""
    page = known(get_mission_page.sync(slug, client=client, month=MONTH))
    mission = page.mission
    assert mission.title == "ISS-59 mission", mission.title
    assert mission.status == "completed"
    assert mission.tasks
    assert page.lead_article is not None
    assert page.lead_article.published_on == date(2018, 8, 31)
    assert "progress-ms-11" in [launch.slug for launch in page.launches.recent]
    assert page.archive.month == MONTH

    crew = known(list_mission_crew.sync(slug, client=client)).items
    assert [one.credited_as for one in crew] == [one.credited_as for one in mission.crew]
    assert len({one.person.slug for one in crew}) == 6
    assert (crew[0].role, crew[0].person.name) == ("commander", "Oleg Kononenko")

    launches = list_launches.sync(client=client, mission=[slug], limit=100)
    assert isinstance(launches, LaunchPage)
    (progress,) = [launch for launch in launches.items if launch.slug == "progress-ms-11"]
    assert progress.headline == "LV Soyuz-2.1a with CV Progress MS-11 is launched"
    assert progress.launch_at == datetime(2019, 4, 4, 11, 1, 35, tzinfo=UTC)

    calendar = get_article_archive.sync(client=client, month=MONTH)
    assert isinstance(calendar, ArchiveMonth)
    assert len(calendar.days) == 30
    assert sum(day.count for day in calendar.days) == calendar.total
    assert calendar == page.archive

    (day,) = [day for day in calendar.days if day.date == date(2019, 4, 4)]
    assert day.count > 0
    news = list_articles.sync(client=client, published_on=day.date, limit=100)
    assert isinstance(news, ArticlePage)
    assert len(news.items) == day.count

    article = known(get_article.sync(news.items[0].slug, client=client))
    assert article.title == news.items[0].title
    assert article.body

    whole = list_missions.sync(client=client, view=View.FULL)
    assert isinstance(whole, MissionFullPage), type(whole)
    assert whole.items[0].tasks

    missing = get_launch.sync_detailed("soyuz-1", client=client)
    assert isinstance(missing.parsed, Problem)
    assert missing.status_code == missing.parsed.status == 404
    return every_article(client)


def every_article(client: Client) -> str:
    """Follow the cursors through all articles, and check that each occurs exactly once."""
    seen: set[int] = set()
    items = pages = 0
    cursor: str | Unset = UNSET
    while True:
        page = list_articles.sync(client=client, limit=100, with_total=True, cursor=cursor)
        assert isinstance(page, ArticlePage)
        seen.update(item.id for item in page.items)
        items += len(page.items)
        pages += 1
        if page.next_ is None:
            break
        (cursor,) = parse_qs(urlsplit(page.next_).query)["cursor"]
    assert items == len(seen), "an item came twice"
    assert items == page.total, "an item is missing"
    return f"{items} articles on {pages} pages, none twice"


if __name__ == "__main__":
    origin, *rest = sys.argv[1:]
    with Client(base_url=origin) as connected:
        print(walk(connected, *(rest or ["iss-59"])))
