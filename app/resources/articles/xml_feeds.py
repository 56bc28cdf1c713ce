"""The news as Atom (RFC 4287) and as RSS 2.0."""

import re
from email.utils import format_datetime
from html import escape
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from fastapi import Response

from app.resources.articles.feeds import ATOM, DESCRIPTION, RSS, AtomFeed, Feed, RssFeed, entry_id
from app.resources.articles.schemas import FeedEntry

_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""The characters that XML 1.0 has no way to write."""

_ATOM = "http://www.w3.org/2005/Atom"
_MODULES = {
    "xmlns:atom": _ATOM,
    "xmlns:content": "http://purl.org/rss/1.0/modules/content/",
    "xmlns:dc": "http://purl.org/dc/elements/1.1/",
    "xmlns:media": "http://search.yahoo.com/mrss/",
}


def atom(feed: Feed) -> Response:
    """The feed as Atom."""
    root = Element("feed", {"xmlns": _ATOM} | _language(feed.language))
    _add(root, "id", feed.id)
    _add(root, "title", feed.title)
    _add(root, "subtitle", str(DESCRIPTION))
    _add(root, "updated", f"{feed.updated:%Y-%m-%dT%H:%M:%SZ}")
    _add(root, "link", rel="self", type=AtomFeed.media_type, href=feed.address(ATOM))
    _add(root, "link", rel="alternate", href=feed.home)
    if feed.hub:
        _add(root, "link", rel="hub", href=feed.hub)
    for entry in feed.entries:
        _add_entry(root, entry)
    return feed.answer(AtomFeed, ATOM, _written(root))


def _add_entry(root: Element, entry: FeedEntry) -> None:
    element = SubElement(root, "entry", _language(entry.language))
    _add(element, "id", entry_id(entry))
    _add(element, "title", entry.title)
    _add(element, "published", f"{entry.published_at:%Y-%m-%dT%H:%M:%SZ}")
    _add(element, "updated", f"{entry.updated_at:%Y-%m-%dT%H:%M:%SZ}")
    _add(_add(element, "author"), "name", entry.source.name)
    _add(element, "link", rel="alternate", href=entry.url)  # readers miss one with a type
    if entry.source.url:
        _add(element, "link", rel="via", href=entry.source.url)
    if entry.image:
        _add(element, "link", rel="enclosure", href=entry.image.url, title=entry.image.alt)
    for tag in entry.tags:
        _add(element, "category", term=tag)
    _add(element, "summary", entry.lead)
    _add(element, "content", entry.body_html, type="html")


def rss(feed: Feed) -> Response:
    """The feed as RSS, with the modules that its own elements are too poor for."""
    root = Element("rss", {"version": "2.0"} | _MODULES)
    channel = _add(root, "channel")
    _add(channel, "title", _without_tags(feed.title))
    _add(channel, "link", feed.home)
    _add(channel, "description", str(DESCRIPTION))
    if feed.language:
        _add(channel, "language", feed.language)
    _add(channel, "lastBuildDate", format_datetime(feed.updated, usegmt=True))
    _add(channel, "atom:link", rel="self", type=RssFeed.media_type, href=feed.address(RSS))
    if feed.hub:
        _add(channel, "atom:link", rel="hub", href=feed.hub)
    for entry in feed.entries:
        _add_item(channel, entry)
    return feed.answer(RssFeed, RSS, _written(root))


def _add_item(channel: Element, entry: FeedEntry) -> None:
    item = _add(channel, "item")
    _add(item, "title", _without_tags(entry.title))
    _add(item, "link", entry.url)
    _add(item, "guid", entry_id(entry), isPermaLink="false")
    _add(item, "pubDate", format_datetime(entry.published_at, usegmt=True))
    _add(item, "atom:updated", f"{entry.updated_at:%Y-%m-%dT%H:%M:%SZ}")
    _add(item, "dc:creator", entry.source.name)
    _add(item, "dc:language", entry.language)
    if entry.source.url:
        _add(item, "atom:link", rel="via", href=entry.source.url)
    for tag in entry.tags:
        _add(item, "category", tag)
    _add(item, "description", escape(entry.lead, quote=False))  # HTML, by all that read it
    _add(item, "content:encoded", entry.body_html)
    if entry.image:
        media = _add(item, "media:content", url=entry.image.url, medium="image")
        _add(media, "media:description", entry.image.alt, type="plain")
        if entry.image.credit:
            _add(media, "media:credit", entry.image.credit)


def _without_tags(text: str) -> str:
    """`text` so that nothing opens in readers that take it for HTML; others show `<` as `&lt;`.

    RSS does not say which a title is. An ampersand is shown as it is by both.
    """
    return text.replace("<", "&lt;")


def _language(language: str | None) -> dict[str, str]:
    return {"xml:lang": language} if language else {}


def _add(parent: Element, name: str, text: str | None = None, **attributes: str) -> Element:
    """A new element of `parent`, its text and attributes without what XML cannot hold."""
    kept = {key: _NO_XML.sub("", value) for key, value in attributes.items()}
    element = SubElement(parent, name, kept)
    element.text = text and _NO_XML.sub("", text)
    return element


def _written(root: Element) -> bytes:
    indent(root, " ")
    document: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return document
