"""API requests for the data of pages: paths for their footers, and the query of their news."""

from typing import Any

from app.api.fields import RecordFormat
from app.api.links import public_url
from app.config import current_settings
from app.domain.languages import current_language
from app.resources.articles.schemas import ArticleQuery


def build_api_path(*segments: str, **params: str) -> str:
    """Path of the API request that returns a page's data; shown in the footer of the page."""
    params = dict(sorted({**params, "lang": current_language()}.items()))
    return public_url(*segments, **params).removeprefix(current_settings().base_url)


def build_record_path(collection: str, slug: str) -> str:
    """Path of the API request of a record, which browsers are not redirected from."""
    return build_api_path(collection, slug, format=RecordFormat.JSON)


def build_news_query(**filters: Any) -> ArticleQuery:
    """Query for articles in the language of the page."""
    return ArticleQuery(language=[current_language()], **filters)
