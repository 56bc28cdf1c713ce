"""`/v1/articles`: the news, and its archive calendar."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response
from fastapi.responses import RedirectResponse

from app.archive import ArchiveIndex, ArchiveMonth, cached
from app.articles import queries
from app.articles.schemas import (
    ArticleArchiveQuery,
    ArticleCalendarFilters,
    ArticleFullPage,
    ArticlePage,
    ArticleQuery,
    ArticleRead,
)
from app.database import DatabaseDep
from app.links import link
from app.pagination import parameters, with_links
from app.parameters import SlugPath

router = APIRouter(prefix="/v1/articles", tags=["articles"])


@router.get("", name="listArticles", summary="List articles")
async def list_articles(
    query: Annotated[ArticleQuery, Query()], database: DatabaseDep, response: Response
) -> ArticleFullPage | ArticlePage:
    """The news, newest first unless `sort` says otherwise."""
    return with_links(response, await database.read(queries.list_articles, query))


@router.get("/archive", name="getArticleArchive", summary="Get the news archive calendar")
async def get_article_archive(
    query: Annotated[ArticleArchiveQuery, Query()], database: DatabaseDep, response: Response
) -> ArchiveMonth | ArchiveIndex:
    """Articles per day of a `month`, or per month of all years; every filter works here too."""
    return cached(response, await database.read(queries.get_article_archive, query))


@router.get(
    "/archive/{year}/{month}",
    name="findArticleArchive",
    summary="Find the calendar of a month",
    status_code=308,
    response_class=RedirectResponse,
    include_in_schema=False,
)
async def find_article_archive(
    year: Annotated[str, Path(pattern="^[0-9]{4}$", description="The year.")],
    month: Annotated[str, Path(pattern="^(0?[1-9]|1[0-2])$", description="The month.")],
    query: Annotated[ArticleCalendarFilters, Query()],
) -> RedirectResponse:
    """Leads people who type addresses to the calendar of that month."""
    kept = parameters(query)
    return RedirectResponse(link("articles", "archive", month=f"{year}-{month:0>2}", **kept), 308)


@router.get("/{slug}", name="getArticle", summary="Get an article")
async def get_article(slug: SlugPath, database: DatabaseDep) -> ArticleRead:
    """An article with what it is about, its translations and its neighbours."""
    return await database.read(queries.get_article, slug)
