"""HTML pages of the portal: home, missions, lists, the station, search."""

from datetime import date
from typing import Annotated

from fastapi import Query, Response

from app.api.cache_control import launches_cache_control, past_cache_control
from app.api.deps import DatabaseDep
from app.api.lists.pagination import MAX_PAGE_ITEMS, to_query_params
from app.api.params import SlugPath
from app.api.routing import Router
from app.api.static_files import REVALIDATE_CACHE_CONTROL
from app.db.database import Reader
from app.domain.languages import current_language
from app.domain.text import fold, is_storable
from app.http.problems import NotFound
from app.portal.page_params import (
    HtmlFilterQuery,
    HtmlLaunchesQuery,
    HtmlListQuery,
    HtmlMissionQuery,
    HtmlPageQuery,
    HtmlPeopleQuery,
    HtmlSearchQuery,
    HtmlSpacewalksQuery,
    HtmlStationQuery,
)
from app.portal.page_requests import build_api_path, build_news_query
from app.portal.queries import get_portal_page
from app.portal.rendering import PageRendererDep
from app.portal.schemas import ArticlesOf, PortalPageQuery
from app.resources.agencies.queries import list_agencies
from app.resources.agencies.schemas import AgencyQuery
from app.resources.articles.queries import list_articles
from app.resources.launches.queries import list_launches
from app.resources.launches.schemas import LaunchQuery
from app.resources.missions.queries import list_missions
from app.resources.missions.schemas import MissionQuery
from app.resources.people.queries import list_people
from app.resources.people.schemas import PersonQuery
from app.resources.search.queries import search
from app.resources.search.schemas import SearchQuery
from app.resources.spacecraft_types.queries import list_spacecraft_types
from app.resources.spacecraft_types.schemas import SpacecraftTypeQuery
from app.resources.spacewalks.queries import list_spacewalks
from app.resources.spacewalks.schemas import SpacewalkQuery
from app.resources.station.queries import get_station
from app.resources.station.schemas import StationFacts, StationQuery, StationRead

router = Router(include_in_schema=False)

_MAX_LIST_ITEMS = 50
"""Launches, people or spacewalks on a page of their lists."""
_LAST_KNOWN_DAY = StationQuery(last_known=list(StationFacts))
_LAST_KNOWN_CREW = StationQuery(last_known=[StationFacts.CREWS])
_LAST_KNOWN_SHIPS = StationQuery(last_known=[StationFacts.DOCKINGS])
_HOME_ARTICLE_COUNT = 5


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
        news_query = build_news_query(published_on=query.day, limit=MAX_PAGE_ITEMS)
        news = await database.read(list_articles, news_query)
        requests.append(build_api_path("articles", **to_query_params(news_query)))
    return renderer.render(
        "mission",
        *requests,
        calendar_path=("missions", page.mission.slug),
        canonical_path=f"/missions/{page.mission.slug}",
        description=page.mission.summary,
        image=page.mission.image,
        cache_control=launches_cache_control(page.launches.all_launches()),
        page=page,
        news=news,
        day=query.day and query.day.isoformat(),
    )


async def render_home_page(database: DatabaseDep, renderer: PageRendererDep) -> Response:
    """Page at the root: who is aboard, the ships, what is next, the news."""
    page_query = PortalPageQuery(
        language=[current_language()],
        articles=_HOME_ARTICLE_COUNT,
        articles_of=ArticlesOf.ALL,
        launches=0,
    )
    page = await database.read(get_portal_page, "current", page_query)
    return renderer.render(
        "home",
        build_api_path("missions", "current", "page", **to_query_params(page_query)),
        *(
            build_api_path("station", **to_query_params(station_query))
            for station_query in (_LAST_KNOWN_CREW, _LAST_KNOWN_SHIPS)
        ),
        canonical_path="/",
        cache_control=launches_cache_control(page.launches.all_launches()),
        page=page,
        crew_station=await database.read(_find_station, _LAST_KNOWN_CREW),
        port_station=await database.read(_find_station, _LAST_KNOWN_SHIPS),
    )


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
        vehicle=[query.vehicle] if query.vehicle else [],
        site=[query.site] if query.site else [],
        provider=[query.provider] if query.provider else [],
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


@router.get("/spacecraft-types")
async def render_spacecraft_types_page(
    query: Annotated[HtmlListQuery, Query()], database: DatabaseDep, renderer: PageRendererDep
) -> Response:
    """Page of the types of spacecraft, by name."""
    types_query = SpacecraftTypeQuery(cursor=query.cursor, limit=_MAX_LIST_ITEMS)
    return renderer.render(
        "spacecraft_types",
        build_api_path("spacecraft-types", **to_query_params(types_query)),
        canonical_path="/spacecraft-types",
        spacecraft_types=await database.read(list_spacecraft_types, types_query),
    )


@router.get("/agencies")
async def render_agencies_page(
    query: Annotated[HtmlListQuery, Query()], database: DatabaseDep, renderer: PageRendererDep
) -> Response:
    """Page of the agencies and companies, by name."""
    agencies_query = AgencyQuery(cursor=query.cursor, limit=_MAX_LIST_ITEMS)
    return renderer.render(
        "agencies",
        build_api_path("agencies", **to_query_params(agencies_query)),
        canonical_path="/agencies",
        agencies=await database.read(list_agencies, agencies_query),
    )


@router.get("/station")
async def render_station_page(
    query: Annotated[HtmlStationQuery, Query()], database: DatabaseDep, renderer: PageRendererDep
) -> Response:
    """Page of the station on a day."""
    station_query = StationQuery(on=query.on) if query.on else _LAST_KNOWN_DAY
    station = await database.read(get_station, station_query)
    canonical_path = f"/station?on={query.on}" if query.on else "/station"
    return renderer.render(
        "station",
        build_api_path("station", **to_query_params(station_query)),
        canonical_path=canonical_path,
        cache_control=past_cache_control(station.at) if query.on and station.at else None,
        station=station,
    )


def _find_station(reader: Reader, query: StationQuery) -> StationRead | None:
    """The station at a time; None if the archive has no modules."""
    try:
        return get_station(reader, query)
    except NotFound:
        return None


def _chosen_filters(query: HtmlFilterQuery) -> dict[str, str]:
    """Values of the fields of a form, as in the query string; empty if there is none."""
    given = to_query_params(query)
    return {name: given.get(name, "") for name in type(query).model_fields}


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
