"""Identity of articles: the address of the original.

Two entries of one source with different ids are two articles, whatever they link to. An article of
another source is never touched.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from sqlalchemy import select

from app.db.database import Reader
from app.db.models import Article, ImportOrigin
from app.domain.enums import ArticleState, RecordType
from app.domain.text import fold, is_storable
from app.ingest.identity.decision import Decision, RecordRef

EXPORT_SCHEME = "ndjson"
"""Scheme of entries that an archive exported, or that editors wrote by hand: no other source."""


@dataclass(frozen=True)
class _KnownArticle:
    record: RecordRef
    title: str
    """Folded title."""
    is_published: bool
    schemes: frozenset[str]
    """Sources that it was imported from; none for an editor's article."""


class ArticleIndex:
    """Articles of the archive with the addresses that a batch of entries names."""

    def __init__(self) -> None:
        self._by_url: dict[str, list[_KnownArticle]] = defaultdict(list)

    @classmethod
    def load(cls, reader: Reader, documents: Iterable[Mapping[str, Any]]) -> Self:
        """Load the articles with the addresses of `documents`, with at most two statements."""
        index = cls()
        urls = {url for document in documents for url in equivalent_source_urls(document)}
        if not urls:
            return index
        columns = Article.id, Article.slug, Article.title, Article.state, Article.source_url
        rows = list(reader.all(select(*columns).where(Article.source_url.in_(urls))))
        schemes: dict[int, set[str]] = defaultdict(set)
        origins = select(ImportOrigin.record_id, ImportOrigin.scheme).where(
            ImportOrigin.type == RecordType.ARTICLE,
            ImportOrigin.record_id.in_([row["id"] for row in rows]),
        )
        for row in reader.all(origins) if rows else ():
            schemes[row["record_id"]].add(row["scheme"])
        for row in rows:
            article = _KnownArticle(
                RecordRef(row["id"], row["slug"]),
                fold(row["title"]),
                row["state"] is ArticleState.PUBLISHED,
                frozenset(schemes[row["id"]] - {EXPORT_SCHEME}),
            )
            index._by_url[row["source_url"]].append(article)
        return index

    def identify(self, document: Mapping[str, Any], scheme: str, key: str) -> Decision:
        """Compare the article of an entry, `key` of the source `scheme`, with the archive's."""
        urls = equivalent_source_urls(document)
        known = [each for url in urls for each in self._by_url.get(url, ())]
        title = fold(str(document.get("title", "")))
        for each in known:
            if not each.schemes and (key in urls or each.title == title):
                return Decision.same(each.record, "address of the original")
        doubtful = [
            each.record
            for each in known
            if each.title == title and each.is_published and scheme not in each.schemes
        ]
        if doubtful:
            return Decision.doubtful(doubtful, "address and title of an article of another source")
        return Decision.other("no article with that id in this source")


def equivalent_source_urls(document: Mapping[str, Any]) -> list[str]:
    """The URL of the original in its equivalent forms: http or https, with or without a final /."""
    source = document.get("source")
    url = source.get("url") if isinstance(source, Mapping) else None
    if not isinstance(url, str) or not is_storable(url):
        return []
    scheme, separator, rest = url.partition("://")
    if not separator or scheme not in {"http", "https"}:
        return []
    rest = rest.removesuffix("/")
    return [f"{scheme}://{rest}{slash}" for scheme in ("http", "https") for slash in ("", "/")]
