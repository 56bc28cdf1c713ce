"""Articles from the Spaceflight News API: its answers (v3, v4), bare lists, or an article a line.

It carries summaries of what others have published, in English: the summary is lead and body, and
the source leads to the whole. Its images are left where they are, since nothing tells what they
show. Lines of other collections may say `source`, `language` and `published_precision`.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from app.db.database import Reader
from app.domain.dates import Precision
from app.domain.enums import RecordType
from app.ingest.entity_linking import EntityLinker
from app.ingest.entries import EntryOrReject, EntryParser, Format, ImportEntry, Input, Reject
from app.ingest.formats.feed import LinkFinder
from app.ingest.formats.feed_dates import infer_precision_from_zeros, parse_feed_date
from app.ingest.formats.feed_text import escape_markdown, html_to_text, truncate_at_sentence
from app.ingest.json_stream import (
    InvalidEntry,
    JsonItem,
    iter_json_items,
    read_json_envelope,
    require_id,
)
from app.ingest.launch_matching import load_launch_library_slugs

_SCHEME = "snapi"


def parse_snapi(
    given: Input, linked: LinkFinder, launches: Mapping[str, str]
) -> Iterator[EntryOrReject]:
    """The articles of an answer, a list, or lines.

    `launches` are the slugs of those that came from Launch Library 2, by their ids there.
    """
    for item in iter_json_items(given.open):
        yield _parse_entry(given, item, linked, launches)


def _parse_entry(
    given: Input, item: JsonItem, linked: LinkFinder, launches: Mapping[str, str]
) -> EntryOrReject:
    article = item.value
    try:
        if not isinstance(article, dict):
            raise InvalidEntry("article", item.problem or "It is no JSON object.")
        key = require_id(article)
        document = _build_article(article, given.language, linked)
        told = {launches[id_] for id_ in _launch_ids(article) if id_ in launches}
        document["launches"] = sorted({*document["launches"], *told})
    except InvalidEntry as error:
        return Reject(item.line, error.field, str(error), item.raw)
    except ValueError as error:
        return Reject(item.line, "article", f"It cannot be read: {error}", item.raw)
    return ImportEntry(RecordType.ARTICLE, _SCHEME, key, document, item.line, item.raw)


def _launch_ids(article: Mapping[str, Any]) -> Iterator[str]:
    """The launches that an article says it is about: `launch_id` in v4, `id` in v3."""
    listed = article.get("launches")
    for each in listed if isinstance(listed, list) else ():
        id_ = each.get("launch_id", each.get("id")) if isinstance(each, dict) else None
        if isinstance(id_, str):
            yield id_


def _build_article(
    article: Mapping[str, Any], language: str | None, linked: LinkFinder
) -> dict[str, Any]:
    title, summary = (
        html_to_text(_text_field(article, "title")),
        html_to_text(_text_field(article, "summary")),
    )
    title = title or summary  # an item without one begins with its news
    if not title:
        raise InvalidEntry("title", "It has neither a title nor a summary.")
    lead = truncate_at_sentence(summary, 1000) or title
    at, precision = _parse_published_at(article)
    source = html_to_text(_text_field(article, "news_site", "newsSite", "source"))
    if not source:
        raise InvalidEntry("news_site", "Nobody is named who published it.")
    links = linked(title, lead)
    return {
        "title": truncate_at_sentence(title, 300),
        "lead": lead,
        "body": escape_markdown(summary or lead),
        "language": _text_field(article, "language") or language or "en",
        "published_at": at,
        "published_at_precision": precision,
        "source": {"name": source, "url": _text_field(article, "url") or None},
        "missions": links.missions,
        "people": links.people,
        "launches": links.launches,
    }


def _parse_published_at(article: Mapping[str, Any]) -> tuple[str, Precision]:
    """When it was published: as exact as it is written, or less where it says so itself."""
    try:
        at, precision = parse_feed_date(_text_field(article, "published_at", "publishedAt"))
        told = _text_field(article, "published_precision")
        if told:
            precision = max(precision, Precision(told), key=list(Precision).index)
        elif (
            infer_precision_from_zeros(at, precision)[1] is Precision.DAY
        ):  # midnight stands for no time at all
            precision = Precision.DAY
    except ValueError as error:
        raise InvalidEntry("published_at", str(error)) from None
    return f"{at:%Y-%m-%dT%H:%M:%SZ}", precision


def _text_field(article: Mapping[str, Any], *names: str) -> str:
    for name in names:
        found = article.get(name)
        if not isinstance(found, str | None):
            raise InvalidEntry(name, "It is no text.")
        if found is not None:
            return found
    return ""


def _create_parser(reader: Reader) -> EntryParser:
    links, launches = EntityLinker.load(reader).find_links, load_launch_library_slugs(reader)
    return partial(parse_snapi, linked=links, launches=launches)


FORMAT = Format("snapi", (".json", ".jsonl", ".ndjson"), _create_parser, read_json_envelope)
