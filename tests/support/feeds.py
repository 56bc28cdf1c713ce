"""Feed formats: strict parsers of Atom and RSS, and a validator of JSON Feed 1.1."""

import re
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

import feedparser
from defusedxml.ElementTree import fromstring
from lxml import etree


def parse_feed(content: bytes) -> Any:
    """Parse with feedparser; fails if the feed is not well-formed."""
    read = feedparser.parse(content, sanitize_html=False, resolve_relative_uris=False)
    assert not read.bozo, read.get("bozo_exception")
    return read


def atom_schema() -> etree.RelaxNG:
    """RELAX NG schema of Atom (RFC 4287, appendix B)."""
    return etree.RelaxNG(etree.parse(Path(__file__).parent / "atom.rng"))


JSON_ITEM: dict[str, type] = {
    "id": str,
    "url": str,
    "external_url": str,
    "title": str,
    "content_html": str,
    "summary": str,
    "image": str,
    "date_published": str,
    "date_modified": str,
    "authors": list,
    "tags": list,
    "language": str,
}
JSON_FEED: dict[str, type] = {
    "version": str,
    "title": str,
    "home_page_url": str,
    "feed_url": str,
    "description": str,
    "language": str,
    "hubs": list,
    "items": list,
}


def json_feed_errors(document: dict[str, Any]) -> list[str]:
    """Violations of JSON Feed 1.1: names of members, or short descriptions."""
    found = _invalid_members(document, JSON_FEED, {"version", "title", "items"})
    if document.get("version") != "https://jsonfeed.org/version/1.1":
        found.append("version")
    items = document.get("items", [])
    for item in items:
        found += _invalid_members(item, JSON_ITEM, {"id"})
        found += [] if {"content_html", "content_text"} & item.keys() else ["content"]
        for name in ("date_published", "date_modified"):
            if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)", item[name]):
                found.append(name)
        for author in item["authors"]:
            found += [] if {"name", "url", "avatar"} & author.keys() else ["author"]
    if len({item.get("id") for item in items}) < len(items):
        found.append("duplicate id")
    return found


def _invalid_members(part: dict[str, Any], types: dict[str, type], required: set[str]) -> list[str]:
    return [name for name in required if not part.get(name) and name != "items"] + [
        name
        for name, value in part.items()
        if not name.startswith("_") and not isinstance(value, types.get(name, ()))
    ]


def rss_channel(content: bytes) -> Element:
    """Element `channel` of an RSS 2.0 feed."""
    root: Element = fromstring(content)
    assert (root.tag, root.get("version")) == ("rss", "2.0")
    (channel,) = root
    return channel
