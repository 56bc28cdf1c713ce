"""HTML pages of the portal, such as `/missions/iss-59`."""

from datetime import date
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Query, Response
from fastapi.responses import RedirectResponse

from app.api.cache_control import launches_cache_control, month_cache_control, past_cache_control
from app.api.date_params import CalendarMonth
from app.api.deps import DatabaseDep
from app.api.links import page_url, public_url
from app.api.lists.day_counts import format_month
from app.api.lists.pagination import MAX_PAGE_ITEMS, to_query_params
from app.api.params import SlugPath
from app.api.routing import Router
from app.api.static_files import REVALIDATE_CACHE_CONTROL
from app.config import current_settings
from app.db.database import Reader
from app.domain.languages import current_language
from app.domain.text import fold, is_storable
from app.portal.page_params import (
    HtmlDayQuery,
    HtmlFilterQuery,
    HtmlLaunchesQuery,
    HtmlMissionQuery,
    HtmlPageQuery,
    HtmlPeopleQuery,
    HtmlSearchQuery,
    HtmlSpacewalksQuery,
    HtmlStationQuery,
)
from app.portal.queries import get_portal_page
from app.portal.rendering import PageRendererDep
from app.portal.schemas import PortalPageQuery
from app.portal.template_filters import last_known_day
from app.resources.articles.queries import get_article, get_article_archive, list_articles
from app.resources.articles.schemas import ArticleArchiveQuery, ArticleQuery
from app.resources.horizon.queries import get_known_until_by_kind
from app.resources.launches.queries import get_launch, list_launches
from app.resources.launches.schemas import LaunchQuery
from app.resources.missions.queries import list_missions
from app.resources.missions.schemas import MissionQuery
from app.resources.people.queries import get_person, list_people
from app.resources.people.schemas import PersonQuery
from app.resources.search.queries import search
from app.resources.search.schemas import SearchQuery
from app.resources.spacewalks.queries import get_spacewalk, list_spacewalks
from app.resources.spacewalks.schemas import SpacewalkQuery
from app.resources.station.queries import get_station
from app.resources.station.schemas import StationQuery

router = Router(include_in_schema=False)

_MAX_LIST_ITEMS = 50
"""Launches, people or spacewalks on a page of their lists."""
_MAX_RELATED_ITEMS = 10
"""News items on the page of a person or a launch."""


def build_api_path(*segments: str, **params: str) -> str:
    """Path of the API request that returns a page's data; shown in the footer of the page."""
    params = dict(sorted({**params, "lang": current_language()}.items()))
    return public_url(*segments, **params).removeprefix(current_settings().base_url)


@router.get("/missions/{slug}")
async def render_mission_page(
    slug: SlugPath,
    query: Annotated[HtmlMissionQuery, Query()],
    database: DatabaseDep,
    renderer: PageRendererDep,
) -> Response:
    """Page of a mission, with the news of `day` if it is given."""
    page_query = PortalPageQuery(month=query.month, language=[current_language()])
    page = await database.read(get_portal_page, slug, page_query)
    requests = [build_api_path("missions", slug, "page", **to_query_params(page_query))]
    news = None
    if query.day:
        news_query = _news_query(published_on=query.day, limit=MAX_PAGE_ITEMS)
        news = await database.read(list_articles, news_query)
        requests.append(build_api_path("articles", **to_query_params(news_query)))
    return renderer.render(
        "mission",
        *requests,
        calendar_path=("missions", page.mission.slug),
        canonical_path=f"/missions/{page.mission.slug}",
        description=page.mission.summary,
        cache_control=launches_cache_control(page.launches.all_launches()),
        page=page,
        news=news,
        day=query.day and query.day.isoformat(),
    )


def _news_query(**filters: Any) -> ArticleQuery:
    """Query for articles in the language of the page."""
    return ArticleQuery(language=[current_language()], **filters)


@router.get("/missions")
async def render_missions_page(
    query: Annotated[HtmlPageQuery, Query()], database: DatabaseDep, renderer: PageRendererDep
) -> Response:
    """Page of all missions, with a timeline of the crews that browsers draw."""
    missions_query = MissionQuery(limit=MAX_PAGE_ITEMS)
    timeline = build_api_path(
        "launches", crewed="true", to_station="true", format="ndjson", view="full"
    )
    return renderer.render(
        "missions",
        build_api_path("missions", **to_query_params(missions_query)),
        timeline,
        canonical_path="/missions",
        missions=await database.read(list_missions, missions_query),
        timeline=timeline,
    )


@router.get("/launches")
async def render_launches_page(
    query: Annotated[HtmlLaunchesQuery, Query()], database: DatabaseDep, renderer: PageRendererDep
) -> Response:
    """Page of the launches to the station, newest first."""
    launches_query = LaunchQuery(
        to_station=True,
        q=query.q,
        crewed=query.crewed,
        launch_at_gte=query.year and date(query.year, 1, 1),
        launch_at_lt=query.year and date(query.year + 1, 1, 1),
        cursor=query.cursor,
        limit=_MAX_LIST_ITEMS,
    )
    launches = await database.read(list_launches, launches_query)
    return renderer.render(
        "launches",
        build_api_path("launches", **to_query_params(launches_query)),
        canonical_path="/launches",
        cache_control=launches_cache_control(launches.items),
        launches=launches,
        chosen=_chosen_filters(query),
    )


@router.get("/people")
async def render_people_page(
    query: Annotated[HtmlPeopleQuery, Query()], database: DatabaseDep, renderer: PageRendererDep
) -> Response:
    """Page of people, by name or by their spacewalks."""
    people_query = PersonQuery(
        q=query.q,
        agency=[query.agency] if query.agency else [],
        sort=query.sort,
        cursor=query.cursor,
        limit=_MAX_LIST_ITEMS,
    )
    return renderer.render(
        "people",
        build_api_path("people", **to_query_params(people_query)),
        canonical_path="/people",
        people=await database.read(list_people, people_query),
        chosen=_chosen_filters(query),
    )


@router.get("/spacewalks")
async def render_spacewalks_page(
    query: Annotated[HtmlSpacewalksQuery, Query()],
    database: DatabaseDep,
    renderer: PageRendererDep,
) -> Response:
    """Page of spacewalks, newest first."""
    spacewalks_query = SpacewalkQuery(
        q=query.q,
        operator=[query.operator] if query.operator else [],
        cursor=query.cursor,
        limit=_MAX_LIST_ITEMS,
    )
    return renderer.render(
        "spacewalks",
        build_api_path("spacewalks", **to_query_params(spacewalks_query)),
        canonical_path="/spacewalks",
        spacewalks=await database.read(list_spacewalks, spacewalks_query),
        chosen=_chosen_filters(query),
    )


@router.get("/spacewalks/{slug}")
async def render_spacewalk_page(
    slug: SlugPath,
    query: Annotated[HtmlPageQuery, Query()],
    database: DatabaseDep,
    renderer: PageRendererDep,
) -> Response:
    """Page of a spacewalk."""
    spacewalk = await database.read(get_spacewalk, slug)
    return renderer.render(
        "spacewalk",
        build_api_path("spacewalks", slug),
        canonical_path=f"/spacewalks/{slug}",
        description=spacewalk.purpose,
        spacewalk=spacewalk,
    )


@router.get("/station")
async def render_station_page(
    query: Annotated[HtmlStationQuery, Query()], database: DatabaseDep, renderer: PageRendererDep
) -> Response:
    """Page of the station on a day."""
    day = query.on or await database.read(_get_last_known_day)
    station_query = StationQuery(on=day)
    station = await database.read(get_station, station_query)
    canonical_path = f"/station?on={day}" if query.on else "/station"
    return renderer.render(
        "station",
        build_api_path("station", **to_query_params(station_query)),
        canonical_path=canonical_path,
        cache_control=past_cache_control(station.at) if query.on and station.at else None,
        station=station,
    )


def _get_last_known_day(reader: Reader) -> date:
    known_until = get_known_until_by_kind(reader).model_dump(mode="json")
    return date.fromisoformat(last_known_day(known_until))


def _chosen_filters(query: HtmlFilterQuery) -> dict[str, str]:
    """Values of the fields of a form, as in the query string; empty if there is none."""
    given = to_query_params(query)
    return {name: given.get(name, "") for name in type(query).model_fields}


@router.get("/articles")
async def redirect_to_archive(query: Annotated[HtmlPageQuery, Query()]) -> RedirectResponse:
    """Redirect a typed URL to the news archive."""
    return RedirectResponse(page_url("archive"), HTTPStatus.PERMANENT_REDIRECT)


@router.get("/people/{slug}")
async def render_person_page(
    slug: SlugPath,
    query: Annotated[HtmlPageQuery, Query()],
    database: DatabaseDep,
    renderer: PageRendererDep,
) -> Response:
    """Page of a person, with the news about them."""
    news_query = _news_query(person=[slug], limit=_MAX_RELATED_ITEMS)
    person = await database.read(get_person, slug)
    return renderer.render(
        "person",
        build_api_path("people", slug),
        build_api_path("articles", **to_query_params(news_query)),
        canonical_path=f"/people/{slug}",
        kind="profile",
        person=person,
        news=await database.read(list_articles, news_query),
    )


@router.get("/launches/{slug}")
async def render_launch_page(
    slug: SlugPath,
    query: Annotated[HtmlPageQuery, Query()],
    database: DatabaseDep,
    renderer: PageRendererDep,
) -> Response:
    """Page of a launch, with the news about it."""
    news_query = _news_query(launch=[slug], limit=_MAX_RELATED_ITEMS)
    launch = await database.read(get_launch, slug)
    return renderer.render(
        "launch",
        build_api_path("launches", slug),
        build_api_path("articles", **to_query_params(news_query)),
        canonical_path=f"/launches/{slug}",
        description=launch.outcome_note,
        cache_control=launches_cache_control([launch]),
        launch=launch,
        news=await database.read(list_articles, news_query),
    )


@router.get("/articles/{slug}")
async def render_article_page(
    slug: SlugPath,
    query: Annotated[HtmlPageQuery, Query()],
    database: DatabaseDep,
    renderer: PageRendererDep,
) -> Response:
    """Page of an article."""
    article = await database.read(get_article, slug)
    return renderer.render(
        "article",
        build_api_path("articles", slug),
        canonical_path=f"/articles/{slug}",
        description=article.lead,
        kind="article",
        image=article.image.url if article.image and article.image.srcset else None,
        article=article,
    )


@router.get("/archive")
async def render_archive_page(
    query: Annotated[HtmlPageQuery, Query()], database: DatabaseDep, renderer: PageRendererDep
) -> Response:
    """Page of the news archive: the number of articles in each month."""
    archive_query = ArticleArchiveQuery(language=[current_language()])
    return renderer.render(
        "years",
        build_api_path("articles", "archive", **to_query_params(archive_query)),
        canonical_path="/archive",
        years=await database.read(get_article_archive, archive_query),
    )


@router.get("/archive/{month}")
async def render_archive_month_page(
    month: CalendarMonth,
    query: Annotated[HtmlDayQuery, Query()],
    database: DatabaseDep,
    renderer: PageRendererDep,
) -> Response:
    """Page of the news of a month, or of `day`."""
    archive_query = ArticleArchiveQuery(month=month, language=[current_language()])
    period = {"published_on": query.day} if query.day else {"published_month": month}
    news_query = _news_query(**period, limit=MAX_PAGE_ITEMS)
    return renderer.render(
        "archive",
        build_api_path("articles", "archive", **to_query_params(archive_query)),
        build_api_path("articles", **to_query_params(news_query)),
        calendar_path=("archive",),
        canonical_path=f"/archive/{format_month(month)}",
        cache_control=month_cache_control(format_month(month)),
        archive=await database.read(get_article_archive, archive_query),
        news=await database.read(list_articles, news_query),
        day=query.day and query.day.isoformat(),
    )


@router.get("/search")
async def render_search_page(
    query: Annotated[HtmlSearchQuery, Query()], database: DatabaseDep, renderer: PageRendererDep
) -> Response:
    """Page of search results; an empty form if `q` has no text to search for."""
    if not (is_storable(query.q) and fold(query.q)):
        return renderer.render("search", q="", found=None)
    search_query = SearchQuery(q=query.q, cursor=query.cursor)
    found = await database.read(search, search_query)
    request = build_api_path("search", **to_query_params(search_query))
    return renderer.render("search", request, q=query.q, found=found)


@router.get("/offline")
async def get_offline_page(renderer: PageRendererDep) -> Response:
    """Empty page that browsers cache, and fill with stored data when there is no connection."""
    return renderer.render("loading", cache_control=REVALIDATE_CACHE_CONTROL)
