"""The portal's pages: `/missions/iss-59` and all other addresses that people see."""

from typing import Annotated, Any

from fastapi import Query, Response
from pydantic import ConfigDict, Field

from app.api.cache_control import near_launches, of_month
from app.api.links import canonical
from app.api.lists.day_counts import month_name
from app.api.lists.pagination import MAX_LIMIT, Cursor, parameters
from app.api.params import Day, Maybe, Month, Parameters, SlugPath
from app.api.routing import Router
from app.config import get_settings
from app.db.database import DatabaseDep
from app.domain.languages import spoken
from app.domain.text import fold, is_storable
from app.portal.queries import get_portal_page
from app.portal.rendering import ScreensDep
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

ABOUT = 10
"""How many news items of a person or a launch their pages show."""


class PageQuery(Parameters):
    """What every page takes, and whatever else others hang on to the addresses that they share."""

    model_config = ConfigDict(extra="ignore")


class DayQuery(PageQuery):
    """What an address with a calendar takes."""

    day: Maybe[Day] = None
    """The day whose news are listed."""


class MissionPageQuery(DayQuery):
    """What the page of a mission takes."""

    month: Maybe[Month] = None
    """The month of its calendar."""


class SearchPageQuery(PageQuery):
    """What the search takes."""

    q: Annotated[str, Field(max_length=100)] = ""
    """Words to look for."""
    cursor: Maybe[Cursor] = None
    """Where to go on, as the page before says."""


def request(*path: str, **asked: str) -> str:
    """A request of the API, as the foot of a page shows it."""
    named = dict(sorted({**asked, "lang": spoken()}.items()))
    return canonical(*path, **named).removeprefix(get_settings().origin)


@router.get("/missions/{slug}")
async def mission(
    slug: SlugPath,
    query: Annotated[MissionPageQuery, Query()],
    database: DatabaseDep,
    screens: ScreensDep,
) -> Response:
    """A mission, and the news of a day where one is chosen."""
    wanted = PortalPageQuery(month=query.month, language=[spoken()])
    page = await database.read(get_portal_page, slug, wanted)
    requests = [request("missions", slug, "page", **parameters(wanted))]
    news = None
    if query.day:
        of_day = _news(published_on=query.day, limit=MAX_LIMIT)
        news = await database.read(list_articles, of_day)
        requests.append(request("articles", **parameters(of_day)))
    return screens.answer(
        "mission",
        *requests,
        place=("missions", page.mission.slug),
        address=f"/missions/{page.mission.slug}",
        fresh=near_launches(page.launches.shown()),
        page=page,
        news=news,
        day=query.day and query.day.isoformat(),
    )


def _news(**wanted: Any) -> ArticleQuery:
    """The news in the language of the page."""
    return ArticleQuery(language=[spoken()], **wanted)


@router.get("/missions")
async def missions(
    query: Annotated[PageQuery, Query()], database: DatabaseDep, screens: ScreensDep
) -> Response:
    """All missions; browsers draw who was aboard when."""
    wanted = MissionQuery(limit=MAX_LIMIT)
    timeline = request("launches", crewed="true", format="ndjson", view="full")
    return screens.answer(
        "missions",
        request("missions", **parameters(wanted)),
        timeline,
        address="/missions",
        missions=await database.read(list_missions, wanted),
        timeline=timeline,
    )


@router.get("/people/{slug}")
async def person(
    slug: SlugPath,
    query: Annotated[PageQuery, Query()],
    database: DatabaseDep,
    screens: ScreensDep,
) -> Response:
    """A person, and the news about them."""
    about = _news(person=[slug], limit=ABOUT)
    found = await database.read(get_person, slug)
    return screens.answer(
        "person",
        request("people", slug),
        request("articles", **parameters(about)),
        address=f"/people/{slug}",
        person=found,
        news=await database.read(list_articles, about),
    )


@router.get("/launches/{slug}")
async def launch(
    slug: SlugPath,
    query: Annotated[PageQuery, Query()],
    database: DatabaseDep,
    screens: ScreensDep,
) -> Response:
    """A launch, and the news about it."""
    about = _news(launch=[slug], limit=ABOUT)
    found = await database.read(get_launch, slug)
    return screens.answer(
        "launch",
        request("launches", slug),
        request("articles", **parameters(about)),
        address=f"/launches/{slug}",
        fresh=near_launches([found]),
        launch=found,
        news=await database.read(list_articles, about),
    )


@router.get("/articles/{slug}")
async def article(
    slug: SlugPath,
    query: Annotated[PageQuery, Query()],
    database: DatabaseDep,
    screens: ScreensDep,
) -> Response:
    """A news item."""
    found = await database.read(get_article, slug)
    return screens.answer(
        "article", request("articles", slug), address=f"/articles/{slug}", article=found
    )


@router.get("/archive")
async def years(
    query: Annotated[PageQuery, Query()], database: DatabaseDep, screens: ScreensDep
) -> Response:
    """How much news each month had."""
    wanted = ArticleArchiveQuery(language=[spoken()])
    return screens.answer(
        "years",
        request("articles", "archive", **parameters(wanted)),
        address="/archive",
        years=await database.read(get_article_archive, wanted),
    )


@router.get("/archive/{month}")
async def archive(
    month: Month,
    query: Annotated[DayQuery, Query()],
    database: DatabaseDep,
    screens: ScreensDep,
) -> Response:
    """The news of a month or of one of its days."""
    calendar = ArticleArchiveQuery(month=month, language=[spoken()])
    wanted = {"published_on": query.day} if query.day else {"published_month": month}
    listed = _news(**wanted, limit=MAX_LIMIT)
    return screens.answer(
        "archive",
        request("articles", "archive", **parameters(calendar)),
        request("articles", **parameters(listed)),
        place=("archive",),
        address=f"/archive/{month_name(month)}",
        fresh=of_month(month_name(month)),
        archive=await database.read(get_article_archive, calendar),
        news=await database.read(list_articles, listed),
        day=query.day and query.day.isoformat(),
    )


@router.get("/search")
async def search(
    query: Annotated[SearchPageQuery, Query()], database: DatabaseDep, screens: ScreensDep
) -> Response:
    """What is found for words; nothing where there is nothing in them to look for."""
    if not (is_storable(query.q) and fold(query.q)):
        return screens.answer("search", q="", found=None)
    wanted = SearchQuery(q=query.q, cursor=query.cursor)
    found = await database.read(find, wanted)
    asked = request("search", **parameters(wanted))
    return screens.answer("search", asked, q=query.q, found=found)
