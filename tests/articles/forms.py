"""The forms that feeds come in: parsers of other people, and what each form demands."""

import re
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

import feedparser
from defusedxml.ElementTree import fromstring
from lxml import etree


def parsed(content: bytes) -> Any:
    """What feedparser reads, strictly: a feed that is not well-formed fails."""
    read = feedparser.parse(content, sanitize_html=False, resolve_relative_uris=False)
    assert not read.bozo, read.get("bozo_exception")
    return read


def grammar() -> etree.RelaxNG:
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


def faults(document: dict[str, Any]) -> list[str]:
    """What JSON Feed 1.1 finds wrong with a feed."""
    found = _misfits(document, JSON_FEED, {"version", "title", "items"})
    if document.get("version") != "https://jsonfeed.org/version/1.1":
        found.append("version")
    items = document.get("items", [])
    for item in items:
        found += _misfits(item, JSON_ITEM, {"id"})
        found += [] if {"content_html", "content_text"} & item.keys() else ["content"]
        for name in ("date_published", "date_modified"):
            if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)", item[name]):
                found.append(name)
        for author in item["authors"]:
            found += [] if {"name", "url", "avatar"} & author.keys() else ["author"]
    if len({item.get("id") for item in items}) < len(items):
        found.append("two of one id")
    return found


def _misfits(part: dict[str, Any], known: dict[str, type], needed: set[str]) -> list[str]:
    return [name for name in needed if not part.get(name) and name != "items"] + [
        name
        for name, value in part.items()
        if not name.startswith("_") and not isinstance(value, known.get(name, ()))
    ]


def channel_of(content: bytes) -> Element:
    root: Element = fromstring(content)
    assert (root.tag, root.get("version")) == ("rss", "2.0")
    (channel,) = root
    return channel
