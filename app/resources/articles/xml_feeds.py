"""Atom (RFC 4287) and RSS 2.0 feeds."""

import re
from email.utils import format_datetime
from html import escape
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from fastapi import Response

from app.domain.dates import format_rfc3339_utc
from app.resources.articles.feeds import (
    ATOM_FEED_FILENAME,
    FEED_DESCRIPTION,
    RSS_FEED_FILENAME,
    ArticleFeed,
    AtomFeed,
    RssFeed,
    build_entry_id,
    build_entry_page_url,
)
from app.resources.articles.schemas import FeedEntry

_INVALID_XML_CHARACTERS = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that are invalid in XML 1.0, even as references."""

_ATOM_NAMESPACE = "http://www.w3.org/2005/Atom"
_DCTERMS_NAMESPACE = "http://purl.org/dc/terms/"
_RSS_NAMESPACES = {
    "xmlns:atom": _ATOM_NAMESPACE,
    "xmlns:content": "http://purl.org/rss/1.0/modules/content/",
    "xmlns:dc": "http://purl.org/dc/elements/1.1/",
    "xmlns:dcterms": _DCTERMS_NAMESPACE,
    "xmlns:media": "http://search.yahoo.com/mrss/",
}


def build_atom_feed(feed: ArticleFeed) -> Response:
    """Build the Atom feed."""
    namespaces = {"xmlns": _ATOM_NAMESPACE, "xmlns:dcterms": _DCTERMS_NAMESPACE}
    root = Element("feed", namespaces | _xml_lang(feed.language))
    _add_element(root, "id", feed.id)
    _add_element(root, "title", feed.title)
    _add_element(root, "subtitle", str(FEED_DESCRIPTION))
    _add_element(root, "updated", format_rfc3339_utc(feed.updated_at))
    _add_known_until(root, feed)
    _add_element(
        root, "link", rel="self", type=AtomFeed.media_type, href=feed.self_url(ATOM_FEED_FILENAME)
    )
    _add_element(root, "link", rel="alternate", href=feed.home_url)
    if feed.hub_url:
        _add_element(root, "link", rel="hub", href=feed.hub_url)
    for entry in feed.entries:
        _add_atom_entry(root, entry)
    return feed.build_response(AtomFeed, ATOM_FEED_FILENAME, _serialize(root))


def _add_atom_entry(root: Element, entry: FeedEntry) -> None:
    element = SubElement(root, "entry", _xml_lang(entry.language))
    _add_element(element, "id", build_entry_id(entry))
    _add_element(element, "title", entry.title)
    _add_element(element, "published", format_rfc3339_utc(entry.published_at))
    _add_element(element, "updated", format_rfc3339_utc(entry.updated_at))
    _add_element(_add_element(element, "author"), "name", entry.source.name)
    # No `type`: readers skip it. They take the first alternate, the page.
    _add_element(element, "link", rel="alternate", href=build_entry_page_url(entry))
    _add_element(element, "link", rel="alternate", type="application/json", href=entry.url)
    if entry.source.url:
        _add_element(element, "link", rel="via", href=entry.source.url)
    if entry.image:
        _add_element(element, "link", rel="enclosure", href=entry.image.url, title=entry.image.alt)
    for tag in entry.tags:
        _add_element(element, "category", term=tag)
    _add_element(element, "summary", entry.lead)
    _add_element(element, "content", entry.body_html, type="html")


def build_rss_feed(feed: ArticleFeed) -> Response:
    """Build the RSS feed, with the namespaces `atom`, `content`, `dc`, `dcterms` and `media`."""
    root = Element("rss", {"version": "2.0"} | _RSS_NAMESPACES)
    channel = _add_element(root, "channel")
    _add_element(channel, "title", _escape_tags(feed.title))
    _add_element(channel, "link", feed.home_url)
    _add_element(channel, "description", str(FEED_DESCRIPTION))
    if feed.language:
        _add_element(channel, "language", feed.language)
    _add_element(channel, "lastBuildDate", format_datetime(feed.updated_at, usegmt=True))
    _add_known_until(channel, feed)
    _add_element(
        channel,
        "atom:link",
        rel="self",
        type=RssFeed.media_type,
        href=feed.self_url(RSS_FEED_FILENAME),
    )
    if feed.hub_url:
        _add_element(channel, "atom:link", rel="hub", href=feed.hub_url)
    for entry in feed.entries:
        _add_rss_item(channel, entry)
    return feed.build_response(RssFeed, RSS_FEED_FILENAME, _serialize(root))


def _add_rss_item(channel: Element, entry: FeedEntry) -> None:
    item = _add_element(channel, "item")
    _add_element(item, "title", _escape_tags(entry.title))
    _add_element(item, "link", build_entry_page_url(entry))
    _add_element(item, "atom:link", rel="alternate", type="application/json", href=entry.url)
    _add_element(item, "guid", build_entry_id(entry), isPermaLink="false")
    _add_element(item, "pubDate", format_datetime(entry.published_at, usegmt=True))
    _add_element(item, "atom:updated", format_rfc3339_utc(entry.updated_at))
    _add_element(item, "dc:creator", entry.source.name)
    _add_element(item, "dc:language", entry.language)
    if entry.source.url:
        _add_element(item, "atom:link", rel="via", href=entry.source.url)
    for tag in entry.tags:
        _add_element(item, "category", tag)
    _add_element(item, "description", escape(entry.lead, quote=False))  # readers expect HTML
    _add_element(item, "content:encoded", entry.body_html)
    if entry.image:
        media = _add_element(item, "media:content", url=entry.image.url, medium="image")
        _add_element(media, "media:description", entry.image.alt, type="plain")
        if entry.image.credit:
            _add_element(media, "media:credit", entry.image.credit)


def _add_known_until(parent: Element, feed: ArticleFeed) -> None:
    """Add the horizon of news, as a period of Dublin Core without a start."""
    if feed.known_until:
        _add_element(parent, "dcterms:valid", f"end={feed.known_until}; scheme=W3C-DTF;")


def _escape_tags(text: str) -> str:
    """Escape `<` in `text`, so that readers that interpret titles as HTML see no tags.

    RSS does not define whether titles are HTML. Readers of plain text show `&lt;`. An ampersand
    is shown unchanged by both kinds of readers.
    """
    return text.replace("<", "&lt;")


def _xml_lang(language: str | None) -> dict[str, str]:
    return {"xml:lang": language} if language else {}


def _add_element(parent: Element, name: str, text: str | None = None, **attributes: str) -> Element:
    """Add an element to `parent`, without the characters that are invalid in XML."""
    valid = {key: _INVALID_XML_CHARACTERS.sub("", value) for key, value in attributes.items()}
    element = SubElement(parent, name, valid)
    element.text = text and _INVALID_XML_CHARACTERS.sub("", text)
    return element


def _serialize(root: Element) -> bytes:
    indent(root, " ")
    document: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return document
