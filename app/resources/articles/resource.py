"""Declaration of the articles resource."""

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
from app.resources.resource import RecordResource

_HIDDEN_COLUMNS = (
    "state", "announced", "title_key", "source_slug", "published_sort_at", "body_html",
)  # fmt: skip


def _select_rows_of_public_articles(model: Any) -> AnySelect:
    public_ids = select(Article.id).where(article_is_public())
    return select(*model.__table__.primary_key).where(model.article_id.in_(public_ids))


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
    references=frozenset(
        {RecordType.PERSON, RecordType.LAUNCH, RecordType.MISSION, RecordType.MEDIA}
    ),
    public_condition=article_is_public,
    is_public=lambda record: record.status == ArticleStatus.PUBLISHED,
)
