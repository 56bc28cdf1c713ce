"""An article in short."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from app.database import Rows
from app.dates import Precision
from app.links import Url, link
from app.models import Article
from app.refs.base import At, Shape


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
