"""The news as feeds: what all of their forms say alike, and JSON Feed, which is one of them."""

import json
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from fastapi import Response

from app.api.links import link, tag
from app.api.lists.pagination import parameters, titled
from app.config import get_settings
from app.domain.languages import Both, either
from app.resources.articles.schemas import ArticleFilters, ArticleQuery, FeedEntry, FeedQuery

ATOM, RSS, JSON = "feed.atom", "feed.rss", "feed.json"
"""The last part of each feed's address."""

UNCHANGED = datetime(1998, 11, 20, 6, 40, tzinfo=UTC)
"""When a feed without entries was changed: it has to say some instant, always the same one."""

DESCRIPTION = Both(
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


class Feed:
    """The newest articles of those that match, to be followed."""

    def __init__(self, query: FeedQuery, entries: list[FeedEntry]) -> None:
        self._parameters = parameters(query)
        filters = _filters(query)
        self.id = tag("articles", **filters)
        """The same for every form, and however many entries are asked for."""
        self.title = titled(either("Zarya news", "Заря: новости"), filters)
        self.language = query.language[0] if len(query.language) == 1 else None
        self.entries = entries
        self.updated = max((entry.updated_at for entry in entries), default=UNCHANGED)
        self.home = f"{get_settings().origin}/"
        self.hub = get_settings().websub_hub or None

    def address(self, form: str) -> str:
        """The feed's own address in one of its forms."""
        return link("articles", form, **self._parameters)

    def answer(self, kind: type[Response], form: str, content: bytes) -> Response:
        """The feed as `content`, with what WebSub looks for in the headers of an answer."""
        links = [f'<{self.hub}>; rel="hub"'] if self.hub else []
        headers = {
            "Content-Type": f"{kind.media_type}; charset=utf-8",
            "Last-Modified": format_datetime(self.updated, usegmt=True),
            "Link": ", ".join([*links, f'<{self.address(form)}>; rel="self"']),
        }
        return kind(content, headers=headers)


def _filters(query: ArticleFilters) -> dict[str, str]:
    kept = parameters(query)
    return {name: value for name, value in kept.items() if name in ArticleFilters.model_fields}


def advertised(query: ArticleQuery) -> str:
    """The `Link` from a list of articles to the feed of those that match."""
    address = link("articles", ATOM, **_filters(query))
    return f'<{address}>; rel="alternate"; type="{AtomFeed.media_type}"'


def entry_id(entry: FeedEntry) -> str:
    """What stays of an article when its title and its address change."""
    return tag("article", entry.id)


def json_feed(feed: Feed) -> Response:
    """The feed in the form of JSON Feed 1.1, which has no null: what is not there is left out."""
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "description": str(DESCRIPTION),
        "home_page_url": feed.home,
        "feed_url": feed.address(JSON),
        "hubs": [{"type": "WebSub", "url": feed.hub}] if feed.hub else [],
        "items": [_item(entry) for entry in feed.entries],
    } | ({"language": feed.language} if feed.language else {})
    content = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return feed.answer(JsonFeed, JSON, content.encode())


def _item(entry: FeedEntry) -> dict[str, Any]:
    told = entry.model_dump(mode="json")
    maybe = {
        "external_url": entry.source.url,
        "image": entry.image.url if entry.image else None,
    }
    return {
        "id": entry_id(entry),
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
