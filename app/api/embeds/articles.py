"""An article in short."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, and_, select, true
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.api.auth import ApiClient
from app.api.links import Url, url_for_request
from app.api.read_models import ReadModel, UtcInstant
from app.db.functions import AnySelect, current_time_param, hide_from_planner
from app.db.models import Article
from app.domain.dates import Precision
from app.domain.enums import ArticleState, Scope


class ArticleRef(ReadModel):
    """Reference to an article."""

    slug: str
    title: str
    language: str
    published_at: UtcInstant
    published_at_precision: Precision
    url: Url

    @classmethod
    def computed_fields(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        return {"url": url_for_request("articles", row["slug"])}


def select_article_ref(article: type[Article] = Article) -> AnySelect:
    """What an `ArticleRef` is filled from."""
    return select(
        article.slug,
        article.title,
        article.language,
        article.published_at,
        article.published_at_precision,
    )


def describe_referring_articles(
    session: Session, about: InstrumentedAttribute[int], id_: int, caller: ApiClient
) -> list[str]:
    """The articles about the record `id_`, those by name that `caller` may see."""
    may_see = article_is_public() if Scope.ARTICLES_WRITE not in caller.scopes else true()
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
def article_is_public(article: type[Article] = Article) -> ColumnElement[bool]:
    """Whether everybody may see an article: it is published, and its time has come.

    When the next article appears is known of the archive as a whole (`app.http.cache.generation`).
    """
    come = hide_from_planner(article.published_at) <= current_time_param()
    return and_(article.state == ArticleState.PUBLISHED, come)
