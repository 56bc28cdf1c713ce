"""Declaration of the articles resource."""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import select

from app.api.read_models import instant_of
from app.db.conditions import article_is_public
from app.db.functions import AnySelect
from app.db.models import Article, ArticleLaunch, ArticleMission, ArticlePerson, ArticleTag
from app.domain.dates import now
from app.domain.enums import RecordType, Scope
from app.resources.article_batches.router import router as batches_router
from app.resources.articles.commands import WRITER, load_records, refuse_deleted
from app.resources.articles.redaction import redact_trash
from app.resources.articles.router import drafts_router, router
from app.resources.articles.schemas import ArticleRecord, ArticleStatus
from app.resources.articles.search import SEARCH, load_hits
from app.resources.export_tables import ExportTable, select_record_columns
from app.resources.preview_links.router import router as preview_links_router
from app.resources.resource import RecordResource

_HIDDEN_COLUMNS = (
    "state", "announced", "title_key", "source_slug", "published_sort_at", "body_html",
)  # fmt: skip


def _keep_on_restore(record: Mapping[str, Any], document: Mapping[str, Any]) -> Collection[str]:
    """The time of publication, if that of the version to restore would change the status.

    Raises Gone for an article in the trash.
    """
    if record["status"] == ArticleStatus.DELETED:
        refuse_deleted(record["slug"])
    at = instant_of(document["published_at"])
    would_change_status = {
        ArticleStatus.SCHEDULED: at is None or at <= now(),
        ArticleStatus.PUBLISHED: at is None or at > now(),
    }
    names = ("published_at", "published_at_precision")
    return names if would_change_status.get(record["status"]) else ()


def _select_rows_of_public_articles(model: Any) -> AnySelect:
    public_ids = select(Article.id).where(article_is_public())
    return select(*model.__table__.primary_key).where(model.article_id.in_(public_ids))


RESOURCE = RecordResource(
    tag="articles",
    description="News, with feeds, a calendar and editing.",
    routers=(router, drafts_router, preview_links_router, batches_router),
    index_links={"articles": "/v1/articles", "news_calendar": "/v1/articles/archive"},
    record_type=RecordType.ARTICLE,
    scope=Scope.ARTICLES_WRITE,
    draft_scope=Scope.ARTICLES_DRAFT,
    redact_trash=redact_trash,
    writer=WRITER,
    load_records=load_records,
    record_model=ArticleRecord,
    search=SEARCH,
    load_hits=load_hits,
    export_tables=(
        ExportTable(
            "articles",
            "Published articles.",
            select_record_columns(Article, _HIDDEN_COLUMNS).where(article_is_public()),
            indexes=("published_at",),
            column_descriptions={
                "title": "Title.",
                "lead": "Summary in a sentence or two.",
                "language": "Language, `en` or `ru`.",
                "published_at": "Publication time.",
                "translation_key": "Key that all translations of an article share.",
                "source_name": "Name of the publisher.",
                "source_url": "URL of the original.",
                "image_url": "URL of the picture.",
                "image_alt": "Description of the picture for those who do not see it.",
                "image_credit": "Credit of the picture.",
                "reading_minutes": "Estimated reading time in minutes.",
            },
        ),
        ExportTable(
            "article_tags",
            "Tags of articles.",
            _select_rows_of_public_articles(ArticleTag),
            2,
            column_descriptions={"tag": "Tag."},
        ),
        *(
            ExportTable(name, text, _select_rows_of_public_articles(model), 2)
            for name, text, model in (
                ("article_people", "People named in articles.", ArticlePerson),
                ("article_launches", "Launches named in articles.", ArticleLaunch),
                ("article_missions", "Missions named in articles.", ArticleMission),
            )
        ),
    ),
    references=frozenset(
        {RecordType.PERSON, RecordType.LAUNCH, RecordType.MISSION, RecordType.MEDIA}
    ),
    keep_on_restore=_keep_on_restore,
    public_condition=article_is_public,
    is_public=lambda record: record.status == ArticleStatus.PUBLISHED,
)
