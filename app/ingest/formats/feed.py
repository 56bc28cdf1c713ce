"""RSS (all versions), Atom and JSON Feed: articles.

Each entry is parsed separately, so that a broken one does not affect the others. Nothing is
fetched, and entities that a feed declares are not expanded.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from io import BytesIO
from typing import Any
from urllib.parse import urljoin

import feedparser

from app.db.database import Reader
from app.domain.dates import format_rfc3339_utc
from app.domain.enums import RecordType
from app.domain.text import slugify
from app.ingest.entity_linking import EntityLinker, EntityLinks
from app.ingest.entries import (
    EntryOrReject,
    EntryParser,
    Envelope,
    Format,
    ImportEntry,
    Input,
    InvalidEntry,
    InvalidInput,
    Reject,
    parse_or_reject,
)
from app.ingest.formats.charsets import decode_feed
from app.ingest.formats.feed_dates import parse_feed_date
from app.ingest.formats.html_text import (
    MAX_HTML_TAGS,
    html_to_markdown,
    html_to_text,
    truncate_at_sentence,
)
from app.ingest.formats.xml_entries import XmlEntry, split_entries, split_envelope
from app.ingest.json_stream import JsonItem, iter_json_items

MAX_FEED_BYTES = 20 * 2**20
"""Maximum size of a feed, which is held in memory."""

MAX_FEED_ENTRIES = 20_000
"""Maximum entries of one feed."""

_MAX_ENTRY_CHARS = 2**20
_MAX_METADATA_CHARS = 2**17
"""Maximum characters outside the entries of a feed."""

_MAX_START_TAGS_CHARS = 2**12
"""Maximum characters of the start tags around the entries, which are parsed with every entry."""

LinkFinder = Callable[[str, str], EntityLinks]
"""Finds the records that the title and the lead of an article name."""

_ENTITY_DECLARATION = re.compile(r"<!ENTITY\b", re.IGNORECASE)
_ROOT_TAG = re.compile(r"<(?P<name>(?:\w+:)?(?P<kind>rss|feed|rdf))\b[^<>]*>", re.IGNORECASE)
_CHANNEL_TAG = re.compile(r"<(?P<name>(?:\w+:)?channel)\b[^<>]*>", re.IGNORECASE)
_WEB_URL = re.compile(r"https?://[^\s<>\"]+")
_GLOBAL_ID = re.compile(r"(https?:|urn:|tag:).+", re.IGNORECASE)


@dataclass(frozen=True)
class _FeedContext:
    """Parts of an XML feed outside its entries."""

    start_tags: str
    """Start tags around each entry, with namespaces and base URL."""
    end_tags: str
    metadata: Any
    """Metadata of the feed as parsed by feedparser."""


def parse_feed(source: Input, find_links: LinkFinder) -> Iterator[EntryOrReject]:
    """Parse the entries of a feed. Raises `InvalidInput` if it is not a feed."""
    text = _read_text(source)
    if text.lstrip()[:1] in {"{", "["}:
        yield from _parse_json_feed(source, text, find_links)
        return
    before, after = split_envelope(text)
    if before == text and not _ROOT_TAG.search(text[:4000]):
        raise InvalidInput("Not an RSS, Atom or JSON Feed document.")
    try:
        feed = _parse_feed_context(before, after)
    except InvalidEntry as error:  # which holds for every entry
        for entry in split_entries(text):
            yield Reject(entry.line, error.field, str(error), entry.text)
        return
    for number, entry in enumerate(split_entries(text), start=1):
        if number > MAX_FEED_ENTRIES:
            reason = f"Only the first {MAX_FEED_ENTRIES} entries are imported. Split the file."
            yield Reject(entry.line, "feed", reason, entry.text)
        else:
            parse = partial(_parse_xml_entry, source, feed, entry, find_links)
            yield parse_or_reject(entry.line, entry.text, "entry", parse)


def _read_text(source: Input) -> str:
    with source.open() as file:
        data = file.read(MAX_FEED_BYTES + 1)
    if len(data) > MAX_FEED_BYTES:
        raise InvalidInput(f"The feed has more than {MAX_FEED_BYTES} bytes.")
    return decode_feed(data)


def _parse_feed_context(before: str, after: str) -> _FeedContext:
    """Parse the text before and after the entries, once for all. Raises `InvalidEntry`."""
    if _ENTITY_DECLARATION.search(before):
        reason = "The feed declares XML entities, which is refused as a possible attack."
        raise InvalidEntry("DOCTYPE", reason)
    root = _ROOT_TAG.search(before)
    start, end, rest = "", "", before
    if root is not None:
        channel = _CHANNEL_TAG.search(before, root.end()) if root["kind"].lower() == "rss" else None
        tags = [tag for tag in (root, channel) if tag]
        start = "".join(tag[0] for tag in tags)
        end = "".join(f"</{tag['name']}>" for tag in reversed(tags))
        rest = before[tags[-1].end() :]
    if len(start) > _MAX_START_TAGS_CHARS or len(rest + after) > _MAX_METADATA_CHARS:
        reason = (
            f"The feed has more than {_MAX_START_TAGS_CHARS} characters in its start tags, or "
            f"{_MAX_METADATA_CHARS} outside its entries."
        )
        raise InvalidEntry("feed", reason)
    try:
        return _FeedContext(start, end, _run_feedparser(f"{start}{rest}{after}").feed)
    except ValueError as error:
        raise InvalidEntry("feed", f"Cannot be parsed: {error}") from error


def _parse_xml_entry(
    source: Input, feed: _FeedContext, entry: XmlEntry, find_links: LinkFinder
) -> ImportEntry:
    raw = entry.text
    if not entry.is_complete:
        raise InvalidEntry("entry", "The file ends inside the entry.")
    if len(raw) > _MAX_ENTRY_CHARS or raw.count("<") > MAX_HTML_TAGS:
        reason = f"The entry has more than {_MAX_ENTRY_CHARS} characters or {MAX_HTML_TAGS} tags."
        raise InvalidEntry("entry", reason)
    parsed = _run_feedparser(f"{feed.start_tags}{raw}{feed.end_tags}")
    if not parsed.entries:
        raise InvalidEntry("entry", "Not an RSS item or Atom entry.")
    item = _to_json_feed_item(parsed.entries[0], feed.metadata, source)
    return _build_entry(item, entry.line, raw, find_links)


def _run_feedparser(text: str) -> Any:
    """Parse a feed. Raises ValueError for any exception of feedparser."""
    try:
        return feedparser.parse(BytesIO(text.encode()), resolve_relative_uris=True)
    except Exception as error:  # it assumes the order of tags, and raises whatever follows
        raise ValueError(f"feedparser raised {type(error).__name__}.") from error


def _to_json_feed_item(entry: Any, feed: Any, source: Input) -> dict[str, Any]:
    """Convert an entry of feedparser to an item of JSON Feed, with the metadata of its feed."""
    home = feed.get("link") or source.name
    content = next((part.value for part in entry.get("content", ()) if part.value), None)
    summary = entry.get("summary") or ""
    origin = entry.get("source") or {}
    return {
        "id": entry.get("id"),
        "url": entry.get("link"),
        "title": entry.get("title") or "",
        "summary": html_to_text(summary),
        "content_html": content or summary,
        "date_published": entry.get("published") or entry.get("updated") or "",
        "tags": [tag.get("term") or "" for tag in entry.get("tags", ())],
        "language": entry.get("language") or feed.get("language") or source.language,
        "feed_title": origin.get("title") or feed.get("title") or "",
        "home": home,
        "scheme": _self_link(feed) or home,
    }


def _self_link(feed: Any) -> str | None:
    links = (link.get("href") for link in feed.get("links", ()) if link.get("rel") == "self")
    return next(filter(None, links), None)


def _parse_json_feed(source: Input, text: str, find_links: LinkFinder) -> Iterator[EntryOrReject]:
    """Parse the items of a JSON Feed (1.0 or 1.1)."""
    feed: Any = None
    with suppress(ValueError, RecursionError):
        feed = json.loads(text)
    if not isinstance(feed, dict) or "jsonfeed.org" not in str(feed.get("version")):
        raise InvalidInput("Not a JSON Feed: invalid JSON, or no JSON Feed `version`.")
    for item in iter_json_items(lambda: BytesIO(text.encode()), "items"):
        parse = partial(_parse_json_entry, source, feed, item, find_links)
        yield parse_or_reject(item.line, item.raw, "item", parse)


def _parse_json_entry(
    source: Input, feed: dict[str, Any], item: JsonItem, find_links: LinkFinder
) -> ImportEntry:
    value = item.require_object("item")
    html = value.get("content_html")
    text = str(value.get("content_text") or "")
    id_ = value.get("id")
    normalized = value | {
        "id": str(id_) if isinstance(id_, str | int | float) else None,
        "title": str(value.get("title") or ""),
        "summary": str(value.get("summary") or "") or html_to_text(str(html or "")) or text,
        "content_html": html if isinstance(html, str) else "",
        "content_text": text,
        "date_published": str(value.get("date_published") or ""),
        "tags": value.get("tags") if isinstance(value.get("tags"), list) else [],
        "language": value.get("language") or feed.get("language") or source.language,
        "feed_title": str(feed.get("title") or ""),
        "home": str(feed.get("home_page_url") or source.name),
        "scheme": str(feed.get("feed_url") or feed.get("home_page_url") or source.name),
    }
    return _build_entry(normalized, item.line, item.raw, find_links)


def _build_entry(
    item: Mapping[str, Any], line: int, raw: str, find_links: LinkFinder
) -> ImportEntry:
    """Build an article from a normalized item of a feed. Raises `InvalidEntry`."""
    url = _entry_url(item)
    id_ = str(item.get("id") or url or "")
    if not id_:
        raise InvalidEntry("id", "The entry has neither an id nor a link.")
    body = html_to_markdown(str(item["content_html"])) or str(item.get("content_text") or "")
    lead = str(item["summary"])
    # A title is optional; without one the text starts with the headline.
    title = truncate_at_sentence(html_to_text(str(item["title"])) or lead, 300)
    lead = truncate_at_sentence(lead, 1000) or title
    if not title:
        raise InvalidEntry("title", "The entry has neither a title nor a text.")
    try:
        at, precision = parse_feed_date(str(item["date_published"]))
    except ValueError as error:
        raise InvalidEntry("published", str(error)) from None
    name = html_to_text(str(item["feed_title"]))[:120]
    if not slugify(name):
        raise InvalidEntry("source", "The feed has no title to name as the publisher.")
    links = find_links(title, lead)
    document = {
        "title": title,
        "lead": lead,
        "body": body or lead,
        "language": _parse_language(item["language"]),
        "published_at": format_rfc3339_utc(at),
        "published_at_precision": precision,
        "source": {"name": name, "url": url},
        "tags": _normalize_tags(item["tags"]),
        "missions": links.missions,
        "people": links.people,
        "launches": links.launches,
    }
    scheme = "web" if _GLOBAL_ID.match(id_) else str(item["scheme"])
    return ImportEntry(
        RecordType.ARTICLE,
        _truncate_with_hash(scheme, 300),
        _truncate_with_hash(id_, 500),
        document,
        line,
        raw,
    )


def _entry_url(item: Mapping[str, Any]) -> str | None:
    """Absolute URL of an entry; None if it is missing, too long or not http(s)."""
    url = urljoin(str(item.get("home") or ""), str(item.get("url") or ""))
    is_valid = item.get("url") and _WEB_URL.fullmatch(url) and len(url) <= 2000
    return url if is_valid else None


def _parse_language(tag: object) -> str:
    match = re.fullmatch(r"([A-Za-z]{2,3})(?:[-_].*)?", str(tag or "").strip())
    if match is None:
        reason = "Neither the entry nor the feed states a language. Set the language of the import."
        raise InvalidEntry("language", reason)
    return match[1].lower()


def _normalize_tags(terms: list[Any]) -> list[str]:
    tags = {slugify(str(term))[:60].strip("-") for term in terms}
    return sorted(tags - {""})[:50]


def _truncate_with_hash(text: str, length: int) -> str:
    if len(text) <= length:
        return text
    return f"{text[: length - 65]} {sha256(text.encode(errors='replace')).hexdigest()}"


def _create_parser(reader: Reader) -> EntryParser:
    return partial(parse_feed, find_links=EntityLinker.load(reader).find_links)


def _read_envelope(source: Input) -> Envelope:
    """Feed without its entries, in UTF-8."""
    text = _read_text(source)
    if text.lstrip()[:1] == "{":
        feed = {name: value for name, value in json.loads(text).items() if name != "items"}
        head = json.dumps(feed, ensure_ascii=False, indent=1).removesuffix("\n}")
        return Envelope(f'{head},\n "items": [\n', ",\n", "\n]}\n")
    before, after = split_envelope(text)
    before = re.sub(r"<\?xml.*?\?>", "", before.lstrip("\ufeff"), count=1, flags=re.DOTALL)
    return Envelope(f'<?xml version="1.0" encoding="utf-8"?>{before}', "\n", after)


FORMAT = Format("feed", (".rss", ".xml", ".atom", ".json", ".rdf"), _create_parser, _read_envelope)
