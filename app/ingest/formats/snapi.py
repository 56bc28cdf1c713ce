"""Spaceflight News API: articles from responses (v3, v4), bare lists or JSON Lines.

The API carries English summaries of articles of others: the summary becomes lead and body, and
`source` links to the original. Its licence is not stated, and its credit is the publisher. Lines
from other collections may have `source`, `language` and `published_precision`.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from app.db.database import Reader
from app.domain.dates import Precision, format_rfc3339_utc
from app.domain.enums import RecordType
from app.domain.import_schemes import snapi_scheme
from app.ingest.entity_linking import EntityLinker
from app.ingest.entries import (
    EntryOrReject,
    EntryParser,
    Format,
    ImportEntry,
    Input,
    InvalidEntry,
    parse_or_reject,
)
from app.ingest.formats.feed import LinkFinder
from app.ingest.formats.feed_dates import infer_precision_from_zeros, parse_feed_date
from app.ingest.formats.html_text import escape_markdown, html_to_text, truncate_at_sentence
from app.ingest.formats.picture_rights import build_picture
from app.ingest.json_stream import JsonItem, iter_json_items, read_json_envelope
from app.ingest.json_values import object_at, read_next_link, require_id, text_at
from app.ingest.references import load_launch_library_slugs


def parse_snapi(
    source: Input, find_links: LinkFinder, launch_slugs: Mapping[str, str]
) -> Iterator[EntryOrReject]:
    """Parse articles. `launch_slugs` are slugs by the ids of Launch Library 2."""
    for item in iter_json_items(source.open):
        parse = partial(_parse_entry, source, item, find_links, launch_slugs)
        yield parse_or_reject(item.line, item.raw, "article", parse, _label_of(item.value))


def _parse_entry(
    source: Input, item: JsonItem, find_links: LinkFinder, launch_slugs: Mapping[str, str]
) -> ImportEntry:
    article = item.require_object("article")
    key = require_id(article)
    notes = list[str]()
    document = _build_article(article, source.language, find_links, notes)
    stated = {launch_slugs[id_] for id_ in _launch_ids(article) if id_ in launch_slugs}
    document["launches"] = sorted({*document["launches"], *stated})
    return ImportEntry(
        RecordType.ARTICLE,
        snapi_scheme(source.source),
        key,
        document,
        item.line,
        item.raw,
        notes=tuple(notes),
        picture=build_picture(
            _text_field(article, "image_url", "imageUrl"),
            document["source"]["url"],
            document["source"]["name"],
            "",
        ),
    )


def _label_of(article: Any) -> str:
    """Title of an article, else its id."""
    return text_at(article, "title") or str(object_at(article).get("id", ""))


def _launch_ids(article: Mapping[str, Any]) -> Iterator[str]:
    """Ids of the launches of an article: `launch_id` in v4, `id` in v3."""
    launches = article.get("launches")
    for launch in launches if isinstance(launches, list) else ():
        id_ = launch.get("launch_id", launch.get("id")) if isinstance(launch, dict) else None
        if isinstance(id_, str):
            yield id_


def _build_article(
    article: Mapping[str, Any], language: str | None, find_links: LinkFinder, notes: list[str]
) -> dict[str, Any]:
    title = html_to_text(_text_field(article, "title"))
    summary = html_to_text(_text_field(article, "summary"))
    title = title or summary  # which then starts with the headline
    if not title:
        raise InvalidEntry("title", "The article has neither a title nor a summary: add a title.")
    lead = truncate_at_sentence(summary, 1000) or title
    at, precision = _parse_published_at(article, notes)
    publisher = html_to_text(_text_field(article, "news_site", "newsSite", "source"))
    if not publisher:
        raise InvalidEntry("news_site", "The publisher is missing: add its name.")
    links = find_links(title, lead)
    return {
        "title": truncate_at_sentence(title, 300),
        "lead": lead,
        "body": escape_markdown(summary or lead),
        "language": _text_field(article, "language") or language or "en",
        "published_at": at,
        "published_at_precision": precision,
        "source": {"name": publisher, "url": _text_field(article, "url") or None},
        "missions": links.missions,
        "people": links.people,
        "launches": links.launches,
    }


def _parse_published_at(article: Mapping[str, Any], notes: list[str]) -> tuple[str, Precision]:
    """Publication time and its precision: as written, or as `published_precision` states."""
    stated = _text_field(article, "published_precision")
    try:
        at, precision = parse_feed_date(_text_field(article, "published_at", "publishedAt"))
    except ValueError as error:
        raise InvalidEntry("published_at", f"{error} Correct the date.") from None
    if stated in set(Precision):
        precision = max(precision, Precision(stated), key=list(Precision).index)
    elif stated:
        notes.append(f"Unknown precision {stated!r}: the day was kept.")
        precision = max(precision, Precision.DAY, key=list(Precision).index)
    elif infer_precision_from_zeros(at, precision)[1] is Precision.DAY:
        precision = Precision.DAY  # midnight is written for an unknown time
    return format_rfc3339_utc(at), precision


def _text_field(article: Mapping[str, Any], *names: str) -> str:
    """First of the fields `names` that is not null, or "". Raises `InvalidEntry`."""
    for name in names:
        value = article.get(name)
        if not isinstance(value, str | None):
            raise InvalidEntry(name, "Not a text: write it in quotes, or remove it.")
        if value is not None:
            return value
    return ""


def _create_parser(reader: Reader) -> EntryParser:
    find_links, slugs = EntityLinker.load(reader).find_links, load_launch_library_slugs(reader)
    return partial(parse_snapi, find_links=find_links, launch_slugs=slugs)


FORMAT = Format(
    "snapi",
    (".json", ".jsonl", ".ndjson"),
    _create_parser,
    read_json_envelope,
    find_next_page=read_next_link,
)
