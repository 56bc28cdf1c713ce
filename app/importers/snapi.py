"""Articles from the Spaceflight News API: its answers (v3, v4), bare lists, or an article a line.

It carries summaries of what others have published, in English: the summary is lead and body, and
the source leads to the whole. Its images are left where they are, since nothing tells what they
show. Lines of other collections may say `source`, `language` and `published_precision`.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from app.database import Reader
from app.dates import Precision
from app.importers.entries import Entry, Format, Found, Input, Read, Reject
from app.importers.feed import Linked
from app.importers.feed_dates import read_date
from app.importers.feed_text import plain, shortened
from app.importers.json_items import JsonItem, frame, items
from app.importers.names import Names
from app.models import RecordType


class _Unfit(Exception):
    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field


def read(given: Input, linked: Linked) -> Iterator[Found]:
    """The articles of an answer, a list, or lines."""
    for item in items(given.open):
        yield _entry(given, item, linked)


def _entry(given: Input, item: JsonItem, linked: Linked) -> Found:
    try:
        if not isinstance(item.value, dict):
            raise _Unfit("article", item.problem or "It is no JSON object.")
        key = item.value.get("id")
        if not isinstance(key, str | int) or key == "":
            raise _Unfit("id", "Nothing names it.")
        document = _document(item.value, given.language, linked)
    except _Unfit as error:
        return Reject(item.line, error.field, str(error), item.raw)
    return Entry(RecordType.ARTICLE, "snapi", str(key)[:500], document, item.line, item.raw)


def _document(article: Mapping[str, Any], language: str | None, linked: Linked) -> dict[str, Any]:
    title, summary = plain(_text(article, "title")), plain(_text(article, "summary"))
    title = title or summary  # an item without one begins with its news
    if not title:
        raise _Unfit("title", "It has neither a title nor a summary.")
    lead = shortened(summary, 1000) or title
    at, precision = _published(article)
    source = plain(_text(article, "news_site", "newsSite", "source"))[:120]
    if not source:
        raise _Unfit("news_site", "Nobody is named who published it.")
    links = linked(title, lead)
    return {
        "title": shortened(title, 300),
        "lead": lead,
        "body": summary or lead,
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
    except ValueError as error:
        raise _Unfit("published_at", str(error)) from None
    return f"{at:%Y-%m-%dT%H:%M:%SZ}", precision


def _text(article: Mapping[str, Any], *names: str) -> str:
    found = next((article[name] for name in names if article.get(name) is not None), "")
    return found if isinstance(found, str) else ""


def _prepare(reader: Reader) -> Read:
    return partial(read, linked=Names.of(reader).links)


FORMAT = Format("snapi", (".json", ".jsonl", ".ndjson"), _prepare, frame)
