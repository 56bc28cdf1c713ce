"""Articles in the search index and in search results."""

import re
from collections.abc import Collection, Iterable, Iterator
from functools import cache

from sqlalchemy import Connection, Integer, bindparam, select

from app.api.embeds.articles import select_article_ref
from app.api.links import page_url, url_for_request
from app.db.database import Reader, Row
from app.db.functions import AnySelect
from app.db.models import Article, ArticleTag
from app.domain.enums import ArticleState, RecordType
from app.search.documents import IndexDocument, SearchSource, group_texts_by_owner

_URL_PATTERN = re.compile(r"\]\([^)\s]*\)|<[^>\s]*>|https?://\S+")


_IDS = bindparam("ids", type_=Integer(), expanding=True)
_SELECT_TEXTS = select(
    Article.id, Article.published_sort_at, Article.title, Article.lead, Article.body
).where(Article.id.in_(_IDS), Article.state == ArticleState.PUBLISHED)
_SELECT_TAGS = (
    select(ArticleTag.article_id, ArticleTag.tag)
    .where(ArticleTag.article_id.in_(_IDS))
    .order_by(ArticleTag.article_id, ArticleTag.tag)
)


def load_documents(connection: Connection, ids: Collection[int]) -> Iterator[IndexDocument]:
    """Load the index documents of published articles, scheduled ones included."""
    rows = connection.execute(_SELECT_TEXTS, {"ids": list(ids)}).all()
    if not rows:
        return
    published = {"ids": [row.id for row in rows]}
    tags = group_texts_by_owner(connection, _SELECT_TAGS, published)
    for row in rows:
        lead = [row.lead, " ".join(tags.get(row.id, ()))]
        body = [_URL_PATTERN.sub(" ", row.body)]
        sort_at = row.published_sort_at
        yield IndexDocument(RecordType.ARTICLE, row.id, sort_at, (), row.title, lead, body)


@cache
def _select_hits() -> AnySelect:
    hits = select_article_ref().add_columns(Article.id, Article.lead)
    return hits.where(Article.id.in_(bindparam("ids")))


def load_hits(reader: Reader, ids: Collection[int]) -> Iterable[tuple[int, Row]]:
    for row in reader.all(_select_hits(), ids=list(ids)):
        yield (
            row["id"],
            {
                "slug": row["slug"],
                "title": row["title"],
                "text": row["lead"],
                "at": row["published_at"],
                "at_precision": row["published_at_precision"],
                "language": row["language"],
                "url": url_for_request("articles", row["slug"]),
                "html_url": page_url("articles", row["slug"], language=row["language"]),
            },
        )


SEARCH = SearchSource(
    record_type=RecordType.ARTICLE,
    model=Article,
    indexed=select(Article.id, Article.published_sort_at.label("sort_at")).where(
        Article.state == ArticleState.PUBLISHED
    ),
    load_documents=load_documents,
)
