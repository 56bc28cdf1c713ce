"""The portal's pages: `/missions/iss-59` and all other addresses that people see."""

from typing import Annotated, Any

from fastapi import Query, Response
from pydantic import ConfigDict, Field

from app.api.cache_control import launches_cache_control, month_cache_control
from app.api.date_params import CalendarDay, CalendarMonth
from app.api.links import public_url
from app.api.lists.day_counts import format_month
from app.api.lists.pagination import MAX_PAGE_ITEMS, CursorParam, to_query_params
from app.api.params import Omittable, QueryModel, SlugPath
from app.api.routing import Router
from app.config import get_settings
from app.db.database import DatabaseDep
from app.domain.languages import current_language
from app.domain.text import fold, is_storable
from app.portal.queries import get_portal_page
from app.portal.rendering import PageRendererDep
from app.portal.schemas import PortalPageQuery
from app.resources.articles.queries import get_article, get_article_archive, list_articles
from app.resources.articles.schemas import ArticleArchiveQuery, ArticleQuery
from app.resources.launches.queries import get_launch
from app.resources.missions.queries import list_missions
from app.resources.missions.schemas import MissionQuery
from app.resources.people.queries import get_person
from app.resources.search.queries import search as find
from app.resources.search.schemas import SearchQuery

router = Router(include_in_schema=False)

_MAX_RELATED_ITEMS = 10
"""How many news items of a person or a launch their pages show."""


class HtmlPageQuery(QueryModel):
    """What every page takes, and whatever else others hang on to the addresses that they share."""

    model_config = ConfigDict(extra="ignore")


class HtmlDayQuery(HtmlPageQuery):
    """What an address with a calendar takes."""

    day: Omittable[CalendarDay] = None
    """The day whose news are listed."""


class HtmlMissionQuery(HtmlDayQuery):
    """What the page of a mission takes."""

    month: Omittable[CalendarMonth] = None
    """The month of its calendar."""


class HtmlSearchQuery(HtmlPageQuery):
    """What the search takes."""

    q: Annotated[str, Field(max_length=100)] = ""
    """Words to look for."""
    cursor: Omittable[CursorParam] = None
    """Where to go on, as the page before says."""


def build_api_path(*path: str, **asked: str) -> str:
    """A request of the API, as the foot of a page shows it."""
    named = dict(sorted({**asked, "lang": current_language()}.items()))
    return public_url(*path, **named).removeprefix(get_settings().base_url)


@router.get("/missions/{slug}")
async def render_mission_page(
    slug: SlugPath,
    query: Annotated[HtmlMissionQuery, Query()],
    database: DatabaseDep,
    screens: PageRendererDep,
) -> Response:
    """A mission, and the news of a day where one is chosen."""
    wanted = PortalPageQuery(month=query.month, language=[current_language()])
    page = await database.read(get_portal_page, slug, wanted)
    requests = [build_api_path("missions", slug, "page", **to_query_params(wanted))]
    news = None
    if query.day:
        of_day = _news_query(published_on=query.day, limit=MAX_PAGE_ITEMS)
        news = await database.read(list_articles, of_day)
        requests.append(build_api_path("articles", **to_query_params(of_day)))
    return screens.render(
        "mission",
        *requests,
        calendar_path=("missions", page.mission.slug),
        canonical_path=f"/missions/{page.mission.slug}",
        cache_control=launches_cache_control(page.launches.all_launches()),
        page=page,
        news=news,
        day=query.day and query.day.isoformat(),
    )


def _news_query(**wanted: Any) -> ArticleQuery:
    """The news in the language of the page."""
    return ArticleQuery(language=[current_language()], **wanted)


@router.get("/missions")
async def render_missions_page(
    query: Annotated[HtmlPageQuery, Query()], database: DatabaseDep, screens: PageRendererDep
) -> Response:
    """All missions; browsers draw who was aboard when."""
    wanted = MissionQuery(limit=MAX_PAGE_ITEMS)
    timeline = build_api_path("launches", crewed="true", format="ndjson", view="full")
    return screens.render(
        "missions",
        build_api_path("missions", **to_query_params(wanted)),
        timeline,
        canonical_path="/missions",
        missions=await database.read(list_missions, wanted),
        timeline=timeline,
    )


@router.get("/people/{slug}")
async def render_person_page(
    slug: SlugPath,
    query: Annotated[HtmlPageQuery, Query()],
    database: DatabaseDep,
    screens: PageRendererDep,
) -> Response:
    """A person, and the news about them."""
    about = _news_query(person=[slug], limit=_MAX_RELATED_ITEMS)
    found = await database.read(get_person, slug)
    return screens.render(
        "person",
        build_api_path("people", slug),
        build_api_path("articles", **to_query_params(about)),
        canonical_path=f"/people/{slug}",
        person=found,
        news=await database.read(list_articles, about),
    )


@router.get("/launches/{slug}")
async def render_launch_page(
    slug: SlugPath,
    query: Annotated[HtmlPageQuery, Query()],
    database: DatabaseDep,
    screens: PageRendererDep,
) -> Response:
    """A launch, and the news about it."""
    about = _news_query(launch=[slug], limit=_MAX_RELATED_ITEMS)
    found = await database.read(get_launch, slug)
    return screens.render(
        "launch",
        build_api_path("launches", slug),
        build_api_path("articles", **to_query_params(about)),
        canonical_path=f"/launches/{slug}",
        cache_control=launches_cache_control([found]),
        launch=found,
        news=await database.read(list_articles, about),
    )


@router.get("/articles/{slug}")
async def render_article_page(
    slug: SlugPath,
    query: Annotated[HtmlPageQuery, Query()],
    database: DatabaseDep,
    screens: PageRendererDep,
) -> Response:
    """A news item."""
    found = await database.read(get_article, slug)
    return screens.render(
        "article",
        build_api_path("articles", slug),
        canonical_path=f"/articles/{slug}",
        article=found,
    )


@router.get("/archive")
async def render_archive_page(
    query: Annotated[HtmlPageQuery, Query()], database: DatabaseDep, screens: PageRendererDep
) -> Response:
    """How much news each month had."""
    wanted = ArticleArchiveQuery(language=[current_language()])
    return screens.render(
        "years",
        build_api_path("articles", "archive", **to_query_params(wanted)),
        canonical_path="/archive",
        years=await database.read(get_article_archive, wanted),
    )


@router.get("/archive/{month}")
async def render_archive_month_page(
    month: CalendarMonth,
    query: Annotated[HtmlDayQuery, Query()],
    database: DatabaseDep,
    screens: PageRendererDep,
) -> Response:
    """The news of a month or of one of its days."""
    calendar = ArticleArchiveQuery(month=month, language=[current_language()])
    wanted = {"published_on": query.day} if query.day else {"published_month": month}
    listed = _news_query(**wanted, limit=MAX_PAGE_ITEMS)
    return screens.render(
        "archive",
        build_api_path("articles", "archive", **to_query_params(calendar)),
        build_api_path("articles", **to_query_params(listed)),
        calendar_path=("archive",),
        canonical_path=f"/archive/{format_month(month)}",
        cache_control=month_cache_control(format_month(month)),
        archive=await database.read(get_article_archive, calendar),
        news=await database.read(list_articles, listed),
        day=query.day and query.day.isoformat(),
    )


@router.get("/search")
async def render_search_page(
    query: Annotated[HtmlSearchQuery, Query()], database: DatabaseDep, screens: PageRendererDep
) -> Response:
    """What is found for words; nothing where there is nothing in them to look for."""
    if not (is_storable(query.q) and fold(query.q)):
        return screens.render("search", q="", found=None)
    wanted = SearchQuery(q=query.q, cursor=query.cursor)
    found = await database.read(find, wanted)
    asked = build_api_path("search", **to_query_params(wanted))
    return screens.render("search", asked, q=query.q, found=found)
