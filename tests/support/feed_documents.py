"""Feeds to import, of all kinds, and what the feed format makes of them."""

import json
from typing import Any

from app.api.write_models import validate_write_model
from app.ingest.entries import ImportEntry, Reject
from app.ingest.formats import feed
from app.resources.articles.schemas import ArticleWrite
from tests.support.import_runs import make_input, no_links, split_rejects

_RSS = """<?xml version="1.0" encoding="{encoding}"?>
<rss version="2.0"><channel><title>Вести со станции</title><link>https://vesti.example/</link>
<language>ru-RU</language>{items}</channel></rss>"""
RSS_ITEM = """
<item><title>Корабль причалил</title><link>/n/{n}</link><guid isPermaLink="false">n{n}</guid>
<pubDate>Thu, 04 Apr 2019 17:25 +0300</pubDate><category>Грузы и корабли</category>
<description>Грузовик дошёл до станции.</description></item>"""
ATOM_FEED = """<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en" xml:base="https://atom.example/a/">
<title>Atom</title><id>tag:atom.example,2019:feed</id>{entries}</feed>"""


def rss_document(items: str = RSS_ITEM.format(n=1), encoding: str = "utf-8") -> str:
    """RSS feed in Russian with `items`."""
    return _RSS.format(items=items, encoding=encoding)


def json_document(*items: dict[str, Any], **fields: str) -> str:
    """JSON Feed; its items have a title and a date by default."""
    defaults = {"title": "T", "content_text": "Text.", "date_published": "2019-03-14"}
    head = {"version": "https://jsonfeed.org/version/1.1", "title": "T", "language": "en"}
    return json.dumps(head | fields | {"items": [defaults | item for item in items]})


def parse_feed(text: str | bytes, **fields: Any) -> tuple[list[ImportEntry], list[Reject]]:
    """Entries and rejects of a feed. `fields` are those of its `Input`."""
    return split_rejects(
        feed.parse_feed(make_input(text, "https://feed.example/x", **fields), no_links)
    )


def parse_only_entry(text: str | bytes, **fields: Any) -> dict[str, Any]:
    """Document of the only entry of a feed, validated by the write model."""
    (entry,), rejects = parse_feed(text, **fields)
    assert rejects == []
    document = dict(entry.data)
    validate_write_model(ArticleWrite, document)
    return document
