"""Routes of `/v1/articles` and `/v1/drafts`: the news, its feeds and its calendar."""

from typing import Annotated, Any

from anyio import to_thread
from fastapi import Body, Depends, Path, Query, Response
from fastapi.responses import RedirectResponse

from app.api.auth import ApiClient, RequireScope
from app.api.cache_control import set_validators
from app.api.deps import DatabaseDep, PrimaryDatabaseDep
from app.api.feeds import AtomFeed
from app.api.fields import RecordQueryDep, RecordWithPageQueryDep
from app.api.links import url_for_request
from app.api.lists.day_counts import ArchiveIndex, ArchiveMonth, with_cache_control
from app.api.lists.pagination import to_query_params
from app.api.lists.responses import ListResponderDep
from app.api.merge_patch import MERGE_PATCH_MEDIA_TYPE, MergePatchSchema
from app.api.openapi.components import header_refs, link_to, link_to_first
from app.api.openapi.examples import Example
from app.api.params import SlugPath
from app.api.patterns import MONTH_NUMBER_PATTERN, YEAR_PATTERN
from app.api.routing import Router
from app.api.writes.request import (
    WriteRequest,
    build_action_dependency,
    build_create_dependency,
    build_update_dependency,
)
from app.domain.enums import Scope
from app.domain.languages import current_language
from app.resources.articles import commands, feeds, queries, xml_feeds
from app.resources.articles.authorisation import DRAFT_SCOPES
from app.resources.articles.body_pictures import embed_pictures, has_pictures, show_picture_urls
from app.resources.articles.drafts import list_drafts
from app.resources.articles.rendering import render_bodies, render_body
from app.resources.articles.schemas import (
    ArticleArchiveFilters,
    ArticleArchiveQuery,
    ArticleFullPage,
    ArticlePage,
    ArticlePreview,
    ArticleQuery,
    ArticleRead,
    ArticleWrite,
    BodyWrite,
    DraftPage,
    DraftQuery,
    FeedQuery,
    RenderedBody,
)

router = Router(prefix="/v1/articles", tags=["articles"])

ArticleSlugPath = Annotated[SlugPath, Example("launch-progress-ms-11")]
_REQUIRE_AUTHOR = RequireScope(*DRAFT_SCOPES)
ArticleAuthorDep = Annotated[ApiClient, Depends(_REQUIRE_AUTHOR)]
DraftReaderDep = Annotated[ApiClient, Depends(RequireScope(Scope.DRAFTS_READ, *DRAFT_SCOPES))]
CreateArticleDep = Annotated[WriteRequest, Depends(build_create_dependency(_REQUIRE_AUTHOR))]
UpdateArticleDep = Annotated[WriteRequest, Depends(build_update_dependency(_REQUIRE_AUTHOR))]
DeleteArticleDep = Annotated[WriteRequest, Depends(build_update_dependency(Scope.ARTICLES_WRITE))]
ArticleActionDep = Annotated[WriteRequest, Depends(build_action_dependency(Scope.ARTICLES_WRITE))]
ArticlePatch = Annotated[
    dict[str, Any],
    Body(media_type=MERGE_PATCH_MEDIA_TYPE, title="ArticlePatch"),
    MergePatchSchema(ArticleWrite),
]


@router.get(
    "",
    name="listArticles",
    summary="List articles",
    response_model=ArticleFullPage | ArticlePage,
    responses=link_to_first("getArticle", "article"),
)
async def list_articles(
    query: Annotated[ArticleQuery, Query()], lists: ListResponderDep
) -> Response:
    """Returns published articles, newest first by default."""
    response = await lists.respond(queries.list_articles, query)
    response.headers.append("Link", feeds.build_feed_link(query))
    return response


@router.get(
    "/feed.atom",
    name="getArticleAtomFeed",
    summary="Get articles as Atom",
    response_class=AtomFeed,
    responses={200: {"headers": header_refs("Link")}},
)
async def get_atom_feed(query: Annotated[FeedQuery, Query()], database: DatabaseDep) -> Response:
    """Returns the newest matching articles as Atom (RFC 4287). Accepts all filters of the list."""
    content = await database.read(queries.read_feed, query)
    return xml_feeds.build_atom_feed(feeds.ArticleFeed(query, *content))


@router.get(
    "/feed.rss",
    name="getArticleRssFeed",
    summary="Get articles as RSS",
    response_class=feeds.RssFeed,
    responses={200: {"headers": header_refs("Link")}},
)
async def get_rss_feed(query: Annotated[FeedQuery, Query()], database: DatabaseDep) -> Response:
    """Returns the newest matching articles as RSS 2.0. Accepts all filters of the list."""
    content = await database.read(queries.read_feed, query)
    return xml_feeds.build_rss_feed(feeds.ArticleFeed(query, *content))


@router.get(
    "/feed.json",
    name="getArticleJsonFeed",
    summary="Get articles as JSON Feed",
    response_class=feeds.JsonFeed,
    responses={200: {"headers": header_refs("Link")}},
)
async def get_json_feed(query: Annotated[FeedQuery, Query()], database: DatabaseDep) -> Response:
    """Returns the newest matching articles as JSON Feed 1.1. Accepts all filters of the list."""
    content = await database.read(queries.read_feed, query)
    return feeds.build_json_feed(feeds.ArticleFeed(query, *content))


@router.get("/archive", name="getArticleArchive", summary="Get the article calendar")
async def get_article_archive(
    query: Annotated[ArticleArchiveQuery, Query()], database: DatabaseDep, response: Response
) -> ArchiveMonth | ArchiveIndex:
    """Returns article counts per day of `month`, or per month of all years if `month` is omitted.

    Accepts the filters of the list except `published_on`.
    """
    return with_cache_control(response, await database.read(queries.get_article_archive, query))


@router.get(
    "/archive/{year}/{month}",
    name="findArticleArchive",
    summary="Redirect to the calendar of a month",
    status_code=308,
    response_class=RedirectResponse,
    include_in_schema=False,
)
async def find_article_archive(
    year: Annotated[str, Path(pattern=YEAR_PATTERN, description="The year.")],
    month: Annotated[str, Path(pattern=MONTH_NUMBER_PATTERN, description="The month.")],
    query: Annotated[ArticleArchiveFilters, Query()],
) -> RedirectResponse:
    """Redirect a typed URL such as `/archive/2019/4` to the calendar of that month."""
    filters = to_query_params(query)
    return RedirectResponse(
        url_for_request("articles", "archive", month=f"{year}-{month:0>2}", **filters), 308
    )


@router.get("/{slug}", name="getArticle", summary="Get an article")
async def get_article(
    slug: ArticleSlugPath, database: DatabaseDep, response: Response, _query: RecordWithPageQueryDep
) -> ArticleRead:
    """Returns an article with its related records, translations, and previous and next article."""
    return set_validators(response, await database.read(queries.get_article, slug))


@router.get("/{slug}/preview", name="previewArticle", summary="Preview an article")
async def preview_article(
    slug: ArticleSlugPath,
    _reader: DraftReaderDep,
    database: DatabaseDep,
    response: Response,
    _query: RecordQueryDep,
) -> ArticlePreview:
    """Returns an article in any status, including drafts and deleted articles."""
    return set_validators(response, await database.read(queries.get_article_preview, slug))


@router.post(
    "",
    name="createArticle",
    summary="Create an article",
    status_code=201,
    response_model=ArticlePreview,
    responses=link_to("previewArticle", "article"),
)
async def create_article(article: ArticleWrite, write: CreateArticleDep) -> Response:
    """Creates a draft. It is private until you publish it."""
    renderings = await to_thread.run_sync(render_bodies, [article.body])
    return await write.execute(commands.create_article, article, renderings)


@router.post("/preview", name="renderArticleBody", summary="Render the text of an article")
async def render_article_body(
    text: BodyWrite, _author: ArticleAuthorDep, database: PrimaryDatabaseDep
) -> RenderedBody:
    """Returns the HTML that an article with this Markdown has. Saves nothing."""
    html = await to_thread.run_sync(render_body, text.body)
    if has_pictures(html):
        html, _ = await database.write(embed_pictures, html, current_language())
    return RenderedBody(html=show_picture_urls(html))


@router.patch(
    "/{slug}", name="updateArticle", summary="Update an article", response_model=ArticlePreview
)
async def update_article(
    slug: ArticleSlugPath, patch: ArticlePatch, write: UpdateArticleDep
) -> Response:
    """Applies a JSON Merge Patch (RFC 7396). Omitted fields do not change; null removes a field.

    An article that is published or in the trash requires the scope `articles:write`.
    """
    renderings = await to_thread.run_sync(render_bodies, [patch.get("body")])
    return await write.execute(commands.update_article, slug, patch, renderings)


@router.delete("/{slug}", name="deleteArticle", summary="Delete an article", status_code=204)
async def delete_article(slug: ArticleSlugPath, write: DeleteArticleDep) -> Response:
    """Moves the article to the trash. Restore it with `POST /v1/articles/{slug}/restore`."""
    return await write.execute(commands.WRITER.delete, slug)


@router.post(
    "/{slug}/publish",
    name="publishArticle",
    summary="Publish an article",
    response_model=ArticlePreview,
)
async def publish_article(slug: ArticleSlugPath, write: ArticleActionDep) -> Response:
    """Makes the article public at `published_at`, or now if `published_at` is null."""
    return await write.execute(commands.publish_article, slug)


@router.post(
    "/{slug}/unpublish",
    name="unpublishArticle",
    summary="Unpublish an article",
    response_model=ArticlePreview,
)
async def unpublish_article(slug: ArticleSlugPath, write: ArticleActionDep) -> Response:
    """Hides the article from the public until you publish it again."""
    return await write.execute(commands.unpublish_article, slug)


@router.post(
    "/{slug}/restore",
    name="restoreArticle",
    summary="Restore an article",
    response_model=ArticlePreview,
)
async def restore_article(slug: ArticleSlugPath, write: ArticleActionDep) -> Response:
    """Restores a deleted article. Its status is then `unpublished`."""
    return await write.execute(commands.restore_article, slug)


drafts_router = Router(prefix="/v1/drafts", tags=["articles"])


@drafts_router.get("", name="listDrafts", summary="List drafts", response_model=DraftPage)
async def get_drafts(
    query: Annotated[DraftQuery, Query()], _reader: DraftReaderDep, lists: ListResponderDep
) -> Response:
    """Returns draft, scheduled, unpublished and deleted articles, last updated first."""
    return await lists.respond(list_drafts, query)
