"""An article in short."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, and_, select, true
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.api.auth import Caller
from app.api.links import Url, link
from app.api.read_models import At, Shape
from app.db.functions import Rows, at_present, unindexed
from app.db.models import Article, ArticleState, Scope
from app.domain.dates import Precision


class ArticleRef(Shape):
    """An article in short."""

    slug: str
    title: str
    language: str
    published_at: At
    published_at_precision: Precision
    url: Url

    @classmethod
    def complete(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        return {"url": link("articles", row["slug"])}


def article_ref(article: type[Article] = Article) -> Rows:
    """What an `ArticleRef` is filled from."""
    return select(
        article.slug,
        article.title,
        article.language,
        article.published_at,
        article.published_at_precision,
    )


def articles_about(
    session: Session, about: InstrumentedAttribute[int], id_: int, caller: Caller
) -> list[str]:
    """The articles about the record `id_`, those by name that `caller` may see."""
    may_see = public() if Scope.ARTICLES_WRITE not in caller.scopes else true()
    link = about.class_
    found = (
        select(Article.slug, may_see.label("seen"))
        .join(link, link.article_id == Article.id)
        .where(about == id_)
        .order_by(Article.id)
    )
    return [
        f"the article {row.slug}" if row.seen else "an article that is not published"
        for row in session.execute(found)
    ]


@cache
def public(article: type[Article] = Article) -> ColumnElement[bool]:
    """Whether everybody may see an article: it is published, and its time has come.

    When the next article appears is known of the archive as a whole (`app.http.cache.generation`).
    """
    come = unindexed(article.published_at) <= at_present()
    return and_(article.state == ArticleState.PUBLISHED, come)
