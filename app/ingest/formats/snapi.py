"""Articles from the Spaceflight News API: its answers (v3, v4), bare lists, or an article a line.

It carries summaries of what others have published, in English: the summary is lead and body, and
the source leads to the whole. Its images are left where they are, since nothing tells what they
show. Lines of other collections may say `source`, `language` and `published_precision`.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from app.db.database import Reader
from app.db.models import RecordType
from app.domain.dates import Precision
from app.ingest.entity_linking import Names
from app.ingest.entries import Entry, Format, Found, Input, Read, Reject
from app.ingest.formats.feed import Linked
from app.ingest.formats.feed_dates import as_stored, read_date
from app.ingest.formats.feed_text import escaped, plain, shortened
from app.ingest.json_stream import JsonItem, Unfit, frame, items, key_of
from app.ingest.launch_matching import library_launches

SCHEME = "snapi"


def read(given: Input, linked: Linked, launches: Mapping[str, str]) -> Iterator[Found]:
    """The articles of an answer, a list, or lines.

    `launches` are the slugs of those that came from Launch Library 2, by their ids there.
    """
    for item in items(given.open):
        yield _entry(given, item, linked, launches)


def _entry(given: Input, item: JsonItem, linked: Linked, launches: Mapping[str, str]) -> Found:
    article = item.value
    try:
        if not isinstance(article, dict):
            raise Unfit("article", item.problem or "It is no JSON object.")
        key = key_of(article)
        document = _document(article, given.language, linked)
        told = {launches[id_] for id_ in _launch_ids(article) if id_ in launches}
        document["launches"] = sorted({*document["launches"], *told})
    except Unfit as error:
        return Reject(item.line, error.field, str(error), item.raw)
    except ValueError as error:
        return Reject(item.line, "article", f"It cannot be read: {error}", item.raw)
    return Entry(RecordType.ARTICLE, SCHEME, key, document, item.line, item.raw)


def _launch_ids(article: Mapping[str, Any]) -> Iterator[str]:
    """The launches that an article says it is about: `launch_id` in v4, `id` in v3."""
    listed = article.get("launches")
    for each in listed if isinstance(listed, list) else ():
        id_ = each.get("launch_id", each.get("id")) if isinstance(each, dict) else None
        if isinstance(id_, str):
            yield id_


def _document(article: Mapping[str, Any], language: str | None, linked: Linked) -> dict[str, Any]:
    title, summary = plain(_text(article, "title")), plain(_text(article, "summary"))
    title = title or summary  # an item without one begins with its news
    if not title:
        raise Unfit("title", "It has neither a title nor a summary.")
    lead = shortened(summary, 1000) or title
    at, precision = _published(article)
    source = plain(_text(article, "news_site", "newsSite", "source"))
    if not source:
        raise Unfit("news_site", "Nobody is named who published it.")
    links = linked(title, lead)
    return {
        "title": shortened(title, 300),
        "lead": lead,
        "body": escaped(summary or lead),
        "language": _text(article, "language") or language or "en",
        "published_at": at,
        "published_at_precision": precision,
        "source": {"name": source, "url": _text(article, "url") or None},
        "missions": links.missions,
        "people": links.people,
        "launches": links.launches,
    }


def _published(article: Mapping[str, Any]) -> tuple[str, Precision]:
    """When it was published: as exact as it is written, or less where it says so itself."""
    try:
        at, precision = read_date(_text(article, "published_at", "publishedAt"))
        told = _text(article, "published_precision")
        if told:
            precision = max(precision, Precision(told), key=list(Precision).index)
        elif as_stored(at, precision)[1] is Precision.DAY:  # midnight stands for no time at all
            precision = Precision.DAY
    except ValueError as error:
        raise Unfit("published_at", str(error)) from None
    return f"{at:%Y-%m-%dT%H:%M:%SZ}", precision


def _text(article: Mapping[str, Any], *names: str) -> str:
    for name in names:
        found = article.get(name)
        if not isinstance(found, str | None):
            raise Unfit(name, "It is no text.")
        if found is not None:
            return found
    return ""


def _prepare(reader: Reader) -> Read:
    links, launches = Names.of(reader).links, library_launches(reader)
    return partial(read, linked=links, launches=launches)


FORMAT = Format("snapi", (".json", ".jsonl", ".ndjson"), _prepare, frame)
