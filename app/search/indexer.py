"""Updates of the search index with each write, and its rebuild from all records."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass

from sqlalchemy import Connection, and_, bindparam, delete, func, insert, or_, select, text
from sqlalchemy.orm import Session

from app.db.database import Reader
from app.db.models import Base, SearchDocument, SearchWord
from app.db.timeouts import disable_timeouts
from app.db.tracking.steps import Writes
from app.domain.batching import batched
from app.domain.enums import RecordType
from app.search.documents import IndexDocument, SearchSource, select_correction_candidates
from app.search.fulltext import (
    all_documents,
    delete_documents,
    insert_documents,
    optimize_search_index,
)

_BATCH_ROWS = 200
_REBUILT_ROWS = 50
"""Documents in one transaction of a rebuild: fewer, as each is indexed in it."""

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
                _insert_documents(connection, list(source.load_documents(connection, batch)))

    def is_index_missing(self, reader: Reader) -> bool:
        """True if the database has records and the index is empty."""
        has_records = or_(*(select(source.model.id).exists() for source in self.sources.values()))
        is_empty = ~select(SearchDocument.place).exists()
        return bool(reader.scalar(select(and_(has_records, is_empty))))

    def rebuild(
        self,
        open_session: Callable[[], AbstractContextManager[Session]],
        progress: ReindexProgress = lambda *_: None,
    ) -> int:
        """Rebuild the whole index. Returns the number of its documents.

        `open_session` opens the transaction of each batch, like `LongWriter.transaction`. Between
        batches the index can be searched and follows writes; only typing errors in words of the
        documents that are still to come are not corrected.
        """
        with open_session() as session:
            session.connection().execute(delete(SearchWord))
            ids = {
                source.record_type: session.scalars(
                    select(source.model.id).order_by(source.model.id)
                ).all()
                for source in self.sources.values()
            }
        total, done = sum(map(len, ids.values())), 0
        for source in self.sources.values():
            for batch in batched(ids[source.record_type], _REBUILT_ROWS):
                with open_session() as session:
                    _reindex_records(session.connection(), source, batch)
                done += len(batch)
                progress(done, total)
        while self._delete_surplus(open_session):
            pass
        is_optimized, first_step = False, True
        while not is_optimized:
            with open_session() as session:
                connection = session.connection()
                is_optimized = optimize_search_index(connection, first_step=first_step)
            first_step = False
        with open_session() as session:
            return session.scalar(select(func.count()).select_from(SearchDocument)) or 0

    def _delete_surplus(self, open_session: Callable[[], AbstractContextManager[Session]]) -> bool:
        """Delete a batch of documents without a record. Returns false if there are none."""
        document = SearchDocument
        with open_session() as session:
            connection = session.connection()
            disable_timeouts(connection)
            for source in self.sources.values():
                indexed = select(source.indexed.subquery().c.id)
                surplus = select(document.record_id).where(
                    document.type == source.record_type, document.record_id.not_in(indexed)
                )
                if ids := connection.scalars(surplus.limit(_BATCH_ROWS)).all():
                    _delete_records(connection, source.record_type, ids)
                    return True
            key = all_documents().c.place
            unlisted = select(key).where(key.not_in(select(document.place)))
            keys = connection.scalars(unlisted.limit(_BATCH_ROWS)).all()
            delete_documents(connection, keys)
            return bool(keys)


def _reindex_records(connection: Connection, source: SearchSource, ids: Collection[int]) -> None:
    """Index records again, whatever the index has of them or under their keys."""
    documents = list(source.load_documents(connection, ids))
    keys = [document.index_key for document in documents]
    delete_documents(connection, keys)
    connection.execute(delete(SearchDocument).where(SearchDocument.place.in_(keys)))
    _delete_records(connection, source.record_type, ids)
    _insert_documents(connection, documents)


def _delete_records(connection: Connection, record_type: RecordType, ids: Collection[int]) -> None:
    values = {"record_type": record_type, "ids": list(ids)}
    if keys := connection.scalars(_SELECT_KEYS, values).all():
        delete_documents(connection, keys)
        connection.execute(_DELETE_KEYS, values)


_OF_RECORDS = (
    SearchDocument.type == bindparam("record_type", type_=SearchDocument.type.type),
    SearchDocument.record_id.in_(bindparam("ids", expanding=True)),
)
_SELECT_KEYS = select(SearchDocument.place).where(*_OF_RECORDS)
_DELETE_KEYS = delete(SearchDocument).where(*_OF_RECORDS)


def _insert_documents(connection: Connection, documents: Collection[IndexDocument]) -> None:
    if not documents:
        return
    words: set[str] = set()
    insert_documents(connection, [document.tokenize(words) for document in documents])
    rows = [
        {
            "type": document.record_type,
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
