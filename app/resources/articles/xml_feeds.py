"""Atom (RFC 4287) and RSS 2.0 feeds."""

from email.utils import format_datetime
from html import escape
from xml.etree.ElementTree import Element, SubElement

from fastapi import Response

from app.api.embeds.media import Image, ImageSource
from app.api.feeds import (
    AtomFeed,
    add_element,
    add_known_until,
    build_atom_head,
    serialize_xml,
    xml_lang,
)
from app.domain.dates import format_rfc3339_utc
from app.resources.articles.feeds import (
    ATOM_FEED_FILENAME,
    FEED_DESCRIPTION,
    RSS_FEED_FILENAME,
    ArticleFeed,
    RssFeed,
    build_entry_id,
)
from app.resources.articles.schemas import FeedEntry

_RSS_NAMESPACES = {
    "xmlns:atom": "http://www.w3.org/2005/Atom",
    "xmlns:content": "http://purl.org/rss/1.0/modules/content/",
    "xmlns:dc": "http://purl.org/dc/elements/1.1/",
    "xmlns:dcterms": "http://purl.org/dc/terms/",
    "xmlns:media": "http://search.yahoo.com/mrss/",
}


def build_atom_feed(feed: ArticleFeed) -> Response:
    """Build the Atom feed."""
    root = build_atom_head(
        id_=feed.id,
        title=feed.title,
        subtitle=str(FEED_DESCRIPTION),
        language=feed.language,
        updated_at=feed.updated_at,
        known_until=feed.known_until,
        self_url=feed.self_url(ATOM_FEED_FILENAME),
        home_url=feed.home_url,
    )
    for entry in feed.entries:
        _add_atom_entry(root, entry)
    return feed.build_response(AtomFeed, ATOM_FEED_FILENAME, serialize_xml(root))


def _add_atom_entry(root: Element, entry: FeedEntry) -> None:
    element = SubElement(root, "entry", xml_lang(entry.language))
    add_element(element, "id", build_entry_id(entry))
    add_element(element, "title", entry.title)
    add_element(element, "published", format_rfc3339_utc(entry.published_at))
    add_element(element, "updated", format_rfc3339_utc(entry.updated_at))
    add_element(add_element(element, "author"), "name", entry.source.name)
    # No `type`: readers skip it. They take the first alternate, the page.
    add_element(element, "link", rel="alternate", href=entry.html_url)
    add_element(element, "link", rel="alternate", type="application/json", href=entry.url)
    if entry.source.url:
        add_element(element, "link", rel="via", href=entry.source.url)
    if entry.image:
        image = entry.image
        link = add_element(element, "link", rel="enclosure", href=image.url, title=image.alt)
        if file := _find_linked_file(image):
            link.set("type", file.type)
    for tag in entry.tags:
        add_element(element, "category", term=tag)
    add_element(element, "summary", entry.lead)
    add_element(element, "content", entry.body_html, type="html")


def build_rss_feed(feed: ArticleFeed) -> Response:
    """Build the RSS feed, with the namespaces `atom`, `content`, `dc`, `dcterms` and `media`."""
    root = Element("rss", {"version": "2.0"} | _RSS_NAMESPACES)
    channel = add_element(root, "channel")
    add_element(channel, "title", _escape_tags(feed.title))
    add_element(channel, "link", feed.home_url)
    add_element(channel, "description", str(FEED_DESCRIPTION))
    if feed.language:
        add_element(channel, "language", feed.language)
    add_element(channel, "lastBuildDate", format_datetime(feed.updated_at, usegmt=True))
    add_known_until(channel, feed.known_until)
    add_element(
        channel,
        "atom:link",
        rel="self",
        type=RssFeed.media_type,
        href=feed.self_url(RSS_FEED_FILENAME),
    )
    if feed.hub_url:
        add_element(channel, "atom:link", rel="hub", href=feed.hub_url)
    for entry in feed.entries:
        _add_rss_item(channel, entry)
    return feed.build_response(RssFeed, RSS_FEED_FILENAME, serialize_xml(root))


def _add_rss_item(channel: Element, entry: FeedEntry) -> None:
    item = add_element(channel, "item")
    add_element(item, "title", _escape_tags(entry.title))
    add_element(item, "link", entry.html_url)
    add_element(item, "atom:link", rel="alternate", type="application/json", href=entry.url)
    add_element(item, "guid", build_entry_id(entry), isPermaLink="false")
    add_element(item, "pubDate", format_datetime(entry.published_at, usegmt=True))
    add_element(item, "atom:updated", format_rfc3339_utc(entry.updated_at))
    add_element(item, "dc:creator", entry.source.name)
    add_element(item, "dc:language", entry.language)
    if entry.source.url:
        add_element(item, "atom:link", rel="via", href=entry.source.url)
    for tag in entry.tags:
        add_element(item, "category", tag)
    add_element(item, "description", escape(entry.lead, quote=False))  # readers expect HTML
    add_element(item, "content:encoded", entry.body_html)
    if entry.image:
        media = add_element(item, "media:content", url=entry.image.url, medium="image")
        if file := _find_linked_file(entry.image):
            for name, value in (
                ("type", file.type),
                ("width", file.width),
                ("height", file.height),
            ):
                media.set(name, str(value))
        add_element(media, "media:description", entry.image.alt, type="plain")
        if entry.image.credit:
            add_element(media, "media:credit", entry.image.credit)


def _find_linked_file(image: Image) -> ImageSource | None:
    """The file at the URL of an image, if it is in the library."""
    return next((file for file in image.srcset if file.url == image.url), None)


def _escape_tags(text: str) -> str:
    """Escape `<` in `text`, so that readers that interpret titles as HTML see no tags.

    RSS does not define whether titles are HTML. Readers of plain text show `&lt;`. An ampersand
    is shown unchanged by both kinds of readers.
    """
    return text.replace("<", "&lt;")
