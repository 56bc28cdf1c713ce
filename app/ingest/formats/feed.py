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
from app.db.models import RecordType
from app.domain.text import slugify
from app.ingest.entity_linking import Links, Names
from app.ingest.entries import Entry, Format, Found, Frame, Input, Read, Reject, Unreadable
from app.ingest.formats.feed_dates import read_date
from app.ingest.formats.feed_text import (
    LARGEST,
    MOST_TAGS,
    Segment,
    around,
    decode,
    markdown,
    plain,
    segments,
    shortened,
)
from app.ingest.json_stream import JsonItem, items

LONGEST_ENTRY = 2**20
"""Characters that one entry may have."""

LONGEST_HEAD = 2**17
"""Characters that may stand around the entries of a feed."""

LONGEST_TAGS = 2**12
"""Characters that the tags may have which the entries stand in: each is read within them."""

MOST_ENTRIES = 20_000
"""Entries that are taken from one feed."""

Linked = Callable[[str, str], Links]

_ENTITY = re.compile(r"<!ENTITY\b", re.IGNORECASE)
_ROOT = re.compile(r"<(?P<name>(?:\w+:)?(?P<kind>rss|feed|rdf))\b[^<>]*>", re.IGNORECASE)
_CHANNEL = re.compile(r"<(?P<name>(?:\w+:)?channel)\b[^<>]*>", re.IGNORECASE)
_WEB = re.compile(r"https?://[^\s<>\"]+")
_GLOBAL = re.compile(r"(https?:|urn:|tag:).+", re.IGNORECASE)


class _Wanting(Exception):
    """An entry lacks something: what, and why it cannot be without."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field


@dataclass(frozen=True)
class _Surroundings:
    """What stands around the entries of a feed, as far as each of them needs it."""

    start: str
    """The tags that they stand in, with the namespaces and the base of addresses."""
    end: str
    facts: Any
    """What feedparser finds of the feed itself."""
    problem: tuple[str, str] | None = None
    """Why no entry can be taken from it: for what, and the reason."""


def read(given: Input, linked: Linked) -> Iterator[Found]:
    """The articles of a feed; `linked` tells what title and lead name."""
    text = _text(given)
    if text.lstrip()[:1] in {"{", "["}:
        yield from _read_json(given, text, linked)
        return
    before, after = around(text)
    if before == text and not _ROOT.search(text[:4000]):
        raise Unreadable("It is no RSS, Atom or JSON Feed.")
    feed = _surroundings(before, after)
    for number, segment in enumerate(segments(text), start=1):
        if feed.problem:
            yield Reject(segment.line, *feed.problem, segment.text)
        elif number > MOST_ENTRIES:
            reason = f"It is behind the first {MOST_ENTRIES}: import it in a file of its own."
            yield Reject(segment.line, "feed", reason, segment.text)
        else:
            yield _entry(given, feed, segment, linked)


def _text(given: Input) -> str:
    with given.open() as file:
        data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise Unreadable(f"It has more than {LARGEST} bytes.")
    return decode(data)


def _surroundings(before: str, after: str) -> _Surroundings:
    """What every entry needs of all that stands around it: of that, however much, little."""
    if _ENTITY.search(before):
        reason = "The feed declares entities of its own, which can be an attack."
        return _Surroundings("", "", {}, ("DOCTYPE", reason))
    root = _ROOT.search(before)
    start, end, rest = "", "", before
    if root is not None:
        channel = _CHANNEL.search(before, root.end()) if root["kind"].lower() == "rss" else None
        tags = [tag for tag in (root, channel) if tag]
        start = "".join(tag[0] for tag in tags)
        end = "".join(f"</{tag['name']}>" for tag in reversed(tags))
        rest = before[tags[-1].end() :]
    if len(start) > LONGEST_TAGS or len(rest + after) > LONGEST_HEAD:
        reason = "What stands around the entries is larger than in any feed."
        return _Surroundings("", "", {}, ("feed", reason))
    try:
        return _Surroundings(start, end, _parsed(f"{start}{rest}{after}").feed)
    except ValueError as error:
        return _Surroundings("", "", {}, ("feed", f"It cannot be read: {error}"))


def _entry(given: Input, feed: _Surroundings, segment: Segment, linked: Linked) -> Found:
    raw = segment.text
    try:
        if not segment.whole:
            raise _Wanting("entry", "The file ends within it.")
        if len(raw) > LONGEST_ENTRY or raw.count("<") > MOST_TAGS:
            raise _Wanting("entry", "It is larger than any news.")
        parsed = _parsed(f"{feed.start}{raw}{feed.end}")
        if not parsed.entries:
            raise _Wanting("entry", "It is no entry of a feed.")
        item = _of_xml(parsed.entries[0], feed.facts, given)
        return _article(item, segment.line, raw, linked)
    except _Wanting as error:
        return Reject(segment.line, error.field, str(error), raw)
    except (RecursionError, ValueError) as error:
        return Reject(segment.line, "entry", f"It cannot be read: {error}", raw)


def _parsed(text: str) -> Any:
    """What feedparser makes of a feed. Raises ValueError where it stumbles."""
    try:
        return feedparser.parse(BytesIO(text.encode()), resolve_relative_uris=True)
    except Exception as error:  # of any kind: it expects tags to stand where they belong
        raise ValueError(f"feedparser stumbles over it ({type(error).__name__}).") from error


def _of_xml(entry: Any, feed: Any, given: Input) -> dict[str, Any]:
    """What feedparser finds, in the words of JSON Feed, with the feed's own facts."""
    home = feed.get("link") or given.name
    content = next((part.value for part in entry.get("content", ()) if part.value), None)
    summary = entry.get("summary") or ""
    source = entry.get("source") or {}
    return {
        "id": entry.get("id"),
        "url": entry.get("link"),
        "title": entry.get("title") or "",
        "summary": plain(summary),
        "content_html": content or summary,
        "date_published": entry.get("published") or entry.get("updated") or "",
        "tags": [tag.get("term") or "" for tag in entry.get("tags", ())],
        "language": entry.get("language") or feed.get("language") or given.language,
        "feed_title": source.get("title") or feed.get("title") or "",
        "home": home,
        "scheme": _self(feed) or home,
    }


def _self(feed: Any) -> str | None:
    """The address that a feed gives as its own."""
    links = (link.get("href") for link in feed.get("links", ()) if link.get("rel") == "self")
    return next(filter(None, links), None)


def _read_json(given: Input, text: str, linked: Linked) -> Iterator[Found]:
    """The articles of a JSON Feed (1.0 or 1.1)."""
    feed: dict[str, Any] = {}
    try:
        whole = json.loads(text)
        if isinstance(whole, dict) and "jsonfeed.org" in str(whole.get("version")):
            feed = whole
    except (ValueError, RecursionError):
        pass
    if not feed:
        raise Unreadable("It is no JSON Feed: it does not say its version, or is no JSON.")
    for item in items(lambda: BytesIO(text.encode()), "items"):
        yield _json_entry(given, feed, item, linked)


def _json_entry(given: Input, feed: dict[str, Any], item: JsonItem, linked: Linked) -> Found:
    try:
        if not isinstance(item.value, dict):
            raise _Wanting("item", item.problem or "It is no JSON object.")
        value: dict[str, Any] = item.value
        html = value.get("content_html")
        text = str(value.get("content_text") or "")
        id_ = value.get("id")
        found = value | {
            "id": str(id_) if isinstance(id_, str | int | float) else None,
            "title": str(value.get("title") or ""),
            "summary": str(value.get("summary") or "") or plain(str(html or "")) or text,
            "content_html": html if isinstance(html, str) else "",
            "content_text": text,
            "date_published": str(value.get("date_published") or ""),
            "tags": value.get("tags") if isinstance(value.get("tags"), list) else [],
            "language": value.get("language") or feed.get("language") or given.language,
            "feed_title": str(feed.get("title") or ""),
            "home": str(feed.get("home_page_url") or given.name),
            "scheme": str(feed.get("feed_url") or feed.get("home_page_url") or given.name),
        }
        return _article(found, item.line, item.raw, linked)
    except _Wanting as error:
        return Reject(item.line, error.field, str(error), item.raw)
    except (RecursionError, ValueError) as error:
        return Reject(item.line, "item", f"It cannot be read: {error}", item.raw)


def _article(item: Mapping[str, Any], line: int, raw: str, linked: Linked) -> Found:
    """An article of what a feed says of it. Raises `_Wanting` where it cannot be one."""
    url = _address(item)
    id_ = str(item.get("id") or url or "")
    if not id_:
        raise _Wanting("id", "Nothing names it: it has neither an id nor a link.")
    body = markdown(str(item["content_html"])) or str(item.get("content_text") or "")
    lead = str(item["summary"])
    # A title may be left out; an entry then begins with its news.
    title = shortened(plain(str(item["title"])) or lead, 300)
    lead = shortened(lead, 1000) or title
    if not title:
        raise _Wanting("title", "It has neither a title nor a text.")
    try:
        at, precision = read_date(str(item["date_published"]))
    except ValueError as error:
        raise _Wanting("published", str(error)) from None
    name = plain(str(item["feed_title"]))[:120]
    if not slugify(name):
        raise _Wanting("source", "The feed does not tell who publishes it.")
    links = linked(title, lead)
    document = {
        "title": title,
        "lead": lead,
        "body": body or lead,
        "language": _language(item["language"]),
        "published_at": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "published_at_precision": precision,
        "source": {"name": name, "url": url},
        "tags": _tags(item["tags"]),
        "missions": links.missions,
        "people": links.people,
        "launches": links.launches,
    }
    scheme = "web" if _GLOBAL.match(id_) else str(item["scheme"])
    return Entry(RecordType.ARTICLE, _bounded(scheme, 300), _bounded(id_, 500), document, line, raw)


def _address(item: Mapping[str, Any]) -> str | None:
    """The entry's own address, if it is one of the web."""
    url = urljoin(str(item.get("home") or ""), str(item.get("url") or ""))
    named = item.get("url") and _WEB.fullmatch(url) and len(url) <= 2000
    return url if named else None


def _language(tag: object) -> str:
    found = re.fullmatch(r"([A-Za-z]{2,3})(?:[-_].*)?", str(tag or "").strip())
    if found is None:
        raise _Wanting("language", "Neither it nor the feed tells the language: say --language.")
    return found[1].lower()


def _tags(terms: list[Any]) -> list[str]:
    found = {slugify(str(term))[:60].strip("-") for term in terms}
    return sorted(found - {""})[:50]


def _bounded(text: str, length: int) -> str:
    if len(text) <= length:
        return text
    return f"{text[: length - 65]} {sha256(text.encode(errors='replace')).hexdigest()}"


def _prepare(reader: Reader) -> Read:
    return partial(read, linked=Names.of(reader).links)


def _frame(given: Input) -> Frame:
    """The feed without its entries, in UTF-8."""
    text = _text(given)
    if text.lstrip()[:1] == "{":
        feed = {name: value for name, value in json.loads(text).items() if name != "items"}
        head = json.dumps(feed, ensure_ascii=False, indent=1).removesuffix("\n}")
        return Frame(f'{head},\n "items": [\n', ",\n", "\n]}\n")
    before, after = around(text)
    before = re.sub(r"<\?xml.*?\?>", "", before.lstrip("\ufeff"), count=1, flags=re.DOTALL)
    return Frame(f'<?xml version="1.0" encoding="utf-8"?>{before}', "\n", after)


FORMAT = Format("feed", (".rss", ".xml", ".atom", ".json", ".rdf"), _prepare, _frame)
