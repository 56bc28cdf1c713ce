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
from io import BytesIO
from typing import Any

import feedparser
from feedparser.mixin import _FeedParserMixin
from pydantic import TypeAdapter, ValidationError

from app.api.write_models import HttpUrlStr
from app.db.database import Reader
from app.domain.dates import format_rfc3339_utc
from app.domain.enums import RecordType
from app.domain.import_schemes import MAX_KEY_CHARS, feed_file_scheme, feed_scheme
from app.domain.text import is_sluggable, shorten_with_digest, slugify
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
    resolve_url,
    truncate_at_sentence,
)
from app.ingest.formats.picture_rights import build_picture
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
_URL_ADAPTER = TypeAdapter[str](HttpUrlStr)

_FeedParserMixin.can_be_relative_uri.discard("id")  # ids are compared as written (RFC 4287, 4.2.6)


@dataclass(frozen=True)
class _Feed:
    """A feed without its entries."""

    scheme: str
    """Namespace of the ids of its entries."""
    base: str
    """Base URL of relative links, "" if unknown."""
    title: str
    language: str | None

    @classmethod
    def of_source(
        cls,
        source: Input,
        *,
        self_url: str | None,
        id_: str | None,
        home_url: str | None,
        title: str,
        language: Any,
    ) -> "_Feed":
        """The feed of `source`. What it calls itself identifies it only if `source` does not."""
        if source.source:
            scheme = feed_scheme(source.source)
        else:
            scheme = feed_file_scheme(self_url or id_ or f"{home_url or ''} {title}")
        base = source.base_url or self_url or resolve_url("", home_url or "") or ""
        return cls(scheme, base, title, language or source.language)


@dataclass(frozen=True)
class _XmlFrame:
    """Tags around the entries of an XML feed."""

    start_tags: str
    """Start tags around each entry, with namespaces and base URL."""
    end_tags: str


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
        frame, feed = _parse_xml_feed(source, before, after)
    except InvalidEntry as error:  # which holds for every entry
        for entry in split_entries(text):
            yield Reject(entry.line, error.field, str(error), entry.text)
        return
    for number, entry in enumerate(split_entries(text), start=1):
        if number > MAX_FEED_ENTRIES:
            reason = f"Only the first {MAX_FEED_ENTRIES} entries are imported. Split the file."
            yield Reject(entry.line, "feed", reason, entry.text)
        else:
            parse = partial(_parse_xml_entry, frame, feed, entry, find_links)
            yield parse_or_reject(entry.line, entry.text, "entry", parse)


def _read_text(source: Input) -> str:
    with source.open() as file:
        data = file.read(MAX_FEED_BYTES + 1)
    if len(data) > MAX_FEED_BYTES:
        raise InvalidInput(f"The feed has more than {MAX_FEED_BYTES} bytes.")
    return decode_feed(data)


def _parse_xml_feed(source: Input, before: str, after: str) -> tuple[_XmlFrame, _Feed]:
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
        parsed = _run_feedparser(f"{start}{rest}{after}", source.base_url or "").feed
    except ValueError as error:
        raise InvalidEntry("feed", f"Cannot be parsed: {error}") from error
    links = parsed.get("links", ())
    self_urls = (
        resolve_url("", link.get("href", "")) for link in links if link.get("rel") == "self"
    )
    feed = _Feed.of_source(
        source,
        self_url=next(filter(None, self_urls), None),
        id_=parsed.get("id"),
        home_url=parsed.get("link"),
        title=parsed.get("title") or "",
        language=parsed.get("language"),
    )
    return _XmlFrame(start, end), feed


def _parse_xml_entry(
    frame: _XmlFrame, feed: _Feed, entry: XmlEntry, find_links: LinkFinder
) -> ImportEntry:
    raw = entry.text
    if not entry.is_complete:
        raise InvalidEntry("entry", "The file ends inside the entry.")
    if len(raw) > _MAX_ENTRY_CHARS or raw.count("<") > MAX_HTML_TAGS:
        reason = f"The entry has more than {_MAX_ENTRY_CHARS} characters or {MAX_HTML_TAGS} tags."
        raise InvalidEntry("entry", reason)
    parsed = _run_feedparser(f"{frame.start_tags}{raw}{frame.end_tags}", feed.base)
    if not parsed.entries:
        raise InvalidEntry("entry", "Not an RSS item or Atom entry.")
    item = _to_json_feed_item(parsed.entries[0], is_atom=parsed.version.startswith("atom"))
    return _build_entry(feed, item, entry.line, raw, find_links)


def _run_feedparser(text: str, base: str) -> Any:
    """Parse a feed whose links are relative to `base`.

    Raises ValueError for any exception of feedparser.
    """
    try:
        return feedparser.parse(
            BytesIO(text.encode()),
            response_headers={"content-location": base},
            resolve_relative_uris=True,
        )
    except Exception as error:  # it assumes the order of tags, and raises whatever follows
        raise ValueError(f"feedparser raised {type(error).__name__}.") from error


def _to_json_feed_item(entry: Any, *, is_atom: bool) -> dict[str, Any]:
    """Convert an entry of feedparser to an item of JSON Feed, with the title of its own feed."""
    link = entry.get("link")
    if all(each.get("href") != link for each in entry.get("links", ())):
        # feedparser takes the id for the link, which it is only in RSS, if it is a URL.
        link = None if is_atom else resolve_url("", link or "")
    content = next((part.value for part in entry.get("content", ()) if part.value), None)
    summary = entry.get("summary") or ""
    return {
        "id": entry.get("id"),
        "url": link,
        "title": entry.get("title") or "",
        "summary": html_to_text(summary),
        "content_html": content or summary,
        "date_published": entry.get("published") or entry.get("updated") or "",
        "tags": [tag.get("term") or "" for tag in entry.get("tags", ())],
        "language": entry.get("language"),
        "feed_title": (entry.get("source") or {}).get("title"),
        "image": _find_picture(entry),
        "image_credit": next((each.get("content") for each in entry.get("media_credit", ())), ""),
        "image_licence": entry.get("license"),
    }


def _find_picture(entry: Any) -> str:
    """The URL of the picture of an entry of feedparser: of Media RSS, or an enclosure; or ""."""
    for each in entry.get("media_content", ()):
        if each.get("medium") == "image" or each.get("type", "").startswith("image/"):
            return str(each.get("url") or "")
    for each in entry.get("enclosures", ()):
        if each.get("type", "").startswith("image/"):
            return str(each.get("href") or "")
    return next((str(each.get("url") or "") for each in entry.get("media_thumbnail", ())), "")


def _parse_json_feed(source: Input, text: str, find_links: LinkFinder) -> Iterator[EntryOrReject]:
    """Parse the items of a JSON Feed (1.0 or 1.1)."""
    document: Any = None
    with suppress(ValueError, RecursionError):
        document = json.loads(text)
    if not isinstance(document, dict) or "jsonfeed.org" not in str(document.get("version")):
        raise InvalidInput("Not a JSON Feed: invalid JSON, or no JSON Feed `version`.")
    feed = _Feed.of_source(
        source,
        self_url=resolve_url("", str(document.get("feed_url") or "")),
        id_=None,
        home_url=str(document.get("home_page_url") or ""),
        title=str(document.get("title") or ""),
        language=document.get("language"),
    )
    for item in iter_json_items(lambda: BytesIO(text.encode()), "items"):
        parse = partial(_parse_json_entry, feed, item, find_links)
        yield parse_or_reject(item.line, item.raw, "item", parse)


def _parse_json_entry(feed: _Feed, item: JsonItem, find_links: LinkFinder) -> ImportEntry:
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
        "feed_title": None,
    }
    return _build_entry(feed, normalized, item.line, item.raw, find_links)


def _build_entry(
    feed: _Feed, item: Mapping[str, Any], line: int, raw: str, find_links: LinkFinder
) -> ImportEntry:
    """Build an article from a normalized item of a feed. Raises `InvalidEntry`."""
    url = _entry_url(feed, item)
    body = html_to_markdown(str(item["content_html"]), feed.base) or str(
        item.get("content_text") or ""
    )
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
    name = html_to_text(item["feed_title"] or feed.title)[:120]
    if not is_sluggable(name):
        raise InvalidEntry("source", "The feed has no title to name as the publisher.")
    links = find_links(title, lead)
    document = {
        "title": title,
        "lead": lead,
        "body": body or lead,
        "language": _parse_language(item.get("language") or feed.language),
        "published_at": format_rfc3339_utc(at),
        "published_at_precision": precision,
        "source": {"name": name, "url": url},
        "tags": _normalize_tags(item["tags"]),
        "missions": links.missions,
        "people": links.people,
        "launches": links.launches,
    }
    key = _entry_key(item, url, document)
    picture = build_picture(
        resolve_url(feed.base, str(item.get("image") or item.get("banner_image") or "")) or "",
        url,
        str(item.get("image_credit") or name),
        str(item.get("image_licence") or ""),
    )
    return ImportEntry(RecordType.ARTICLE, feed.scheme, key, document, line, raw, picture=picture)


def _entry_url(feed: _Feed, item: Mapping[str, Any]) -> str | None:
    """Absolute URL of an entry; None if it is missing or cannot be stored."""
    with suppress(ValidationError):
        return _URL_ADAPTER.validate_python(resolve_url(feed.base, str(item.get("url") or "")))
    return None


def _entry_key(item: Mapping[str, Any], url: str | None, document: Mapping[str, Any]) -> str:
    """Id of an entry in its feed: as written, else its link, else its date and title.

    Raises `InvalidEntry` if it has none of them, as its text may change.
    """
    key = str(item.get("id") or url or "")
    if not key and item["title"]:
        key = f"{document['published_at']} {document['title']}"
    if not key:
        raise InvalidEntry("id", "The entry has no id, link or title to know it by. Add an id.")
    return shorten_with_digest(key, MAX_KEY_CHARS)


def _parse_language(tag: object) -> str:
    match = re.fullmatch(r"([A-Za-z]{2,3})(?:[-_].*)?", str(tag or "").strip())
    if match is None:
        reason = "Neither the entry nor the feed states a language. Set the language of the import."
        raise InvalidEntry("language", reason)
    return match[1].lower()


def _normalize_tags(terms: list[Any]) -> list[str]:
    tags = {slugify(str(term))[:60].strip("-") for term in terms}
    return sorted(tags - {""})[:50]


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
