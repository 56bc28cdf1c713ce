"""HTML pages of articles: an article, its preview, and the news archive."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Query, Response
from fastapi.responses import RedirectResponse

from app.api.cache_control import month_cache_control
from app.api.date_params import CalendarMonth, time_zone_or_default
from app.api.deps import DatabaseDep, PrimaryDatabaseDep
from app.api.links import page_url
from app.api.lists.day_counts import format_month
from app.api.lists.pagination import MAX_PAGE_ITEMS, to_query_params
from app.api.params import SlugPath
from app.api.routing import Router
from app.config import current_settings
from app.domain.dates import Precision, format_rfc3339_utc, local_day, now
from app.domain.languages import current_language
from app.portal.page_params import (
    HtmlDayQuery,
    HtmlPageQuery,
)
from app.portal.page_requests import build_api_path, build_news_query, build_record_path
from app.portal.rendering import PageRendererDep
from app.resources.articles.queries import get_article, get_article_archive, list_articles
from app.resources.articles.schemas import (
    ArticleArchiveQuery,
    ArticlePreview,
    ArticleRead,
    ArticleStatus,
)
from app.resources.preview_links.queries import get_previewed_article

router = Router(include_in_schema=False)

_PREVIEW_HEADERS = {"Cache-Control": "private, no-store", "X-Robots-Tag": "noindex"}


@router.get("/articles")
async def redirect_to_archive(query: Annotated[HtmlPageQuery, Query()]) -> RedirectResponse:
    """Redirect a typed URL to the news archive."""
    return RedirectResponse(page_url("archive"), HTTPStatus.PERMANENT_REDIRECT)


def _article_url(slug: str) -> str:
    """Canonical URL of the page of an article, without a language."""
    return f"{current_settings().base_url}/articles/{slug}"


def _describe_article(article: ArticleRead) -> dict[str, Any]:
    """Structured data of an article, by schema.org."""
    url = _article_url(article.slug)
    return {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": article.title,
        "description": article.lead,
        "inLanguage": article.language,
        "datePublished": format_rfc3339_utc(article.published_at),
        "dateModified": format_rfc3339_utc(article.updated_at),
        "publisher": {"@type": "Organization", "name": article.source.name},
        "mainEntityOfPage": url,
        "url": url,
    }


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
        build_record_path("articles", slug),
        canonical_path=f"/articles/{slug}",
        description=article.lead,
        kind="article",
        translations={article.language: _article_url(article.slug)}
        | {each.language: _article_url(each.slug) for each in article.translations},
        structured_data=_describe_article(article),
        image=article.image,
        article=article,
    )


@router.get("/preview/{token}")
async def render_preview_page(
    token: str,
    query: Annotated[HtmlPageQuery, Query()],
    database: PrimaryDatabaseDep,
    renderer: PageRendererDep,
) -> Response:
    """Page of an article that is not public, by a preview link; of a public one, its own page."""
    article = await database.read(get_previewed_article, token)
    if article.status is ArticleStatus.PUBLISHED:
        page: Response = RedirectResponse(page_url("articles", article.slug), HTTPStatus.SEE_OTHER)
    else:
        page = renderer.render("article", description=article.lead, article=_as_published(article))
    page.headers.update(_PREVIEW_HEADERS)
    return page


def _as_published(article: ArticlePreview) -> ArticlePreview:
    """The article with the time that it has if it is published now."""
    if article.published_at:
        return article
    today = local_day(now(), Precision.SECOND, time_zone_or_default(None))
    return article.model_copy(update={"published_at": now(), "published_on": today})


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
    news_query = build_news_query(**period, limit=MAX_PAGE_ITEMS)
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
