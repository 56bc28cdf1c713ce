"""`/v1/articles`: the news, and its archive calendar."""

from typing import Annotated, Any

from fastapi import Body, Depends, Path, Query, Response
from fastapi.responses import RedirectResponse

from app.api.auth import ApiClient, RequireScope
from app.api.cache_control import set_validators
from app.api.links import url_for_request
from app.api.lists.day_counts import ArchiveIndex, ArchiveMonth, with_cache_control
from app.api.lists.pagination import to_query_params
from app.api.lists.responses import ListResponderDep
from app.api.params import SlugPath
from app.api.routing import Router
from app.api.writes.deps import (
    MERGE_PATCH_MEDIA_TYPE,
    ConditionalWriteRoute,
    MergePatchSchema,
    build_action_dependency,
    build_create_dependency,
    build_update_dependency,
)
from app.api.writes.request import WriteRequest
from app.db.database import DatabaseDep
from app.domain.enums import Scope
from app.resources.articles import commands, feeds, queries, xml_feeds
from app.resources.articles.schemas import (
    ArticleArchiveFilters,
    ArticleArchiveQuery,
    ArticleFullPage,
    ArticlePage,
    ArticlePreview,
    ArticleQuery,
    ArticleRead,
    ArticleWrite,
    DraftPage,
    DraftQuery,
    FeedQuery,
)

router = Router(prefix="/v1/articles", tags=["articles"], route_class=ConditionalWriteRoute)

ArticleWriterDep = Annotated[ApiClient, Depends(RequireScope(Scope.ARTICLES_WRITE))]
CreateArticleDep = Annotated[WriteRequest, Depends(build_create_dependency(Scope.ARTICLES_WRITE))]
ArticleActionDep = Annotated[WriteRequest, Depends(build_action_dependency(Scope.ARTICLES_WRITE))]
UpdateArticleDep = Annotated[WriteRequest, Depends(build_update_dependency(Scope.ARTICLES_WRITE))]
ArticlePatch = Annotated[
    dict[str, Any], Body(media_type=MERGE_PATCH_MEDIA_TYPE), MergePatchSchema(ArticleWrite)
]


@router.get(
    "",
    name="listArticles",
    summary="List articles",
    response_model=ArticleFullPage | ArticlePage,
)
async def list_articles(
    query: Annotated[ArticleQuery, Query()], lists: ListResponderDep
) -> Response:
    """The news, newest first unless `sort` says otherwise."""
    answer = await lists.respond(queries.list_articles, query)
    answer.headers.append("Link", feeds.build_feed_link(query))
    return answer


@router.get(
    "/feed.atom",
    name="getArticleAtomFeed",
    summary="Follow the news as Atom",
    response_class=feeds.AtomFeed,
)
async def get_atom_feed(query: Annotated[FeedQuery, Query()], database: DatabaseDep) -> Response:
    """The newest articles that match (RFC 4287); every filter of the list works here too."""
    found = await database.read(queries.list_feed_entries, query)
    return xml_feeds.build_atom_feed(feeds.ArticleFeed(query, found))


@router.get(
    "/feed.rss",
    name="getArticleRssFeed",
    summary="Follow the news as RSS",
    response_class=feeds.RssFeed,
)
async def get_rss_feed(query: Annotated[FeedQuery, Query()], database: DatabaseDep) -> Response:
    """The newest articles that match (RSS 2.0); every filter of the list works here too."""
    found = await database.read(queries.list_feed_entries, query)
    return xml_feeds.build_rss_feed(feeds.ArticleFeed(query, found))


@router.get(
    "/feed.json",
    name="getArticleJsonFeed",
    summary="Follow the news as JSON Feed",
    response_class=feeds.JsonFeed,
)
async def get_json_feed(query: Annotated[FeedQuery, Query()], database: DatabaseDep) -> Response:
    """The newest articles that match (JSON Feed 1.1); every filter of the list works here too."""
    found = await database.read(queries.list_feed_entries, query)
    return feeds.build_json_feed(feeds.ArticleFeed(query, found))


@router.get("/archive", name="getArticleArchive", summary="Get the news archive calendar")
async def get_article_archive(
    query: Annotated[ArticleArchiveQuery, Query()], database: DatabaseDep, response: Response
) -> ArchiveMonth | ArchiveIndex:
    """Articles per day of a `month`, or per month of all years; every filter works here too."""
    return with_cache_control(response, await database.read(queries.get_article_archive, query))


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
    query: Annotated[ArticleArchiveFilters, Query()],
) -> RedirectResponse:
    """Leads people who type addresses to the calendar of that month."""
    kept = to_query_params(query)
    return RedirectResponse(
        url_for_request("articles", "archive", month=f"{year}-{month:0>2}", **kept), 308
    )


@router.get("/{slug}", name="getArticle", summary="Get an article")
async def get_article(slug: SlugPath, database: DatabaseDep, response: Response) -> ArticleRead:
    """An article with what it is about, its translations and its neighbours."""
    return set_validators(response, await database.read(queries.get_article, slug))


@router.get("/{slug}/preview", name="previewArticle", summary="Preview an article")
async def preview_article(
    slug: SlugPath, _writer: ArticleWriterDep, database: DatabaseDep, response: Response
) -> ArticlePreview:
    """An article as it is or will be shown, whatever its status, for those who may write it."""
    return set_validators(response, await database.read(commands.get_article_preview, slug))


@router.post(
    "",
    name="createArticle",
    summary="Create an article",
    status_code=201,
    response_model=ArticlePreview,
)
async def create_article(article: ArticleWrite, edit: CreateArticleDep) -> Response:
    """A draft, which nobody else sees before it is published."""
    return await commands.WRITER.create(edit, article)


@router.patch(
    "/{slug}", name="updateArticle", summary="Change an article", response_model=ArticlePreview
)
async def update_article(slug: SlugPath, patch: ArticlePatch, edit: UpdateArticleDep) -> Response:
    """A merge patch (RFC 7396): what it does not name stays, and null takes a field away."""
    return await commands.WRITER.patch(edit, slug, patch)


@router.delete("/{slug}", name="deleteArticle", summary="Delete an article", status_code=204)
async def delete_article(slug: SlugPath, edit: UpdateArticleDep) -> Response:
    """Nobody sees it any more, but it can be restored."""
    return await commands.WRITER.delete(edit, slug)


@router.post(
    "/{slug}/publish",
    name="publishArticle",
    summary="Publish an article",
    response_model=ArticlePreview,
)
async def publish_article(slug: SlugPath, edit: ArticleActionDep) -> Response:
    """Public from `published_at` on, or from now where it has none."""
    return await commands.publish_article(edit, slug)


@router.post(
    "/{slug}/unpublish",
    name="unpublishArticle",
    summary="Take an article back",
    response_model=ArticlePreview,
)
async def unpublish_article(slug: SlugPath, edit: ArticleActionDep) -> Response:
    """Nobody sees it any more before it is published again."""
    return await commands.unpublish_article(edit, slug)


@router.post(
    "/{slug}/restore",
    name="restoreArticle",
    summary="Restore an article",
    response_model=ArticlePreview,
)
async def restore_article(slug: SlugPath, edit: ArticleActionDep) -> Response:
    """A deleted article is back, unpublished."""
    return await commands.restore_article(edit, slug)


drafts_router = Router(prefix="/v1/drafts", tags=["articles"], route_class=ConditionalWriteRoute)


@drafts_router.get(
    "", name="listDrafts", summary="List what is not published", response_model=DraftPage
)
async def list_drafts(
    query: Annotated[DraftQuery, Query()], _writer: ArticleWriterDep, lists: ListResponderDep
) -> Response:
    """Drafts, scheduled, unpublished and deleted articles, the last changed first."""
    return await lists.respond(commands.list_drafts, query)
