"""Updates of the search index with each write, and its rebuild from all records."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, and_, delete, func, insert, or_, select, text
from sqlalchemy.orm import Session

from app.db.models import Base, SearchDocument, SearchWord
from app.db.tracking.steps import Writes
from app.domain.batching import batched
from app.domain.enums import RecordType
from app.search.documents import SearchSource, select_correction_candidates
from app.search.fulltext import (
    clear_search_index,
    delete_documents,
    insert_documents,
    optimize_search_index,
)

_BATCH_ROWS = 200

ReindexProgress = Callable[[int, int], None]
"""Called with the number of records processed so far, and of all records."""


@dataclass(frozen=True)
class SearchIndexer:
    """Writer of the search index."""

    sources: Mapping[RecordType, SearchSource]

    def update(self, session: Session, writes: Writes) -> None:
        """Rebuild the documents that the transaction of `session` has made stale."""
        if not writes.stale_documents:
            return
        connection = session.connection()
        written: dict[RecordType | type[Base], set[int]] = defaultdict(set)
        for record_type_or_model, id_ in writes.stale_documents:
            written[record_type_or_model].add(id_)
        for source in self.sources.values():
            changed = set(written[source.record_type])
            for dependency, select_ids in source.dependencies.items():
                for batch in batched(sorted(written[dependency]), _BATCH_ROWS):
                    changed |= set(connection.scalars(select_ids(batch)))
            for batch in batched(sorted(changed), _BATCH_ROWS):
                _delete_records(connection, source.record_type, batch)
                _insert_records(connection, source, batch)

    def is_index_missing(self, session: Session) -> bool:
        """True if the database has records and the index is empty."""
        has_records = or_(*(select(source.model.id).exists() for source in self.sources.values()))
        is_empty = ~select(SearchDocument.place).exists()
        return bool(session.scalar(select(and_(has_records, is_empty))))

    def rebuild(self, session: Session, progress: ReindexProgress = lambda *_: None) -> int:
        """Rebuild the whole index. Returns the number of its documents."""
        connection = session.connection()
        clear_search_index(connection)
        for table in (SearchDocument, SearchWord):
            connection.execute(delete(table))
        ids = [
            connection.scalars(select(source.model.id).order_by(source.model.id)).all()
            for source in self.sources.values()
        ]
        total, done = sum(map(len, ids)), 0
        for source, record_ids in zip(self.sources.values(), ids, strict=True):
            for batch in batched(record_ids, _BATCH_ROWS):
                _insert_records(connection, source, batch)
                done += len(batch)
                progress(done, total)
        optimize_search_index(connection)
        return connection.scalar(select(func.count()).select_from(SearchDocument)) or 0


def _delete_records(connection: Connection, record_type: RecordType, ids: Collection[int]) -> None:
    where = SearchDocument.type == record_type, SearchDocument.record_id.in_(ids)
    keys = connection.scalars(select(SearchDocument.place).where(*where)).all()
    delete_documents(connection, keys)
    connection.execute(delete(SearchDocument).where(*where))


def _insert_records(connection: Connection, source: SearchSource, ids: Collection[int]) -> None:
    documents = list(source.load_documents(connection, ids))
    if not documents:
        return
    words: set[str] = set()
    insert_documents(connection, [document.tokenize(words) for document in documents])
    rows = [
        {
            "type": source.record_type,
            "record_id": document.record_id,
            "place": document.index_key,
        }
        for document in documents
    ]
    connection.execute(insert(SearchDocument), rows)
    _insert_words(connection, select_correction_candidates(words))


def _insert_words(connection: Connection, words: list[str]) -> None:
    """Add to the words of the index. `words` are sorted: concurrent writers cannot deadlock."""
    existing = set[str]()
    for batch in batched(words, _BATCH_ROWS):
        existing |= set(
            connection.scalars(select(SearchWord.word).where(SearchWord.word.in_(batch)))
        )
    new = [{"word": word, "backwards": word[::-1]} for word in words if word not in existing]
    if new:
        connection.execute(_INSERT_WORDS_STATEMENT, new)


_INSERT_WORDS_STATEMENT = text(
    "INSERT INTO search_words (word, backwards) VALUES (:word, :backwards) ON CONFLICT DO NOTHING"
)
