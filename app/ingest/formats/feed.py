"""RSS of every version, Atom and JSON Feed: articles.

Each entry is read by itself, in a feed of its own: what is broken in one takes no other along, and
every one is accounted for. Nothing is fetched, and no entity that a feed declares is expanded.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from io import BytesIO
from typing import Any
from urllib.parse import urljoin

import feedparser

from app.db.database import Reader
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
    InvalidInput,
    Reject,
)
from app.ingest.formats.feed_dates import parse_feed_date
from app.ingest.formats.feed_text import (
    MAX_FEED_BYTES,
    MAX_HTML_TAGS,
    XmlEntry,
    decode_feed,
    html_to_markdown,
    html_to_text,
    split_entries,
    split_envelope,
    truncate_at_sentence,
)
from app.ingest.json_stream import JsonItem, iter_json_items

_MAX_ENTRY_CHARS = 2**20
"""Characters that one entry may have."""

_MAX_FEED_METADATA_CHARS = 2**17
"""Characters that may stand around the entries of a feed."""

_MAX_START_TAGS_CHARS = 2**12
"""Characters that the tags may have which the entries stand in: each is read within them."""

MAX_FEED_ENTRIES = 20_000
"""Entries that are taken from one feed."""

LinkFinder = Callable[[str, str], EntityLinks]

_ENTITY_DECLARATION = re.compile(r"<!ENTITY\b", re.IGNORECASE)
_ROOT_TAG = re.compile(r"<(?P<name>(?:\w+:)?(?P<kind>rss|feed|rdf))\b[^<>]*>", re.IGNORECASE)
_CHANNEL_TAG = re.compile(r"<(?P<name>(?:\w+:)?channel)\b[^<>]*>", re.IGNORECASE)
_WEB_URL = re.compile(r"https?://[^\s<>\"]+")
_GLOBAL_ID = re.compile(r"(https?:|urn:|tag:).+", re.IGNORECASE)


class _InvalidEntry(Exception):
    """An entry lacks something: what, and why it cannot be without."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field


@dataclass(frozen=True)
class _FeedContext:
    """What stands around the entries of a feed, as far as each of them needs it."""

    start_tags: str
    """The tags that they stand in, with the namespaces and the base of addresses."""
    end_tags: str
    metadata: Any
    """What feedparser finds of the feed itself."""
    problem: tuple[str, str] | None = None
    """Why no entry can be taken from it: for what, and the reason."""


def parse_feed(given: Input, linked: LinkFinder) -> Iterator[EntryOrReject]:
    """The articles of a feed; `linked` tells what title and lead name."""
    text = _read_text(given)
    if text.lstrip()[:1] in {"{", "["}:
        yield from _parse_json_feed(given, text, linked)
        return
    before, after = split_envelope(text)
    if before == text and not _ROOT_TAG.search(text[:4000]):
        raise InvalidInput("It is no RSS, Atom or JSON Feed.")
    feed = _parse_feed_context(before, after)
    for number, segment in enumerate(split_entries(text), start=1):
        if feed.problem:
            yield Reject(segment.line, *feed.problem, segment.text)
        elif number > MAX_FEED_ENTRIES:
            reason = f"It is behind the first {MAX_FEED_ENTRIES}: import it in a file of its own."
            yield Reject(segment.line, "feed", reason, segment.text)
        else:
            yield _parse_xml_entry(given, feed, segment, linked)


def _read_text(given: Input) -> str:
    with given.open() as file:
        data = file.read(MAX_FEED_BYTES + 1)
    if len(data) > MAX_FEED_BYTES:
        raise InvalidInput(f"It has more than {MAX_FEED_BYTES} bytes.")
    return decode_feed(data)


def _parse_feed_context(before: str, after: str) -> _FeedContext:
    """What every entry needs of all that stands around it: of that, however much, little."""
    if _ENTITY_DECLARATION.search(before):
        reason = "The feed declares entities of its own, which can be an attack."
        return _FeedContext("", "", {}, ("DOCTYPE", reason))
    root = _ROOT_TAG.search(before)
    start, end, rest = "", "", before
    if root is not None:
        channel = _CHANNEL_TAG.search(before, root.end()) if root["kind"].lower() == "rss" else None
        tags = [tag for tag in (root, channel) if tag]
        start = "".join(tag[0] for tag in tags)
        end = "".join(f"</{tag['name']}>" for tag in reversed(tags))
        rest = before[tags[-1].end() :]
    if len(start) > _MAX_START_TAGS_CHARS or len(rest + after) > _MAX_FEED_METADATA_CHARS:
        reason = "What stands around the entries is larger than in any feed."
        return _FeedContext("", "", {}, ("feed", reason))
    try:
        return _FeedContext(start, end, _run_feedparser(f"{start}{rest}{after}").feed)
    except ValueError as error:
        return _FeedContext("", "", {}, ("feed", f"It cannot be read: {error}"))


def _parse_xml_entry(
    given: Input, feed: _FeedContext, segment: XmlEntry, linked: LinkFinder
) -> EntryOrReject:
    raw = segment.text
    try:
        if not segment.is_complete:
            raise _InvalidEntry("entry", "The file ends within it.")
        if len(raw) > _MAX_ENTRY_CHARS or raw.count("<") > MAX_HTML_TAGS:
            raise _InvalidEntry("entry", "It is larger than any news.")
        parsed = _run_feedparser(f"{feed.start_tags}{raw}{feed.end_tags}")
        if not parsed.entries:
            raise _InvalidEntry("entry", "It is no entry of a feed.")
        item = _to_json_feed_item(parsed.entries[0], feed.metadata, given)
        return _build_entry(item, segment.line, raw, linked)
    except _InvalidEntry as error:
        return Reject(segment.line, error.field, str(error), raw)
    except (RecursionError, ValueError) as error:
        return Reject(segment.line, "entry", f"It cannot be read: {error}", raw)


def _run_feedparser(text: str) -> Any:
    """What feedparser makes of a feed. Raises ValueError where it stumbles."""
    try:
        return feedparser.parse(BytesIO(text.encode()), resolve_relative_uris=True)
    except Exception as error:  # of any kind: it expects tags to stand where they belong
        raise ValueError(f"feedparser stumbles over it ({type(error).__name__}).") from error


def _to_json_feed_item(entry: Any, feed: Any, given: Input) -> dict[str, Any]:
    """What feedparser finds, in the words of JSON Feed, with the feed's own facts."""
    home = feed.get("link") or given.name
    content = next((part.value for part in entry.get("content", ()) if part.value), None)
    summary = entry.get("summary") or ""
    source = entry.get("source") or {}
    return {
        "id": entry.get("id"),
        "url": entry.get("link"),
        "title": entry.get("title") or "",
        "summary": html_to_text(summary),
        "content_html": content or summary,
        "date_published": entry.get("published") or entry.get("updated") or "",
        "tags": [tag.get("term") or "" for tag in entry.get("tags", ())],
        "language": entry.get("language") or feed.get("language") or given.language,
        "feed_title": source.get("title") or feed.get("title") or "",
        "home": home,
        "scheme": _self_link(feed) or home,
    }


def _self_link(feed: Any) -> str | None:
    """The address that a feed gives as its own."""
    links = (link.get("href") for link in feed.get("links", ()) if link.get("rel") == "self")
    return next(filter(None, links), None)


def _parse_json_feed(given: Input, text: str, linked: LinkFinder) -> Iterator[EntryOrReject]:
    """The articles of a JSON Feed (1.0 or 1.1)."""
    feed: dict[str, Any] = {}
    try:
        whole = json.loads(text)
        if isinstance(whole, dict) and "jsonfeed.org" in str(whole.get("version")):
            feed = whole
    except (ValueError, RecursionError):
        pass
    if not feed:
        raise InvalidInput("It is no JSON Feed: it does not say its version, or is no JSON.")
    for item in iter_json_items(lambda: BytesIO(text.encode()), "items"):
        yield _parse_json_entry(given, feed, item, linked)


def _parse_json_entry(
    given: Input, feed: dict[str, Any], item: JsonItem, linked: LinkFinder
) -> EntryOrReject:
    try:
        if not isinstance(item.value, dict):
            raise _InvalidEntry("item", item.problem or "It is no JSON object.")
        value: dict[str, Any] = item.value
        html = value.get("content_html")
        text = str(value.get("content_text") or "")
        id_ = value.get("id")
        found = value | {
            "id": str(id_) if isinstance(id_, str | int | float) else None,
            "title": str(value.get("title") or ""),
            "summary": str(value.get("summary") or "") or html_to_text(str(html or "")) or text,
            "content_html": html if isinstance(html, str) else "",
            "content_text": text,
            "date_published": str(value.get("date_published") or ""),
            "tags": value.get("tags") if isinstance(value.get("tags"), list) else [],
            "language": value.get("language") or feed.get("language") or given.language,
            "feed_title": str(feed.get("title") or ""),
            "home": str(feed.get("home_page_url") or given.name),
            "scheme": str(feed.get("feed_url") or feed.get("home_page_url") or given.name),
        }
        return _build_entry(found, item.line, item.raw, linked)
    except _InvalidEntry as error:
        return Reject(item.line, error.field, str(error), item.raw)
    except (RecursionError, ValueError) as error:
        return Reject(item.line, "item", f"It cannot be read: {error}", item.raw)


def _build_entry(item: Mapping[str, Any], line: int, raw: str, linked: LinkFinder) -> EntryOrReject:
    """An article of what a feed says of it. Raises `_InvalidEntry` where it cannot be one."""
    url = _entry_url(item)
    id_ = str(item.get("id") or url or "")
    if not id_:
        raise _InvalidEntry("id", "Nothing names it: it has neither an id nor a link.")
    body = html_to_markdown(str(item["content_html"])) or str(item.get("content_text") or "")
    lead = str(item["summary"])
    # A title may be left out; an entry then begins with its news.
    title = truncate_at_sentence(html_to_text(str(item["title"])) or lead, 300)
    lead = truncate_at_sentence(lead, 1000) or title
    if not title:
        raise _InvalidEntry("title", "It has neither a title nor a text.")
    try:
        at, precision = parse_feed_date(str(item["date_published"]))
    except ValueError as error:
        raise _InvalidEntry("published", str(error)) from None
    name = html_to_text(str(item["feed_title"]))[:120]
    if not slugify(name):
        raise _InvalidEntry("source", "The feed does not tell who publishes it.")
    links = linked(title, lead)
    document = {
        "title": title,
        "lead": lead,
        "body": body or lead,
        "language": _parse_language(item["language"]),
        "published_at": f"{at:%Y-%m-%dT%H:%M:%SZ}",
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
    """The entry's own address, if it is one of the web."""
    url = urljoin(str(item.get("home") or ""), str(item.get("url") or ""))
    named = item.get("url") and _WEB_URL.fullmatch(url) and len(url) <= 2000
    return url if named else None


def _parse_language(tag: object) -> str:
    found = re.fullmatch(r"([A-Za-z]{2,3})(?:[-_].*)?", str(tag or "").strip())
    if found is None:
        raise _InvalidEntry(
            "language", "Neither it nor the feed tells the language: say --language."
        )
    return found[1].lower()


def _normalize_tags(terms: list[Any]) -> list[str]:
    found = {slugify(str(term))[:60].strip("-") for term in terms}
    return sorted(found - {""})[:50]


def _truncate_with_hash(text: str, length: int) -> str:
    if len(text) <= length:
        return text
    return f"{text[: length - 65]} {sha256(text.encode(errors='replace')).hexdigest()}"


def _create_parser(reader: Reader) -> EntryParser:
    return partial(parse_feed, linked=EntityLinker.load(reader).find_links)


def _read_envelope(given: Input) -> Envelope:
    """The feed without its entries, in UTF-8."""
    text = _read_text(given)
    if text.lstrip()[:1] == "{":
        feed = {name: value for name, value in json.loads(text).items() if name != "items"}
        head = json.dumps(feed, ensure_ascii=False, indent=1).removesuffix("\n}")
        return Envelope(f'{head},\n "items": [\n', ",\n", "\n]}\n")
    before, after = split_envelope(text)
    before = re.sub(r"<\?xml.*?\?>", "", before.lstrip("\ufeff"), count=1, flags=re.DOTALL)
    return Envelope(f'<?xml version="1.0" encoding="utf-8"?>{before}', "\n", after)


FORMAT = Format("feed", (".rss", ".xml", ".atom", ".json", ".rdf"), _create_parser, _read_envelope)
