"""Declaration of the articles resource."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from app.db.conditions import article_is_public
from app.db.functions import AnySelect
from app.db.models import Article, ArticleLaunch, ArticleMission, ArticlePerson, ArticleTag
from app.domain.enums import RecordType, Scope
from app.resources.articles.commands import WRITER, load_records
from app.resources.articles.router import drafts_router, router
from app.resources.articles.schemas import ArticleRecord, ArticleStatus
from app.resources.articles.search import SEARCH, load_hits
from app.resources.export_tables import ExportTable, select_record_columns
from app.resources.resource import NaturalKey, RecordResource

_HIDDEN_COLUMNS = (
    "state", "announced", "title_key", "source_slug", "published_sort_at", "body_html",
)  # fmt: skip


def _select_rows_of_public_articles(model: Any) -> AnySelect:
    public_ids = select(Article.id).where(article_is_public())
    return select(*model.__table__.columns).where(model.article_id.in_(public_ids))


def _read_source_urls(data: Mapping[str, Any]) -> list[str]:
    """The URL of the source in its equivalent forms: http or https, with or without a final /."""
    source = data.get("source")
    url = source.get("url") if isinstance(source, dict) else None
    if not isinstance(url, str):
        return []
    scheme, separator, rest = url.partition("://")
    if not separator or scheme not in {"http", "https"}:
        return []
    rest = rest.removesuffix("/")
    return [f"{scheme}://{rest}{slash}" for scheme in ("http", "https") for slash in ("", "/")]


RESOURCE = RecordResource(
    tag="articles",
    description="News, with feeds, a calendar and editing.",
    routers=(router, drafts_router),
    index_links={"articles": "/v1/articles", "news_calendar": "/v1/articles/archive"},
    record_type=RecordType.ARTICLE,
    scope=Scope.ARTICLES_WRITE,
    writer=WRITER,
    load_records=load_records,
    record_model=ArticleRecord,
    search=SEARCH,
    load_hits=load_hits,
    export_tables=(
        ExportTable(
            "articles",
            select_record_columns(Article, _HIDDEN_COLUMNS).where(article_is_public()),
            indexes=("published_at",),
        ),
        ExportTable("article_tags", _select_rows_of_public_articles(ArticleTag), 2),
        ExportTable("article_people", _select_rows_of_public_articles(ArticlePerson), 2),
        ExportTable("article_launches", _select_rows_of_public_articles(ArticleLaunch), 2),
        ExportTable("article_missions", _select_rows_of_public_articles(ArticleMission), 2),
    ),
    references=frozenset({RecordType.PERSON, RecordType.LAUNCH, RecordType.MISSION}),
    natural_key=NaturalKey(Article.source_url, _read_source_urls),
    public_condition=article_is_public,
    is_public=lambda record: record.status == ArticleStatus.PUBLISHED,
)
