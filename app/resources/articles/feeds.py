"""News feeds: the content shared by Atom, RSS and JSON Feed, and the JSON Feed format."""

import json
from datetime import datetime
from typing import Any

from fastapi import Response

from app.api.feeds import EMPTY_FEED_UPDATED_AT, AtomFeed, build_feed_response, websub_hub
from app.api.links import page_url, tag_uri, url_for_request
from app.api.lists.pagination import title_with_filters, to_query_params
from app.domain.dates import format_rfc3339_utc
from app.domain.languages import Bilingual, tr
from app.resources.articles.schemas import ArticleFilters, ArticleQuery, FeedEntry, FeedQuery

ATOM_FEED_FILENAME, RSS_FEED_FILENAME, JSON_FEED_FILENAME = "feed.atom", "feed.rss", "feed.json"
"""Last segment of the path of each feed."""

FEED_DESCRIPTION = Bilingual(
    "News of the expeditions to the International Space Station.",
    "Новости экспедиций на Международную космическую станцию.",
)


class RssFeed(Response):
    """RSS 2.0 response."""

    media_type = "application/rss+xml"


class JsonFeed(Response):
    """JSON Feed 1.1 response."""

    media_type = "application/feed+json"


class ArticleFeed:
    """Feed of the newest articles that match a query, independent of the format."""

    def __init__(
        self, query: FeedQuery, entries: list[FeedEntry], known_until: datetime | None
    ) -> None:
        self._query_params = to_query_params(query)
        filters = _filter_params(query)
        self.id = tag_uri("articles", **filters)
        """Tag URI of the feed, the same for every format and every `limit`."""
        self.title = title_with_filters(tr("Zarya news", "Заря: новости"), filters)
        self.language = query.language[0] if len(query.language) == 1 else None
        self.entries = entries
        self.known_until = format_rfc3339_utc(known_until) if known_until else None
        """Horizon of news; None: there is no limit."""
        self.updated_at = max(
            (entry.updated_at for entry in entries), default=EMPTY_FEED_UPDATED_AT
        )
        self.home_url = page_url(language=self.language)
        self.hub_url = websub_hub()

    def self_url(self, filename: str) -> str:
        """URL of the feed in the format of `filename`."""
        return url_for_request("articles", filename, **self._query_params)

    def build_response(self, kind: type[Response], filename: str, content: bytes) -> Response:
        """Response with `content`, and the `Link` header for WebSub subscribers."""
        return build_feed_response(kind, content, self.updated_at, self.self_url(filename))


def _filter_params(query: ArticleFilters) -> dict[str, str]:
    params = to_query_params(query)
    return {name: value for name, value in params.items() if name in ArticleFilters.model_fields}


def build_feed_link(query: ArticleQuery) -> str:
    """`Link` header from a list of articles to the Atom feed with the same filters."""
    url = url_for_request("articles", ATOM_FEED_FILENAME, **_filter_params(query))
    return f'<{url}>; rel="alternate"; type="{AtomFeed.media_type}"'


def build_entry_id(entry: FeedEntry) -> str:
    """Tag URI of an article, independent of its title and slug."""
    return tag_uri("article", entry.id)


def build_json_feed(feed: ArticleFeed) -> Response:
    """Build the JSON Feed 1.1. The format has no null: absent members are omitted."""
    document: dict[str, Any] = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "description": str(FEED_DESCRIPTION),
        "home_page_url": feed.home_url,
        "feed_url": feed.self_url(JSON_FEED_FILENAME),
        "hubs": [{"type": "WebSub", "url": feed.hub_url}] if feed.hub_url else [],
        "items": [_build_item(entry) for entry in feed.entries],
    } | ({"language": feed.language} if feed.language else {})
    if feed.known_until:
        document["_zarya"] = {"known_until": feed.known_until}
    content = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return feed.build_response(JsonFeed, JSON_FEED_FILENAME, content.encode())


def _build_item(entry: FeedEntry) -> dict[str, Any]:
    dumped = entry.model_dump(mode="json")
    optional = {
        "external_url": entry.source.url,
        "image": entry.image.url if entry.image else None,
    }
    return {
        "id": build_entry_id(entry),
        "url": entry.html_url,
        "title": entry.title,
        "summary": entry.lead,
        "content_html": entry.body_html,
        "date_published": dumped["published_at"],
        "date_modified": dumped["updated_at"],
        "language": entry.language,
        "authors": [{"name": entry.source.name}],
        "tags": entry.tags,
        "_zarya": {
            "published_at_precision": entry.published_at_precision,
            "slug": entry.slug,
            "url": entry.url,
        },
    } | {name: value for name, value in optional.items() if value}
