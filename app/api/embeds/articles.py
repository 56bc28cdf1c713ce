"""Short form of an article."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from app.api.links import PageUrl, Url, page_url, url_for_request
from app.api.read_models import ReadModel, UtcInstant
from app.db.functions import AnySelect
from app.db.models import Article
from app.domain.dates import Precision


class ArticleRef(ReadModel):
    """Reference to an article."""

    slug: str
    title: str
    language: str
    published_at: UtcInstant
    published_at_precision: Precision
    url: Url
    html_url: PageUrl

    @classmethod
    def computed_fields(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "url": url_for_request("articles", row["slug"]),
            "html_url": page_url("articles", row["slug"], language=row["language"]),
        }


def select_article_ref(article: type[Article] = Article) -> AnySelect:
    """Columns of an `ArticleRef`."""
    return select(
        article.slug,
        article.title,
        article.language,
        article.published_at,
        article.published_at_precision,
    )
