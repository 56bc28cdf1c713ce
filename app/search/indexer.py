"""How the index is kept in step with the records, and made anew."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from typing import Any

from sqlalchemy import Connection, and_, delete, func, insert, or_, select, text
from sqlalchemy.orm import Session

from app.db.models import (
    Article,
    Base,
    CrewAssignment,
    Flight,
    Launch,
    Mission,
    Person,
    SearchDocument,
    SearchWord,
    Site,
    VersionedRecord,
)
from app.db.tracking.steps import Writes
from app.domain.batching import batched
from app.domain.enums import RecordType
from app.search.documents import load_index_documents, select_correction_candidates
from app.search.fulltext import (
    clear_search_index,
    delete_documents,
    insert_documents,
    optimize_search_index,
)

_BATCH_ROWS = 200
"""How many records are indexed at once."""

_INDEXED_MODELS: dict[RecordType, type[VersionedRecord]] = {
    RecordType.MISSION: Mission,
    RecordType.PERSON: Person,
    RecordType.LAUNCH: Launch,
    RecordType.ARTICLE: Article,
}

ReindexProgress = Callable[[int, int], None]
"""Told how many records have been looked at, and of how many."""


def update_search_index(session: Session, writes: Writes) -> None:
    """Rebuild the search documents that the transaction of `session` has made stale."""
    if not writes.stale_documents:
        return
    connection = session.connection()
    changed: dict[RecordType, set[int]] = defaultdict(set)
    for kind, id_ in writes.stale_documents:
        if isinstance(kind, RecordType):
            changed[kind].add(id_)
        else:
            changed[RecordType.LAUNCH] |= _find_dependent_launch_ids(connection, kind, id_)
    for kind, people in _select_crewed_records(changed[RecordType.PERSON]):
        changed[kind] |= set(connection.scalars(people))
    for kind, ids in changed.items():
        for batch in batched(sorted(ids), _BATCH_ROWS):
            _reindex_records(connection, kind, batch)


def _find_dependent_launch_ids(connection: Connection, kind: type[Base], id_: int) -> set[int]:
    own = Launch.site_id if kind is Site else Launch.vehicle_id
    return set(connection.scalars(select(Launch.id).where(own == id_)))


def _select_crewed_records(people: Collection[int]) -> Iterator[tuple[RecordType, Any]]:
    """What `people` are found in: the missions and the launches whose crews they are of."""
    for batch in batched(sorted(people), _BATCH_ROWS):
        crews = select(CrewAssignment.mission_id).where(CrewAssignment.person_id.in_(batch))
        yield RecordType.MISSION, crews
        yield RecordType.LAUNCH, select(Flight.launch_id).where(Flight.person_id.in_(batch))


def _reindex_records(connection: Connection, kind: RecordType, ids: Collection[int]) -> None:
    """Let the index hold the records of `kind` with these ids as they are now, or not at all."""
    own = SearchDocument.type == kind, SearchDocument.record_id.in_(ids)
    delete_documents(connection, connection.scalars(select(SearchDocument.place).where(*own)).all())
    connection.execute(delete(SearchDocument).where(*own))
    _insert_records(connection, kind, ids)


def _insert_records(connection: Connection, kind: RecordType, ids: Collection[int]) -> None:
    found = list(load_index_documents(connection, kind, ids))
    if not found:
        return
    words: set[str] = set()
    insert_documents(connection, [document.tokenize(words) for document in found])
    rows = [
        {"type": kind, "record_id": document.record_id, "place": document.index_key}
        for document in found
    ]
    connection.execute(insert(SearchDocument), rows)
    _insert_words(connection, select_correction_candidates(words))


def _insert_words(connection: Connection, words: list[str]) -> None:
    """Remember how words are spelt; in their order, so that two writers never wait in a ring."""
    known = set[str]()
    for batch in batched(words, _BATCH_ROWS):
        known |= set(connection.scalars(select(SearchWord.word).where(SearchWord.word.in_(batch))))
    new = [{"word": word, "backwards": word[::-1]} for word in words if word not in known]
    if new:
        connection.execute(_INSERT_WORDS_STATEMENT, new)


_INSERT_WORDS_STATEMENT = text(
    "INSERT INTO search_words (word, backwards) VALUES (:word, :backwards) ON CONFLICT DO NOTHING"
)


def is_search_index_missing(session: Session) -> bool:
    """Whether there are records, and none of them is in the index."""
    there = or_(*(select(model.id).exists() for model in _INDEXED_MODELS.values()))
    return bool(session.scalar(select(and_(there, ~select(SearchDocument.place).exists()))))


def rebuild_search_index(session: Session, progress: ReindexProgress = lambda *_: None) -> int:
    """Make the whole index anew. Returns how many records it holds."""
    connection = session.connection()
    clear_search_index(connection)
    for table in (SearchDocument, SearchWord):
        connection.execute(delete(table))
    ids = {
        kind: connection.scalars(select(model.id).order_by(model.id)).all()
        for kind, model in _INDEXED_MODELS.items()
    }
    total, done = sum(map(len, ids.values())), 0
    for kind, records in ids.items():
        for batch in batched(records, _BATCH_ROWS):
            _insert_records(connection, kind, batch)
            done += len(batch)
            progress(done, total)
    optimize_search_index(connection)
    return connection.scalar(select(func.count()).select_from(SearchDocument)) or 0
