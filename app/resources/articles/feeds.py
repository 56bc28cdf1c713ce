"""The news as feeds: what all of their forms say alike, and JSON Feed, which is one of them."""

import json
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from fastapi import Response

from app.api.links import tag_uri, url_for_request
from app.api.lists.pagination import title_with_filters, to_query_params
from app.config import current_settings
from app.domain.languages import Bilingual, tr
from app.resources.articles.schemas import ArticleFilters, ArticleQuery, FeedEntry, FeedQuery

ATOM_FEED_FILENAME, RSS_FEED_FILENAME, JSON_FEED_FILENAME = "feed.atom", "feed.rss", "feed.json"
"""The last part of each feed's address."""

EMPTY_FEED_UPDATED_AT = datetime(1998, 11, 20, 6, 40, tzinfo=UTC)
"""When a feed without entries was changed: it has to say some instant, always the same one."""

FEED_DESCRIPTION = Bilingual(
    "News of the expeditions to the International Space Station.",
    "Новости экспедиций на Международную космическую станцию.",
)


class AtomFeed(Response):
    """An answer in the form of RFC 4287."""

    media_type = "application/atom+xml"


class RssFeed(Response):
    """An answer in the form of RSS 2.0."""

    media_type = "application/rss+xml"


class JsonFeed(Response):
    """An answer in the form of JSON Feed 1.1."""

    media_type = "application/feed+json"


class ArticleFeed:
    """The newest articles of those that match, to be followed."""

    def __init__(self, query: FeedQuery, entries: list[FeedEntry]) -> None:
        self._query_params = to_query_params(query)
        filters = _filter_params(query)
        self.id = tag_uri("articles", **filters)
        """The same for every form, and however many entries are asked for."""
        self.title = title_with_filters(tr("Zarya news", "Заря: новости"), filters)
        self.language = query.language[0] if len(query.language) == 1 else None
        self.entries = entries
        self.updated_at = max(
            (entry.updated_at for entry in entries), default=EMPTY_FEED_UPDATED_AT
        )
        self.home_url = f"{current_settings().base_url}/"
        self.hub_url = current_settings().websub_hub or None

    def self_url(self, form: str) -> str:
        """The feed's own address in one of its forms."""
        return url_for_request("articles", form, **self._query_params)

    def build_response(self, kind: type[Response], form: str, content: bytes) -> Response:
        """The feed as `content`, with what WebSub looks for in the headers of an answer."""
        links = [f'<{self.hub_url}>; rel="hub"'] if self.hub_url else []
        headers = {
            "Content-Type": f"{kind.media_type}; charset=utf-8",
            "Last-Modified": format_datetime(self.updated_at, usegmt=True),
            "Link": ", ".join([*links, f'<{self.self_url(form)}>; rel="self"']),
        }
        return kind(content, headers=headers)


def _filter_params(query: ArticleFilters) -> dict[str, str]:
    kept = to_query_params(query)
    return {name: value for name, value in kept.items() if name in ArticleFilters.model_fields}


def build_feed_link(query: ArticleQuery) -> str:
    """The `Link` from a list of articles to the feed of those that match."""
    address = url_for_request("articles", ATOM_FEED_FILENAME, **_filter_params(query))
    return f'<{address}>; rel="alternate"; type="{AtomFeed.media_type}"'


def build_entry_id(entry: FeedEntry) -> str:
    """What stays of an article when its title and its address change."""
    return tag_uri("article", entry.id)


def build_json_feed(feed: ArticleFeed) -> Response:
    """The feed in the form of JSON Feed 1.1, which has no null: what is not there is left out."""
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "description": str(FEED_DESCRIPTION),
        "home_page_url": feed.home_url,
        "feed_url": feed.self_url(JSON_FEED_FILENAME),
        "hubs": [{"type": "WebSub", "url": feed.hub_url}] if feed.hub_url else [],
        "items": [_build_item(entry) for entry in feed.entries],
    } | ({"language": feed.language} if feed.language else {})
    content = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return feed.build_response(JsonFeed, JSON_FEED_FILENAME, content.encode())


def _build_item(entry: FeedEntry) -> dict[str, Any]:
    told = entry.model_dump(mode="json")
    maybe = {
        "external_url": entry.source.url,
        "image": entry.image.url if entry.image else None,
    }
    return {
        "id": build_entry_id(entry),
        "url": entry.url,
        "title": entry.title,
        "summary": entry.lead,
        "content_html": entry.body_html,
        "date_published": told["published_at"],
        "date_modified": told["updated_at"],
        "language": entry.language,
        "authors": [{"name": entry.source.name}],
        "tags": entry.tags,
        "_zarya": {"published_at_precision": entry.published_at_precision, "slug": entry.slug},
    } | {name: value for name, value in maybe.items() if value}
